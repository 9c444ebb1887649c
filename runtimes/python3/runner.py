"""What Python runs in a sandbox: one invocation, then never again.

It takes an invoke frame from descriptor 3, calls the function's handler, and writes one frame that says how it went.
Imports are few, since each is paid by every call.
"""

import os
import sys
from time import monotonic_ns

CONTROL = 3
# Numbers of protocol/frames.ts. A frame is its payload's length (u32, big endian), its type (u8), its payload.
INVOKE, CALLED, RESULT, ERROR, SETTLED, TOO_LARGE = 1, 16, 17, 18, 20, 21
HEAD_BYTES = 5
FLAG_HTTP_RESPONSE = 1
MAX_TEXT = 32_768
HTTP_KEYS = {"statusCode", "headers", "body", "isBase64Encoded", "multiValueHeaders", "cookies", "statusDescription"}


def now_us():
    return monotonic_ns() // 1000


BOOTED_US = now_us()


class InvalidResult(Exception):
    """What a function returned that cannot be an answer."""


class HandlerNotFound(Exception):
    """The entry has no function of the name that is called."""


def read_exactly(size):
    parts = []
    while size > 0:
        part = os.read(CONTROL, min(size, 1 << 20))
        if not part:
            sys.exit(1)  # the worker is gone
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def receive_invoke():
    import json

    size = int.from_bytes(read_exactly(HEAD_BYTES)[:4], "big")
    payload = read_exactly(size)
    header_end = 4 + int.from_bytes(payload[:4], "big")
    event_end = header_end + 4 + int.from_bytes(payload[header_end : header_end + 4], "big")
    header = json.loads(payload[4:header_end])
    event = payload[header_end + 4 : event_end]
    http = header["http"]
    raw_body = event if http and http["rawBodyIsEvent"] else payload[event_end:]
    return header, event, raw_body


def send(kind, payload):
    frame = memoryview(len(payload).to_bytes(4, "big") + bytes([kind]) + payload)
    while frame:
        frame = frame[os.write(CONTROL, frame) :]


def send_json(kind, value):
    import json

    send(kind, json.dumps(value).encode())


def send_result(text, is_http_response):
    import struct

    head = struct.pack(">Bd", FLAG_HTTP_RESPONSE if is_http_response else 0, now_us())
    send(RESULT, head + text)


class Http:
    """The request: `headers` by name in lower case, `raw_body` as the caller's very bytes."""

    def __init__(self, http, raw_body):
        self.method = http["method"]
        self.path = http["path"]
        self.query = http["query"]
        self.headers = {}
        for name, value in http["headers"]:
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value
        self.raw_body = raw_body


class Log:
    def _print(self, stream, values):
        print(*values, file=stream)

    def debug(self, *values):
        self._print(sys.stdout, values)

    def info(self, *values):
        self._print(sys.stdout, values)

    def warn(self, *values):
        self._print(sys.stderr, values)

    warning = warn

    def error(self, *values):
        self._print(sys.stderr, values)


