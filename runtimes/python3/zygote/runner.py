"""What a zygote runs: it imports what calls commonly need, then serves forks for good.

Each copy of the process goes on behind `serve()`, in a sandbox of its own, and is from there what the boot's `runner.py`
is after its start. The name is the same, so that a copy's command line reads as that of a boot.
"""

import gc
import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
from _mayfly.channel import now_us
from _mayfly.invocation import run_invocation

AT_BOOT = frozenset(sys.modules)

from _fork_server import await_call, serve
from _mayfly_zygote.call import take_on_environment
from _mayfly_zygote.preload import preload
from _mayfly_zygote.rehearse import rehearse, rehearse_the_rest
from _mayfly_zygote.streams import open_streams

del sys.path[0]


def main():
    gc.disable()
    preload()
    rehearse()
    rehearse_the_rest()
    open_streams()
    preloaded = frozenset(sys.modules) - AT_BOOT
    # A collection looks at every object, and so would have each copy write to all the pages that it shares.
    gc.collect()
    gc.freeze()
    gc.enable()
    serve()
    # Off the path of the call, for a copy that is made ahead: from here on the pages that it writes to are its own.
    rehearse()
    take_on_environment(await_call())
    run_invocation(booted_us=now_us(), preloaded=preloaded)


if __name__ == "__main__":
    main()
