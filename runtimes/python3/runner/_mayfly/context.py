"""What a handler is given beside its event."""

import sys

from .channel import now_us


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
