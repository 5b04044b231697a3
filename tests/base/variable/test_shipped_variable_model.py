"""The shipped model of any rate: what it promises of integers, tiles, windows, qualities and sizes."""

from contextlib import suppress

import base_models
import numpy as np
import pytest
from numpy.typing import NDArray

from hybridcodec.base import Rate
from hybridcodec.base.geometry import LatentGrid
from hybridcodec.base.units import SCALES
from hybridcodec.base.variable.analysis import Analysis
from hybridcodec.base.variable.decoder import Common, decode_base
from hybridcodec.base.variable.encoder import encode_base
from hybridcodec.base.variable.latents import code_latents, encode_tile
from hybridcodec.base.variable.model import VariableModel
from hybridcodec.base.variable.places import passes
from hybridcodec.base.variable.rate import Tape
from hybridcodec.base.variable.schema import HYPER_LATENTS, KNOT, KNOTS, LATENTS, QUALITIES
from hybridcodec.errors import CorruptFileError, ModelError
from hybridcodec.integer import FLOAT64_LIMIT, Network, reference
from hybridcodec.models.shipped import SHIPPED
from hybridcodec.models.store import load_tensors

U8 = NDArray[np.uint8]
SMALL = LatentGrid(150, 200, 64)


@pytest.fixture(scope="module")
def model() -> VariableModel:
    return VariableModel.from_tensors(load_tensors(SHIPPED["base-v2"].digest))


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return Analysis.from_tensors(load_tensors(SHIPPED["base-v2-analysis"].digest))


@pytest.fixture(scope="module")
def samples() -> U8:
    return base_models.photograph_like(SMALL.height, SMALL.width)


def networks(model: VariableModel) -> list[Network]:
    contexts = [part for context in model.contexts for part in (context.known, context.hyper, context.out)]
    return [model.h_s, *contexts, model.straight, model.trunk, model.see, model.tail, model.out]


def test_every_layer_is_proven_and_runs_in_16_bit_integers(model: VariableModel) -> None:
    layers = [stage.convolution for network in networks(model) for stage in network.stages]
    assert max(layer.bound for layer in layers) < FLOAT64_LIMIT
    assert all(network.small for network in networks(model))


def test_every_network_equals_the_reference_at_the_extremes(model: VariableModel) -> None:
    rng = np.random.default_rng(1)
    for network in networks(model):
        channels = network.stages[0].convolution.weight.shape[1]
        x = rng.choice([network.inputs.low, 0, network.inputs.high], (3, 2, channels))
        assert (network(x).astype(np.int64) == reference.run(network, x)).all(), network.name


def test_each_latent_belongs_to_one_pass_and_a_quarter_to_each() -> None:
    found = np.stack(list(passes(6, 8)))
    assert (found.sum(0) == 1).all()
    assert (found.mean((1, 2, 3)) == 0.25).all()
    assert (found.mean(3) == 0.25).all()


def test_tables_of_gains_are_met_at_their_rows_and_stay_between_them(model: VariableModel) -> None:
    for row in (0, 7, KNOTS - 2):
        low, high = model.gain_tables["inverse"][row], model.gain_tables["inverse"][row + 1]
        assert (model.gains(KNOT * row).inverse == low).all()
        between = model.gains(KNOT * row + 11).inverse
        assert ((between - low) * (between - high) <= 0).all()
    assert model.gains(QUALITIES - 1).z_tables.shape[0] == HYPER_LATENTS


@pytest.mark.parametrize("channels", [1, 3])
def test_a_preview_decodes_to_what_the_encoder_saw_and_keeps_its_colour(
    model: VariableModel, analysis: Analysis, channels: int
) -> None:
    samples = base_models.photograph_like(SMALL.height, SMALL.width, channels)
    payload, picture = encode_base(samples, model, analysis, SMALL, Rate())
    assert (decode_base(payload.common, payload.tiles, channels, model, SMALL) == picture).all()
    assert 8 * payload.size < samples.shape[0] * samples.shape[1]
    assert np.abs(samples.astype(int) - picture).mean() < 8
    assert np.abs(samples.mean((0, 1)) - picture.mean((0, 1))).max() < 0.1


def test_neither_windows_nor_threads_of_the_generator_leave_a_trace(
    model: VariableModel, analysis: Analysis, samples: U8
) -> None:
    payload, picture = encode_base(samples, model, analysis, SMALL, Rate())
    for window in (1, 4):
        assert (decode_base(payload.common, payload.tiles, 3, model, SMALL, window=window) == picture).all()
    latents = np.random.default_rng(2).integers(-300, 300, (20, 17, LATENTS))
    assert (model.draw(latents, threads=1)[0] == model.draw(latents, threads=3)[0]).all()
    wanted = (slice(3, 9), slice(0, 17))
    assert (model.generate(latents, wanted, 2) == model.draw(latents)[0][16 * 3 : 16 * 9]).all()


