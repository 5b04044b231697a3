"""Threads for the parts of a piece of work.

They live as long as the work that they were started for: none waits awake for more, and a process that is forked
between two pictures has lost none.
"""

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
J = TypeVar("J")


def side_by_side(work: Callable[[J], T], jobs: Sequence[J], threads: int) -> list[T]:
    """Run `work` on every job, on at most so many threads, and return the results in order."""
    threads = min(len(jobs), threads)
    if threads <= 1:
        return [work(job) for job in jobs]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, jobs))


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
