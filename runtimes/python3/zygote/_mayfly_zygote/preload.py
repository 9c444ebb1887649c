"""What functions commonly import. Each module makes each fork a little dearer, so the rest stays for whoever needs it.

Nothing here draws anything random or keeps a time: every copy would have the same. `random` seeds itself anew in each.
"""


def preload():
    import base64
    import collections.abc
    import datetime
    import math
    import re
    import traceback
