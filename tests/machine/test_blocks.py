"""Blocks of products of 16-bit numbers: against numpy's 64-bit integers, compiled and as plain Python."""

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from hybridcodec.machine import blocks
from hybridcodec.machine.blocks import OUTPUTS, PIXELS

I16 = NDArray[np.int16]
I32 = NDArray[np.int32]


@numba.njit
def compiled(weights: I32, bias: I32, shift: I32, x: I16, sums: I32, place: blocks.Place) -> None:
    blocks.multiply(weights, bias, shift, x, sums, place)


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize(("edge", "channels", "outputs"), [(1, 2, 3), (3, 4, 33), (3, 24, 64), (5, 2, 32)])
def test_products_are_those_of_64_bit_integers(edge: int, channels: int, outputs: int, plain: bool) -> None:
    rng = np.random.default_rng(edge + channels)
    columns, inputs = PIXELS + 2 * edge, edge * channels
    x = rng.integers(-250, 250, (edge, columns, channels)).astype(np.int16)
    x[:, 3] = rng.choice([-32767, 32767], (edge, channels))
    weights = rng.integers(-127, 128, (outputs, edge, inputs))
    weights[0, 0, :2] = -32768, 32767
    x[0, :, :2] = np.clip(x[0, :, :2], -9999, 9999)
    words = blocks.pack_words(weights.reshape(outputs, -1))
    bias, shift = np.zeros((2, len(words) * OUTPUTS), np.int32)
    bias[:outputs], shift[:outputs] = rng.integers(-(1 << 20), 1 << 20, outputs), rng.integers(0, 12, outputs)
    sums = np.full(PIXELS * len(bias) + 5, 77, np.int32)
    multiply = blocks.multiply if plain else compiled
    for number in range(len(words)):
        at = number * OUTPUTS
        place = (number * words[0].size, at, channels, channels, columns * channels, edge, inputs // 2, at, len(bias))
        multiply(words.reshape(-1), bias, shift, x.reshape(-1), sums, place)
    for pixel in range(PIXELS):
        seen = x.reshape(edge, -1)[:, (1 + pixel) * channels :][:, :inputs].astype(np.int64)
        exact = (weights * seen).sum((1, 2)) + bias[:outputs]
        assert np.abs(exact).max() < 1 << 31
        assert np.array_equal(sums[pixel * len(bias) :][:outputs], exact >> shift[:outputs])
    assert (sums[-5:] == 77).all()


def test_a_word_keeps_both_weights_and_their_signs() -> None:
    words = blocks.pack_words(np.array([[-1, -32768], [32767, 5]]))
    assert words.shape == (1, 1, OUTPUTS)
    assert (words[0, 0] & 0xFFFF).tolist() == [0xFFFF, 0x7FFF] + [0] * (OUTPUTS - 2)
    assert (words[0, 0] >> 16).tolist() == [-32768, 5] + [0] * (OUTPUTS - 2)
