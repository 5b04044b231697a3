"""The page coder gives every pixel back, and refuses what is no tile of its own."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError, LimitError
from hybridcodec.modes import Backend
from hybridcodec.residual.coder import Ground
from hybridcodec.residual.page import coder
from hybridcodec.residual.page.coder import Page
from hybridcodec.residual.quantiser import Quantiser

BILEVEL = Quantiser(0, 0, 1)
Pixels = NDArray[np.uint8]


def whole(height: int, width: int) -> tuple[slice, slice]:
    return slice(0, height), slice(0, width)


def encoded(pixels: Pixels, *, matching: bool = False) -> bytes:
    return Page().encode(Ground(1, BILEVEL, matching=matching), pixels[..., None], [whole(*pixels.shape)])[0]


def decoded(payload: bytes, height: int, width: int, backend: Backend = Backend.COMPILED) -> Pixels:
    out = np.full((height, width, 1), 7, np.uint8)
    tiles = [(whole(height, width), payload)]
    Page().require_room(tiles, 1)
    Page().decode(Ground(1, BILEVEL, backend=backend), tiles, lambda area, part: out.__setitem__(area, part))
    return out[..., 0]


def text(height: int, width: int, seed: int = 3) -> Pixels:
    """Black signs of a small alphabet in lines on white."""
    rng = np.random.default_rng(seed)
    signs = np.kron(rng.random((9, 6, 5)) < 0.5, np.ones((2, 2)))
    page = np.zeros((height, width), np.uint8)
    for y in range(4, height - 12, 18):
        for x in range(3, width - 10, 12):
            if rng.random() < 0.8:
                page[y : y + 12, x : x + 10] = signs[rng.integers(len(signs))]
    return page


def pages() -> dict[str, Pixels]:
    rng = np.random.default_rng(17)
    return {
        "one white": np.zeros((1, 1), np.uint8),
        "one black": np.ones((1, 1), np.uint8),
        "row": rng.integers(0, 2, (1, 100)).astype(np.uint8),
        "column": rng.integers(0, 2, (100, 1)).astype(np.uint8),
        "white": np.zeros((70, 131), np.uint8),
        "black": np.ones((70, 131), np.uint8),
        "noise": rng.integers(0, 2, (37, 64)).astype(np.uint8),
        "checkerboard": np.indices((40, 65)).sum(0).astype(np.uint8) % 2,
        "text": text(90, 200),
        "inverted text": 1 - text(90, 200),
        "dots": (rng.random((150, 300)) < 0.002).astype(np.uint8),
        "black with dots": (rng.random((150, 300)) > 0.002).astype(np.uint8),
        "halves": np.repeat([[0, 1]], 80, 0).repeat(90, 1).astype(np.uint8),
        "ends of blocks": np.eye(64, 64, dtype=np.uint8),
        "black below": np.vstack([np.eye(3, 40, 5, np.uint8), np.ones((20, 40), np.uint8)]),
    }


@pytest.mark.parametrize("matching", [False, True])
@pytest.mark.parametrize("name", pages())
def test_a_page_comes_back(name: str, matching: bool) -> None:
    pixels = pages()[name]
    payload = coder.encoded(pixels.astype(np.int32), lambda: None, matching=matching)
    assert Page().uses_matching(payload) == matching
    assert (decoded(payload, *pixels.shape) == pixels).all()


@pytest.mark.parametrize("matching", [False, True])
def test_constriction_reads_the_same_pixels(matching: bool) -> None:
    pixels = text(40, 70)
    payload = coder.encoded(pixels.astype(np.int32), lambda: None, matching=matching)
    assert (decoded(payload, *pixels.shape, Backend.REFERENCE) == pixels).all()


@pytest.mark.parametrize("width", [31, 32, 33, 63, 64, 65])
def test_rows_of_any_width_come_back(width: int) -> None:
    pixels = text(40, width, width)
    pixels[-1] = 1
    assert (decoded(encoded(pixels), *pixels.shape) == pixels).all()


def test_an_empty_page_takes_a_few_bytes() -> None:
    assert len(encoded(np.zeros((3508, 2480), np.uint8))) < 100
    assert len(encoded(np.ones((3508, 2480), np.uint8))) < 100


def test_print_takes_less_than_half_of_its_pixels() -> None:
    pixels = text(300, 600)
    assert len(encoded(pixels)) < pixels.size / 16


def test_it_takes_one_channel_of_two_values() -> None:
    assert Page().takes(1, BILEVEL)
    assert not Page().takes(1, Quantiser(0, 0, 3))
    assert not Page().takes(2, BILEVEL)


def test_a_page_is_one_tile_until_it_is_too_large() -> None:
    assert Page().choose_tile(3508, 2480) == (3508, 2480)
    height, width = Page().choose_tile(20000, 10000)
    assert width == 10000
    assert height == (1 << 19) // 313


def test_a_tile_that_is_too_large_is_refused() -> None:
    with pytest.raises(LimitError, match="at most 524288 blocks"):
        Page().require_room([(whole(4097, 4096), b"\0")], 1)


@pytest.mark.parametrize("payload", [b"", b"\4", b"\0\1", b"\0" * 6])
def test_what_is_no_tile_is_refused(payload: bytes) -> None:
    with pytest.raises(CorruptFileError):
        decoded(payload, 20, 20)


@pytest.mark.parametrize("matching", [False, True])
def test_damage_gives_other_pixels_or_an_error_of_ours(matching: bool) -> None:
    rng = np.random.default_rng(4)
    pixels = text(24, 70)
    payload = coder.encoded(pixels.astype(np.int32), lambda: None, matching=matching)
    refused = 0
    for _ in range(300):
        damaged = bytearray(payload)
        for place in rng.integers(0, len(payload), rng.integers(1, 4)):
            damaged[place] ^= 1 << rng.integers(8)
        try:
            decoded(bytes(damaged[: len(payload) - rng.integers(0, 9)]), *pixels.shape)
        except CorruptFileError:
            refused += 1
    assert refused > 200


def test_matching_helps_where_signs_come_again() -> None:
    pixels = text(300, 600)
    payload = encoded(pixels, matching=True)
    assert Page().uses_matching(payload)
    assert len(payload) < len(encoded(pixels))


def test_matching_is_not_used_where_it_does_not_help() -> None:
    pixels = np.zeros((30, 30), np.uint8)
    assert encoded(pixels, matching=True) == encoded(pixels)