class Context:
    """The names of the Node runtimes' context, as Python writes them, and Lambda's."""

    def __init__(self, header, raw_body):
        facts = header["facts"]
        self.invocation_id = self.aws_request_id = facts["invocationId"]
        self.function_name = facts["functionName"]
        self.function_version = facts["functionVersion"]
        self.attempt = facts["attempt"]
        self.memory_limit_bytes = facts["memoryLimitBytes"]
        self.memory_limit_in_mb = str(self.memory_limit_bytes // 1024**2)
        self.invoked_function_arn = f"arn:aws:lambda:local:000000000000:function:{self.function_name}"
        self.http = Http(header["http"], raw_body) if header["http"] else None
        self.job = header["job"]
        self.log = Log()
        self._deadline_us = header["deadlineUs"]

    def get_remaining_time_in_millis(self):
        return max(0, (self._deadline_us - now_us()) // 1000)


def to_json(value):
    import json

    try:
        # JSON has no NaN and no infinities; what Node writes for them is null, Python's default is no JSON at all.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidResult(f"The result cannot be written as JSON: {error}") from None


def to_result(value):
    """Returns JSON text as bytes, and whether it is an HTTP answer."""
    if isinstance(value, dict) and "statusCode" in value and HTTP_KEYS.issuperset(value):
        return to_json(http_response(value)), True
    return to_json(value), False


def http_response(value):
    status = value["statusCode"]
    if type(status) is not int or not 200 <= status <= 599:
        raise InvalidResult(f"statusCode is {status!r}; it takes a whole number from 200 to 599")
    headers = {}
    for key in ("headers", "multiValueHeaders"):
        given = value.get(key) or {}
        if not isinstance(given, dict):
            raise InvalidResult(f"{key} is no dict")
        headers.update(given)
    if "cookies" in value:
        headers["set-cookie"] = value["cookies"]
    body, encoded = http_body(value.get("body"), value.get("isBase64Encoded"))
    return {
        "statusCode": status,
        "headers": {check_name(name): check_value(name, one) for name, one in headers.items() if one is not None},
        "body": body,
        "isBase64Encoded": encoded,
    }


def http_body(body, is_base64_encoded):
    if body is None:
        return "", False
    if isinstance(body, str):
        return body, is_base64_encoded is True
    if isinstance(body, (bytes, bytearray)):
        import base64

        return base64.b64encode(body).decode(), True
    raise InvalidResult(f"body is of type {type(body).__name__}; it takes a str (json.dumps it) or bytes")


def check_name(name):
    import re

    if isinstance(name, str) and re.fullmatch(r"[!#$%&'*+.^`|~\w-]+", name, re.ASCII):
        return name.lower()
    raise InvalidResult(f"{name!r} is no header name")


def check_value(name, value):
    import re

    if isinstance(value, (list, tuple)):
        return [check_value(name, one) for one in value]
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    if isinstance(value, (str, int, float)) and re.fullmatch(r"[\t\x20-\x7e\x80-\xff]*", text):
        return text
    raise InvalidResult(f"the header {name} has a value that HTTP cannot carry")


def describe_error(error):
    import traceback

    # The runner's own frames come first, down to the call of the function.
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    stack = "".join(traceback.format_exception(type(error), error, frames))
    return {
        "errorType": type(error).__name__[:MAX_TEXT],
        "errorMessage": str(error)[:MAX_TEXT],
        "stack": stack.rstrip("\n")[:MAX_TEXT],
        "code": error_code(error),
        "atUs": now_us(),
        "isTimeUp": False,
    }


def error_code(error):
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


def find_handler(path):
    import types

    module = types.ModuleType("function")
    module.__file__ = path
    # Under its own name, so that dataclasses, pickle and typing find the module that a class says it is of.
    sys.modules["function"] = module
    with open(path, "rb") as file:
        exec(compile(file.read(), path, "exec"), module.__dict__)
    handler = getattr(module, "handler", None)
    if not callable(handler):
        raise HandlerNotFound(f"{os.path.basename(path)} has no function `handler`. Write: def handler(event, context): …")
    return handler


def run(handler, event, context):
    result = handler(event, context)
    if hasattr(result, "__await__"):
        import asyncio

        async def wait():
            return await result

        return asyncio.run(wait())
    return result


def wait_to_be_ended():
    """Blocks for good: nothing of the function runs while the worker ends the process."""
    while True:
        try:
            if not os.read(CONTROL, 1):
                os._exit(0)
        except BlockingIOError:
            from time import sleep

            sleep(1)


def main():
    import json

    header, event, raw_body = receive_invoke()
    os.set_inheritable(CONTROL, False)
    os.environ.update(header["secrets"])
    path = header["bundle"]["path"]
    sys.path.insert(0, os.path.dirname(path))
    sys.path.insert(0, header["bundle"]["sourceRoot"])
    sys.argv = [path]
    try:
        handler = find_handler(path)
        context = Context(header, raw_body)
        send_json(CALLED, {"bootedUs": BOOTED_US, "calledUs": now_us()})
        text, is_http_response = to_result(run(handler, json.loads(event), context))
    except Exception as error:
        finish_output()
        send_json(ERROR, describe_error(error))
        wait_to_be_ended()
    finish_output()
    if len(text) > header["resultBytes"]:
        send_json(TOO_LARGE, {"bytes": len(text), "atUs": now_us()})
    else:
        send_result(text, is_http_response)
    wait_to_be_ended()


def finish_output():
    """What was printed before the answer is in the pipes when the answer is."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass


main()
