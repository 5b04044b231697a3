"""Refined latents: more like the picture in as many bytes, read by the same decoder, the same every time."""

import base_models
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from hybridcodec.base import Rate
from hybridcodec.base.geometry import LatentGrid
from hybridcodec.base.similarity import ms_ssim_loss
from hybridcodec.base.units import MID_GRAY, SAMPLE_STEPS
from hybridcodec.base.variable import refine
from hybridcodec.base.variable.decoder import Common, decode_base
from hybridcodec.base.variable.encoder import encode_base
from hybridcodec.base.variable.latents import code_latents, first_parameters
from hybridcodec.base.variable.model import VariableModel
from hybridcodec.base.variable.rate import Tape
from hybridcodec.base.variable.twin import Twin
from hybridcodec.loading import load_analysis, load_base
from hybridcodec.models import DEFAULT_BASE
from hybridcodec.modes import Effort

U8 = NDArray[np.uint8]
TILE = 128


@pytest.fixture(scope="module")
def model() -> VariableModel:
    found = load_base(DEFAULT_BASE).model
    assert isinstance(found, VariableModel)
    return found


def encoded(model: VariableModel, samples: U8, **rate: object) -> tuple[int, int, U8]:
    """Return bytes, quality and picture, which the decoder gives too."""
    grid = LatentGrid(*samples.shape[:2], TILE)
    payload, picture = encode_base(samples, model, load_analysis(DEFAULT_BASE), grid, Rate(**rate))  # type: ignore[arg-type]
    assert np.array_equal(decode_base(payload.common, payload.tiles, samples.shape[2], model, grid), picture)
    return payload.size, Common.of(payload.common).quality, picture


def unlikeness(a: U8, b: U8) -> float:
    x, y = (torch.from_numpy(v.transpose(2, 0, 1).copy())[None].float() for v in (a, b))
    return float((x - y).square().mean() + refine.SIMILARITY * ms_ssim_loss(x, y))


def test_in_as_many_bytes_refined_previews_are_more_like_their_pictures(model: VariableModel) -> None:
    before, after = 0.0, 0.0
    for seed in (5, 7):
        samples = base_models.photograph_like(128, 128, seed=seed)
        size, _, plain = encoded(model, samples, size=600)
        refined_size, _, refined = encoded(model, samples, size=600, effort=Effort.BEST)
        assert abs(size - 600) < 15
        assert abs(refined_size - 600) < 15
        before, after = before + unlikeness(plain, samples), after + unlikeness(refined, samples)
    assert after < before


def test_at_a_quality_a_refined_preview_costs_less_and_is_the_same_every_time(model: VariableModel) -> None:
    samples = base_models.photograph_like(64, 80, seed=5)
    size, quality, plain = encoded(model, samples, quality=80)
    first = encoded(model, samples, quality=80, effort=Effort.BEST)
    again = encoded(model, samples, quality=80, effort=Effort.BEST)
    pixels = 64 * 80
    cost, refined = (
        8 * n / pixels + refine.worth(quality) * float(np.square(shown.astype(float) - samples).mean())
        for n, shown in ((size, plain), (first[0], first[2]))
    )
    assert first[1] == quality
    assert refined < cost
    assert np.array_equal(first[2], again[2])


@pytest.mark.parametrize("effort", [Effort.NORMAL, Effort.BEST])
def test_a_size_that_must_not_be_passed_is_not(model: VariableModel, effort: Effort) -> None:
    samples = base_models.photograph_like(64, 80, seed=6)
    for most in (300, 320, 340):
        size, _, _ = encoded(model, samples, size=most, at_most=True, effort=effort)
        assert size <= most


@pytest.mark.parametrize("shape", [(1, 1, 1), (17, 9, 3), (24, 140, 1)])
def test_pictures_of_any_shape_are_refined(model: VariableModel, shape: tuple[int, int, int]) -> None:
    encoded(model, base_models.photograph_like(*shape[:2], seed=7)[..., : shape[2]], effort=Effort.BEST)


def test_the_twin_draws_and_prices_what_integers_do(model: VariableModel) -> None:
    samples = base_models.photograph_like(128, 192, seed=8)
    analysis, twin, gains = load_analysis(DEFAULT_BASE), Twin(model), model.gains(500)
    latents = analysis.at(analysis.latents(samples, 96), gains)
    price, of_z = Tape(), Tape()
    drawn_of = code_latents(price, model, gains, (8, 12), latents)
    first = first_parameters(of_z, model, gains, (8, 12), latents.z)
    tensors = [torch.from_numpy(v.astype(np.float32).transpose(2, 0, 1).copy())[None] for v in (latents.y, first)]
    coded = twin.code(*tensors, torch.zeros_like(tensors[0]))
    assert float(coded.bits) == pytest.approx(price.bits - of_z.bits, rel=0.1)
    drawn = twin.draw(torch.from_numpy(drawn_of.astype(np.float32))[None])[0].permute(1, 2, 0).numpy()
    exact = model.draw(drawn_of.transpose(1, 2, 0))[0] / SAMPLE_STEPS + MID_GRAY
    assert float(np.abs(drawn - exact).mean()) < 0.5
