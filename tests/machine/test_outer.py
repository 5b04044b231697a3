"""Sums over lanes, bit for bit in the order that they are defined in."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.outer import TOGETHER, VECTOR, add_products, add_weighted, folded, sum_squares

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
UNIT = np.float32(1 / 128)


@kernel(nogil=True)
def compiled(y: F32, x: I32, begin: int, end: int, out: F32) -> None:
    add_products(y, x, begin, end, UNIT, out)


@kernel(nogil=True)
def compiled_squares(y: F32, begin: int, end: int, out: F32) -> None:
    sum_squares(y, begin, end, out)


@kernel(nogil=True)
def compiled_weighted(weights: F32, x: F32, begin: int, end: int, out: F32) -> None:
    add_weighted(weights, x, begin, end, out)


@pytest.mark.parametrize("rows", [1, TOGETHER, 2 * TOGETHER + 2])
@pytest.mark.parametrize("vectors", [0, 1, 5])
def test_compiled_sums_have_every_bit_of_their_definition(rows: int, vectors: int) -> None:
    rng, begin = np.random.default_rng(rows), 3
    end = begin + vectors * VECTOR
    y = rng.normal(size=(rows, end + 2)).astype(np.float32)
    x = rng.integers(-8190, 8191, (7, end + 2)).astype(np.int32)
    plain = rng.normal(size=(rows, 9)).astype(np.float32)
    out = plain.copy()
    add_products(y, x, begin, end, UNIT, plain)
    compiled(y, x, begin, end, out)
    assert out.tobytes() == plain.tobytes()
    sum_squares(y, begin, end, plain[:, 0])
    squares = np.zeros(rows, np.float32)
    compiled_squares(y, begin, end, squares)
    assert squares.tobytes() == plain[:, 0].tobytes()


@pytest.mark.parametrize("rows", [0, 1, 6])
def test_compiled_weights_have_every_bit_of_their_definition(rows: int) -> None:
    rng, begin, end = np.random.default_rng(rows), 3, 3 + 2 * VECTOR
    weights, x = rng.normal(size=(2, rows, end + 2)).astype(np.float32)
    plain = rng.normal(size=end + 2).astype(np.float32)
    out = plain.copy()
    add_weighted(weights, x, begin, end, plain)
    compiled_weighted(weights, x, begin, end, out)
    assert out.tobytes() == plain.tobytes()


def test_the_upper_half_is_added_to_the_lower() -> None:
    parts = np.zeros(VECTOR, np.float32)
    parts[0], parts[8], parts[4] = 1.0, 2.0**-24, 2.0**-24
    assert folded(parts) == 1.0
    parts[12] = 2.0**-24
    assert folded(parts) == np.float32(1 + 2.0**-23)
