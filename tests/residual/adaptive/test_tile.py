from typing import Any

import numpy as np
import pytest
import residual_models
from numpy.typing import NDArray

from hybridcodec.entropy import BitReader, RangeEncoder
from hybridcodec.errors import CorruptFileError
from hybridcodec.residual.adaptive.planes import from_planes, to_planes
from hybridcodec.residual.adaptive.state import Tile
from hybridcodec.residual.adaptive.tile import decode_tile, encode_tile

I32 = NDArray[np.int32]
TOP = 255


class Recorder:
    """An encoder that keeps the bounds of every symbol that it is given."""

    def __init__(self) -> None:
        self.bounds: list[tuple[int, int]] = []

    def code_bounds(self, bounds: I32) -> None:
        self.bounds += [(below, above) for below, above in bounds.tolist()]


def recorded(samples: I32, base: I32, channels: int) -> list[tuple[int, int]]:
    """The bounds of every symbol that an encoder writes, in order."""
    recorder = Recorder()
    encode_tile(Tile(residual_models.shipped_model(), base, samples, channels, TOP), recorder)
    return recorder.bounds


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sample_never_changes_a_forecast_made_before_it(channels: int) -> None:
    """Two pictures that differ at one place share all bounds, up to that place or to others of the same rows."""
    H, W = 7, 9
    samples, base = (to_planes(array) for array in residual_models.pair(H, W, channels, 2))
    before = recorded(samples, base, channels)
    for place in [(0, 0, 0), (channels - 1, 3, 4), (0, 6, 8), (channels // 2, 6, 0), (0, 0, 8), (channels - 1, 5, 8)]:
        changed = samples.copy()
        changed[place] = 255 - changed[place]
        after, (channel, y, x) = recorded(changed, base, channels), place
        same = next(n for n, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1])
        order = sorted((xx + 3 * yy, c, yy) for c, yy, xx in np.ndindex(channels, H, W))
        first = order.index((x + 3 * y, channel, y))  # at least one symbol was coded for each sample before
        assert same >= first, f"a forecast before {place} saw it"


@pytest.mark.parametrize(("channels", "top"), [(3, 255), (1, 255), (3, 85), (1, 1), (3, 0)])
@pytest.mark.parametrize("kind", ["shipped", "random"])
def test_what_is_read_without_rows_is_what_was_written_with_them(kind: str, channels: int, top: int) -> None:
    """Under random weights windows lie anywhere: low bits and escapes of all sizes follow."""
    model = residual_models.shipped_model() if kind == "shipped" else residual_models.random_model(top, 900)
    samples, base = (to_planes(array).clip(0, top) for array in residual_models.pair(19, 23, channels, 5))
    encoder = RangeEncoder()
    encode_tile(Tile(model, base, samples, channels, top), encoder)
    tile, reader = Tile(model, base, None, channels, top), BitReader(encoder.finish())
    decode_tile(tile, reader)
    reader.finish()
    assert np.array_equal(tile.samples()[:channels], samples[:channels])


def test_samples_that_no_picture_has_are_refused() -> None:
    """Written above a top of 255, and read as if there were no samples above 85."""
    samples, base = (to_planes(array) for array in residual_models.pair(9, 12, 3, 8))
    model, encoder = residual_models.random_model(3, 900), RangeEncoder()
    encode_tile(Tile(model, base.clip(0, 85), samples, 3, 85), encoder)
    with pytest.raises(CorruptFileError, match=r"outside \[0, 85\]"):
        decode_tile(Tile(model, base.clip(0, 85), None, 3, 85), BitReader(encoder.finish()))


def test_progress_is_told_once_a_step() -> None:
    samples, base = (to_planes(array) for array in residual_models.pair(4, 6, 1, 7))
    told: list[Any] = []
    tile = Tile(residual_models.shipped_model(), base, samples, 1, TOP)
    encode_tile(tile, RangeEncoder(), lambda: told.append(1))
    assert len(told) == len(tile.steps()) == 6 + 3 * 3


def test_planes_go_green_first_and_come_back() -> None:
    for channels in (1, 3):
        samples, _ = residual_models.pair(3, 4, channels)
        planes = to_planes(samples)
        assert planes.shape == (3, 3, 4)
        assert np.array_equal(planes[0], samples[..., 1 % channels])
        assert np.array_equal(from_planes(planes, channels), samples)


def test_errors_take_no_more_memory_in_a_longer_tile() -> None:
    short, long = (Tile(residual_models.shipped_model(), np.zeros((3, 9, n), np.int32), None, 3, TOP) for n in (9, 900))
    assert long.shared.errors.shape == short.shared.errors.shape
    assert long.shared.samples.nbytes > short.shared.samples.nbytes
