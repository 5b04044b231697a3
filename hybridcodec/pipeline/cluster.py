"""The engine for more than one machine: the same tasks on a Dask cluster, or on one inside of this process.

A Dask worker runs `prove` with a crew of its own, so that limits, and proofs by another process, are what they are on
one machine. All machines see sources and destination under the same paths. A task that Dask runs again, because a
worker was lost, does no harm: see `prove`. Workers that are another program than the driver are refused (`identity`),
and what they answer is held against the task (`answers`).
"""

import math
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import dask
from distributed import Client, as_completed

from hybridcodec.errors import HybridcodecError, InputError, UnsupportedError
from hybridcodec.pipeline.answers import checked_outcome
from hybridcodec.pipeline.cluster_inside import start_inside
from hybridcodec.pipeline.cluster_messages import answer_line, assignment_line, read_answer, read_assignment
from hybridcodec.pipeline.crew import Crew
from hybridcodec.pipeline.extras import needs_torch, without_torch
from hybridcodec.pipeline.identity import differences, own_identity
from hybridcodec.pipeline.profiles import Settings
from hybridcodec.pipeline.prove import prove
from hybridcodec.pipeline.recording import unanswered
from hybridcodec.pipeline.task import Limits, Outcome, Task
from hybridcodec.proof.flags import Flag, FlagKind

LOCAL = "local"
CONNECT_SECONDS = 20
_GIVE_UP_SECONDS = 5  # until a worker that was killed is not asked for its results any more
_RESULT_LOST, _TRIES = ("lost", "cancelled", "pending"), 5
_AHEAD, _AHEAD_SECONDS, _ASK_SECONDS = (2, 16), 0.25, 1.0


