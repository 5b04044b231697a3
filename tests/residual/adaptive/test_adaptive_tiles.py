"""Tiles of the coder that adapts: round trips, and that encoder and decoder learn the same on every machine."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import residual_models
from numpy.typing import NDArray

from hybridcodec.entropy import BitReader, RangeEncoder
from hybridcodec.errors import CorruptFileError, LimitError
from hybridcodec.modes import Effort
from hybridcodec.residual import Ground, Quantiser
from hybridcodec.residual.adaptive.coder import Adaptive
from hybridcodec.residual.adaptive.planes import to_planes
from hybridcodec.residual.adaptive.state import Tile
from hybridcodec.residual.adaptive.tile import decode_tile, encode_tile
from hybridcodec.tiling import Tiling

I32 = NDArray[np.int32]
WHOLE = (512, 512)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 3), (16, 16), (17, 50), (50, 37)])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_sample_comes_back(shape: tuple[int, int], channels: int) -> None:
    samples, base = residual_models.pair(*shape, channels, 3)
    model = residual_models.random_model()
    payloads = residual_models.encode(samples, base, model, tile=(32, 20))
    assert np.array_equal(residual_models.decode(payloads, base, model, tile=(32, 20)), samples)


@pytest.mark.parametrize("max_error", [1, 2, 3, 20, 127, 255])
def test_on_grids_every_sample_comes_back_within_the_bound(max_error: int) -> None:
    samples, base = residual_models.pair(21, 30, 3, 4)
    model = residual_models.random_model(3)
    payloads = residual_models.encode(samples, base, model, tile=WHOLE, max_error=max_error)
    found = residual_models.decode(payloads, base, model, tile=WHOLE, max_error=max_error)
    assert np.abs(found.astype(int) - samples.astype(int)).max() <= max_error


@pytest.mark.parametrize(("experts", "spread", "speed"), [(1, 60, 1), (3, 900, 1), (4, 0, 1), (2, 60, 300)])
@pytest.mark.parametrize("kind", ["flat", "noise", "stripes"])
def test_hard_pictures_come_back_under_any_model(experts: int, spread: int, speed: float, kind: str) -> None:
    rng = np.random.default_rng(5)
    stripes = np.tile(np.array([0, 255], np.uint8)[:, None], (20, 3))[:40].reshape(1, 40, 3).repeat(35, 0)
    picture = {"flat": np.full((35, 40, 3), 255, np.uint8), "noise": rng.integers(0, 256, (35, 40, 3), np.uint8)}
    samples = picture.get(kind, np.ascontiguousarray(stripes))
    model, base = residual_models.random_model(2, spread, experts, speed), np.full((35, 40, 3), 128, np.uint8)
    payloads = residual_models.encode(samples, base, model, tile=WHOLE)
    assert np.array_equal(residual_models.decode(payloads, base, model, tile=WHOLE), samples)


def test_what_adapts_makes_a_tile_smaller() -> None:
    samples, base = residual_models.pair(64, 90, 3, 6)
    sizes = [
        len(residual_models.encode(samples, base, residual_models.random_model(1, 60, 2, speed), tile=WHOLE)[0])
        for speed in (0.0, 1.0)
    ]
    assert sizes[1] < 0.95 * sizes[0]


def test_weights_never_leave_what_their_proof_allows() -> None:
    tensors = residual_models.random_tensors(4) | {"rates": residual_models.rates(900, drift=20)}
    samples, base = (to_planes(array) for array in residual_models.pair(40, 40, 3, 6))
    tile = Tile(residual_models.AdaptiveModel.from_tensors(tensors), base, samples, 3, 255)
    encode_tile(tile, RangeEncoder())
    for state in tile.working.states:
        rows = state.network.pairs[2 * residual_models.HIDDEN :][:9, : residual_models.HIDDEN // 2]
        halves = np.stack([(rows << 16) >> 16, rows >> 16], 2).reshape(9, -1)
        away = np.abs(halves - tensors[f"{state.number}.w3"])
        assert away.max() == 20
        assert (
            np.abs(state.network.bias[2 * residual_models.HIDDEN :][:9] - tensors[f"{state.number}.b3"]).max()
            <= 20 << 7
        )


def test_a_tile_leaves_nothing_behind_for_the_next() -> None:
    samples, base = residual_models.pair(24, 40, 3, 6)
    model = residual_models.random_model()
    once = residual_models.encode(samples, base, model, tile=WHOLE)
    twice = residual_models.encode(
        np.concatenate([samples, samples]), np.concatenate([base, base]), model, tile=(24, 40)
    )
    assert twice == once + once


@pytest.mark.parametrize("seed", range(3))
def test_bytes_of_any_kind_end_in_our_error(seed: int) -> None:
    base = to_planes(residual_models.pair(9, 12, 3, 8)[1])
    rng, model = np.random.default_rng(seed), residual_models.random_model(seed, 900)
    for size in (0, 4, 8, 100, 400, 4000):
        for data in (rng.bytes(size), bytes(size), b"\xff" * size):
            with pytest.raises(CorruptFileError):
                read_to_the_end(Tile(model, base, None, 3, 255), BitReader(data))


def test_every_cut_and_every_flipped_byte_is_refused_or_gives_a_picture() -> None:
    samples, base = residual_models.pair(8, 9, 3, 8)
    model = residual_models.random_model()
    (payload,) = residual_models.encode(samples, base, model, tile=WHOLE)
    for cut in range(0, len(payload), 4):
        with pytest.raises(CorruptFileError):
            residual_models.decode([payload[:cut]], base, model, tile=WHOLE)
    for at in range(len(payload)):
        flipped = bytearray(payload)
        flipped[at] ^= 0x10
        try:
            found = residual_models.decode([bytes(flipped)], base, model, tile=WHOLE)
        except CorruptFileError:
            continue
        assert not np.array_equal(found, samples)


def read_to_the_end(tile: Tile, reader: BitReader) -> None:
    decode_tile(tile, reader)
    reader.finish()


def test_tiles_that_are_too_large_or_too_short_are_refused() -> None:
    coder = Adaptive()
    (area,) = Tiling(513, 10, 513, 10).areas
    with pytest.raises(LimitError):
        coder.require_room([(area, bytes(4000))], 3)
    (area,) = Tiling(512, 100, 512, 100).areas
    with pytest.raises(CorruptFileError, match="at least"):
        coder.require_room([(area, bytes(8))], 3)


def test_it_takes_gray_and_colour_of_eight_bits() -> None:
    coder = Adaptive()
    assert coder.takes(1, Quantiser())
    assert coder.takes(3, Quantiser(2))
    assert not coder.takes(2, Quantiser())
    assert not coder.takes(1, Quantiser(0, 0, 4095, "u2"))
    assert not coder.uses_matching(b"")


@pytest.mark.parametrize(
    ("size", "tile"),
    [
        ((512, 768), (256, 768)),
        ((768, 512), (384, 512)),
        ((1100, 768), (275, 768)),
        ((1100, 1500), (367, 750)),
        ((300, 400), (300, 400)),
        ((720, 1280), (360, 1280)),
        ((60, 3000), (60, 1500)),
        ((60, 9000), (60, 2250)),
        ((4000, 6000), (500, 1000)),
        ((8000, 12000), (250, 1000)),
    ],
)
def test_tiles_are_as_few_as_their_limit_allows_and_an_even_number_of_a_larger_picture(
    size: tuple[int, int], tile: tuple[int, int]
) -> None:
    assert Adaptive().choose_tile(*size) == tile


def test_best_does_not_ask_for_an_even_number_of_tiles() -> None:
    assert Adaptive().choose_tile(512, 768, Effort.BEST) == (512, 768)
    assert Adaptive().choose_tile(1100, 768, Effort.BEST) == (367, 768)


def test_tiles_side_by_side_are_what_they_are_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    samples, base = residual_models.pair(96, 400, 1, 9)
    model, found = residual_models.random_model(), set()
    for threads in ("1", "2", "4"):
        monkeypatch.setenv("HYBRIDCODEC_THREADS", threads)
        found.add(b"".join(residual_models.encode(samples, base, model, tile=(24, 400))))
        ground = Ground(1, Quantiser(), base, model)
        assert ground.base is base
    assert len(found) == 1


PROGRAM = """
import hashlib, residual_models, residual_models
samples, base = residual_models.pair(20, 23, 3, 9)
model = residual_models.random_model(1, 60, 2, 5.0)
(payload,) = residual_models.encode(samples, base, model, tile=(512, 512))
assert (residual_models.decode([payload], base, model, tile=(512, 512)) == samples).all()
print(hashlib.sha256(payload).hexdigest())
"""


def test_the_kernels_write_the_same_bytes_when_they_run_as_plain_python() -> None:
    samples, base = residual_models.pair(20, 23, 3, 9)
    (payload,) = residual_models.encode(samples, base, residual_models.random_model(1, 60, 2, 5.0), tile=WHOLE)
    paths = [str(Path(__file__).parents[2]), *(path for path in sys.path if path)]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(paths)}
    run = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == [hashlib.sha256(payload).hexdigest()]
