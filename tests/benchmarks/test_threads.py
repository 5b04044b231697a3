"""Threads are set for the runs alone, and every subject has eight tiles."""

import os

import pytest

from benchmarks import threads


def test_threads_take_turns_and_the_setting_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYBRIDCODEC_THREADS", "5")
    seen: list[str] = []
    times = threads.measured(lambda: seen.append(os.environ["HYBRIDCODEC_THREADS"]), 2)
    assert seen == ["1", "2"] * 3
    assert [len(times.wall[count]) for count in (1, 2)] == [2, 2]
    assert os.environ["HYBRIDCODEC_THREADS"] == "5"


def test_the_gain_is_time_of_one_by_time_of_two() -> None:
    times = threads.Times({1: [2.0, 4.0], 2: [1.0, 3.0]}, {1: [2.0], 2: [2.2]})
    assert times.gain(min) == 2.0
    assert times.dearer == pytest.approx(1.1)


def test_screens_have_tiles_that_decode() -> None:
    decoded = threads.subject("index", 3, 255)()
    assert decoded.shape == (256, 4096, 3)  # type: ignore[attr-defined]
