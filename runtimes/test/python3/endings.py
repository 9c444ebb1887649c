"""Ends in the way that the event names."""

import atexit
import os
import signal
import sys
import threading
import time


class Odd(BaseException):
    pass


def exit_after_others():
    atexit.register(print, "registered first")
    atexit.register(print, "registered last")
    print("not flushed by hand", end="")
    sys.exit(3)


def exit_with_text():
    sys.exit("a text")


def exit_with_none():
    sys.exit()


def raise_past_the_runner():
    raise Odd("odd")


def interrupt():
    raise KeyboardInterrupt


def leave_at_once():
    atexit.register(print, "never printed")
    os._exit(4)


def exit_of_a_thread_is_none():
    thread = threading.Thread(target=lambda: sys.exit(3))
    thread.start()
    thread.join()
    return "alive"


def raise_in_a_thread():
    def fail():
        raise ValueError("in a thread")

    thread = threading.Thread(target=fail, name="worker")
    thread.start()
    thread.join()
    return "alive"


def wait_for_a_thread():
    threading.Thread(target=lambda: (time.sleep(0.05), print("the thread's last words"))).start()
    sys.exit(6)


def abort():
    os.abort()


def end_by_a_signal():
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)


def write_to_a_closed_pipe():
    reader, writer = os.pipe()
    os.close(reader)
    os.write(writer, b"x")


def fall_too_deep():
    return fall_too_deep()


def end_of_a_generator():
    raise StopIteration("by hand")


ENDINGS = [
    exit_after_others,
    exit_with_text,
    exit_with_none,
    raise_past_the_runner,
    interrupt,
    leave_at_once,
    exit_of_a_thread_is_none,
    raise_in_a_thread,
    wait_for_a_thread,
    abort,
    end_by_a_signal,
    write_to_a_closed_pipe,
    fall_too_deep,
    end_of_a_generator,
]


def handler(event, context):
    return {one.__name__: one for one in ENDINGS}[event]()