def test_a_tile_that_is_missing_leaves_about_mid_gray(model: VariableModel, analysis: Analysis, samples: U8) -> None:
    payload, _ = encode_base(samples, model, analysis, SMALL, Rate())
    nothing = decode_base(payload.common, (None,) * len(payload.tiles), 3, model, SMALL)
    assert np.abs(nothing.astype(int) - 128).max() <= 6


def test_a_higher_quality_takes_more_bytes_and_errs_less(model: VariableModel, analysis: Analysis, samples: U8) -> None:
    sizes, errors = [], []
    for quality in (0, 25, 50, 75, 100):
        payload, picture = encode_base(samples, model, analysis, SMALL, Rate(quality))
        assert Common.of(payload.common).quality == round(quality / 100 * (QUALITIES - 1))
        sizes.append(payload.size)
        errors.append(np.square(samples.astype(int) - picture).mean())
    assert sizes == sorted(sizes)
    assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize("size", [1500, 4000])
def test_a_size_that_is_asked_for_is_met(model: VariableModel, analysis: Analysis, samples: U8, size: int) -> None:
    payload, _ = encode_base(samples, model, analysis, SMALL, Rate(size=size))
    assert abs(payload.size - size) < 0.03 * size
    bounded, _ = encode_base(samples, model, analysis, SMALL, Rate(size=size, at_most=True))
    assert 0.9 * size < bounded.size <= size


@pytest.mark.parametrize(("size", "quality"), [(1, 0), (10**6, QUALITIES - 1)])
def test_a_size_out_of_range_gives_the_end_of_the_range(
    model: VariableModel, analysis: Analysis, samples: U8, size: int, quality: int
) -> None:
    payload, _ = encode_base(samples, model, analysis, SMALL, Rate(size=size))
    assert Common.of(payload.common).quality == quality


def test_what_a_tile_costs_is_known_before_it_is_written(model: VariableModel, analysis: Analysis, samples: U8) -> None:
    y = analysis.latents(np.ascontiguousarray(samples[:128, :192]), 96)
    for quality in (100, 500, 1000):
        gains, tape = model.gains(quality), Tape(keep=True)
        latents = analysis.at(y, gains)
        payload, found = encode_tile(latents, model, gains)
        assert (code_latents(tape, model, gains, latents.y.shape[:2], latents) == found).all()
        assert abs(len(payload) - tape.size) < 16
        assert tape.written() == payload


def test_common_bytes_that_nothing_wrote_are_damage() -> None:
    good = Common(700, np.array([-3, 0, 127], np.int32)).packed()
    assert Common.of(good, 3).quality == 700
    for bad in (b"", good[:2], good[:4], good + b"\0", b"\0\4" + good[2:]):
        with pytest.raises(CorruptFileError):
            Common.of(bad, 3)


def test_damaged_tiles_are_damage_and_nothing_else(model: VariableModel, analysis: Analysis, samples: U8) -> None:
    payload, _ = encode_base(samples, model, analysis, SMALL, Rate())
    rng, tiles = np.random.default_rng(5), list(payload.tiles)
    for number in range(12):
        whole = bytearray(tiles[number])
        cut = bytes(whole[: int(rng.integers(0, len(whole)))])
        whole[int(rng.integers(0, len(whole)))] ^= 1 << int(rng.integers(0, 8))
        with pytest.raises(CorruptFileError):
            decode_base(payload.common, [*tiles[:number], cut, *tiles[number + 1 :]], 3, model, SMALL)
        for damaged in (rng.bytes(len(whole)), bytes(whole)):
            with suppress(CorruptFileError):
                found = decode_base(payload.common, [*tiles[:number], damaged, *tiles[number + 1 :]], 3, model, SMALL)
                assert found.shape == samples.shape


def test_models_that_are_none_are_refused() -> None:
    tensors = dict(load_tensors(SHIPPED["base-v2"].digest))
    assert tensors["tables.y"].shape[0] == SCALES
    for name, array in (
        ("gains.inverse", np.zeros_like(tensors["gains.inverse"])),
        ("gains.shift", tensors["gains.shift"][1:]),
        ("tables.z", tensors["tables.z"][1:]),
        ("trunk.stem.weight", tensors["trunk.stem.weight"].astype(np.int16)),
    ):
        with pytest.raises(ModelError):
            VariableModel.from_tensors(tensors | {name: array})
    analysis = dict(load_tensors(SHIPPED["base-v2-analysis"].digest))
    broken = analysis["h_a.stem.unit"].copy()
    broken[0] = np.nan
    with pytest.raises(ModelError, match="finite"):
        Analysis.from_tensors(analysis | {"h_a.stem.unit": broken})
