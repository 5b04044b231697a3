"""Turns are a hint: they order threads that keep to them, and hold up nobody for long."""

from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.turns import Turn, leave, new_turn, take


@numba.njit(nogil=True)
def compiled_take(turn: Turn) -> None:
    take(turn)


@numba.njit(nogil=True)
def compiled_leave(turn: Turn) -> None:
    leave(turn)


@numba.njit(nogil=True)
def count_up(turn: Turn, counter: NDArray[np.int64], times: int) -> None:
    """Add to a counter that threads share, each addition in a turn of its own."""
    for _ in range(times):
        take(turn)
        counter[0] += 1
        leave(turn)


def test_a_turn_is_taken_and_left() -> None:
    turn = new_turn()
    compiled_take(turn)
    assert turn[0] == 1
    compiled_leave(turn)
    assert turn[0] == 0
    take(turn)
    assert turn[0] == 1
    leave(turn)
    assert turn[0] == 0


def test_a_turn_that_nobody_leaves_holds_up_nobody_for_good() -> None:
    turn = new_turn()
    take(turn)
    compiled_take(turn)
    assert turn[0] == 1


def test_threads_come_one_after_the_other() -> None:
    turn, counter = new_turn(), np.zeros(1, np.int64)
    count_up(turn, counter, 0)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda times: count_up(turn, counter, times), [1000, 1000]))
    assert 1000 <= counter[0] <= 2000
    assert turn[0] == 0
