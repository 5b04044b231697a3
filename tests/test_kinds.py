"""What samples are: derived from arrays, said in words, held against them."""

import numpy as np
import pytest

from hybridcodec.errors import InputError, UnsupportedError
from hybridcodec.image import Picture
from hybridcodec.kinds import GRAY, INDEXED, RGB, Palette, Role, SampleKind


@pytest.mark.parametrize(
    ("dtype", "channels", "words"),
    [
        (np.uint8, 1, "8-bit gray"),
        (np.uint8, 2, "8-bit gray with alpha"),
        (np.uint8, 3, "8-bit RGB"),
        (np.uint16, 4, "16-bit RGB with alpha"),
        (np.int16, 1, "16-bit signed gray"),
        (np.int8, 1, "8-bit signed gray"),
        (np.bool_, 1, "1-bit gray"),
    ],
)
def test_arrays_say_what_they_are(dtype: type, channels: int, words: str) -> None:
    kind = SampleKind.of(np.zeros((2, 3, channels), dtype))
    assert str(kind) == words
    assert kind.plain == (words in ("8-bit gray", "8-bit RGB"))


@pytest.mark.parametrize(
    ("bit_depth", "signed", "low", "high", "dtype"),
    [(1, False, 0, 1, "u1"), (8, True, -128, 127, "i1"), (12, False, 0, 4095, "u2"), (9, True, -256, 255, "i2")],
)
def test_ranges_and_types(bit_depth: int, signed: bool, low: int, high: int, dtype: str) -> None:
    kind = SampleKind(GRAY, bit_depth, signed)
    assert (kind.low, kind.high, kind.dtype) == (low, high, np.dtype(dtype))


def test_samples_beyond_their_bits_are_refused() -> None:
    with pytest.raises(InputError, match=r"12-bit gray lie in \[0, 4095\], found 0 to 4096"):
        Picture.of(np.array([[0, 4096]], np.uint16), SampleKind(GRAY, 12))


def test_a_picture_holds_samples_in_the_type_of_its_kind() -> None:
    picture = Picture.of(np.array([[0, 1]], np.uint16), SampleKind(GRAY, 1))
    assert (picture.samples.dtype, picture.samples.shape) == (np.uint8, (1, 2, 1))
    assert Picture.of(np.zeros((2, 2), bool)).samples.dtype == np.uint8


def test_big_endian_samples_are_taken() -> None:
    picture = Picture.of(np.array([[1, 256]], ">u2"))
    assert (picture.samples.dtype.byteorder, picture.samples.ravel().tolist()) == ("=", [1, 256])


def test_a_palette_goes_with_indices_and_only_with_them() -> None:
    palette = Palette(3, 8, bytes(6))
    assert str(SampleKind(INDEXED, 1, palette=palette)) == "1-bit palette"
    for roles, given in ((INDEXED, None), (RGB, palette)):
        with pytest.raises(InputError, match="palette"):
            SampleKind(roles, 8, palette=given)


@pytest.mark.parametrize("bit_depth", [0, 17, 32])
def test_other_depths_are_refused(bit_depth: int) -> None:
    with pytest.raises(UnsupportedError, match=str(bit_depth)):
        SampleKind((*GRAY, Role.ALPHA), bit_depth)
