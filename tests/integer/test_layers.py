import numpy as np
import pytest
import torch

from hybridcodec.errors import ModelError
from hybridcodec.integer import Activation, Convolution, Linear, PixelShuffle, Requantisation, layers, reference


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
    x = extremes(rng, (2, 17, height, width), largest)
    found = layer(torch.from_numpy(x).to(layer.dtype)).numpy().astype(np.int64)
    assert (found == reference.convolve(x, layer)).all()


def test_direct_and_matrix_product_convolution_agree() -> None:
    rng = np.random.default_rng(5)
    layer = convolution(rng, 32, 64, 3, 200)
    x = torch.from_numpy(extremes(rng, (1, 64, 20, 30), 200)).float()
    weight, bias = layer._folded
    assert torch.equal(layers._direct(x, weight, bias), layers._product(x, weight, bias))


def test_aligned_signs_reach_the_bound_exactly_in_float32() -> None:
    weight = np.full((1, 64, 3, 3), 127, np.int8)
    layer = Convolution("test", weight, np.array([5], np.int32), Requantisation(np.array([0])), 229)
    assert layer.dtype is torch.float32
    found = layer(torch.full((1, 64, 3, 3), 229.0))
    assert int(found[0, 0, 1, 1]) == layer.bound == 64 * 9 * 127 * 229 + 5


def test_float64_serves_where_float32_cannot() -> None:
    rng = np.random.default_rng(7)
    assert convolution(rng, 4, 4, 3, 100).dtype is torch.float32
    assert convolution(rng, 4, 4, 3, 2**24).dtype is torch.float64


@pytest.mark.parametrize("largest", [255, 2**22])
def test_linear_equals_the_reference_at_the_extremes(largest: int) -> None:
    rng = np.random.default_rng(11)
    weight = rng.integers(-127, 128, (9, 31)).astype(np.int8)
    bias = rng.integers(-100, 100, 9).astype(np.int32)
    layer = Linear("test", weight, bias, Requantisation(rng.integers(0, 8, 9)), largest)
    x = extremes(rng, (50, 31), largest)
    assert (layer(torch.from_numpy(x).double()).numpy().astype(np.int64) == reference.linear(x, layer)).all()


def test_pixel_shuffle_equals_the_reference() -> None:
    x = np.arange(2 * 12 * 3 * 5).reshape(2, 12, 3, 5)
    assert (PixelShuffle(2)(torch.from_numpy(x)).numpy() == reference.pixel_shuffle(x, 2)).all()


def test_requantisation_rounds_half_up_for_both_signs() -> None:
    values = np.array([[-3, -2, -1, 0, 1, 2, 3]]).T  # (n, 1)
    halves = reference.requantise(values, Requantisation(np.array([1])))
    assert halves.ravel().tolist() == [-1, -1, 0, 0, 1, 1, 2]


def test_activation_clips_like_the_reference() -> None:
    x = np.arange(-10, 10)
    activation = Activation(0, 7)
    assert (activation(torch.from_numpy(x.copy())).numpy() == reference.clip(x, activation)).all()


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
