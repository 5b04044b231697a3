"""Which picture of a file is decoded, and what it stands above: albums, small base pictures, none at all."""

from dataclasses import replace
from typing import Any

import base_models
import hybridcodec_container as container
import numpy as np
import pytest
from container_files import STRUCTURE
from hybridcodec_container import Layers
from hyc_files import rewritten
from picture_layers import lossless, reduced

from hybridcodec import (
    CorruptFileError,
    InputError,
    LimitError,
    TruncatedFileError,
    UnsupportedError,
    check,
    decode,
    decode_cut,
    encode,
    extract,
    layers,
    read_metadata,
)
from hybridcodec.salvage import State, salvage

SHAPES = ((9, 11, 3), (20, 6, 1), (1, 1, 3))


@pytest.fixture(scope="module")
def samples() -> list[np.ndarray]:
    return [base_models.photograph_like(*shape, seed) for seed, shape in enumerate(SHAPES)]


@pytest.fixture(scope="module")
def album(samples: list[np.ndarray]) -> bytes:
    return container.write_container([lossless(picture) for picture in samples])


def squeezed(picture: np.ndarray) -> np.ndarray:
    return picture[..., 0] if picture.shape[2] == 1 else picture


def test_every_picture_of_an_album_is_decoded_by_its_number(album: bytes, samples: list[np.ndarray]) -> None:
    for number, picture in enumerate(samples):
        decoded = decode(album, picture=number)
        assert decoded.dtype == np.uint8
        assert np.array_equal(decoded, squeezed(picture))
        alone = encode(picture)
        preview = decode(album, picture=number, layer="perceptual")
        assert np.array_equal(preview, decode(alone, layer="perceptual"))
        assert np.array_equal(decode(alone, picture=0), squeezed(picture))
    assert np.array_equal(decode(album, picture=np.int64(1)), squeezed(samples[1]))


@pytest.mark.parametrize("number", [3, 4, 1 << 40])
def test_a_picture_that_is_not_there_is_said_with_those_that_are(album: bytes, number: int) -> None:
    for layer in ("exact", "perceptual"):
        with pytest.raises(InputError, match=f"there is no picture {number} in this file; found 0 to 2"):
            decode(album, picture=number, layer=layer)
    with pytest.raises(InputError, match="found 0 to 0"):
        decode(encode(np.zeros((2, 2), np.uint8)), picture=number)


@pytest.mark.parametrize("number", [-1, "1", "", 1.0, 0.5, True, b"1", [1], float("nan")])
def test_a_number_of_a_picture_that_is_none_is_refused(album: bytes, number: Any) -> None:
    with pytest.raises(InputError, match="picture is a number from 0, or None, found"):
        decode(album, picture=number)


def test_a_file_of_several_pictures_needs_a_number(album: bytes) -> None:
    readers = (decode, decode_cut, read_metadata, lambda data: decode(data, layer="perceptual"))
    for read in readers:
        with pytest.raises(InputError, match="this file holds 3 pictures: say which, 0 to 2"):
            read(album)


def test_all_pictures_of_an_album_are_checked_and_extracted(album: bytes) -> None:
    assert check(album).pictures == 3
    extracted = extract(album)
    assert check(extracted).mode == "perceptual"
    for number in range(3):
        whole, alone = (decode(data, layer="perceptual", picture=number) for data in (album, extracted))
        assert np.array_equal(whole, alone)
        with pytest.raises(UnsupportedError, match="perceptual layer alone"):
            decode(extracted, picture=number)


def test_damage_in_one_picture_of_an_album_is_its_own(album: bytes, samples: list[np.ndarray]) -> None:
    tile = next(r for r in container.scan_container(album) if (r.picture, r.kind) == (1, "RESI"))
    middle = tile.offset + tile.length // 2
    damaged = album[:middle] + bytes([album[middle] ^ 1]) + album[middle + 1 :]
    for number in (0, 2):
        assert np.array_equal(decode(damaged, picture=number), squeezed(samples[number]))
    with pytest.raises(CorruptFileError):
        decode(damaged, picture=1)
    with pytest.raises(CorruptFileError):
        decode(damaged)


def test_what_arrived_of_a_cut_album_is_decoded_by_its_number(album: bytes, samples: list[np.ndarray]) -> None:
    last = next(r for r in container.scan_container(album) if (r.picture, r.kind) == (2, "RESI"))
    cut = album[: last.offset + 3]
    for number in (0, 1):
        assert np.array_equal(decode(cut, picture=number), squeezed(samples[number]))
    with pytest.raises(TruncatedFileError):
        decode(cut, picture=2)


def test_a_cut_album_gives_the_previews_that_arrived(album: bytes) -> None:
    previews = [decode(album, picture=number, layer="perceptual") for number in range(3)]
    chunks = container.scan_container(album)
    ends = [max(r.offset + r.length for r in chunks if (r.picture, r.kind) == (n, "BASE")) for n in range(3)]
    for size in (*ends, ends[1] - 1, len(album)):
        for number, preview in enumerate(previews):
            if size >= ends[number]:
                found, arrived = decode_cut(album[:size], picture=number)
                assert arrived == 1
                assert np.array_equal(found, preview)
            elif size <= ends[number - 1]:
                with pytest.raises(TruncatedFileError):
                    decode_cut(album[:size], picture=number)
    with pytest.raises(InputError, match="there is no picture 3"):
        decode_cut(album, picture=3)
    with pytest.raises(LimitError):
        decode_cut(album, picture=1, max_pixels=119)
    assert decode_cut(album, picture=2, max_pixels=1)[0].shape == (1, 1, 3)


