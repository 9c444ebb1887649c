"""What a zygote runs: it imports what calls commonly need, then serves forks for good.

Each copy of the process goes on behind `serve()`, in a sandbox of its own, and is from there what the boot's `runner.py`
is after its start: under the same name, and with as little on its stack.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
from _mayfly.channel import now_us
from _mayfly.invocation import run_invocation
from _mayfly_zygote.serve import become_copy

del sys.path[0]

if __name__ == "__main__":
    become_copy()
    run_invocation(booted_us=now_us())
