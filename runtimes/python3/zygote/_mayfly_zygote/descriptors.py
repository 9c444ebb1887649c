"""A copy has what its zygote has open: nothing that a boot would not have, or it is not made."""

import os

# The standard streams, the control channel, and the number that is the ready pipe's: see the fork server.
OWN = {0, 1, 2, 3, 4}


def check_descriptors():
    open_ones = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            open_ones[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            pass  # the listing's own
    others = {number: to for number, to in open_ones.items() if number not in OWN}
    if others:
        raise RuntimeError(f"This process cannot serve as a zygote: it has more open than it should: {others}")
