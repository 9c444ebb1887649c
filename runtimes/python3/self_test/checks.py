"""What uses threads, processes, descriptors, signals or clocks, each of which a copy shares with nobody."""

import os
import signal
import sys
import time


def numbers():
    assert os.readlink("/proc/self") == str(os.getpid()), "os.getpid() is not the kernel's number"
    assert os.getppid() == 1, f"the parent is {os.getppid()}"


def environment():
    assert os.environ["HOME"] == "/tmp" and os.getenv("PATH"), "the environment is not the call's"
    names = {name.decode() for name in os.environb}
    assert names == set(os.environ), "os.environb is not os.environ"


def clocks():
    before = time.perf_counter()
    time.sleep(0.005)
    assert time.perf_counter() - before >= 0.005
    assert time.process_time() < 2, f"the process has used {time.process_time()} s"


def files():
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(b"text")
        file.flush()
        with open(file.name, "rb") as again:
            assert again.read() == b"text"


def streams():
    assert sys.stdin.read() == ""
    assert not sys.stdout.seekable() and sys.stdout.fileno() == 1 and sys.stderr.fileno() == 2


def threads():
    import queue
    import threading

    items = queue.Queue()
    thread = threading.Thread(target=lambda: items.put(threading.get_native_id()))
    thread.start()
    assert items.get(timeout=1) != threading.main_thread().native_id
    thread.join(1)
    assert not thread.is_alive() and threading.main_thread().native_id == os.getpid()


def event_loop():
    import asyncio

    async def both():
        async def late(value):
            await asyncio.sleep(0.001)
            return value

        return await asyncio.gather(late(1), asyncio.to_thread(lambda: 2))

    assert asyncio.run(both()) == [1, 2]


def children():
    import subprocess

    done = subprocess.run(["/bin/sh", "-c", "cat; exit 3"], input=b"hello", capture_output=True)
    assert (done.stdout, done.returncode) == (b"hello", 3), f"a child gave {done}"


def forks():
    import multiprocessing

    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(os.getppid) == os.getpid()


def signals():
    received = []
    before = signal.signal(signal.SIGUSR2, lambda number, _frame: received.append(number))
    os.kill(os.getpid(), signal.SIGUSR2)
    signal.signal(signal.SIGUSR2, before)
    assert received == [signal.SIGUSR2]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set(), "signals are blocked"


def names():
    import socket

    assert socket.getaddrinfo("localhost", 80), "localhost is not known"


def cryptography():
    import hashlib
    import ssl

    assert hashlib.pbkdf2_hmac("sha256", b"a", b"b", 1)
    ssl.create_default_context()


def collection():
    import gc

    kept = []
    for _ in range(2000):
        kept.append([kept])
    del kept
    assert gc.isenabled() and gc.collect() >= 2000


CHECKS = [
    numbers,
    environment,
    clocks,
    files,
    streams,
    threads,
    event_loop,
    children,
    forks,
    signals,
    names,
    cryptography,
    collection,
]
