"""TIFF of every sort that is taken, made by Pillow, by tifffile and by hand: stored samples exactly, page by page."""

import io
import tracemalloc
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hybridcodec.errors import HybridcodecError, InputError, LimitError, UnsupportedError
from hybridcodec.image import Picture
from hybridcodec.kinds import GRAY, INDEXED, RGB, Palette, Role, SampleKind
from hybridcodec.sources import read_document
from hybridcodec.sources.samples import bits
from tests.picture_parts import Tags, picture_tags, tiff_file

RNG = np.random.default_rng(51)
NOISE = RNG.integers(0, 1 << 16, (37, 53, 4), np.uint16)
SMOOTH = (np.add.outer(np.arange(37) * 3, np.arange(53) * 2)[..., np.newaxis] + np.arange(4)).astype(np.uint16) * 97
PAGE = Image.fromarray(RNG.random((90, 200)) > 0.8)
ORDERS = [("<", False), (">", False), ("<", True), (">", True)]


def read(data: bytes) -> Picture:
    (picture,) = read_document(data).pictures
    return picture


def saved(image: Image.Image, compression: str, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, "TIFF", compression=compression, **options)
    return target.getvalue()


def pages(count: int, **options: Any) -> bytes:
    more = [Image.fromarray(np.full((64, 64), number, np.uint8)) for number in range(1, count)]
    first = Image.fromarray(np.zeros((64, 64), np.uint8))
    return saved(first, "tiff_adobe_deflate", save_all=True, append_images=more, **options)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "lzma", "zstd"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("smooth", [False, True])
def test_every_compression_without_loss_gives_the_samples(compression: str, channels: int, smooth: bool) -> None:
    samples = ((SMOOTH if smooth else NOISE)[..., :channels] >> 8).astype(np.uint8)
    picture = read(saved(Image.fromarray(samples[..., 0] if channels == 1 else samples), compression))
    assert picture.kind == SampleKind.of(samples)
    assert np.array_equal(picture.samples, samples)


