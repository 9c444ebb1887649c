"""What functions commonly import.

An import costs a call milliseconds, and every module here costs each fork tens of microseconds. Left out are those whose
repairs after a fork cost ten times as much (`threading`, `logging`), and what is built on them (`asyncio`).

Nothing here draws anything random or keeps a time: every copy would have the same. `random` seeds itself anew in each.
"""


def preload():
    import base64
    import collections.abc
    import dataclasses
    import datetime
    import hashlib
    import math
    import pathlib
    import random
    import re
    import tempfile
    import traceback
    import typing
    import urllib.parse
    import uuid
