"""The worker processes of one machine: lent to one job at a time, watched, and replaced when they are lost.

`concurrent.futures` would lose all jobs in flight with one killed process; here a kill, a hang or a crash costs the one
job that the process had. A job can ask for another process than the one that did the job before it: n jobs at a time
need n + 1 processes for that.
"""

import os
import select
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Generic

from hybridcodec.errors import HybridcodecError
from hybridcodec.isolation import child_command, child_environment, child_folder
from hybridcodec.pipeline.messages import Request, Result, read_reply, request_line
from hybridcodec.pipeline.task import Limits
from hybridcodec.pipeline.worker import ONE_THREAD
from hybridcodec.proof.flags import Flag, FlagKind

START_SECONDS = 300.0
_TAIL = 2000  # characters of standard error that a message of a crash shows
_OUT_OF_MEMORY = ("memory allocation of", "bad_alloc", "MemoryError", "Cannot allocate memory")


@dataclass(frozen=True)
class Answer(Generic[Result]):
    """What came back from the worker process `process`: a result, or the flags that ended the job."""

    process: int
    result: Result | None
    flags: tuple[Flag, ...] = ()
    error: str = ""


class _Lost(Exception):  # noqa: N818 - it says what happened, and never leaves this module
    """The worker is gone; `kind` says why."""

    def __init__(self, kind: FlagKind, detail: str, error: str = "") -> None:
        super().__init__(detail)
        self.kind, self.detail, self.error = kind, detail, error


class Crew(AbstractContextManager["Crew"]):
    """Worker processes under the same limits; any number of threads may ask for jobs."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._closed = False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def run(self, request: Request[Result], *, other_than: int | None = None) -> Answer[Result]:
        """Do one job in a process that is not `other_than`, and wait for its answer.

        A process that dies, hangs, runs out of memory or answers something else gives an answer with that flag.

        Raises:
            HybridcodecError: no process can be started.
        """
        message = request_line(request)
        worker = self._lend(other_than)
        try:
            reply = read_reply(request, worker.ask(message, self._limits.seconds))
        except _Lost as lost:
            self._give_up(worker)
            detail = f"{lost.detail} while it did the job {request.job!r}"
            return Answer(worker.process, None, (Flag(lost.kind, detail),), lost.error)
        except ValueError as error:
            self._give_up(worker)
            detail = f"worker process {worker.process} gave no answer to the job {request.job!r}: {error}"
            return Answer(worker.process, None, (Flag(FlagKind.CRASH, detail),))
        except BaseException:
            self._give_up(worker)
            raise
        self._take_back(worker, retire=reply.retire)
        return Answer(worker.process, reply.result, reply.flags, reply.error)

    def close(self) -> None:
        """End all processes; jobs that still run end with a flag."""
        with self._lock:
            self._closed = True
            workers = [*self._idle, *self._busy]
            self._idle = []
        for worker in workers:
            worker.kill()

    def _lend(self, other_than: int | None) -> "_Worker":
        while True:
            with self._lock:
                if self._closed:
                    raise HybridcodecError("the worker processes were told to end")
                fitting = [worker for worker in self._idle if worker.process != other_than]
                worker = fitting[-1] if fitting else _made(self._limits)
                if fitting:
                    self._idle.remove(worker)
                self._busy.add(worker)
            if not fitting:
                self._start(worker)
                return worker
            if worker.alive():  # one that died in its sleep costs nothing
                return worker
            self._give_up(worker)

    def _start(self, worker: "_Worker") -> None:
        try:
            worker.wait_until_ready()
        except _Lost as lost:
            self._give_up(worker)
            raise HybridcodecError(f"no worker process can be started: {lost.detail}\n{lost.error}") from lost

    def _take_back(self, worker: "_Worker", *, retire: bool) -> None:
        with self._lock:
            self._busy.discard(worker)
            keep = not retire and not self._closed
            if keep:
                self._idle.append(worker)
        if not keep:
            worker.kill()

    def _give_up(self, worker: "_Worker") -> None:
        with self._lock:
            self._busy.discard(worker)
        worker.kill()


def _made(limits: Limits) -> "_Worker":
    with ExitStack() as stack:
        try:
            errors = stack.enter_context(tempfile.TemporaryFile())
            worker = _Worker(limits, errors)
        except OSError as error:  # no room for its messages, or for one more process
            raise HybridcodecError(f"no worker process can be started: {error.strerror or error}") from error
        stack.pop_all()  # the file lives as long as the process
    return worker


class _Worker:
    """One process and the pipes to it."""

    def __init__(self, limits: Limits, errors: IO[bytes]) -> None:
        self._errors = errors
        self._process = subprocess.Popen(  # noqa: S603
            child_command(limits.module, str(limits.seconds), str(limits.memory)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=child_environment(limits.module) | ONE_THREAD,
            cwd=child_folder(),
            start_new_session=True,  # Ctrl-C in the terminal is for the driver
        )
        self._received = b""

    @property
    def process(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def wait_until_ready(self) -> None:
        self._receive(START_SECONDS)

    def ask(self, message: str, seconds: float) -> bytes:
        if self._process.stdin is None:
            raise AssertionError
        try:
            self._process.stdin.write(message.encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise self._why_lost() from error
        return self._receive(seconds)

    def kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                with suppress(OSError):
                    stream.close()

    def _receive(self, seconds: float) -> bytes:
        """Return the next line, or find out why none comes."""
        if self._process.stdout is None:
            raise AssertionError
        handle, end, poll = self._process.stdout.fileno(), time.monotonic() + seconds, select.poll()
        poll.register(handle, select.POLLIN | select.POLLHUP)
        while b"\n" not in self._received:
            left = end - time.monotonic()
            if left <= 0 or not poll.poll(1000 * left):
                raise _Lost(FlagKind.TIME_OUT, f"worker process {self.process} took more than {seconds:g} seconds")
            data = os.read(handle, 1 << 16)
            if not data:
                raise self._why_lost()
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        return line

    def _why_lost(self) -> _Lost:
        try:
            code = self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            code = 0
        self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - _TAIL))
        said = self._errors.read().decode(errors="replace").strip()
        memory = any(words in said for words in _OUT_OF_MEMORY)
        name = signal.Signals(-code).name if code < 0 and -code in set(signal.Signals) else ""
        how = f"was ended by {name or f'signal {-code}'}" if code < 0 else f"ended with exit code {code}"
        kind = FlagKind.OUT_OF_MEMORY if memory else FlagKind.CRASH
        return _Lost(kind, f"worker process {self.process} {how}", said)