@pytest.mark.parametrize("compression", ["raw", "group3", "group4", "tiff_ccitt", "packbits", "tiff_lzw"])
@pytest.mark.parametrize("photometric", [0, 1])
def test_bilevel_pages_of_every_compression_are_black_where_they_are_black(compression: str, photometric: int) -> None:
    data = saved(PAGE, compression, tiffinfo={262: photometric})
    picture = read(data)
    assert picture.kind == SampleKind(GRAY, 1)
    assert np.array_equal(picture.samples[..., 0], np.array(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
@pytest.mark.parametrize("density", [0.0, 0.02, 0.5, 0.98, 1.0])
@pytest.mark.parametrize("width", [1, 7, 8, 63, 64, 65, 2700])
def test_fax_of_every_width_and_density_comes_back(compression: str, density: float, width: int) -> None:
    rng = np.random.default_rng(width)
    page = rng.random((12, width)) < density
    page[3:7] = page[3]  # rows that are alike
    picture = read(saved(Image.fromarray(page), compression))
    assert np.array_equal(picture.samples[..., 0], page)


@pytest.mark.parametrize("options", [1, 4, 5])
def test_fax_of_two_dimensions_and_of_whole_bytes_comes_back(options: int) -> None:
    data = saved(PAGE, "group3", tiffinfo={292: options})
    assert np.array_equal(read(data).samples[..., 0], np.array(PAGE))


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5, 7, 8, 10, 12, 14, 15, 16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_depth_of_unsigned_samples_is_read(depth: int, channels: int, order: str) -> None:
    samples = NOISE[..., :channels] >> (16 - depth)
    rows = bits.packed(samples.reshape(37, -1), depth, big_endian=order == ">")
    picture = read(tiff_file(tags_of(rows, channels, depth), order=order))
    assert picture.kind == SampleKind(GRAY if channels == 1 else RGB, depth)
    assert np.array_equal(picture.samples, samples)


def tags_of(rows: bytes, channels: int, depth: int, photometric: int | None = None, **more: Any) -> Tags:
    """The tags of a picture of 37x53 pixels in one strip."""
    photometric = (1 if channels < 3 else 2) if photometric is None else photometric
    return picture_tags(
        np.zeros((37, 53), np.uint8), t258=(3, (depth,) * channels), t262=(3, (photometric,)), t273=(4, rows),
        t277=(3, (channels,)), t279=(4, (len(rows),)), **more,
    )  # fmt: skip


@pytest.mark.parametrize(("order", "big"), ORDERS)
@pytest.mark.parametrize(("dtype", "code"), [(np.int8, 2), (np.int16, 2), (np.uint16, 1)])
def test_signed_samples_keep_their_sign(order: str, big: bool, dtype: Any, code: int) -> None:
    samples = NOISE[..., 0].astype(dtype)
    depth = 8 * samples.itemsize
    rows = samples.astype(samples.dtype.newbyteorder(order)).tobytes()
    picture = read(tiff_file(tags_of(rows, 1, depth, t339=(3, (code,))), order=order, big=big))
    assert picture.kind == SampleKind(GRAY, depth, code == 2)
    assert np.array_equal(picture.samples[..., 0], samples)


def test_palette_is_of_8_or_16_bits() -> None:
    indices = bits.packed(NOISE[..., 0] >> 12, 4)
    for values, depth in ((np.arange(48), 8), (np.arange(48) * 257, 8), (np.arange(48) * 1000, 16)):
        picture = read(tiff_file(tags_of(indices, 1, 4, 3, t320=(3, tuple(values.tolist())))))
        entries = (np.arange(48) * (1000 if depth == 16 else 1)).reshape(3, 16).T
        expected = Palette(3, depth, entries.astype("<u2" if depth == 16 else np.uint8).tobytes())
        assert picture.kind == SampleKind(INDEXED, 4, palette=expected)
        assert np.array_equal(picture.samples[..., 0], NOISE[..., 0] >> 12)


def test_bits_in_the_other_order_are_put_right() -> None:
    rows = bits.packed(NOISE[..., 0] >> 15, 1)
    picture = read(tiff_file(tags_of(bits.reversed_bits(rows), 1, 1, t266=(3, (2,)))))
    assert np.array_equal(picture.samples[..., 0], NOISE[..., 0] >> 15)


MADE: dict[str, dict[str, Any]] = {
    "tiles": {"tile": (16, 32)},
    "tiles, packed": {"tile": (16, 16), "compression": "zlib"},
    "tiles, packed differences": {"tile": (16, 16), "compression": "zlib", "predictor": 2},
    "differences": {"compression": "zlib", "predictor": 2, "rowsperstrip": 5},
    "differences, lzw": {"compression": "lzw", "predictor": 2, "rowsperstrip": 5},
    "planes": {"planarconfig": "separate", "rowsperstrip": 7},
    "planes of tiles": {"planarconfig": "separate", "tile": (16, 16), "compression": "zlib", "predictor": 2},
}


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize(("order", "big"), ORDERS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16])
def test_what_tifffile_writes_is_read(name: str, order: str, big: bool, dtype: Any) -> None:
    tifffile = pytest.importorskip("tifffile")
    if "predictor" in MADE[name]:
        pytest.importorskip("imagecodecs")
    samples = (SMOOTH[..., :3]).astype(dtype)
    planar = MADE[name].get("planarconfig") == "separate"
    target = io.BytesIO()
    with tifffile.TiffWriter(target, byteorder=order, bigtiff=big) as file:
        file.write(np.moveaxis(samples, 2, 0) if planar else samples, photometric="rgb", metadata=None, **MADE[name])
    picture = read(target.getvalue())
    assert picture.kind == SampleKind.of(samples)
    assert np.array_equal(picture.samples, samples)


@pytest.mark.parametrize(
    ("meaning", "roles"),
    [(1, (*RGB, Role.ALPHA_PREMULTIPLIED)), (2, (*RGB, Role.ALPHA)), (0, (Role.OTHER,) * 4), (None, (Role.OTHER,) * 4)],
)
def test_a_fourth_channel_is_what_the_file_says(meaning: int | None, roles: tuple[Role, ...]) -> None:
    more = {} if meaning is None else {"t338": (3, (meaning,))}
    rows = NOISE.astype("<u2").tobytes()
    picture = read(tiff_file(tags_of(rows, 4, 16, **more)))
    assert picture.kind == SampleKind(roles, 16)
    assert np.array_equal(picture.samples, NOISE)


def test_jpeg_in_a_tiff_is_what_pillow_decodes() -> None:
    for mode in ("L", "RGB"):
        image = Image.fromarray((SMOOTH[..., :3] >> 8).astype(np.uint8)).convert(mode)
        data = saved(image, "jpeg")
        picture = read(data)
        assert np.array_equal(picture.samples.squeeze(), np.asarray(Image.open(io.BytesIO(data))))


def test_jpeg_that_is_smaller_than_the_tiff_says_is_an_input_error() -> None:
    data = bytearray(saved(Image.fromarray((SMOOTH[..., 0] >> 8).astype(np.uint8)), "jpeg"))
    at = data.index((256).to_bytes(2, "little"), int.from_bytes(data[4:8], "little")) + 8
    data[at] += 8
    with pytest.raises(InputError, match="a JPEG in the TIFF has 53x37 pixels, expected 61x37"):
        read_document(bytes(data))


def test_pages_are_read_one_by_one_and_in_any_order() -> None:
    document = read_document(pages(5))
    assert len(document.pictures) == 5
    assert [int(document.pictures[n].samples.max()) for n in (4, 0, 2)] == [4, 0, 2]
    assert [int(page.samples.max()) for page in document.pictures[1:3]] == [1, 2]


def test_nothing_is_named_of_pages_that_are_kept_whole() -> None:
    described = picture_tags(t270=(2, b"page two\0"), t254=(4, (2,)))
    document = read_document(tiff_file(picture_tags(), described))
    assert document.left_out == ()
    assert b"page two" in document.pictures[1].metadata.exif
    assert document.pictures[0].metadata.exif == b""


def test_two_hundred_pages_are_never_in_memory_at_once() -> None:
    data = pages(200)
    tracemalloc.start()
    document = read_document(data)
    total = sum(int(page.samples.max()) for page in document.pictures)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(document.pictures), total) == (200, sum(range(200)))
    assert peak < 200 * 64 * 64


