"""Rows that lanes name: summed and changed, bit for bit as they are defined."""

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.tables import VECTOR, sum_rows, take_from_rows, transpose

F32 = NDArray[np.float32]
U64 = NDArray[np.uint64]


@kernel(nogil=True)
def compiled(table: F32, places: U64, out: F32) -> None:
    for block in range(len(out)):
        sum_rows(table, places, 1 + block * VECTOR, out[block])
        take_from_rows(table, places, 1 + block * VECTOR, out[block])


@kernel(nogil=True)
def turned(block: F32, out: F32) -> None:
    transpose(block, out)


def test_rows_are_summed_and_changed_in_the_order_of_their_places() -> None:
    rng, blocks = np.random.default_rng(1), 3
    table = rng.normal(size=(30, VECTOR)).astype(np.float32) * 10.0 ** rng.integers(-6, 6, (30, 1)).astype(np.float32)
    places = np.stack([rng.permutation(30)[:5] for _ in range(1 + blocks * VECTOR)]).astype(np.uint64)
    plain, out = np.zeros((2, blocks, VECTOR, VECTOR), np.float32)
    expected = table.copy()
    for block in range(blocks):
        sum_rows(expected, places, 1 + block * VECTOR, plain[block])
        take_from_rows(expected, places, 1 + block * VECTOR, plain[block])
    compiled(table, places, out)
    assert out.tobytes() == plain.tobytes()
    assert table.tobytes() == expected.tobytes()


def test_a_block_is_transposed_in_its_place_or_to_another() -> None:
    block = np.random.default_rng(2).normal(size=(VECTOR, VECTOR)).astype(np.float32)
    other, plain, own = np.zeros_like(block), block.copy(), block.copy()
    turned(block, other)
    assert other.tobytes() == np.ascontiguousarray(block.T).tobytes()
    transpose(plain, plain)
    turned(own, own)
    assert own.tobytes() == plain.tobytes() == other.tobytes()
