import numpy as np
import pytest
import torch

from hybridcodec.errors import ModelError
from hybridcodec.integer import Activation, Block, Convolution, Network, PixelShuffle, Requantisation, Stage, reference


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


def test_network_with_residual_block_equals_the_reference() -> None:
    rng = np.random.default_rng(3)
    made = network(rng)
    x = rng.integers(-3000, 3000, (1, 5, 9, 7))
    found = made(torch.from_numpy(x).float()).numpy().astype(np.int64)
    expected = reference.run(made, x)
    assert found.shape == (1, 3, 72, 56)
    assert (found == expected).all()
    assert len(np.unique(found)) > 20


def test_network_leaves_its_input_alone() -> None:
    rng = np.random.default_rng(4)
    x = torch.full((1, 5, 4, 4), 5000.0)
    network(rng)(x)
    assert (x == 5000).all()


def test_a_stage_whose_proof_assumed_smaller_inputs_is_refused() -> None:
    rng = np.random.default_rng(5)
    with pytest.raises(ModelError, match="inputs reach 1000, proven is 999"):
        Network("test", (stage(rng, 5, 16, 999),), Activation(-1000, 1000))


def test_a_caller_s_autocast_changes_nothing() -> None:
    rng = np.random.default_rng(6)
    made = network(rng)
    x = torch.from_numpy(rng.integers(-1000, 1000, (1, 5, 6, 6))).float()
    with torch.autocast("cpu", torch.bfloat16):
        found = made(x)
    assert torch.equal(found, made(x))
