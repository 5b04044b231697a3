"""Rows that lanes name: summed and changed, bit for bit as they are defined."""

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.tables import VECTOR, sum_rows, take_from_rows

F32 = NDArray[np.float32]
U64 = NDArray[np.uint64]


@kernel(nogil=True)
def compiled(table: F32, places: U64, out: F32) -> None:
    for lane in range(1, len(out)):
        sum_rows(table, places, lane, out)
        take_from_rows(table, places, lane, out)


def test_rows_are_summed_and_changed_in_the_order_of_their_places() -> None:
    rng = np.random.default_rng(1)
    table = rng.normal(size=(30, VECTOR)).astype(np.float32) * 10.0 ** rng.integers(-6, 6, (30, 1)).astype(np.float32)
    places = np.stack([rng.permutation(30)[:5] for _ in range(9)]).astype(np.uint64)
    plain, out = np.zeros((2, 9, VECTOR), np.float32)
    expected = table.copy()
    for lane in range(1, 9):
        sum_rows(expected, places, lane, plain)
        take_from_rows(expected, places, lane, plain)
    compiled(table, places, out)
    assert out.tobytes() == plain.tobytes()
    assert table.tobytes() == expected.tobytes()
