"""What a boot takes from its environment, and keeps."""

import os
import posix
import time


def take_on_environment(variables):
    """variables: the call's, each as NAME=value, in bytes. They are the C library's already."""
    zone_before = os.environ.get("TZ")
    # It is what `os.environ` writes through to, and an assignment there would tell the C library once more.
    posix.environ.clear()
    posix.environ.update(variable.split(b"=", 1) for variable in variables)
    if os.environ.get("TZ") != zone_before:
        time.tzset()
