"""Searches this process's memory and what /proc shows of it for texts, each given in two halves."""

import os


def texts_of_proc():
    for name in ("environ", "cmdline", "maps", "mountinfo", "cgroup", "stat"):
        with open(f"/proc/self/{name}", "rb") as file:
            yield name, file.read()


def texts_of_memory():
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps.read().splitlines():
            place, access = line.split()[:2]
            if not access.startswith("r") or line.endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                continue
            first, end = (int(number, 16) for number in place.split("-"))
            for at in range(first, end, 1 << 20):
                try:
                    memory.seek(at)
                    yield line, memory.read(min(1 << 20, end - at))
                except OSError:
                    pass  # reserved, and nothing there


def follows(content, head, tail):
    """Whether the one stands before the other, which is nowhere put together here: it would find itself."""
    at = content.find(head)
    while at >= 0:
        if content.startswith(tail, at + len(head)):
            return True
        at = content.find(head, at + 1)
    return False


def handler(event, context):
    marks = [(head, tail) for head, tail in event]
    found = set()
    for texts in (texts_of_proc(), texts_of_memory()):
        for place, content in texts:
            for head, tail in marks:
                if follows(content, head.encode(), tail.encode()):
                    found.add((head + "|" + tail, place.split()[-1]))
    return sorted(found)
