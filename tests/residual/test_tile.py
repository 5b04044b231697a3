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

from hybridcodec.entropy import RangeDecoder, RangeEncoder
from hybridcodec.residual.planes import from_planes, to_planes
from hybridcodec.residual.tile import Tile, code_tile, walk

I32 = NDArray[np.int32]
TOP = 255


class Recorder:
    """An encoder that keeps every row and every symbol that it is given."""

    decoding = False

    def __init__(self) -> None:
        self.calls: list[tuple[I32, I32]] = []

    def code(self, frequencies: I32, symbols: I32 | None) -> I32:
        assert symbols is not None
        self.calls.append((frequencies.copy(), symbols.copy()))
        return symbols


def recorded(samples: I32, base: I32, channels: int) -> list[tuple[I32, I32]]:
    recorder = Recorder()
    code_tile(Tile(residual_models.shipped_model(), base, samples, channels, TOP), recorder)
    return recorder.calls


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sample_never_changes_a_forecast_made_before_it(channels: int) -> None:
    """Two pictures that differ at one place share every row, symbol and feature up to that place."""
    H, W = 7, 9
    samples, base = (to_planes(array) for array in residual_models.pair(H, W, channels, 2))
    before = recorded(samples, base, channels)
    for place in [(0, 0, 0), (channels - 1, 3, 4), (0, 6, 8), (channels // 2, 6, 0), (0, 0, 8), (channels - 1, 5, 8)]:
        changed = samples.copy()
        changed[place] = 255 - changed[place]
        after, (channel, y, x) = recorded(changed, base, channels), place
        same = 0
        for (rows, symbols), (rows_after, symbols_after) in zip(before, after, strict=False):
            if not np.array_equal(rows, rows_after):
                break
            same += 1
            if not np.array_equal(symbols, symbols_after):
                break
        coded = code_calls_before(samples, base, channels, (channel, y, x))
        assert same > coded, f"a forecast before {place} saw it"


def code_calls_before(samples: I32, base: I32, channels: int, place: tuple[int, int, int]) -> int:
    """How many calls the coder gets, at least, before the one that holds the sample at `place`."""
    channel, y, x = place
    recorder, tile = Recorder(), Tile(residual_models.shipped_model(), base, samples, channels, TOP)
    step = x + 3 * y
    calls: list[int] = []
    code_tile(tile, recorder, lambda: calls.append(len(recorder.calls)))
    start = calls[step - 1] if step else 0
    return start + channel  # at least one call for each channel before


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


def test_a_decoder_is_given_the_rows_that_the_encoder_wrote_with() -> None:
    model = residual_models.shipped_model()
    samples, base = (to_planes(array) for array in residual_models.pair(19, 23, 3, 5))
    encoder, recorder = RangeEncoder(), Recorder()
    code_tile(Tile(model, base, samples, 3, TOP), encoder)
    code_tile(Tile(model, base, samples, 3, TOP), recorder)
    decoder, rows = RangeDecoder(encoder.finish()), []

    class Watching:
        decoding = True

        def code(self, frequencies: I32, symbols: I32 | None) -> I32:
            rows.append(frequencies.copy())
            return decoder.code(frequencies, symbols)

    tile = Tile(model, base, None, 3, TOP)
    code_tile(tile, Watching())
    assert np.array_equal(tile.samples(), samples)
    assert len(rows) == len(recorder.calls)
    assert all(np.array_equal(read, written) for read, (written, _) in zip(rows, recorder.calls, strict=True))


def test_every_row_that_is_coded_is_a_table() -> None:
    samples, base = (to_planes(array) for array in residual_models.pair(15, 14, 3, 6))
    for rows, symbols in recorded(samples, base, 3):
        assert rows.dtype == np.int32
        assert (rows >= 1).all()
        assert (rows.sum(1) == 1 << 16).all()
        assert ((symbols >= 0) & (symbols < rows.shape[1])).all()


def test_progress_is_told_once_a_step() -> None:
    samples, base = (to_planes(array) for array in residual_models.pair(4, 6, 1, 7))
    told: list[Any] = []
    tile = Tile(residual_models.shipped_model(), base, samples, 1, TOP)
    code_tile(tile, RangeEncoder(), lambda: told.append(1))
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
from hybridcodec.entropy import RangeDecoder, RangeEncoder
from hybridcodec.residual.planes import to_planes
from hybridcodec.residual.tile import Tile, code_tile
model = residual_models.shipped_model()
samples, base = (to_planes(array) for array in residual_models.pair(6, 7, 3, 9))
encoder = RangeEncoder()
code_tile(Tile(model, base, samples, 3, 255), encoder)
tile = Tile(model, base, None, 3, 255)
code_tile(tile, RangeDecoder(encoder.finish()))
assert (tile.samples() == samples).all()
print(hashlib.sha256(encoder.finish()).hexdigest(), hashlib.sha256(tile.shared.errors.tobytes()).hexdigest())
"""


def test_the_kernels_give_the_same_bits_when_they_run_as_plain_python() -> None:
    samples, base = (to_planes(array) for array in residual_models.pair(6, 7, 3, 9))
    encoder, tile = RangeEncoder(), Tile(residual_models.shipped_model(), base, samples, 3, TOP)
    code_tile(tile, encoder)
    paths = [str(Path(__file__).parents[1]), *(path for path in sys.path if path)]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-c", PROGRAM]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert found.stdout.split() == [
        hashlib.sha256(data).hexdigest() for data in (encoder.finish(), tile.shared.errors.tobytes())
    ]
