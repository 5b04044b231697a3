import numpy as np
import pytest

from hybridcodec.errors import ModelError
from hybridcodec.integer import Activation, Convolution, PixelShuffle, Requantisation, reference


def convolution(rng: np.random.Generator, out: int, inputs: int, kernel: int, max_input: int) -> Convolution:
    weight = rng.integers(-127, 128, (out, inputs, kernel, kernel)).astype(np.int8)
    bias = rng.integers(-(2**15), 2**15, out).astype(np.int32)
    return Convolution("test", weight, bias, Requantisation(rng.integers(0, 12, out)), max_input)


def extremes(rng: np.random.Generator, shape: tuple[int, ...], largest: int) -> np.ndarray:
    return rng.choice(np.array([-largest, -largest + 1, -1, 0, 1, largest - 1, largest]), shape).astype(np.int64)


@pytest.mark.parametrize(("kernel", "height", "width"), [(1, 1, 1), (3, 1, 1), (3, 7, 5), (5, 2, 9), (3, 33, 17)])
@pytest.mark.parametrize("largest", [1, 255, 511, 2047, 2**20])
def test_convolution_equals_the_reference_at_the_extremes(kernel: int, height: int, width: int, largest: int) -> None:
    rng = np.random.default_rng(kernel * 1000 + height + largest)
    layer = convolution(rng, 24, 17, kernel, largest)
    x = extremes(rng, (height, width, 17), largest)
    found = layer(x.astype(layer.dtype)).astype(np.int64)
    assert (found == reference.convolve(x, layer)).all()


def test_aligned_signs_reach_the_bound_exactly_in_float32() -> None:
    weight = np.full((1, 64, 3, 3), 127, np.int8)
    layer = Convolution("test", weight, np.array([5], np.int32), Requantisation(np.array([0])), 229)
    assert layer.dtype == np.float32
    found = layer(np.full((3, 3, 64), 229.0))
    assert int(found[1, 1, 0]) == layer.bound == 64 * 9 * 127 * 229 + 5


def test_float64_serves_where_float32_cannot() -> None:
    rng = np.random.default_rng(7)
    assert convolution(rng, 4, 4, 3, 100).dtype == np.float32
    assert convolution(rng, 4, 4, 3, 2**24).dtype == np.float64


def test_pixel_shuffle_takes_channels_in_the_order_of_the_reference() -> None:
    x = np.arange(3 * 5 * 12).reshape(3, 5, 12)
    squares = x[..., PixelShuffle(2).order(12)].reshape(3, 5, 2, 2, 3)
    assert (squares.transpose(0, 2, 1, 3, 4).reshape(6, 10, 3) == reference.pixel_shuffle(x, 2)).all()


def test_requantisation_rounds_half_up_for_both_signs() -> None:
    values = np.array([[-3, -2, -1, 0, 1, 2, 3]]).T  # (n, 1)
    halves = reference.requantise(values, Requantisation(np.array([1])))
    assert halves.ravel().tolist() == [-1, -1, 0, 0, 1, 1, 2]


@pytest.mark.parametrize("shift", [[-1], [31], []])
def test_shifts_out_of_range_are_refused(shift: list[int]) -> None:
    with pytest.raises(ModelError):
        Requantisation(np.array(shift, dtype=np.int64))


def test_a_layer_that_even_float64_cannot_hold_is_refused() -> None:
    weight = np.full((1, 4096, 1, 1), 2**30, np.int32)
    with pytest.raises(ModelError):
        Convolution("test", weight, np.array([0], np.int32), Requantisation(np.array([0])), 2**30)


def test_activation_limits_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ModelError):
        Activation(3, 2)