class ClusterEngine(AbstractContextManager["ClusterEngine"]):
    """Proves tasks on the workers of a Dask scheduler; a few tasks a worker thread are on their way at a time."""

    def __init__(self, address: str, jobs: int, limits: Limits) -> None:
        """Connect to `address`, or start a cluster for `jobs` files at a time inside of this process for `LOCAL`.

        Raises:
            InputError: no scheduler answers, or its workers are not what this driver is.
        """
        self._limits = limits
        self._cluster: Any = None
        self._known_threads, self._asked = 1, -math.inf
        dask.config.set({"distributed.comm.timeouts.connect": f"{_GIVE_UP_SECONDS}s"})
        try:
            _knock(address)
            if address == LOCAL:
                self._cluster = start_inside(jobs)
            self._client: Any = Client(self._cluster or address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:  # TypeError: tls:// without certificates
            raise InputError(f"{address}: no Dask scheduler answers: {error}") from error
        try:
            with self._scheduler():
                said = self._client.run(describe_here, on_error="return")
            for worker, answer in said.items():
                _require_same(worker, answer)
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the cluster go; one that was started here ends."""
        if self._cluster is not None:
            _end_crew(self._limits)  # so that nobody waits for files that are still worked on
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def require(self, settings: Settings) -> None:
        """See `Engine`; of a worker that joins later, files say what it lacks."""
        if not needs_torch(settings):
            return
        with self._scheduler():
            said = self._client.run(without_torch, on_error="return")
        for worker, why in said.items():
            if why:
                raise UnsupportedError(f"the Dask worker {worker}: {why}")

    def prove_all(self, tasks: Iterator[Task], stop: threading.Event) -> Iterator[Outcome]:
        """Yield the outcome of every task; see `Engine`."""
        pace = _Pace()
        finished: Any = as_completed(loop=self._client.loop)
        waiting: dict[str, tuple[Task, int]] = {}

        def send(task: Task, tries: int) -> None:
            with self._scheduler():
                future = self._client.submit(
                    prove_here, assignment_line(own_identity().to_line(), task, self._limits), pure=False
                )
                finished.add(future)
            waiting[future.key] = task, tries

        while True:
            while not stop.is_set() and len(waiting) < pace.ahead(self._threads()):
                task = next(tasks, None)
                if task is None:
                    break
                send(task, 1)
            if not waiting:
                return
            with self._scheduler():
                future = next(finished)
            task, tries = waiting.pop(future.key)
            if future.status in _RESULT_LOST and tries < _TRIES:
                send(task, tries + 1)  # its result went with a worker; to prove a file twice does no harm
                continue
            pace.done += 1
            with self._scheduler():
                outcome = _outcome(future, task)
                future.release()
            yield outcome

    @contextmanager
    def _scheduler(self) -> Iterator[None]:
        """See that the scheduler is there, and say so if it goes away meanwhile."""
        lost = InputError("the Dask scheduler was lost; run the same command again to go on")
        if self._client.status != "running":
            raise lost
        try:
            yield
        except (OSError, CancelledError) as error:
            raise lost from error

    def _threads(self) -> int:
        """How many tasks run at a time; grows and shrinks with the cluster, which is asked now and then."""
        if time.monotonic() > self._asked + _ASK_SECONDS:
            with self._scheduler():
                threads: dict[str, int] = self._client.nthreads()
            self._known_threads, self._asked = max(1, sum(threads.values())), time.monotonic()
        return self._known_threads


@dataclass
class _Pace:
    """How many tasks to send ahead: two a thread, and as many as take a quarter of a second where tasks are short.

    So workers never wait for the way to the driver and back, and an interruption does not wait for many long tasks.
    """

    done: int = 0
    started: float = field(default_factory=time.monotonic)

    def ahead(self, threads: int) -> int:
        seconds = (time.monotonic() - self.started) * threads / max(1, self.done)
        return threads * max(_AHEAD[0], min(_AHEAD[1], int(_AHEAD_SECONDS / max(seconds, 1e-6))))


def _knock(address: str) -> None:
    """See whether anybody listens at an address, before a client is made that would not give up without noise."""
    parts = urlsplit(address)
    if parts.scheme in ("tcp", "tls") and parts.hostname and parts.port:
        socket.create_connection((parts.hostname, parts.port), timeout=CONNECT_SECONDS).close()
    elif address != LOCAL:
        raise ValueError(f"expected tcp://HOST:PORT or {LOCAL}")


def describe_here() -> str:
    """Say what this process is, as JSON; see `identity`."""
    return own_identity().to_line()


def prove_here(line: str) -> str:
    """Prove one task in a Dask worker, unless it is another program than the driver; JSON goes in and out."""
    assignment = read_assignment(line)
    if differences(assignment.driver):
        return answer_line(describe_here(), None)
    task, limits = assignment.work()
    return answer_line(describe_here(), prove(task, _crew(limits)))


_one_crew = threading.Lock()
_crews: dict[Limits, Crew] = {}


def _crew(limits: Limits) -> Crew:
    """Return the crew of this Dask worker, which ends with it."""
    with _one_crew:
        return _crews.setdefault(limits, Crew(limits))


def _end_crew(limits: Limits) -> None:
    with _one_crew:
        crew = _crews.pop(limits, None)
    if crew is not None:
        crew.close()


def _require_same(worker: str, answer: Any) -> None:
    """Refuse to work with a worker that is another program.

    Raises:
        InputError: it is, or it cannot even say so.
    """
    wrong = differences(answer)
    if isinstance(answer, BaseException):
        wrong = f"it cannot say what it is: {type(answer).__name__}: {str(answer).partition(chr(10))[0][:200]}"
    if wrong:
        raise InputError(f"the Dask worker {worker} is not what this driver is: {wrong}; install the same everywhere")


def _outcome(future: Any, task: Task) -> Outcome:
    """Return what came of a task; one whose answer is none, or that Dask gave up, gets a flag.

    Raises:
        HybridcodecError: the worker cannot work at all, or is another program than this one.
    """
    if future.status != "finished":
        lost = future.status in _RESULT_LOST
        error = RuntimeError("its results were lost again and again") if lost else future.exception()
        if isinstance(error, HybridcodecError):
            raise error
        flag = Flag(FlagKind.CRASH, f"the cluster gave up: {type(error).__name__}")
        return Outcome(task, unanswered(task, flag, str(error)), None)
    try:
        answer = future.result()
    except (OSError, CancelledError):
        raise
    except Exception as error:  # noqa: BLE001 - what cannot even be unpacked costs one file
        answer = error
    try:
        said = read_answer(answer)
    except ValueError:
        return _refused(task, "it is no answer")
    _require_same("that answered", said.identity)
    try:
        return checked_outcome(task, said.outcome)
    except ValueError as error:
        return _refused(task, str(error))


def _refused(task: Task, reason: str) -> Outcome:
    flag = Flag(FlagKind.ANSWER_REFUSED, f"what the cluster answered does not fit: {reason}")
    return Outcome(task, unanswered(task, flag, ""), None)
