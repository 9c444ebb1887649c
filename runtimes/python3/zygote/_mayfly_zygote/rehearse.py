"""Goes through a call as the runner does, and says nothing to anyone."""

import json
import os
import sys

from _mayfly.channel import CALLED, json_frame, now_us, parse_invoke, result_frame
from _mayfly.context import Context
from _mayfly.errors import describe_error
from _mayfly.handler import call, find_handler
from _mayfly.result import to_result

HEADER = {
    "facts": {
        "invocationId": "",
        "functionName": "",
        "functionVersion": "",
        "attempt": 1,
        "memoryLimitBytes": 0,
    },
    "http": {"method": "GET", "path": "/", "query": "", "headers": [["a", "b"]], "rawBodyIsEvent": True},
    "job": None,
    "secrets": {},
    "resultBytes": 0,
    "deadlineUs": 0,
}
FUNCTION = os.path.join(os.path.dirname(__file__), "rehearsal.py")


def rehearse():
    """What every call goes through."""
    header, event, raw_body = parse_invoke(_as_the_worker_writes(json.dumps(HEADER), '{"a":1}'))
    handler = find_handler(FUNCTION)
    context = Context(header, raw_body)
    json_frame(CALLED, {"bootedUs": now_us(), "calledUs": now_us()})
    result_frame(*to_result(call(handler, json.loads(event), context)))
    del sys.modules["function"]


def rehearse_the_rest():
    """What some calls go through: for what is imported there."""
    to_result({"statusCode": 200, "headers": {"a": "b"}, "body": b""})
    describe_error(ValueError("none"))


def _as_the_worker_writes(*parts):
    return b"".join(len(part).to_bytes(4, "big") + part.encode() for part in parts)
