"""Products of 16-bit numbers in pairs: against numpy's 64-bit integers, compiled and as plain Python."""

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from hybridcodec.machine import pairs
from hybridcodec.machine.pairs import ROWS, VECTOR, Layer, Weights

I32 = NDArray[np.int32]
LOW, SHIFT = 3, 9


@numba.njit
def compiled_pack(x: I32, low: int, high: int, out: I32) -> None:
    pairs.pack(x, low, high, out)


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize(("rows", "inputs", "vectors"), [(1, 1, 1), (4, 2, 2), (9, 54, 3), (40, 39, 1)])
def test_products_are_those_of_64_bit_integers(rows: int, inputs: int, vectors: int, plain: bool) -> None:
    rng = np.random.default_rng(rows + inputs)
    high = LOW + VECTOR * vectors
    weights, x = (rng.integers(-1023, 1024, shape).astype(np.int32) for shape in ((rows, inputs), (inputs, high + 2)))
    weights[0], x[:, LOW] = rng.choice([-32767, 32767], inputs), rng.choice([-1023, 1023], inputs)
    bias = rng.integers(-(1 << 20), 1 << 20, pairs.round_up(rows, ROWS)).astype(np.int32)
    packed = np.zeros((pairs.round_up(inputs, 2) // 2, high + 2), np.int32)
    (pairs.pack.py_func if plain else pairs.pack)(x, LOW, high, packed)
    out, nothing = np.full((len(bias), high + 2), 77, np.int32), np.zeros((0, high + 2), np.int32)
    words = pairs.pack_weights(weights, pairs.round_up(inputs, 2), len(bias))
    multiply = pairs.multiply.py_func if plain else pairs.multiply
    multiply(Layer(Weights(words, bias), 0, len(packed), SHIFT, 0, 1 << 30), packed, LOW, high, nothing, out, nothing)
    sums = weights.astype(np.int64) @ x[:, LOW:high] + bias[:rows, None] + (1 << (SHIFT - 1))
    assert np.abs(sums).max() < 1 << 31
    assert np.array_equal(out[:rows, LOW:high], sums >> SHIFT)
    assert (out[:, :LOW] == 77).all()
    assert (out[:, high:] == 77).all()


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize(("rows", "vectors"), [(4, 1), (8, 2), (12, 3), (32, 5)])
def test_what_is_negative_is_bent_all_is_bounded_then_added_to_and_packed(rows: int, vectors: int, plain: bool) -> None:
    rng, slope, limit = np.random.default_rng(rows), 3, 4095
    high = LOW + VECTOR * vectors
    weights, x = (rng.integers(-1023, 1024, shape).astype(np.int32) for shape in ((2 * rows, 20), (20, high + 2)))
    given = rng.integers(-4095, 4096, (rows, high + 2)).astype(np.int32)
    packed, out, made = (np.full((n, high + 2), 77, np.int32) for n in (10, rows, rows // 2))
    pairs.pack(x, LOW, high, packed)
    layer = Layer(
        Weights(pairs.pack_weights(weights, 20, 2 * rows), np.zeros(2 * rows, np.int32)), rows, 10, 10, 3, limit
    )
    (pairs.multiply.py_func if plain else pairs.multiply)(layer, packed, LOW, high, given, out, made)
    sums = weights[rows:].astype(np.int64) @ x[:, LOW:high] + (1 << 9) >> 10
    expected = np.maximum(sums, sums >> slope).clip(-limit, limit) + given[:, LOW:high]
    assert np.array_equal(out[:, LOW:high], expected)
    again = np.full_like(made, 77)
    pairs.pack(out, LOW, high, again)
    assert np.array_equal(made, again)
    assert (np.delete(out, np.s_[LOW:high], 1) == 77).all()


@pytest.mark.parametrize(("value", "low", "high"), [(-1, 0xFFFF, 0), (-32768, 0x8000, 5), (32767, 0x7FFF, -32768)])
def test_a_pair_keeps_both_numbers_and_their_signs(value: int, low: int, high: int) -> None:
    out = np.zeros((1, 1), np.int32)
    compiled_pack(np.array([[value], [high]], np.int32), 0, 1, out)
    assert int(out[0, 0]) & 0xFFFF == low
    assert int(out[0, 0]) >> 16 == high
