"""Sums and quotients of neighbours: compiled, what they are in plain Python."""

from collections.abc import Callable

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from hybridcodec.machine import neighbours

I32 = NDArray[np.int32]
NEAR = np.array([(0, -1), (-1, 0), (-1, 2), (1, 1), (0, 0)], np.int32)
WEIGHTS = np.array([16, 3, 1, 0, 7], np.int32)
LIMIT = 1023


def divide(plane: I32, _less: I32, by: I32, place: neighbours.Place, out: I32) -> None:
    neighbours.divide(plane, NEAR, by, LIMIT, place, out)


def divide_both(plane: I32, _less: I32, by: I32, place: neighbours.Place, out: I32) -> None:
    neighbours.divide_both(plane, NEAR, by, LIMIT, place, out)


def divide_beside(plane: I32, less: I32, by: I32, place: neighbours.Place, out: I32) -> None:
    neighbours.divide_beside(plane, NEAR, (16, less), by, LIMIT, place, out)


def add_up(plane: I32, _less: I32, _by: I32, place: neighbours.Place, out: I32) -> None:
    neighbours.add_up(plane, NEAR[:3], place, out[1])


def add_magnitudes(plane: I32, _less: I32, _by: I32, place: neighbours.Place, out: I32) -> None:
    neighbours.add_magnitudes(plane, NEAR[:4], WEIGHTS, place, out[2])


@pytest.mark.parametrize("function", [divide, divide_both, divide_beside, add_up, add_magnitudes])
def test_compiled_code_gives_what_is_meant_in_whole_vectors_and_leaves_the_rest(function: Callable[..., None]) -> None:
    rng, compiled = np.random.default_rng(1), numba.njit(function)
    plane, less = (rng.integers(-255, 256, shape).astype(np.int32) for shape in ((20, 60), (60,)))
    for by in (np.zeros(60, np.int32), rng.integers(1, 50000, 60).astype(np.int32)):
        for place in ((9, 3, 3, 51), (10, 2, 5, 21), (9, 3, 4, 4)):
            found, expected = (np.full((10, 60), 77, np.int32) for _ in range(2))
            compiled(plane, less, by, place, found)
            function(plane, less, by, place, expected)
            assert np.array_equal(found, expected)
            assert (found[:, : place[2]] == 77).all()
            assert (found[:, place[3] :] == 77).all()
