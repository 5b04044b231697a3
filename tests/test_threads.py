"""Threads of other libraries: small work takes one, and what the host program set is what it finds again."""

import threading

import numpy as np
import pytest
import torch

from hybridcodec import decode, encode
from hybridcodec.base.variable.analysis import Analysis
from hybridcodec.machine import blas
from hybridcodec.machine.threads import side_by_side


def threads_taken(monkeypatch: pytest.MonkeyPatch, height: int, width: int) -> set[int]:
    """Encode and decode a picture where torch may take three threads, and return how many it had for its layers."""
    taken, run, before = set(), Analysis._run, torch.get_num_threads()

    def recording(*arguments: object) -> torch.Tensor:
        taken.add(torch.get_num_threads())
        return run(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Analysis, "_run", recording)
    torch.set_num_threads(3)
    try:
        picture = np.random.default_rng(1).integers(0, 256, (height, width)).astype(np.uint8)
        assert np.array_equal(decode(encode(picture)), picture)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    return taken


@pytest.mark.parametrize(("height", "width"), [(1, 1), (128, 128), (5000, 1), (2, 5000)])
def test_small_and_narrow_pictures_take_one_thread(monkeypatch: pytest.MonkeyPatch, height: int, width: int) -> None:
    monkeypatch.setenv("HYBRIDCODEC_THREADS", "3")
    assert threads_taken(monkeypatch, height, width) == {1}


def test_large_pictures_take_what_the_host_and_the_limit_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYBRIDCODEC_THREADS", "2")
    assert threads_taken(monkeypatch, 256, 272) == {1, 2}  # one for the hyper-latents


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