def test_page_that_is_not_taken_is_refused_when_it_is_asked_for() -> None:
    document = read_document(tiff_file(picture_tags(), picture_tags(t262=(3, (5,)))))
    assert document.pictures[0].samples.size
    with pytest.raises(UnsupportedError, match="CMYK"):
        document.pictures[1]


def test_chain_of_pages_that_breaks_is_an_input_error() -> None:
    data = bytearray(tiff_file(picture_tags(), picture_tags()))
    second = data.rindex(len(picture_tags()).to_bytes(2, "little") + (256).to_bytes(2, "little"))
    data[second : second + 2] = b"\xff\xff"
    with pytest.raises(InputError, match="page 2 should begin"):
        read_document(bytes(data))


def test_tile_far_larger_than_its_picture_is_over_a_limit() -> None:
    tags = picture_tags(t322=(3, (40000,)), t323=(3, (4000,)), t324=(4, (8,)), t325=(4, (100,)))
    with pytest.raises(LimitError, match="tiles of 40000x4000 pixels for a picture of 7x5"):
        read_document(tiff_file(tags))


def test_damaged_tiffs_of_every_compression_give_pictures_or_our_errors(capfd: pytest.CaptureFixture[str]) -> None:
    image = Image.fromarray((SMOOTH[..., 0] >> 8).astype(np.uint8))
    files = [saved(image, name) for name in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "lzma", "zstd")]
    files += [saved(PAGE, name) for name in ("group3", "group4", "tiff_ccitt")]
    rng = np.random.default_rng(52)
    errors = 0
    for data in files:
        for _ in range(50):
            broken = bytearray(data)
            for at in rng.integers(4, len(data), 3).tolist():
                broken[at] ^= int(rng.integers(1, 256))
            try:
                for page in read_document(bytes(broken)).pictures:
                    assert page.samples.size
            except HybridcodecError:
                errors += 1
    assert errors > 200
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "lzma", "zstd", "group4", "group3"]
)
def test_segment_that_ends_early_is_an_input_error(compression: str) -> None:
    bilevel = compression.startswith("group")
    data = bytearray(saved(PAGE if bilevel else Image.fromarray((NOISE[..., 0] >> 8).astype(np.uint8)), compression))
    image = Image.open(io.BytesIO(data))
    assert isinstance(image.tag_v2[279], tuple)
    at = data.index((279).to_bytes(2, "little"), int.from_bytes(data[4:8], "little")) + 8
    data[at : at + 4] = (image.tag_v2[279][0] // 2).to_bytes(4, "little")
    with pytest.raises(InputError, match=r"truncated|damaged"):
        read_document(bytes(data))
