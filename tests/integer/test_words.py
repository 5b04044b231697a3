"""Stages in 16-bit integers: equal to the reference, wherever the proof lets them run."""

import numpy as np
import pytest

from hybridcodec.integer import Activation, Block, Convolution, Network, PixelShuffle, Requantisation, Stage, reference
from hybridcodec.integer.halves import halves_fit
from hybridcodec.integer.words import LARGEST, fits


def convolution(rng: np.random.Generator, inputs: int, out: int, kernel: int, largest: int) -> Convolution:
    weight = rng.integers(-127, 128, (out, inputs, kernel, kernel)).astype(np.int8)
    bias = rng.integers(-500, 500, out).astype(np.int32)
    return Convolution("test", weight, bias, Requantisation(rng.integers(0, 10, out)), largest)


def network(rng: np.random.Generator) -> Network:
    """All kinds of stages: kernels of 1, 3 and 5, shuffles, a residual block, more and fewer outputs than a block."""
    shapes = (
        (6, 40, 3, 2, Block.NONE), (10, 34, 1, 1, Block.ENTER), (34, 10, 3, 1, Block.LEAVE), (10, 6, 5, 1, Block.NONE),
        (6, 48, 3, 4, Block.NONE),
    )  # fmt: skip
    stages, arriving = [], 3000
    for inputs, out, kernel, upscale, block in shapes:
        activation = Activation(-255 if upscale == 2 or block is Block.LEAVE else 0, 511)
        stages.append(Stage(convolution(rng, inputs, out, kernel, arriving), PixelShuffle(upscale), activation, block))
        arriving = 511
    return Network("test", tuple(stages), Activation(-3000, 3000))


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (9, 7), (4, 12), (3, 13), (2, 37)])
def test_pictures_of_any_size_equal_the_reference_on_any_number_of_threads(
    height: int, width: int, threads: int
) -> None:
    rng = np.random.default_rng(height * 100 + width)
    made = network(rng)
    assert made.small
    x = rng.choice([-9000, -3000, -1, 0, 1, 3000, 9000], (height, width, 6))
    found = made(x, threads)
    assert found.shape == (8 * height, 8 * width, 3)
    assert (found == reference.run(made, x)).all()
    assert len(np.unique(found)) > 20


def test_sums_up_to_31_bits_and_outputs_beyond_16_are_exact() -> None:
    rng = np.random.default_rng(4)
    layer = convolution(rng, 8, 5, 1, LARGEST)
    made = Network(
        "test", (Stage(layer, PixelShuffle(1), Activation(-(1 << 23), 1 << 23)),), Activation(-LARGEST, LARGEST)
    )
    x = rng.choice([-LARGEST, LARGEST], (5, 20, 8))
    assert made.small
    assert np.abs(made(x)).max() > LARGEST
    assert (made(x) == reference.run(made, x)).all()


def test_aligned_signs_reach_the_largest_sum_that_is_let_through() -> None:
    weight = np.full((1, 510, 1, 1), 127, np.int8)
    layer = Convolution(
        "test", weight, np.array([(1 << 31) - 129 - 510 * 127 * LARGEST]), Requantisation(np.array([8])), LARGEST
    )
    assert fits(layer)
    assert layer.bound == (1 << 31) - 1
    made = Network(
        "test", (Stage(layer, PixelShuffle(1), Activation(-(1 << 23), (1 << 23) - 1)),), Activation(0, LARGEST)
    )
    assert made(np.full((1, 1, 510), LARGEST)).item() == ((1 << 31) - 1) >> 8


@pytest.mark.parametrize(
    ("weight", "inputs", "largest"),
    [
        pytest.param(127, 600, LARGEST, id="sums of more than 31 bits"),
        pytest.param(LARGEST + 1, 2, 9, id="weights of more than 16 bits"),
        pytest.param(1, 3, 9, id="an odd number of inputs"),
        pytest.param(1, 2, LARGEST + 1, id="inputs of more than 16 bits"),
    ],
)
def test_what_does_not_fit_runs_in_floats_and_is_the_same(weight: int, inputs: int, largest: int) -> None:
    layer = Convolution(
        "test", np.full((1, inputs, 1, 1), weight), np.array([1]), Requantisation(np.array([9])), largest
    )
    made = Network(
        "test", (Stage(layer, PixelShuffle(1), Activation(-(1 << 23), 1 << 23)),), Activation(-largest, largest)
    )
    assert not made.small
    x = np.full((2, 3, inputs), largest)
    assert (made(x) == reference.run(made, x)).all()


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 13), (2, 30)])
def test_sums_beyond_32_bits_are_joined_from_halves(height: int, width: int, threads: int) -> None:
    rng = np.random.default_rng(width)
    stages, arriving = [], 20000
    for out, upscale, block in ((6, 1, Block.ENTER), (6, 1, Block.LEAVE), (48, 4, Block.NONE)):
        weight = rng.integers(-32767, 32768, (out, 6, 3, 3))
        weight[0, 0, 0, 0] = 32767
        bias, shift = rng.integers(-(1 << 30), 1 << 30, out), rng.integers(16, 20, out)
        layer = Convolution("test", weight, bias, Requantisation(shift), arriving)
        assert not fits(layer)
        assert halves_fit(layer)
        stages.append(Stage(layer, PixelShuffle(upscale), Activation(-20000, 32000), block))
        arriving = 32000
    made = Network("test", tuple(stages), Activation(-20000, 20000))
    assert made.small
    x = rng.choice([-20000, -7, 0, 5, 20000], (height, width, 6))
    found = made(x, threads)
    assert found.shape == (4 * height, 4 * width, 3)
    assert (found == reference.run(made, x)).all()
