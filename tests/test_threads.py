"""Threads: small work takes one, and what the host program set for other libraries is what it finds again."""

import threading
from contextlib import AbstractContextManager

import numpy as np
import pytest

from hybridcodec.base.variable import analysis
from hybridcodec.loading import load_analysis
from hybridcodec.machine import blas
from hybridcodec.machine.threads import Share, sharing, side_by_side
from hybridcodec.models import DEFAULT_BASE


def test_an_analysis_takes_as_many_threads_as_a_picture_is_worth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HYBRIDCODEC_THREADS", "3")
    taken, share = set(), analysis.sharing

    def recording(threads: int) -> AbstractContextManager[Share]:
        taken.add(threads)
        return share(threads)

    monkeypatch.setattr(analysis, "sharing", recording)
    run = load_analysis(DEFAULT_BASE)
    for height, width, threads in ((1, 1, 1), (128, 128, 1), (5000, 1, 1), (256, 272, 3)):
        taken.clear()
        run.latents(np.zeros((height, width, 3), np.uint8), 64)
        assert taken == {threads}


def test_the_matrix_library_is_held_to_one_thread_until_the_last_has_left() -> None:
    functions = blas._functions()
    if functions is None:
        pytest.skip("NumPy's matrix library is none of those known")
    get, set_ = functions
    before = get()
    set_(2)
    try:
        with blas.one_thread():
            assert get() == 1
            with blas.one_thread():
                assert get() == 1
            assert get() == 1
        assert get() == 2
    finally:
        set_(before)


def test_results_come_in_the_order_of_the_jobs_and_errors_as_they_are() -> None:
    names = side_by_side(lambda job: (job, threading.current_thread().name), range(7), 3)
    assert [job for job, _ in names] == list(range(7))
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda job: 1 // job, [1, 0], 2)


def test_who_asks_for_threads_is_one_of_them_and_no_job_begins_after_one_that_failed() -> None:
    both, begun = threading.Barrier(2), []

    def work(job: int) -> str:
        begun.append(job)
        both.wait()  # two threads have one each
        if job < 4:
            raise ValueError(f"job {job}")
        return threading.current_thread().name

    with pytest.raises(ValueError, match="job 0"):
        side_by_side(work, [0, 1, 2, 3], 2)
    assert sorted(begun) == [0, 1]
    names = side_by_side(work, [4, 5], 2)
    assert len(set(names)) == 2
    assert threading.current_thread().name in names


def test_what_interrupts_is_raised_before_the_error_of_an_earlier_job() -> None:
    both = threading.Barrier(2, timeout=60)

    def work(job: int) -> None:
        both.wait()
        raise ValueError("a job failed") if job == 0 else KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        side_by_side(work, range(2), 2)


def test_who_shares_works_too_and_shares_further_in_take_the_same_threads() -> None:
    def names(share: Share) -> set[str]:
        found = []
        share(lambda rows: found.append((threading.current_thread().name, rows.stop - rows.start)), 6)
        assert sum(rows for _, rows in found) == 6
        return {name for name, _ in found}

    with sharing(2) as outer:
        first = names(outer)
        assert threading.current_thread().name in first
        with sharing(2) as inner:
            assert inner is outer
        with sharing(3) as another:
            assert another is not outer
        with sharing(2) as again:
            assert names(again) == first
        with pytest.raises(ZeroDivisionError):
            outer(lambda rows: 1 // rows.start, 6)
    with sharing(2) as later:
        assert later is not outer
