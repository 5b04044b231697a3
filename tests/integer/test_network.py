import numpy as np
import pytest

from hybridcodec.errors import ModelError
from hybridcodec.integer import Activation, Block, Convolution, Network, PixelShuffle, Requantisation, Stage, reference
from hybridcodec.integer import network as network_module


def stage(
    rng: np.random.Generator, inputs: int, out: int, arriving: int, upscale: int = 1, block: Block = Block.NONE
) -> Stage:
    weight = rng.integers(-127, 128, (out * upscale**2, inputs, 3, 3)).astype(np.int8)
    bias = rng.integers(-500, 500, len(weight)).astype(np.int32)
    layer = Convolution("test", weight, bias, Requantisation(rng.integers(7, 10, len(weight))), arriving)
    low = -255 if block is Block.LEAVE else 0
    return Stage(layer, PixelShuffle(upscale), Activation(low, 255), block)


def network(rng: np.random.Generator) -> Network:
    stages = (
        stage(rng, 5, 16, 1000, upscale=2),
        stage(rng, 16, 16, 255, block=Block.ENTER),
        stage(rng, 16, 16, 255, block=Block.LEAVE),
        stage(rng, 16, 3, 255, upscale=4),
    )
    return Network("test", stages, Activation(-1000, 1000))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_network_with_residual_block_equals_the_reference_on_any_number_of_threads(threads: int) -> None:
    rng = np.random.default_rng(3)
    made = network(rng)
    x = rng.integers(-3000, 3000, (9, 7, 5))
    found = made(x, threads).astype(np.int64)
    expected = reference.run(made, x)
    assert found.shape == (72, 56, 3)
    assert (found == expected).all()
    assert len(np.unique(found)) > 20


@pytest.mark.parametrize("size", [1, 1 << 10, 1 << 13])
def test_blocks_of_any_size_leave_no_trace(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    rng = np.random.default_rng(7)
    made = network(rng)
    x = rng.integers(-3000, 3000, (11, 6, 5))
    expected = made(x)
    monkeypatch.setattr(network_module, "BLOCK_BYTES", size)
    assert (made(x, 2) == expected).all()


def test_kernels_of_several_sizes_in_one_network_equal_the_reference() -> None:
    rng = np.random.default_rng(8)
    stages = [
        Stage(
            Convolution(
                "test", rng.integers(-9, 10, (4, 4, k, k)), np.zeros(4, np.int64), Requantisation(np.full(4, 5)), 99
            ),
            PixelShuffle(1),
            Activation(-99, 99),
            block,
        )
        for k, block in ((1, Block.ENTER), (5, Block.LEAVE), (3, Block.NONE))
    ]
    made = Network("test", stages, Activation(-99, 99))
    x = rng.integers(-99, 100, (4, 6, 4))
    assert (made(x, 3) == reference.run(made, x)).all()


def test_sums_that_float32_cannot_hold_are_exact() -> None:
    rng = np.random.default_rng(9)
    made = Network("test", (stage(rng, 5, 8, 2**22),), Activation(-(2**22), 2**22))
    assert made.stages[0].convolution.dtype == np.float64
    x = rng.integers(-(2**22), 2**22, (5, 4, 5))
    assert (made(x) == reference.run(made, x)).all()


def test_network_leaves_its_input_alone() -> None:
    rng = np.random.default_rng(4)
    x = np.full((4, 4, 5), 5000.0, np.float32)
    network(rng)(x)
    assert (x == 5000).all()


def test_a_stage_whose_proof_assumed_smaller_inputs_is_refused() -> None:
    rng = np.random.default_rng(5)
    with pytest.raises(ModelError, match="inputs reach 1000, proven is 999"):
        Network("test", (stage(rng, 5, 16, 999),), Activation(-1000, 1000))
