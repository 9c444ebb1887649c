"""From a process that has just booted to one of its copies, whose call has come."""

import gc
import sys

from _fork_server import await_call, serve
from _mayfly.handler import preloaded

from .call import take_on_environment
from .preload import preload
from .rehearse import rehearse, rehearse_the_rest
from .streams import open_streams


def become_copy():
    """Returns in a copy only."""
    gc.disable()
    at_boot = set(sys.modules)
    preload()
    rehearse()
    rehearse_the_rest()
    preloaded.update(set(sys.modules) - at_boot)
    open_streams()
    # A collection looks at every object, and so would have each copy write to all the pages that it shares.
    gc.collect()
    gc.freeze()
    gc.enable()
    serve()
    # Off the path of the call, for a copy that is made ahead: from here on the pages that it writes to are its own.
    rehearse()
    take_on_environment(await_call())
