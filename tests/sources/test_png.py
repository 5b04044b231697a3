"""PNG of every type and depth: the stored samples exactly, 16-bit colour too, or one of our errors."""

import zlib
from pathlib import Path

import numpy as np
import pytest

from hybridcodec.errors import HybridcodecError, InputError, UnsupportedError
from hybridcodec.kinds import GRAY, INDEXED, RGB, Palette, Role, SampleKind
from hybridcodec.sources import read_document
from tests.plain_png import CHANNELS, chunk, decoded, encoded

SUITE = sorted((Path(__file__).parents[3] / "shared" / "data" / "hostile" / "pngsuite").glob("*.png"))
ROLES = {0: GRAY, 2: RGB, 3: INDEXED, 4: (*GRAY, Role.ALPHA), 6: (*RGB, Role.ALPHA)}
TYPES = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16)]
TYPES += [(6, 8), (6, 16)]
COLOURS = bytes(range(256)) * 3
SAMPLES = np.random.default_rng(41).integers(0, 1 << 16, (9, 13, 4), np.uint16)


def made(colour: int, depth: int, *extra: tuple[bytes, bytes], interlaced: bool = False) -> tuple[bytes, np.ndarray]:
    samples = SAMPLES[..., : CHANNELS[colour]] >> (16 - depth)
    palette = ((b"PLTE", COLOURS[: 3 << depth]),) if colour == 3 else ()
    return encoded(samples, depth, colour, *palette, *extra, interlaced=interlaced), samples


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("colour", "depth"), TYPES)
def test_every_type_and_depth_is_read_as_stored(colour: int, depth: int, interlaced: bool) -> None:
    data, samples = made(colour, depth, interlaced=interlaced)
    document = read_document(data)
    (picture,) = document.pictures
    palette = Palette(3, 8, COLOURS[: 3 << depth]) if colour == 3 else None
    assert picture.kind == SampleKind(ROLES[colour], depth, palette=palette)
    assert picture.samples.dtype == picture.kind.dtype
    assert np.array_equal(picture.samples, samples)
    assert np.array_equal(decoded(data), samples)
    assert document.left_out == ()


@pytest.mark.skipif(not SUITE, reason="PngSuite is not here")
def test_every_file_of_the_suite_is_read_as_a_plain_decoder_reads_it_or_refused_where_it_is_damaged() -> None:
    refused = []
    for path in SUITE:
        data = path.read_bytes()
        try:
            (picture,) = read_document(data).pictures
        except InputError:
            refused.append(path.name)
            continue
        assert np.array_equal(picture.samples, decoded(data)), path.name
        assert (picture.kind.bit_depth, picture.kind.roles) == (data[24], ROLES[data[25]]), path.name
    assert len(SUITE) - len(refused) == 162
    assert all(name.startswith("x") for name in refused)


@pytest.mark.parametrize("opacity", [b"\x07", b"\x00\x80\xff"])
def test_palette_has_the_opacity_of_its_colours(opacity: bytes) -> None:
    data, samples = made(3, 2, (b"tRNS", opacity))
    document = read_document(data)
    kind = document.pictures[0].kind
    assert kind.palette is not None
    assert kind.palette.channels == 4
    entries = np.frombuffer(kind.palette.entries, np.uint8).reshape(4, 4)
    assert entries[:, :3].tobytes() == COLOURS[:12]
    assert entries[:, 3].tolist() == [*opacity, *[255] * (4 - len(opacity))]
    assert np.array_equal(document.pictures[0].samples, samples)
    assert document.left_out == ()


@pytest.mark.parametrize("colour", [0, 2])
def test_transparent_colour_is_named_and_changes_no_sample(colour: int) -> None:
    size = 2 * CHANNELS[colour]
    data, samples = made(colour, 8, (b"tRNS", bytes(size)))
    document = read_document(data)
    assert np.array_equal(document.pictures[0].samples, samples)
    assert document.left_out == (f"transparent colour, chunk 'tRNS' ({size} bytes)",)


def test_colours_that_a_palette_lacks_are_black_and_said() -> None:
    samples = np.arange(8, dtype=np.uint8).reshape(2, 4, 1)
    document = read_document(encoded(samples, 4, 3, (b"PLTE", COLOURS[:9]), (b"tRNS", b"\1")))
    palette = document.pictures[0].kind.palette
    assert palette is not None
    assert (palette.count, palette.entries[12:]) == (8, b"\0\0\0\xff" * 5)
    assert document.left_out == ("5 colours that the palette lacks (taken as black)",)


@pytest.mark.parametrize(
    ("colour", "extra", "message"),
    [
        (3, (), "palette of 0 bytes"),
        (3, ((b"PLTE", bytes(10)),), "palette of 10 bytes"),
        (3, ((b"PLTE", bytes(15)),), "palette of 15 bytes"),
        (3, ((b"PLTE", bytes(6)), (b"tRNS", bytes(3))), "3 of opacity"),
    ],
)
def test_palette_that_cannot_be_is_an_input_error(
    colour: int, extra: tuple[tuple[bytes, bytes], ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_document(encoded(SAMPLES[..., :1] >> 14, 2, colour, *extra))


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("colour", "depth"), TYPES)
def test_stream_of_a_png_unpacks_to_its_filtered_rows(colour: int, depth: int, interlaced: bool) -> None:
    data, samples = made(colour, depth, interlaced=interlaced)
    (stream,) = read_document(data).streams
    packed = b"".join(data[at : at + size] for at, size in stream.spans)
    H, W, C = samples.shape
    assert (stream.method, stream.detail, stream.layout.rows) == ("png", {"interlaced": int(interlaced)}, H)
    if not interlaced:
        assert len(zlib.decompress(packed)) == H * (1 + -(-W * C * depth // 8))


def test_samples_that_end_early_or_have_an_unknown_filter_are_input_errors() -> None:
    data, samples = made(2, 16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    for stream in (rows[:-1], rows[:80], b"", b"\5" + rows[1:]):
        broken = data[:33] + chunk(b"IDAT", zlib.compress(stream)) + chunk(b"IEND", b"")
        with pytest.raises(InputError, match=r"cannot be decoded|truncated"):
            read_document(broken)


@pytest.mark.parametrize(("width", "height"), [(0, 5), (5, 0)])
def test_png_without_pixels_is_an_input_error(width: int, height: int) -> None:
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\0\0\0\0"
    with pytest.raises(InputError, match="at least one"):
        read_document(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b""))


def test_animation_and_apples_variety_are_refused_by_name() -> None:
    data, _ = made(6, 8, (b"acTL", (2).to_bytes(4, "big") + bytes(4)), (b"fdAT", bytes(9)))
    with pytest.raises(UnsupportedError, match="PNG of 3 frames or pages, an animation"):
        read_document(data)
    with pytest.raises(UnsupportedError, match="CgBI"):
        read_document(data[:8] + chunk(b"CgBI", b"") + data[8:])


def test_header_that_changed_with_its_checksum_is_read_or_refused() -> None:
    data, _ = made(2, 16)
    rng = np.random.default_rng(5)
    for _ in range(150):
        header = bytearray(data[16:29])
        at = int(rng.integers(13))
        header[at] = int(rng.integers(256)) if at in (3, 7) else int(rng.integers(17))
        try:
            (picture,) = read_document(data[:8] + chunk(b"IHDR", bytes(header)) + data[33:]).pictures
        except HybridcodecError:
            continue
        assert picture.samples.size
