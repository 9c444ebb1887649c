"""`sys.stdin`, `sys.stdout` and `sys.stderr` as they are after a boot onto pipes.

They remember what they were opened on. A zygote's are none of a function's: made anew on pipes they are, whatever pipes
take the place of those later, and no copy has to open any.
"""

import io
import os
import sys


def open_streams():
    before = [os.dup(number) for number in range(3)]
    ends = os.pipe()
    for number, end in enumerate((ends[0], ends[1], ends[1])):
        os.dup2(end, number)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = _open_like(getattr(sys, name), number)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    for number, kept in enumerate(before):
        os.dup2(kept, number)
    for number in (*before, *ends):
        os.close(number)


def _open_like(stream, number):
    """As Python's own start does it (create_stdio in pylifecycle.c)."""
    is_output = number > 0
    mode = "w" if is_output else "r"
    unbuffered = stream.write_through
    binary = io.open(number, mode + "b", 0 if unbuffered and is_output else -1, closefd=False)
    raw = binary if isinstance(binary, io.RawIOBase) else binary.raw
    raw.name = f"<{('stdin', 'stdout', 'stderr')[number]}>"
    text = io.TextIOWrapper(
        binary,
        encoding=stream.encoding,
        errors=stream.errors,
        newline="\n",
        line_buffering=stream.line_buffering,
        write_through=unbuffered,
    )
    text.mode = mode
    return text