def test_what_is_whole_of_a_damaged_album_is_had_by_number(album: bytes, samples: list[np.ndarray]) -> None:
    tile = next(r for r in container.scan_container(album) if (r.picture, r.kind) == (1, "RESI"))
    middle = tile.offset + tile.length // 2
    damaged = album[:middle] + bytes([album[middle] ^ 1]) + album[middle + 1 :]
    for number in (0, 2):
        for data in (album, damaged):
            found = salvage(data, picture=number)
            assert found.share(State.EXACT) == 1
            assert np.array_equal(found.samples, squeezed(samples[number]))
    assert salvage(damaged, picture=1).share(State.PREVIEW) == 1
    for data in (album, damaged, album[:10] + b"x" + album[11:], album[:-30]):
        with pytest.raises(InputError, match=r"several pictures: say which, 0 to 2"):
            salvage(data)
        with pytest.raises(InputError, match="picture is a number from 0"):
            salvage(data, picture=-1)
    with pytest.raises(InputError, match="there is no picture 3"):
        salvage(album, picture=3)
    with pytest.raises(CorruptFileError):
        salvage(damaged, picture=3)


def test_the_limit_of_pixels_is_that_of_the_picture_that_is_asked_for(album: bytes) -> None:
    for number, (height, width, _) in enumerate(SHAPES):
        pixels = height * width
        assert decode(album, picture=number, max_pixels=pixels).shape[:2] == (height, width)
        if pixels > 1:
            with pytest.raises(LimitError, match=f"{width}x{height} = {pixels} pixels, the limit is {pixels - 1}"):
                decode(album, picture=number, max_pixels=pixels - 1)


def test_a_file_without_pictures_says_so() -> None:
    data = (STRUCTURE / "source_alone.hyc").read_bytes()
    with pytest.raises(UnsupportedError, match="this file holds no picture, only another file"):
        decode(data)
    with pytest.raises(InputError, match="there is no picture 0 in this file; found none"):
        decode(data, picture=0)


@pytest.mark.parametrize("shape", [(37, 50, 3), (17, 9, 1), (1, 1, 3), (1, 30, 3)])
@pytest.mark.parametrize("scale", range(4))
def test_a_picture_above_a_smaller_base_picture_decodes_exactly(scale: int, shape: tuple[int, int, int]) -> None:
    picture = base_models.photograph_like(*shape, 3)
    data = container.write_container([lossless(picture, scale)])
    assert np.array_equal(decode(data), squeezed(picture))
    preview = decode(data, layer="perceptual")
    assert preview.shape == squeezed(reduced(picture, scale)).shape
    assert np.array_equal(preview, squeezed(layers.encode_base_layer(reduced(picture, scale)).picture))
    assert np.array_equal(decode(extract(data), layer="perceptual"), preview)
    assert np.array_equal(decode_cut(data[:-30])[0], preview)
    found = check(data)
    assert (found.base_scale, found.width, found.height) == (scale, shape[1], shape[0])


@pytest.mark.parametrize("shape", [(23, 31, 3), (19, 8, 1), (1, 1, 1)])
def test_a_picture_without_a_base_layer_decodes_exactly_and_its_preview_is_refused(shape: tuple[int, int, int]) -> None:
    picture = base_models.photograph_like(*shape, 4)
    made = lossless(picture, None)
    assert not made.header.layers & Layers.BASE
    data = container.write_container([made])
    assert np.array_equal(decode(data), squeezed(picture))
    assert check(data).base_models == ()
    for read in (lambda: decode(data, layer="perceptual"), lambda: decode_cut(data)):
        with pytest.raises(UnsupportedError, match="this picture has no preview, only the exact layer"):
            read()
    both = container.write_container([made, lossless(picture)])
    assert np.array_equal(decode(both, picture=0), squeezed(picture))
    with pytest.raises(UnsupportedError, match="this picture has no preview"):
        decode(both, picture=0, layer="perceptual")
    assert decode(both, picture=1, layer="perceptual").shape == squeezed(picture).shape


def test_a_residual_layer_with_a_common_payload_is_of_a_later_version() -> None:
    """What it would say changes what its tiles mean, so none of them may be taken for exact."""
    data = encode(base_models.photograph_like(20, 20, 3, 6))
    later = rewritten(data, residual={"common": b"adapted"})
    assert np.array_equal(decode(later, layer="perceptual"), decode(data, layer="perceptual"))
    for read in (decode, check, salvage, lambda data: salvage(data[:-30])):
        with pytest.raises(UnsupportedError, match="a residual layer with 7 common bytes needs a later version"):
            read(later)


def test_tiles_of_a_base_picture_of_another_scale_are_noticed() -> None:
    picture = base_models.photograph_like(40, 40, 3, 5)
    made = lossless(picture, 1)
    assert made.base is not None
    other = container.Picture.seal(made.header, base=replace(made.base, scale=2), residual=made.residual)
    with pytest.raises(CorruptFileError):
        decode(container.write_container([other]))
