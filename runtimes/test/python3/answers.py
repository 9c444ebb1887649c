"""A function that is asked what Python's documented interfaces answer: by name, what each gave or raised."""

import gc
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import time

QUESTIONS = {}


def question(ask):
    QUESTIONS[ask.__name__] = ask
    return ask


@question
def numbers():
    return [os.getpid(), os.getppid(), os.getsid(0), os.getpgrp(), os.getuid(), os.geteuid(), os.getgid(), os.getgroups()]


@question
def arguments():
    return [sys.argv, sys.orig_argv, sys.executable, sys.prefix, sys.path, sys.warnoptions, sys._xoptions]


@question
def flags():
    return str(sys.flags)


@question
def command_line():
    with open("/proc/self/cmdline", "rb") as line, open("/proc/self/comm") as name:
        return [line.read().decode().split("\0"), name.read(), os.readlink("/proc/self/exe")]


@question
def environment():
    of_child = subprocess.run(["/usr/bin/env"], capture_output=True, text=True).stdout.splitlines()
    own = [f"{name}={value}" for name, value in os.environ.items()]
    without_call = [one for one in own if not one.startswith(("MAYFLY_", "AWS_"))]
    return [without_call, of_child == own, os.environb[b"HOME"].decode(), os.getenv("TZ"), os.path.expanduser("~")]


@question
def changed_environment():
    os.environ["ADDED"] = "1"
    del os.environ["TMPDIR"]
    seen = subprocess.run(["/bin/sh", "-c", "echo $ADDED-$TMPDIR"], capture_output=True, text=True).stdout
    os.environ["TMPDIR"] = "/tmp"
    del os.environ["ADDED"]
    return seen


@question
def directory():
    mask = os.umask(0)
    os.umask(mask)
    return [os.getcwd(), mask, sorted(os.listdir("/"))]


@question
def streams():
    return [described(stream) for stream in (sys.stdin, sys.stdout, sys.stderr)]


def described(stream):
    attributes = ("name", "mode", "encoding", "errors", "newlines", "line_buffering", "write_through")
    raw = getattr(stream.buffer, "raw", stream.buffer)
    return [
        [getattr(stream, name) for name in attributes],
        [type(one).__name__ for one in (stream, stream.buffer, raw)],
        [raw.name, raw.mode, raw.closefd, stream.fileno(), stream.isatty(), stream.seekable(), stream.readable()],
        stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode),
        stream is getattr(sys, f"__{raw.name[1:-1]}__"),
    ]


@question
def input_is_at_its_end():
    return [sys.stdin.read(), subprocess.run(["/bin/cat"], capture_output=True).stdout.decode()]


@question
def descriptors():
    numbers = (int(name) for name in os.listdir("/proc/self/fd"))
    return [[number, os.get_inheritable(number)] for number in sorted(numbers) if is_open(number)]


def is_open(number):
    try:
        os.fstat(number)
        return True
    except OSError:
        return False


@question
def signals():
    handlers = {number: str(signal.getsignal(number)) for number in signal.valid_signals()}
    handlers[signal.SIGINT] = handlers[signal.SIGINT].split(" at ")[0]
    return [handlers, sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())), signal.set_wakeup_fd(-1)]


@question
def status():
    wanted = ("Umask", "Sig", "Shd", "Cap", "NoNewPrivs", "Seccomp", "Threads", "NSpid", "Groups", "CoreDumping")
    with open("/proc/self/status") as file:
        return [line.split() for line in file if line.startswith(wanted) and not line.startswith("SigQ")]


@question
def limits():
    names = [name for name in dir(resource) if name.startswith("RLIMIT_")]
    return {name: resource.getrlimit(getattr(resource, name)) for name in names}


@question
def scheduling():
    return [os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0), sorted(os.sched_getaffinity(0)), os.cpu_count()]


@question
def clocks():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return [
        time.process_time() < 1,
        time.thread_time() < 1,
        used.ru_utime + used.ru_stime < 1,
        0 <= time.monotonic() - time.perf_counter() < 1,
        os.times().children_user < 1,
        time.clock_gettime(time.CLOCK_BOOTTIME) < 60,
    ]


@question
def zone():
    return [time.tzname, time.timezone, time.altzone, time.strftime("%H", time.localtime(0))]


@question
def threads():
    found = []
    thread = threading.Thread(target=lambda: found.append(threading.current_thread().name))
    thread.start()
    thread.join()
    main = threading.main_thread()
    return [found, main.name, main.native_id == os.getpid(), main is threading.current_thread(), threading.active_count()]


@question
def stack_of_a_thread():
    sizes = []

    def look():
        """What lies behind a guard page."""
        with open("/proc/self/maps") as maps:
            lines = [line.split() for line in maps]
        for (_, guard, *_), (place, access, *_) in zip(lines, lines[1:]):
            if guard == "---p" and access == "rw-p":
                first, end = place.split("-")
                sizes.append(int(end, 16) - int(first, 16))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return max(sizes)


@question
def interpreter():
    return [
        gc.isenabled(),
        gc.get_threshold(),
        sys.getrecursionlimit(),
        sys.getswitchinterval(),
        sys.getfilesystemencoding(),
        sys.dont_write_bytecode,
        sys.gettrace(),
        sys.getprofile(),
        [one for one in map(str, sys.meta_path)],
        __name__,
        sys.modules["__main__"].__file__,
        [str(hook.__name__) for hook in (sys.excepthook, sys.unraisablehook, threading.excepthook)],
    ]


@question
def text():
    import locale

    return [locale.setlocale(locale.LC_ALL), locale.getencoding(), str("ß".upper()), locale.strxfrm("a")]


@question
def event_loop():
    import asyncio

    async def main():
        reader, writer = os.pipe()
        loop = asyncio.get_running_loop()
        arrived = loop.create_future()
        loop.add_reader(reader, lambda: arrived.set_result(os.read(reader, 9).decode()))
        os.write(writer, b"here")
        process = await asyncio.create_subprocess_exec("/bin/echo", "child", stdout=subprocess.PIPE)
        return [await arrived, (await process.communicate())[0].decode(), await asyncio.to_thread(lambda: 1)]

    return asyncio.run(main())


@question
def own_processes():
    import multiprocessing

    answers = []
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            answers.append([method, sorted(pool.map(abs, [-1, -2])), pool.apply(os.getppid) > 1])
    return answers


@question
def forked():
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, f"{os.getppid() == parent} {threading.active_count()}".encode())
        os._exit(5)
    _, status = os.waitpid(child, 0)
    return [os.read(reader, 99).decode(), os.waitstatus_to_exitcode(status)]


parent = os.getpid()


@question
def locks_after_a_fork():
    import concurrent.futures
    import logging

    logging.getLogger().warning("a line")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(abs, [-1, -2]))


@question
def network():
    import socket
    from http.client import HTTPConnection
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"body")

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        connection = HTTPConnection(*server.server_address)
        connection.request("GET", "/")
        body = connection.getresponse().read().decode()
        thread.join()
    return [body, socket.gethostname()]


def ask(one):
    try:
        return one()
    except Exception as error:
        return {"raised": f"{type(error).__name__}: {error}"}


def handler(event, context):
    return {name: ask(one) for name, one in QUESTIONS.items()}
