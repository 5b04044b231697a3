"""Experts of phases: which phase serves where, that all comes back, and that they are worth it where phases differ."""

import numpy as np
import pytest
import residual_models

from hybridcodec.entropy import BitReader
from hybridcodec.errors import CorruptFileError
from hybridcodec.residual.adaptive import phases
from hybridcodec.residual.adaptive.model import AdaptiveModel
from hybridcodec.residual.adaptive.planes import to_planes
from hybridcodec.residual.adaptive.state import Tile
from hybridcodec.residual.adaptive.tile import decode_tile
from hybridcodec.residual.adaptive.wavefront import LEAD, PAD
from hybridcodec.residual.least_squares import LAG

WHOLE = (512, 512)


def model(count: int = 2, seed: int = 3) -> AdaptiveModel:
    return AdaptiveModel.from_tensors(residual_models.with_phases(residual_models.random_tensors(seed), count))


def test_a_step_is_served_by_the_phase_of_its_even_rows_and_that_of_its_odd_rows() -> None:
    for y, x in np.ndindex(8, 8):
        t = x + LAG * y + LEAD
        assert phases.serving(t, y & 1) == 2 * (y & 1) + (x & 1)
        assert phases.turn(3 + 2 + (y & 1), 3, t) == (4 + 1, 2 * (y & 1) + (x & 1), 4, y & 1)
    assert phases.turn(2, 3, 50) == (2, 0, 2, 0)


@pytest.mark.parametrize("odd", [0, 1])
def test_factors_go_to_rows_of_their_phase_alone(odd: int) -> None:
    factor, lanes = np.arange(1, 41, dtype=np.float32), np.arange(PAD, 35)
    phases.leave(factor, PAD, 35, odd)
    assert np.array_equal(factor[lanes], np.where((lanes - PAD) % 2 == odd, lanes + 1, 0))


SHAPES = [((1, 1), 3, 2), ((1, 40), 1, 1), ((37, 5), 3, 2), ((33, 50), 3, 1)]


@pytest.mark.parametrize(("shape", "channels", "count"), SHAPES)
def test_every_sample_comes_back(shape: tuple[int, int], channels: int, count: int) -> None:
    samples, base = residual_models.pair(*shape, channels, 3)
    for max_error in (0, 2):
        payloads = residual_models.encode(samples, base, model(count), tile=(19, 32), max_error=max_error)
        found = residual_models.decode(payloads, base, model(count), tile=(19, 32), max_error=max_error)
        assert np.abs(found.astype(int) - samples.astype(int)).max() <= max_error


def test_tiles_without_them_are_what_they_were() -> None:
    """A model with none gives other bytes than one with some, and the network sees nothing of these."""
    samples, base = residual_models.pair(20, 30, 3, 4)
    plain, some = residual_models.random_model(3), model()
    assert plain.phased == 0
    assert some.phased == 2
    assert plain.channels[0].start.w1.shape == some.channels[0].start.w1.shape
    made = [residual_models.encode(samples, base, each, tile=WHOLE) for each in (plain, some)]
    assert made[0] != made[1]


def test_colours_that_were_stored_at_half_of_the_places_take_less() -> None:
    rng, shipped = np.random.default_rng(5), residual_models.shipped_tensors()
    light = rng.normal(110, 8, (96, 120)) + 40 * np.sin(np.arange(120) / 9)
    colour = rng.normal(0, 20, (48, 60)).repeat(2, 0).repeat(2, 1)
    samples = np.stack([light + colour, light, light - colour], 2).clip(0, 255).astype(np.uint8)
    base = np.full(samples.shape, 128, np.uint8)
    sizes = [
        len(residual_models.encode(samples, base, AdaptiveModel.from_tensors(tensors), tile=WHOLE)[0])
        for tensors in (shipped, residual_models.with_phases(shipped, 1))
    ]
    assert sizes[1] < 0.98 * sizes[0]


@pytest.mark.parametrize("seed", range(2))
def test_bytes_of_any_kind_end_in_our_error(seed: int) -> None:
    base = to_planes(residual_models.pair(9, 12, 3, 8)[1])
    rng, known = np.random.default_rng(seed), model(2, seed)
    for size in (0, 4, 8, 100, 4000):
        for data in (rng.bytes(size), bytes(size), b"\xff" * size):
            reader = BitReader(data)
            with pytest.raises(CorruptFileError):
                read_to_the_end(Tile(known, base, None, 3, 255), reader)


def read_to_the_end(tile: Tile, reader: BitReader) -> None:
    decode_tile(tile, reader)
    reader.finish()
