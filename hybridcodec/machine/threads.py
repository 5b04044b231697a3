"""Threads for the parts of a piece of work, and the share of it that is done.

They live as long as the work that they were started for: none waits awake for more, and a process that is forked
between two pictures has lost none.
"""

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

from hybridcodec.machine.host import thread_limit

Progress = Callable[[float], None] | None
"""Receives the share done, 0 to 1, from any thread."""
Tick = Callable[[], None]
"""Called once a step of the work."""
Share = Callable[[Callable[[slice], None], int], None]
"""Runs a work on bands of so many rows, all of them together, and waits for them."""
SHARED_STEPS: Final = 1000
"""Steps that are worth dividing among threads: a picture of 256x256; threads that wait cost smaller ones more."""
REPORT_EVERY: Final = 64
"""Steps between two reports."""

T = TypeVar("T")
J = TypeVar("J")


def part(progress: Progress, start: float, end: float) -> Progress:
    """Return a progress that fills the part from `start` to `end` of `progress`."""
    if progress is None:
        return None
    return lambda share: progress(start + share * (end - start))


def side_by_side(work: Callable[[J], T], jobs: Sequence[J], threads: int) -> list[T]:
    """Run `work` on every job, on at most so many threads, and return the results in order.

    The thread that asks is one of them, since starting another takes half a millisecond. Of errors, that of the first
    job is raised, but what interrupts (no `Exception`) before all others.
    """
    threads = min(len(jobs), threads)
    if threads <= 1:
        return [work(job) for job in jobs]
    left, results = iter(range(len(jobs))), dict[int, T]()
    failed = dict[int, BaseException]()

    def take() -> None:
        for number in left:  # no two threads get the same: Python's lock is held meanwhile
            try:
                results[number] = work(jobs[number])
            except BaseException as error:  # noqa: BLE001 - raised below
                failed[number] = error
                deque(left, 0)  # nobody goes on

    with ThreadPoolExecutor(threads - 1) as pool:
        for _ in range(threads - 1):
            pool.submit(take)
        take()
    if failed:
        raise failed[min(failed, key=lambda number: (isinstance(failed[number], Exception), number))]
    return [results[number] for number in range(len(jobs))]


class _Held(threading.local):
    """What this thread shares by already: so many threads, itself among them."""

    threads: int = 0
    share: Share | None = None


_held: Final = _Held()


@contextmanager
def sharing(threads: int) -> Iterator[Share]:
    """Give what divides rows among at most so many threads, which stay for all that is shared meanwhile.

    The thread that asks is one of them. Where it shares by as many already, further out, it goes on with those.
    """
    if threads <= 1:
        yield lambda work, rows: work(slice(0, rows))
        return
    if _held.share is not None and _held.threads == threads:
        yield _held.share
        return
    before = _held.threads, _held.share
    with ThreadPoolExecutor(threads - 1) as pool:

        def share(work: Callable[[slice], None], rows: int) -> None:
            own, *others = bands(rows, threads)
            waiting = [pool.submit(work, band) for band in others]
            work(own)
            for each in waiting:
                each.result()

        _held.threads, _held.share = threads, share
        try:
            yield share
        finally:
            _held.threads, _held.share = before


def bands(rows: int, count: int) -> list[slice]:
    """Divide rows into at most `count` bands of about equal height."""
    height = -(-rows // count)
    return [slice(top, min(top + height, rows)) for top in range(0, rows, height)]


def in_steps(work: Callable[[J, Tick], T], jobs: Sequence[J], steps: int, progress: Progress) -> list[T]:
    """Run `work` on every job, on as many threads as there may be, telling how far it is; results in order.

    Args:
        work: one job; it calls what it is given beside it once a step.
        jobs: what to work on.
        steps: of all jobs together.
        progress: receives the share of them that is done.
    """
    ticker = _Ticker(steps, progress)
    threads = thread_limit() if steps >= SHARED_STEPS else 1
    return side_by_side(lambda job: work(job, ticker.tick), jobs, threads)


class _Ticker:
    """Counts steps of all threads and reports the share done now and then."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._lock, self._done, self._total, self._progress = threading.Lock(), 0, max(1, total), progress

    def tick(self) -> None:
        with self._lock:
            self._done += 1
            if self._progress is not None and self._done % REPORT_EVERY == 0:
                self._progress(min(1.0, self._done / self._total))


class _Origin:
    """The process that imported this; a fork of it lacks the threads that libraries started there."""

    process = os.getpid()


def is_forked() -> bool:
    """Tell whether this process was forked from another, whose threads of libraries it would wait for in vain.

    A child of `multiprocessing` counts as forked: it may have imported this only afterwards.
    """
    multiprocessing = sys.modules.get("multiprocessing.process")
    child = multiprocessing is not None and multiprocessing.parent_process() is not None
    return child or os.getpid() != _Origin.process
