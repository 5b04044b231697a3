"""Stages of an encoder: equal to 64-bit integers and reals in one order, whatever strides, squares and sizes."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hybridcodec.errors import ModelError
from hybridcodec.integer.scaled import Filters, Scaled, room
from hybridcodec.integer.words import Plane
from hybridcodec.machine.threads import sharing

F32 = NDArray[np.float32]
LOW, HIGH = -300, 900


def filters(rng: np.random.Generator, outputs: int, inputs: int, edge: int, stride: int, square: int) -> Filters:
    weight = rng.integers(-127, 128, (outputs, inputs * square**2, edge, edge)).astype(np.int8)
    unit = rng.uniform(0.001, 0.01, outputs).astype(np.float32)
    return Filters(weight, unit, rng.normal(size=outputs).astype(np.float32), stride, square)


def expected(x: NDArray[np.int64], made: Filters, factor: float, plus: float) -> F32:
    """What is meant, of a plane (h, w, C): squares to channels, a padded convolution, a unit and a bias."""
    n, channels, k, _ = made.weight.shape
    r, (h, w, c) = made.square, x.shape
    cells = x.reshape(h // r, r, w // r, r, c).transpose(0, 2, 4, 1, 3).reshape(h // r, w // r, channels)
    padded = np.pad(cells, ((k // 2,) * 2, (k // 2,) * 2, (0, 0)))
    rows, columns = (-(-side // made.stride) for side in cells.shape[:2])
    out = np.empty((rows, columns, n), np.float32)
    scale, bias = (made.unit.astype(float) * factor).astype(np.float32), (made.bias.astype(float) * plus)
    for y in range(rows):
        for column in range(columns):
            top, left = y * made.stride, column * made.stride
            seen = padded[top : top + k, left : left + k]
            sums = np.einsum("nckl,klc->n", made.weight.astype(np.int64), seen)
            out[y, column] = sums.astype(np.float32) * scale + bias.astype(np.float32)
    return out


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    ("outputs", "inputs", "edge", "stride", "square"),
    [(33, 2, 3, 1, 1), (6, 4, 3, 2, 1), (5, 3, 3, 1, 4), (40, 3, 1, 1, 16), (2, 2, 1, 1, 1)],
)
@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 14), (3, 25)])
def test_stages_equal_what_is_meant(
    height: int, width: int, outputs: int, inputs: int, edge: int, stride: int, square: int, threads: int
) -> None:
    rng = np.random.default_rng(outputs + width)
    made = filters(rng, outputs, inputs, edge, stride, square)
    stage = Scaled.of("test", made, (64, 8), (LOW, HIGH), 500)
    x = rng.integers(-500, 501, (height * square, width * square, inputs))
    plane = room(*x.shape[:2], inputs, 4, 256)  # type: ignore[call-arg]
    plane.inside[...] = x
    exact = expected(x, made, 8 / 64, 8)
    h, w = exact.shape[:2]
    with sharing(threads) as share:
        reals = stage(plane, None, share, Plane.bare(h, w, outputs, np.float32))
        whole = stage(plane, None, share, room(h, w, outputs, 1))
        entered = room(h, w, outputs, 1)
        entered.inside[...] = rng.integers(-50, 50, exact.shape)
        added = stage(plane, entered, share, room(h, w, outputs, 1))
    assert np.array_equal(reals.inside, exact)
    assert np.array_equal(whole.inside, np.floor(exact + np.float32(0.5)).clip(LOW, HIGH))
    both = np.floor(exact + entered.inside.astype(np.float32) + np.float32(0.5))
    assert np.array_equal(added.inside, both.clip(LOW, HIGH))
    assert (whole.values[0] == 0).all()


def test_real_weights_become_integers_as_fine_as_sums_allow() -> None:
    rng = np.random.default_rng(2)
    weight = rng.normal(size=(4, 3 * 256, 1, 1)).astype(np.float16)
    made = Filters(weight, np.ones(4, np.float32), np.zeros(4, np.float32), 1, 16)
    stage = Scaled.of("test", made, (1, 1), (0, 1), 128)
    x = np.where(rng.integers(0, 2, (16, 16, 3)), 128, -128)
    plane = room(16, 16, 3, 0, 192)
    plane.inside[...] = x
    with sharing(1) as share:
        found = stage(plane, None, share, Plane.bare(1, 1, 4, np.float32)).inside
    exact = (made.by_rows.astype(float) * x.reshape(16, 48)).sum((1, 2))
    assert np.abs(found[0, 0] - exact).max() < 2e-4 * np.abs(exact).max()


def test_weights_whose_sums_may_leave_32_bits_are_refused() -> None:
    made = Filters(np.full((1, 600, 3, 3), 127, np.int8), np.ones(1, np.float32), np.zeros(1, np.float32))
    assert made.most_input * 600 * 9 * 127 < 1 << 31
    Scaled.of("test", made, (1, 1), (0, 1), made.most_input)
    with pytest.raises(ModelError, match="32 bits"):
        Scaled.of("test", made, (1, 1), (0, 1), made.most_input + 1)
