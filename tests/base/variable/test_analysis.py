"""The encoder's networks in integers: near the floats that they stand for, the same however they are run."""

import base_models
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional as F  # noqa: N812

from hybridcodec.base.chains import Chain
from hybridcodec.base.units import MID_GRAY, PIXELS_PER_UNIT
from hybridcodec.base.variable.analysis import ANALYSIS_STEPS, HYPER_SCALE, Analysis
from hybridcodec.base.variable.model import VariableModel
from hybridcodec.base.variable.schema import G_A, GAIN_BITS, H_A, HYPER_STEPS, LATENTS, LIN_A
from hybridcodec.errors import ModelError
from hybridcodec.integer import Block
from hybridcodec.models import DEFAULT_ANALYSIS, DEFAULT_BASE, load_tensors

F32 = NDArray[np.float32]
TENSORS = load_tensors(DEFAULT_ANALYSIS)


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return Analysis.from_tensors(TENSORS)


def floats(name: str, chain: Chain, x: torch.Tensor) -> torch.Tensor:
    """What a network is in floating point."""
    entered = x
    for layer in chain:
        weight, unit, bias = (TENSORS[f"{name}.{layer.name}.{part}"] for part in ("weight", "unit", "bias"))
        real = torch.from_numpy(weight.astype(np.float32) * unit[:, None, None, None])
        entered = x if layer.block is Block.ENTER else entered
        x = F.conv2d(x, real, torch.from_numpy(bias.copy()), stride=layer.stride, padding=layer.kernel // 2)
        x = x + entered if layer.block is Block.LEAVE else x
        x = F.relu(x) if layer.relu else x
    return x


@pytest.mark.parametrize("shape", [(96, 208, 3), (17, 30, 1)])
def test_latents_are_those_of_floats_but_for_a_rounding(analysis: Analysis, shape: tuple[int, int, int]) -> None:
    samples = base_models.photograph_like(*shape[:2], seed=3)[..., : shape[2]]
    found = analysis.latents(samples, 64)
    H, W, C = shape
    padded = np.pad(samples, ((0, -H % 16), (0, -W % 16), (0, 0)), mode="edge")
    colour = padded if C == 3 else np.repeat(padded, 3, 2)
    x = torch.from_numpy(colour.transpose(2, 0, 1).astype(np.float32))[None].sub(MID_GRAY).div(PIXELS_PER_UNIT)
    drawn = floats("g_a", G_A, F.pixel_unshuffle(x, 4)) + floats("lin_a", LIN_A, F.pixel_unshuffle(x, 16))
    exact = drawn[0].permute(1, 2, 0).numpy()
    assert found.shape == exact.shape == (-(-H // 16), -(-W // 16), LATENTS)
    assert np.abs(found - exact).max() < 0.03
    assert np.sqrt(np.square(found - exact).mean()) < 0.004 * np.sqrt(np.square(exact).mean())


@pytest.mark.parametrize("quality", [0, 400, 1023])
def test_hyper_latents_are_those_of_floats_but_for_a_rounding(analysis: Analysis, quality: int) -> None:
    from hybridcodec.loading import load_base

    model = load_base(DEFAULT_BASE).model
    assert isinstance(model, VariableModel)
    gains = model.gains(quality)
    latents = analysis.at(analysis.latents(base_models.photograph_like(90, 150), 64), gains)
    x = torch.from_numpy(latents.y.transpose(2, 0, 1) / np.float32(HYPER_SCALE))[None]
    z = floats("h_a", H_A, x)[0].permute(1, 2, 0).numpy() * ((1 << GAIN_BITS) * HYPER_STEPS / gains.hyper_inverse)
    assert latents.z.shape == z.shape == (2, 3, 64)
    assert np.abs(latents.z - z).max() < 2
    assert (latents.z == np.rint(z)).mean() > 0.9


def test_neither_windows_nor_threads_change_a_latent(analysis: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = base_models.photograph_like(530, 300)
    monkeypatch.setenv("HYBRIDCODEC_THREADS", "1")
    whole = analysis.latents(samples, 64)
    monkeypatch.setenv("HYBRIDCODEC_THREADS", "3")
    assert np.array_equal(analysis.latents(samples, 9), whole)


def test_what_is_loudest_keeps_within_what_passes_between_layers(analysis: Analysis) -> None:
    rng = np.random.default_rng(4)
    noise = (rng.integers(0, 2, (96, 96, 1)) * 255).astype(np.uint8).repeat(3, 2)
    x = torch.from_numpy(noise.transpose(2, 0, 1).astype(np.float32))[None].sub(MID_GRAY).div(PIXELS_PER_UNIT)
    passed = floats("g_a", G_A[:6], F.pixel_unshuffle(x, 4))
    assert float(passed.abs().max()) * ANALYSIS_STEPS < analysis.g_a[0][0].high


def test_weights_that_let_too_little_pass_are_refused() -> None:
    heavy = np.full_like(TENSORS["g_a.out.weight"], 127)
    Analysis.from_tensors({**TENSORS, "g_a.out.weight": heavy // 8})
    with pytest.raises(ModelError, match="pass from layer to layer"):
        Analysis.from_tensors({**TENSORS, "g_a.out.weight": heavy})
