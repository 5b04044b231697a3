"""Tiles of the coder of screens: what goes in comes out, and what no encoder wrote is refused."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError, LimitError
from hybridcodec.residual.coder import Ground
from hybridcodec.residual.index.coder import MAX_PIXELS, TILE_PIXELS, Index
from hybridcodec.residual.quantiser import Quantiser
from hybridcodec.tiling import Area, Tiling

CODER = Index()


def coded(samples: NDArray[np.integer], quantiser: Quantiser, tiling: Tiling | None = None) -> list[tuple[Area, bytes]]:
    height, width, channels = samples.shape
    areas = (tiling or Tiling(height, width, height, width)).areas
    return list(zip(areas, CODER.encode(Ground(channels, quantiser), samples, areas), strict=True))


def decoded(tiles: list[tuple[Area, bytes]], shape: tuple[int, ...], quantiser: Quantiser) -> NDArray[np.integer]:
    samples = np.zeros(shape, quantiser.dtype)
    CODER.require_room(tiles, shape[2])
    CODER.decode(Ground(shape[2], quantiser), tiles, lambda area, part: samples.__setitem__(area, part))
    return samples


def text(height: int, width: int, channels: int, seed: int = 3) -> NDArray[np.uint8]:
    """Marks of a few shapes on a plain ground, as letters are."""
    random = np.random.default_rng(seed)
    letters = random.integers(0, 256, (5, 6, 4, channels)) * random.integers(0, 2, (5, 6, 4, 1))
    samples = np.full((height, width, channels), 230, np.uint8)
    for y in range(2, height - 6, 9):
        for x in range(2, width - 4, 5):
            samples[y : y + 6, x : x + 4] = letters[random.integers(0, 5)]
    return samples


def pictures() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    random = np.random.default_rng(5)
    yield "one pixel", np.full((1, 1, 3), 77, np.uint8)
    yield "one row", random.integers(0, 3, (1, 90, 1)).astype(np.uint8)
    yield "one column", random.integers(0, 256, (90, 1, 3)).astype(np.uint8)
    yield "two columns", random.integers(0, 2, (40, 2, 2)).astype(np.uint8)
    yield "one colour", np.full((60, 70, 4), 255, np.uint8)
    yield "noise", random.integers(0, 256, (30, 40, 3)).astype(np.uint8)
    yield "noise of four channels", random.integers(0, 256, (20, 30, 4)).astype(np.uint8)
    yield "slopes", (np.add.outer(np.arange(40), 2 * np.arange(60))[..., None] + np.array([0, 9, 30])).astype(np.uint8)
    yield "text", text(60, 80, 3)
    yield "gray text with opacity", text(40, 50, 2)
    yield "numbers of colours", random.integers(0, 16, (50, 50, 1)).astype(np.uint8)


@pytest.mark.parametrize("samples", [pytest.param(samples, id=name) for name, samples in pictures()])
def test_what_goes_in_comes_out(samples: NDArray[np.uint8]) -> None:
    assert np.array_equal(decoded(coded(samples, Quantiser()), samples.shape, Quantiser()), samples)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 9), st.integers(1, 24), st.integers(1, 4), st.integers(1, 255), st.integers(0, 2**32 - 1))
def test_any_values_come_back(height: int, width: int, channels: int, top: int, seed: int) -> None:
    samples = np.random.default_rng(seed).integers(0, top + 1, (height, width, channels)).astype(np.uint8)
    quantiser = Quantiser(0, 0, top)
    assert np.array_equal(decoded(coded(samples, quantiser), samples.shape, quantiser), samples)


@pytest.mark.parametrize("max_error", [1, 4, 255])
def test_values_of_a_near_lossless_layer_stay_within_its_bound(max_error: int) -> None:
    samples = text(40, 60, 3)
    quantiser = Quantiser(max_error)
    found = decoded(coded(samples, quantiser), samples.shape, quantiser)
    assert np.max(np.abs(found.astype(int) - samples)) <= max_error


def test_signed_samples_come_back() -> None:
    samples = (text(30, 40, 1).astype(np.int16) - 128).astype(np.int8)
    quantiser = Quantiser(0, -128, 127, "i1")
    assert np.array_equal(decoded(coded(samples, quantiser), samples.shape, quantiser), samples)


def test_tiles_stand_alone() -> None:
    samples, quantiser = text(60, 80, 3), Quantiser()
    tiles = coded(samples, quantiser, Tiling(60, 80, 25, 80))
    assert len(tiles) == 3
    assert np.array_equal(decoded(tiles, samples.shape, quantiser), samples)
    alone = decoded(tiles[1:2], samples.shape, quantiser)
    assert np.array_equal(alone[25:50], samples[25:50])


def test_repeated_letters_cost_little() -> None:
    samples = text(200, 200, 3)
    [(_, payload)] = coded(samples, Quantiser())
    assert len(payload) < 1600  # 880 letters of five kinds take 256 bytes at least


@pytest.mark.parametrize(
    ("channels", "quantiser", "taken"),
    [
        (1, Quantiser(), True),
        (4, Quantiser(), True),
        (5, Quantiser(), False),
        (1, Quantiser(0, 0, 256, "u2"), False),
        (1, Quantiser(8, 0, 4095, "u2"), True),
        (1, Quantiser(0, -128, 127, "i1"), True),
    ],
)
def test_pixels_of_at_most_32_bits_are_taken(channels: int, quantiser: Quantiser, taken: bool) -> None:
    assert CODER.takes(channels, quantiser) is taken


@pytest.mark.parametrize("size", [(1, 1), (700, 900), (5000, 5000), (1, 1 << 24), (1 << 24, 1)])
def test_pictures_of_a_few_million_pixels_are_one_tile(size: tuple[int, int]) -> None:
    height, width = CODER.choose_tile(*size)
    assert height * width <= TILE_PIXELS
    assert (height, width) == size or size[0] * size[1] > TILE_PIXELS


def test_a_tile_too_large_to_read_is_refused() -> None:
    with pytest.raises(LimitError, match="4096x8192"):
        CODER.require_tile((MAX_PIXELS // 4096 * 2, 4096, 1), bytes(10000))


def test_bytes_too_few_for_a_tile_are_refused_before_anything_is_made() -> None:
    with pytest.raises(CorruptFileError, match="expected at least"):
        CODER.require_tile((4096, 4096, 3), bytes(8))


def damaged(payload: bytes, random: np.random.Generator) -> bytes:
    """Return the payload cut, longer, or with changed bytes."""
    way = random.integers(0, 4)
    if way == 0:
        return payload[: random.integers(0, len(payload))]
    if way == 1:
        return payload + random.bytes(4 * random.integers(1, 4))
    changed = bytearray(payload)
    for _ in range(random.integers(1, 4)):
        changed[random.integers(0, len(payload))] ^= int(random.integers(1, 256))
    return bytes(changed)


def test_damaged_payloads_are_refused_or_give_values() -> None:
    samples, quantiser = text(20, 30, 3), Quantiser(0, 0, 240)
    [(area, payload)] = coded(np.minimum(samples, 240), quantiser)
    random = np.random.default_rng(11)
    messages = []
    for _ in range(400):
        try:
            found = decoded([(area, damaged(payload, random))], samples.shape, quantiser)
            assert found.max() <= 240
        except CorruptFileError as error:
            messages.append(str(error))
    assert len(messages) > 390
    assert all("row 0, column 0" in message for message in messages)
