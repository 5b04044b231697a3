"""What an engine is, and the local one: threads that lend tasks to a crew of worker processes on this machine.

`cluster` is the other one. Both pull tasks as there is room for them, so that few are in memory, and give outcomes in
the order in which they come; `stop` ends the pulling, and what has begun is finished.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol

from hybridcodec.errors import UnsupportedError
from hybridcodec.pipeline.crew import Crew
from hybridcodec.pipeline.extras import needs_torch, without_torch
from hybridcodec.pipeline.profiles import Settings
from hybridcodec.pipeline.prove import prove
from hybridcodec.pipeline.task import Limits, Outcome, Task


class Engine(Protocol):
    """Proves tasks somewhere."""

    def require(self, settings: Settings) -> None:
        """Make sure that whoever proves tasks has what files by these settings need.

        Raises:
            HybridcodecError: somebody lacks it, or cannot be asked.
        """

    def prove_all(self, tasks: Iterator[Task], stop: threading.Event) -> Iterator[Outcome]:
        """Yield the outcome of every task, in any order.

        Raises:
            HybridcodecError: work cannot go on at all.
        """


class LocalEngine:
    """Proves `jobs` tasks at a time on this machine, with one worker process more than that."""

    def __init__(self, jobs: int, limits: Limits) -> None:
        self._jobs, self._limits = jobs, limits

    def require(self, settings: Settings) -> None:
        """See `Engine`: this process has what its workers have."""
        if needs_torch(settings) and (why := without_torch()):
            raise UnsupportedError(why)

    def prove_all(self, tasks: Iterator[Task], stop: threading.Event) -> Iterator[Outcome]:
        """Yield the outcome of every task; see `Engine`."""
        with Crew(self._limits) as crew, ThreadPoolExecutor(self._jobs) as pool:
            waiting: set[Future[Outcome]] = set()
            try:
                while True:
                    while not stop.is_set() and len(waiting) < 2 * self._jobs:
                        task = next(tasks, None)
                        if task is None:
                            break
                        waiting.add(pool.submit(prove, task, crew))
                    if stop.is_set():
                        waiting = {future for future in waiting if not future.cancel()}
                    if not waiting:
                        return
                    done, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield future.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                crew.close()
