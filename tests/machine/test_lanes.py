"""Memory of lanes: aligned, zero, and where it is asked for in cache lines that nothing else lies in."""

import numpy as np
import pytest

from hybridcodec.machine.lanes import apart, zeros


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.uint64])
@pytest.mark.parametrize("lane", [0, 3])
def test_the_lane_that_is_asked_for_begins_a_cache_line_in_every_row(dtype: type, lane: int) -> None:
    np.full(5 * 32, 7, dtype)  # leaves memory that is not zero
    found = zeros((5, 32), lane, dtype)
    assert not found.any()
    assert all(row[lane:].ctypes.data % 64 == 0 for row in found)


@pytest.mark.parametrize("shape", [(1,), (7,), (3, 5), (2, 3, 4)])
def test_a_copy_apart_holds_the_same_and_shares_no_lines(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(len(shape)).integers(0, 1 << 40, shape)
    copies = [apart(values) for _ in range(8)]
    assert all(np.array_equal(copy, values) and copy.flags.c_contiguous and copy.flags.writeable for copy in copies)
    lines = [range(copy.ctypes.data // 128, -(-(copy.ctypes.data + copy.nbytes) // 128)) for copy in copies]
    assert all(copy.ctypes.data % 128 == 0 for copy in copies)
    assert len({line for each in lines for line in each}) == sum(map(len, lines))


def test_nothing_has_a_copy_apart_too() -> None:
    assert apart(np.zeros((0, 6))).shape == (0, 6)
