"""Runs as a function in a copy of a zygote, before any user's does: what a new version of Python, or another kernel, might
break in copies shows here first. A check that hangs is a failure like one that raises.
"""

import atexit
import os
import signal
import sys

from checks import CHECKS
from draw import draw

PATIENCE_S = 2


def run(check):
    """Returns what is wrong, or None."""

    def give_up(_number, _frame):
        raise TimeoutError(f"no end within {PATIENCE_S} s")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE_S)
    try:
        check()
        return None
    except Exception as error:
        return f"{check.__name__}: {type(error).__name__}: {error}"
    finally:
        signal.alarm(0)


def end_by_exit(code):
    sys.exit(code)


def end_at_exit(code):
    atexit.register(os._exit, code)
    sys.exit(code + 1)


ENDINGS = {"exit": end_by_exit, "atexit": end_at_exit}


def handler(event, context):
    if event is not None:
        ENDINGS[event["end"]](event["code"])
    failures = [failure for failure in map(run, CHECKS) if failure is not None]
    return {"ok": not failures, "failures": failures, "drawn": draw()}
