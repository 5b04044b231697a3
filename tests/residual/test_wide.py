"""The wide coder gives every value back, and refuses what is no tile of its own."""

import numpy as np
import pytest
import reference_wide

from hybridcodec.errors import CorruptFileError, LimitError
from hybridcodec.residual.coder import Ground
from hybridcodec.residual.quantiser import Quantiser
from hybridcodec.residual.wide.coder import MAX_HEIGHT, Wide

WORD = Quantiser(0, 0, 65535, "u2")


def whole(samples: np.ndarray) -> list[tuple[slice, slice]]:
    return [(slice(0, samples.shape[0]), slice(0, samples.shape[1]))]


def encoded(samples: np.ndarray, ground: Ground) -> bytes:
    return Wide().encode(ground, samples, whole(samples))[0]


def decoded(payload: bytes, ground: Ground, samples: np.ndarray) -> np.ndarray:
    out = np.full_like(samples, 7)
    tiles = [(whole(samples)[0], payload)]
    Wide().require_room(tiles, ground.channels)
    Wide().decode(ground, tiles, lambda area, part: out.__setitem__(area, part))
    return out


def pictures() -> dict[str, tuple[np.ndarray, Quantiser]]:
    rng = np.random.default_rng(17)
    ramp = np.add.outer(np.arange(24) * 30, np.arange(37) * 11)[..., None]
    return {
        "one": (np.full((1, 1, 1), 40000, np.uint16), WORD),
        "row": (rng.integers(0, 65536, (1, 33, 1)).astype(np.uint16), WORD),
        "column": (rng.integers(0, 65536, (33, 1, 1)).astype(np.uint16), WORD),
        "constant": (np.full((9, 20, 2), 65535, np.uint16), WORD),
        "far apart": (rng.choice([0, 65535], (14, 15, 1)).astype(np.uint16), WORD),
        "a gap": (rng.choice([3, 7], (14, 15, 1)).astype(np.uint16), WORD),
        "gaps at every width": ((rng.integers(0, 9, (9, 60, 4)) * np.arange(2, 6)).astype(np.uint16), WORD),
        "noise": (rng.integers(0, 65536, (20, 21, 1)).astype(np.uint16), WORD),
        "ramp": ((ramp + rng.integers(0, 9, ramp.shape)).astype(np.uint16), WORD),
        "gaps": (((ramp + rng.integers(0, 9, ramp.shape)) // 16 * 16).astype(np.uint16), WORD),
        "ranks": ((rng.integers(0, 6, (64, 65, 1)) ** 6).astype(np.uint16), WORD),
        "signed": (rng.normal(0, 300, (18, 19, 1)).astype(np.int16), Quantiser(0, -32768, 32767, "i2")),
        "four": (rng.integers(0, 256, (12, 13, 4)).astype(np.uint8), Quantiser(0, 0, 255, "u1")),
        "twelve bits": ((ramp % 4096).astype(np.uint16).repeat(3, 2), Quantiser(0, 0, 4095, "u2")),
    }


@pytest.mark.parametrize("name", pictures())
def test_a_picture_comes_back(name: str) -> None:
    samples, quantiser = pictures()[name]
    ground = Ground(samples.shape[2], quantiser)
    assert (decoded(encoded(samples, ground), ground, samples) == samples).all()


def test_a_near_lossless_picture_comes_back_within_its_bound() -> None:
    samples, _ = pictures()["noise"]
    ground = Ground(1, Quantiser(5, 0, 65535, "u2"))
    error = decoded(encoded(samples, ground), ground, samples).astype(int) - samples
    assert abs(error).max() == 5


def test_the_picture_before_makes_the_next_smaller_and_is_needed_to_read_it() -> None:
    samples, _ = pictures()["noise"]
    alone, above = Ground(1, WORD), Ground(1, WORD, reference=samples)
    following = samples // 2 + 3
    payload = encoded(following, above)
    assert len(payload) < 0.8 * len(encoded(following, alone))
    assert (decoded(payload, above, following) == following).all()


def test_every_damaged_byte_is_refused_or_gives_other_values() -> None:
    samples, _ = pictures()["ramp"]
    ground, rng = Ground(1, WORD), np.random.default_rng(5)
    payload = encoded(samples, ground)
    for _ in range(300):
        damaged = bytearray(payload)
        for place in rng.integers(0, len(payload), rng.integers(1, 4)):
            damaged[place] ^= int(rng.integers(1, 256))
        try:
            found = decoded(bytes(damaged), ground, samples)
        except CorruptFileError:
            continue
        assert bytes(damaged) != payload
        assert (found != samples).any()


@pytest.mark.parametrize("cut", [0, 1, 4, 8, 100])
def test_a_cut_payload_is_refused(cut: int) -> None:
    samples, _ = pictures()["ramp"]
    ground = Ground(1, WORD)
    with pytest.raises(CorruptFileError, match="row 0, column 0"):
        decoded(encoded(samples, ground)[:cut], ground, samples)


def test_a_tile_larger_than_the_coder_reads_is_refused_before_it_is_read() -> None:
    tiles = [((slice(0, MAX_HEIGHT + 1), slice(0, 5)), bytes(8))]
    with pytest.raises(LimitError, match=f"{MAX_HEIGHT + 1}x5"):
        Wide().require_room(tiles, 1)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (512, 512), (5000, 3000), (70000, 3), (3, 70000)])
def test_tiles_are_ones_that_the_coder_reads(height: int, width: int) -> None:
    rows, columns = Wide().choose_tile(height, width)
    assert rows <= height
    assert columns <= width
    Wide().require_tile((rows, columns, 1), bytes(8))


SMALL = {
    name: (samples[: 60 // (4 + samples.shape[2]), :14], quantiser) for name, (samples, quantiser) in pictures().items()
}


@pytest.mark.parametrize("name", SMALL)
def test_the_described_decoder_reads_the_same_values(name: str) -> None:
    samples, quantiser = SMALL[name]
    payload = encoded(samples, Ground(samples.shape[2], quantiser))
    found = reference_wide.decode_tile(payload, samples.shape, quantiser.top)
    assert (quantiser.samples(found) == samples).all()


def test_the_described_decoder_reads_a_picture_that_has_one_before_it() -> None:
    samples, quantiser = SMALL["noise"]
    payload = encoded(samples // 2, Ground(1, quantiser, reference=samples))
    before = quantiser.values(samples)
    assert (reference_wide.decode_tile(payload, samples.shape, quantiser.top, before) == samples // 2).all()
