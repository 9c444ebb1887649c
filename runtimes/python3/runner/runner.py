"""What Python runs in a sandbox that boots: one invocation, then never again.

All that a call may not need is imported when it is needed, since every import is paid by every call. This file is
compiled at every start, which Python does for no other: so there is little in it.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
from _mayfly.channel import now_us
from _mayfly.invocation import run_invocation

del sys.path[0]

if __name__ == "__main__":
    run_invocation(booted_us=now_us())
