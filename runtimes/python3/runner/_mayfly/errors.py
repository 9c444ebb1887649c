"""What is told of something that a function raised."""

import os

from .channel import now_us

MAX_TEXT = 32_768
OWN_FOLDER = os.path.dirname(__file__)


def describe_error(error):
    import traceback

    stack = "".join(traceback.format_exception(type(error), error, _user_frames(error.__traceback__)))
    return {
        "errorType": type(error).__name__[:MAX_TEXT],
        "errorMessage": str(error)[:MAX_TEXT],
        "stack": stack.rstrip("\n")[:MAX_TEXT],
        "code": _code_of(error),
        "atUs": now_us(),
        "isTimeUp": False,
    }


def _user_frames(frames):
    """What comes after the runner's last frame: before it are its own, and those of the event loop that it runs."""
    users = one = frames
    while one is not None:
        if one.tb_frame.f_code.co_filename.startswith(OWN_FOLDER):
            users = one.tb_next
        one = one.tb_next
    return users


def _code_of(error):
    """The system's code of an error or of what caused it, such as ENOSPC."""
    import errno

    seen = 0
    while error is not None and seen < 8:
        if isinstance(error, OSError) and error.errno is not None:
            return errno.errorcode.get(error.errno)
        # What threading says where pthread_create failed, for which EAGAIN is the only reason.
        if isinstance(error, RuntimeError) and str(error) == "can't start new thread":
            return "EAGAIN"
        error = error.__cause__ or error.__context__
        seen += 1
    return None
