"""One call: its invoke frame comes from descriptor 3, and one frame that says how it went goes back."""

import json
import os
import sys

from .channel import (
    CALLED,
    CONTROL,
    ERROR,
    TOO_LARGE,
    json_frame,
    now_us,
    parse_invoke,
    receive_invoke,
    result_frame,
    send,
    wait_to_be_ended,
)
from .context import Context
from .handler import call, find_handler, forget_namesakes
from .result import to_result


def run_invocation(booted_us):
    """Takes the call, runs the function, and answers; it returns only by what the function raises past `Exception`.

    booted_us: when this process was ready for the call.
    """
    header, event, raw_body = parse_invoke(receive_invoke())
    _take_on(header)
    try:
        handler = find_handler(header["bundle"]["path"])
        context = Context(header, raw_body)
        send(json_frame(CALLED, {"bootedUs": booted_us, "calledUs": now_us()}))
        text, is_http_response = to_result(call(handler, json.loads(event), context))
    except Exception as error:
        from .errors import describe_error

        _finish_output()
        send(json_frame(ERROR, describe_error(error)))
        wait_to_be_ended()
    _finish_output()
    if len(text) > header["resultBytes"]:
        send(json_frame(TOO_LARGE, {"bytes": len(text), "atUs": now_us()}))
    else:
        send(result_frame(text, is_http_response))
    wait_to_be_ended()


def _take_on(header):
    os.set_inheritable(CONTROL, False)
    os.environ.update(header["secrets"])
    bundle = header["bundle"]
    sys.path.insert(0, os.path.dirname(bundle["path"]))
    sys.path.insert(0, bundle["sourceRoot"])
    sys.argv = [bundle["path"]]
    forget_namesakes(set(sys.path[:2]))


def _finish_output():
    """What was printed before the answer is in the pipes when the answer is."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass
