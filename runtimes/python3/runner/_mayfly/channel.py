"""The worker's end of descriptor 3: one end of a stream socket."""

import json
import os
import struct
import sys
from time import monotonic_ns

CONTROL = 3
# Numbers of protocol/frames.ts. A frame is its payload's length (u32, big endian), its type (u8), its payload.
INVOKE, CALLED, RESULT, ERROR, SETTLED, TOO_LARGE = 1, 16, 17, 18, 20, 21
HEAD_BYTES = 5
FLAG_HTTP_RESPONSE = 1


def now_us():
    """Microseconds of the monotonic clock, which the worker reads too (a time namespace shifts boottime alone)."""
    return monotonic_ns() // 1000


def receive_invoke():
    """Waits for the one invoke frame, and returns its payload."""
    size = int.from_bytes(_read_exactly(HEAD_BYTES)[:4], "big")
    return _read_exactly(size)


def parse_invoke(payload):
    """Returns header, event as text, and the request's very bytes."""
    header_end = 4 + int.from_bytes(payload[:4], "big")
    event_end = header_end + 4 + int.from_bytes(payload[header_end : header_end + 4], "big")
    header = json.loads(payload[4:header_end])
    event = payload[header_end + 4 : event_end]
    http = header["http"]
    raw_body = event if http and http["rawBodyIsEvent"] else payload[event_end:]
    return header, event, raw_body


def json_frame(kind, value):
    return _frame(kind, json.dumps(value).encode())


def result_frame(text, is_http_response):
    head = struct.pack(">Bd", FLAG_HTTP_RESPONSE if is_http_response else 0, now_us())
    return _frame(RESULT, head + text)


def send(frame):
    rest = memoryview(frame)
    while rest:
        rest = rest[os.write(CONTROL, rest) :]


def wait_to_be_ended():
    """Blocks for good: nothing of the function runs while the worker ends the process."""
    while True:
        try:
            if not os.read(CONTROL, 1):
                os._exit(0)
        except BlockingIOError:
            from time import sleep

            sleep(1)


def _frame(kind, payload):
    return len(payload).to_bytes(4, "big") + bytes([kind]) + payload


def _read_exactly(size):
    parts = []
    while size > 0:
        part = os.read(CONTROL, min(size, 1 << 20))
        if not part:
            sys.exit(1)  # the worker is gone
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
