"""The compiled sums against their definition, bit for bit, and memory that is aligned for them."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hybridcodec.machine.elimination import VECTOR
from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.lanes import LINE, zeros
from hybridcodec.machine.recursion import Room, accumulate, room_for

Reals = NDArray[Any]


@kernel(error_model="numpy")
def compiled(history: Reals, sums: Reals, room: Room, n: int, lane: int, forget: float) -> None:
    accumulate(history, sums, room, n, lane, forget)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [1, 2, 5, 17])
def test_every_bit_is_that_of_the_definition(n: int, dtype: Any) -> None:
    """Two vectors of lanes, the second of which hears of the first, for some chunks one after the other."""
    rng, count = np.random.default_rng(n), n * (n + 1) // 2 + n
    written, read = (np.zeros((2, count, 2, VECTOR), dtype) for _ in range(2))
    for _ in range(4):
        history = rng.normal(0, 40, (3, n + 1, 2 * VECTOR + 5)).astype(dtype)
        rooms = [room_for(count, dtype) for _ in range(2)]
        for vector in range(2):
            lane = 3 + vector * VECTOR
            accumulate(history, written[vector], rooms[0], n, lane, 0.7)
            compiled(history, read[vector], rooms[1], n, lane, 0.7)
            for plain, found in zip(*rooms, strict=True):
                assert plain.tobytes() == found.tobytes()
        assert written.tobytes() == read.tobytes()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("lane", [0, 2, 4, 9])
def test_memory_begins_a_cache_line_at_the_lane_that_was_named(lane: int, dtype: Any) -> None:
    assert zeros((7, 0), lane, dtype).shape == (7, 0)
    for shape in ((16,), (3, 48), (5, 2, 16)):
        memory = zeros(shape, lane, dtype)
        assert memory.shape == shape
        assert not memory.any()
        assert (memory.ctypes.data + lane * memory.itemsize) % (LINE * 8) == 0
