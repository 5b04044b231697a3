import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import residual_models
from numpy.typing import NDArray

from hybridcodec.entropy import BitReader, RangeEncoder
from hybridcodec.errors import CorruptFileError
from hybridcodec.residual.regression.planes import from_planes, to_planes
from hybridcodec.residual.regression.state import Tile
from hybridcodec.residual.regression.tile import decode_tile, encode_tile, walk

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


@pytest.mark.parametrize("channels", [1, 3])
def test_features_never_see_what_comes_after_them(channels: int) -> None:
    H, W = 6, 8
    samples, base = (to_planes(array) for array in residual_models.pair(H, W, channels, 3))
    plain = walked(samples, base, channels)
    for place in np.ndindex(channels, H, W):
        changed = samples.copy()
        changed[place] ^= 0x55
        channel, y, x = place
        for (t, number, features), (_, _, found) in zip(plain, walked(changed, base, channels), strict=True):
            if (t, number) <= (x + 3 * y, channel):
                assert np.array_equal(features, found), f"features at step {t} of channel {number} saw {place}"


def walked(samples: I32, base: I32, channels: int) -> list[tuple[int, int, I32]]:
    """Step, channel, and features of every step."""
    tile = Tile(residual_models.shipped_model(), base, samples, channels, TOP)
    start = tile.steps().start
    return [(t - start, state.number, state.lanes.features[:, low:high].copy()) for t, state, low, high in walk(tile)]


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


@pytest.mark.parametrize("seed", range(3))
def test_bytes_of_any_kind_end_in_our_error(seed: int) -> None:
    _, base = (to_planes(array) for array in residual_models.pair(9, 12, 3, 8))
    rng, model = np.random.default_rng(seed), residual_models.random_model(seed, 900)
    for size in (0, 4, 8, 100, 400, 4000):
        for data in (rng.bytes(size), bytes(size), b"\xff" * size):
            tile, reader = Tile(model, base, None, 3, 255), BitReader(data)
            with pytest.raises(CorruptFileError):
                read_to_the_end(tile, reader)


def read_to_the_end(tile: Tile, reader: BitReader) -> None:
    decode_tile(tile, reader)
    reader.finish()


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


PROGRAM = """
import hashlib, numpy as np, residual_models
from hybridcodec.entropy import BitReader, RangeEncoder
from hybridcodec.residual.regression.planes import to_planes
from hybridcodec.residual.regression.state import Tile
from hybridcodec.residual.regression.tile import decode_tile, encode_tile
model = residual_models.shipped_model()
samples, base = (to_planes(array) for array in residual_models.pair(6, 7, 3, 9))
encoder = RangeEncoder()
written, read = Tile(model, base, samples, 3, 255), Tile(model, base, None, 3, 255)
encode_tile(written, encoder)
decode_tile(read, BitReader(encoder.finish()))
assert (read.samples() == samples).all()
print(hashlib.sha256(encoder.finish()).hexdigest(), hashlib.sha256(written.shared.errors.tobytes()).hexdigest())
"""


def test_the_kernels_give_the_same_bits_when_they_run_as_plain_python() -> None:
    samples, base = (to_planes(array) for array in residual_models.pair(6, 7, 3, 9))
    encoder, tile = RangeEncoder(), Tile(residual_models.shipped_model(), base, samples, 3, TOP)
    encode_tile(tile, encoder)
    paths = [str(Path(__file__).parents[1]), *(path for path in sys.path if path)]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-c", PROGRAM]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert found.stdout.split() == [
        hashlib.sha256(data).hexdigest() for data in (encoder.finish(), tile.shared.errors.tobytes())
    ]
