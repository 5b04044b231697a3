"""DICOM whose pixels are not compressed: however they lie they are read as stored, and where they lie is told."""

import builtins
from typing import Any

import numpy as np
import pytest
from dicom_files import BIG, DEFLATED, EXPLICIT, IMPLICIT, Encoding, dicom
from hybridcodec_container import ContainerMode, Header, Layers, Packing, SampleFormat, serialise

from hybridcodec.errors import InputError, LimitError, UnsupportedError
from hybridcodec.image import Picture, Window
from hybridcodec.kinds import GRAY, INDEXED, RGB, Role, SampleKind
from hybridcodec.sources import Document, read_document

pytest.importorskip("pydicom", reason="pydicom is not installed")
WORDS = np.arange(24, dtype=np.uint16).reshape(4, 6) * 997
BYTES = (np.arange(72, dtype=np.uint8) * 3).reshape(4, 6, 3)
COLOUR = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0, "BitsAllocated": 8}
COLOUR |= {"BitsStored": 8}


def header_of(picture: Picture) -> Header:
    H, W, _ = picture.samples.shape
    return Header(
        width=W, height=H, roles=picture.kind.roles, bit_depth=picture.kind.bit_depth,
        sample_format=SampleFormat(picture.kind.signed), mode=ContainerMode.LOSSLESS, layers=Layers.RESIDUAL,
        source_hash=bytes([1] * 32),
    )  # fmt: skip


def named_around(data: bytes, document: Document) -> str:
    """Return what should be said of all that is not in the streams: patients' names, among others."""
    around = len(data) - sum(length for stream in document.streams for _, length in stream.spans)
    return f"the DICOM data set around the samples ({around:,} bytes)"


def require_streams(data: bytes, document: Document) -> None:
    """Check that the bytes of every picture lie where its stream says, and as it says."""
    assert len(document.streams) == len(document.pictures)
    assert document.left_out == (named_around(data, document),)
    for stream, picture in zip(document.streams, document.pictures, strict=True):
        assert stream.method == "raw"
        found = b"".join(data[at : at + length] for at, length in stream.spans)
        assert found == serialise(picture.samples, stream.layout, header_of(picture))


def only(data: bytes) -> Picture:
    """Return the one picture of a file whose streams are right."""
    document = read_document(data)
    require_streams(data, document)
    (picture,) = document.pictures
    return picture


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG])
def test_samples_of_every_encoding_are_read_as_stored(syntax: str) -> None:
    pixels = WORDS.astype(">u2" if syntax == BIG else "<u2").tobytes()
    picture = only(dicom(pixels, syntax))
    assert np.array_equal(picture.samples[..., 0], WORDS)
    assert picture.kind == SampleKind(GRAY, 16)


def test_pixels_alone_may_be_big_endian() -> None:
    data = dicom(WORDS.astype(">u2").tobytes(), "1.2.840.113619.5.2")
    assert np.array_equal(only(data).samples[..., 0], WORDS)


def test_deflated_data_set_is_read_and_what_is_around_the_samples_is_named() -> None:
    document = read_document(dicom(WORDS.tobytes(), DEFLATED))
    assert np.array_equal(document.pictures[0].samples[..., 0], WORDS)
    assert document.streams == ()
    assert "DICOM data set around the samples" in document.left_out[0]


def test_deflated_data_set_that_is_cut_off_or_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = dicom(WORDS.tobytes(), DEFLATED)
    with pytest.raises(InputError, match="cut off in its deflated data set"):
        read_document(data[:-5])
    monkeypatch.setattr("hybridcodec.sources.parts.dicom.data_set._MOST_INFLATED", 50)
    with pytest.raises(LimitError, match="inflates to more than 50 bytes"):
        read_document(data)


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG])
def test_file_without_preamble_and_without_syntax_is_known_by_its_first_element(syntax: str) -> None:
    pixels = WORDS.astype(">u2" if syntax == BIG else "<u2").tobytes()
    data = dicom(pixels, syntax)
    start = 132 + 12 + len(syntax) + len(syntax) % 2 + 8
    assert np.array_equal(only(data[start:]).samples[..., 0], WORDS)
    if syntax != BIG:
        assert np.array_equal(only(data[132:]).samples[..., 0], WORDS)  # the group that names the syntax is there


def test_file_whose_meta_group_names_no_syntax_is_read() -> None:
    assert np.array_equal(only(dicom(WORDS.tobytes(), "")).samples[..., 0], WORDS)


def test_acr_nema_file_of_12_bits_packed_is_read() -> None:
    values = WORDS & 0xFFF
    bits = (values.reshape(-1, 1) >> np.arange(12)) & 1
    pixels = np.packbits(bits.astype(np.uint8).ravel(), bitorder="little").tobytes()
    encoding = Encoding(implicit=True)
    group = bytes.fromhex("0800 0000 0400 0000 0c00 0000 0800 0100 0400 0000 0000 0000")
    data = group + b"".join(
        encoding.element(name, value)
        for name, value in [("Rows", 4), ("Columns", 6), ("BitsAllocated", 12), ("BitsStored", 12), ("HighBit", 11),
                            ("PixelRepresentation", 0), ("PixelData", pixels)]
    )  # fmt: skip
    document = read_document(data)
    require_streams(data, document)
    assert document.streams[0].layout.packing is Packing.LOW_BITS_FIRST
    assert np.array_equal(document.pictures[0].samples[..., 0], values)
    assert document.pictures[0].kind == SampleKind(GRAY, 12)


def test_segmentation_of_one_bit_is_read_from_the_low_bit_on() -> None:
    mask = np.random.default_rng(1).integers(0, 2, (2, 4, 6), dtype=np.uint8)
    pixels = np.packbits(mask.ravel(), bitorder="little").tobytes()
    data = dicom(pixels, vr="OB", BitsAllocated=1, BitsStored=1, NumberOfFrames="2")
    document = read_document(data)
    require_streams(data, document)
    assert [picture.kind for picture in document.pictures] == [SampleKind(GRAY, 1)] * 2
    assert np.array_equal(np.stack([picture.samples[..., 0] for picture in document.pictures]), mask)


def test_frames_that_begin_within_a_byte_are_read_and_have_no_stream() -> None:
    mask = np.random.default_rng(2).integers(0, 2, (3, 3, 3), dtype=np.uint8)
    pixels = np.packbits(mask.ravel(), bitorder="little").tobytes()
    document = read_document(
        dicom(pixels, vr="OB", Rows=3, Columns=3, BitsAllocated=1, BitsStored=1, NumberOfFrames="3")
    )
    assert np.array_equal(np.stack([picture.samples[..., 0] for picture in document.pictures]), mask)
    assert (document.streams, len(document.left_out)) == ((), 1)


def test_odd_length_trailing_bytes_and_what_follows_the_pixels_stay_outside_of_the_streams() -> None:
    gray = BYTES[:3, :3, 0]
    behind = Encoding().element("DataSetTrailingPadding", bytes(10))
    for pixels in (gray.tobytes(), gray.tobytes() + b"\0", gray.tobytes() + bytes(57)):
        data = dicom(pixels, vr="OB", Rows=3, Columns=3, BitsAllocated=8, BitsStored=8, behind=behind)
        assert np.array_equal(only(data).samples[..., 0], gray)
        assert read_document(data).streams[0].spans[0][1] == 9


def test_bits_beyond_those_stored_are_never_masked() -> None:
    overlay = (WORDS & 0xFFF) | 0x4000
    picture = only(dicom(overlay.tobytes(), BitsStored=12))
    assert np.array_equal(picture.samples[..., 0], overlay)
    assert picture.kind == SampleKind(GRAY, 15)


@pytest.mark.parametrize(
    ("values", "stored", "signed", "depth", "found_signed"),
    [
        ([0, 4095], 12, 0, 12, False),
        ([0, 100], 12, 0, 12, False),  # what is not used is still said
        ([-5, 100], 12, 1, 12, True),
        ([0, 4095], 12, 1, 12, False),  # not extended by its sign
        ([-2000, 4095], 12, 0, 13, True),  # padding below zero, which no tag tells of
        ([-2048, 2047], 12, 1, 12, True),
        ([-32768, 2047], 12, 1, 16, True),  # padding beyond what is stored
        ([0, 65535], 16, 0, 16, False),
        ([0, 300], 8, 0, 9, False),
        ([0, 1], 0, 0, 16, False),  # nonsense, so all that is allocated
    ],
)
def test_bits_decide_and_tags_only_where_both_would_do(
    values: list[int], stored: int, signed: int, depth: int, *, found_signed: bool
) -> None:
    samples = np.array(values * 12).reshape(4, 6)
    data = dicom(samples.astype("<i4").astype("<u2").tobytes(), BitsStored=stored, PixelRepresentation=signed)
    picture = only(data)
    assert picture.kind == SampleKind(GRAY, depth, found_signed)
    assert np.array_equal(picture.samples[..., 0], samples)


def test_frames_of_a_file_have_one_kind() -> None:
    frames = np.stack([WORDS & 0xFF, WORDS])
    document = read_document(dicom(frames.tobytes(), BitsStored=8, NumberOfFrames="2"))
    assert [picture.kind.bit_depth for picture in document.pictures] == [15, 15]
    assert np.array_equal(document.pictures[-1].samples[..., 0], WORDS)
    assert len(document.pictures[:1]) == 1
    with pytest.raises(IndexError):
        document.pictures[2]


@pytest.mark.parametrize("planar", [0, 1])
def test_colour_is_read_in_either_order_of_its_channels(planar: int) -> None:
    pixels = np.moveaxis(BYTES, 2, 0) if planar else BYTES
    picture = only(dicom(pixels.tobytes(), vr="OB", **(COLOUR | {"PlanarConfiguration": planar})))
    assert np.array_equal(picture.samples, BYTES)
    assert picture.kind == SampleKind(RGB)


def test_colour_of_16_bits_in_big_endian_planes_is_read() -> None:
    colour = BYTES.astype(np.uint16) * 257
    pixels = np.moveaxis(colour, 2, 0).astype(">u2").tobytes()
    tags = COLOUR | {"PlanarConfiguration": 1, "BitsAllocated": 16, "BitsStored": 16}
    assert np.array_equal(only(dicom(pixels, BIG, **tags)).samples, colour)


def test_bytes_in_big_endian_words_are_put_in_order_and_have_no_stream() -> None:
    swapped = np.frombuffer(BYTES.tobytes(), ">u2").astype("<u2").tobytes()
    document = read_document(dicom(swapped, BIG, vr="OW", **COLOUR))
    assert np.array_equal(document.pictures[0].samples, BYTES)
    assert (document.streams, len(document.left_out)) == ((), 1)


def test_brightness_and_colour_difference_are_taken_as_they_are_stored() -> None:
    picture = only(dicom(BYTES.tobytes(), vr="OB", **(COLOUR | {"PhotometricInterpretation": "YBR_FULL"})))
    assert np.array_equal(picture.samples, BYTES)
    assert picture.kind.roles == (Role.OTHER,) * 3


def palette_tags(tables: np.ndarray[Any, Any], *, bits: int = 16, first: int = 0) -> dict[str, Any]:
    tags: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for colour, table in zip(("Red", "Green", "Blue"), tables, strict=True):
        tags[f"{colour}PaletteColorLookupTableDescriptor"] = (len(table) % 65536, first, bits)
        tags[f"{colour}PaletteColorLookupTableData"] = table.tobytes()
    return tags


def colours_of(kind: SampleKind) -> np.ndarray[Any, Any]:
    assert kind.palette is not None
    assert kind.roles == INDEXED
    return np.frombuffer(kind.palette.entries, "u1" if kind.palette.bits == 8 else "<u2").reshape(-1, 3)


@pytest.mark.parametrize("scale", [1, 256, 257])
def test_palette_of_8_bits_comes_with_its_indices_however_it_is_stored(scale: int) -> None:
    tables = np.random.default_rng(3).integers(1, 256, (3, 256)).astype("<u2")
    bits = 8 if scale == 1 else 16
    tags = palette_tags(tables * np.uint16(scale), bits=bits)
    picture = only(dicom(BYTES[..., 0].tobytes(), vr="OB", BitsAllocated=8, BitsStored=8, **tags))
    assert np.array_equal(picture.samples[..., 0], BYTES[..., 0])
    assert np.array_equal(colours_of(picture.kind), tables.T)


def test_indices_of_16_bits_have_a_palette_of_16_bits_which_ends_as_its_tables_do() -> None:
    tables = np.random.default_rng(4).integers(0, 65536, (3, 300)).astype("<u2")
    indices = (np.arange(24, dtype="<u2") + 290).reshape(4, 6)
    picture = only(dicom(indices.tobytes(), **palette_tags(tables, first=10)))
    colours = colours_of(picture.kind)
    assert len(colours) == 310
    assert np.array_equal(colours[10:], tables.T)
    assert np.array_equal(colours[:10], np.repeat(tables.T[:1], 10, axis=0))


def test_indices_whose_tables_are_missing_or_cut_off_are_gray() -> None:
    tags = palette_tags(np.zeros((3, 16), "<u2"))
    tags["BluePaletteColorLookupTableData"] = b"\0\0"
    assert only(dicom(WORDS.tobytes(), **tags)).kind == SampleKind(GRAY, 16)
    assert only(dicom(WORDS.tobytes(), PhotometricInterpretation="PALETTE COLOR")).kind == SampleKind(GRAY, 16)


@pytest.mark.parametrize(
    ("tags", "window"),
    [
        ({}, None),
        ({"WindowCenter": "40", "WindowWidth": "400"}, Window(-160, 239)),
        ({"WindowCenter": "40\\300", "WindowWidth": "400\\1500", "RescaleIntercept": "-1024"}, Window(864, 1263)),
        ({"WindowCenter": "40", "WindowWidth": "401", "RescaleSlope": "2"}, Window(-80, 120)),
        ({"WindowCenter": "40", "WindowWidth": "401", "RescaleSlope": "-1"}, Window(-240, 160, invert=True)),
        ({"WindowCenter": "9", "WindowWidth": "1"}, Window(8, 9)),
        (
            {"WindowCenter": "4", "WindowWidth": "401", "PhotometricInterpretation": "MONOCHROME1"},
            Window(-196, 204, True),
        ),
        ({"WindowCenter": "wide", "WindowWidth": "400"}, None),
        ({"WindowCenter": "nan", "WindowWidth": "400"}, None),
        ({"WindowCenter": "40", "WindowWidth": "0"}, None),
        ({"WindowCenter": "40", "WindowWidth": "400", "RescaleSlope": "0"}, None),
        ({"WindowCenter": "40", "WindowWidth": "400", "BitsStored": 12, "HighBit": 15}, None),
        ({"WindowCenter": "1e300", "WindowWidth": "4"}, Window((1 << 31) - 2, (1 << 31) - 1)),
    ],
)
def test_window_is_the_first_one_in_stored_values(tags: dict[str, Any], window: Window | None) -> None:
    assert only(dicom(WORDS.tobytes(), **tags)).window == window


def test_window_stands_in_the_functional_groups_of_a_file_of_many_frames() -> None:
    encoding = Encoding()
    values = encoding.element("WindowCenter", "40") + encoding.element("WindowWidth", "400")
    macro = b"\x28\0\x32\x91SQ\0\0" + item_of(item_of(values, tag=b"\xfe\xff\0\xe0"))
    groups = item_of(macro, tag=b"\xfe\xff\0\xe0")
    assert only(dicom(WORDS.tobytes(), SharedFunctionalGroupsSequence=groups)).window == Window(-160, 239)
    broken = dicom(WORDS.tobytes(), SharedFunctionalGroupsSequence=groups[:-9])
    assert only(broken).window is None  # what only eyes need keeps nothing from being read


def item_of(data: bytes, tag: bytes = b"") -> bytes:
    return tag + len(data).to_bytes(4, "little") + data


def test_picture_that_is_black_at_its_largest_value_keeps_its_samples_and_is_inverted_for_eyes() -> None:
    picture = only(dicom(WORDS.tobytes(), PhotometricInterpretation="MONOCHROME1"))
    assert np.array_equal(picture.samples[..., 0], WORDS)
    assert picture.window == Window(0, 22931, invert=True)
    small = only(
        dicom(BYTES[..., 0].tobytes(), BitsAllocated=8, BitsStored=8, PhotometricInterpretation="MONOCHROME1", vr="OB")
    )
    assert small.window == Window(0, 255, invert=True)


def test_samples_of_32_bits_are_taken_where_16_would_do() -> None:
    picture = only(dicom(WORDS.astype("<u4").tobytes(), BitsAllocated=32, BitsStored=16))
    assert np.array_equal(picture.samples[..., 0], WORDS)


@pytest.mark.parametrize(
    ("pixels", "tags", "message"),
    [
        (
            WORDS.astype("<u4").tobytes(),
            {"BitsAllocated": 32, "BitsStored": 32},
            "32-bit samples; this version takes 1 to 16",
        ),
        (bytes(192), {"BitsAllocated": 64}, "1 samples a pixel with 64 bits"),
        (bytes(72), {"BitsAllocated": 24}, "1 samples a pixel with 24 bits"),
        (bytes(240), {"SamplesPerPixel": 5}, "5 samples a pixel"),
        (bytes(48), COLOUR | {"PhotometricInterpretation": "YBR_FULL_422"}, "YBR_FULL_422"),
    ],
    ids=range(5),
)
def test_what_is_no_picture_here_is_refused_by_what_it_is(pixels: bytes, tags: dict[str, Any], message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        read_document(dicom(pixels, **tags))


def test_floating_point_samples_are_refused_by_name() -> None:
    data = dicom(b"", FloatPixelData=bytes(96))
    with pytest.raises(UnsupportedError, match="32-bit floating-point samples"):
        read_document(data[: data.rindex(b"\xe0\x7f\x10\0")])


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({"Rows": ""}, "pixels, but no Rows"),
        ({"Columns": 0}, "pixels, but no Columns"),
        ({"BitsAllocated": ""}, "pixels, but no BitsAllocated"),
        ({"NumberOfFrames": "1A"}, "'1A' as its number of frames"),
        ({"NumberOfFrames": "3"}, r"too few bytes of pixels: 144 needed, found 48; number of frames 3"),
        ({"NumberOfFrames": "99999999999"}, "too few bytes of pixels"),
    ],
)
def test_file_that_contradicts_itself_is_refused_with_the_reason(tags: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_document(dicom(WORDS.tobytes(), **tags))


def test_picture_of_too_many_pixels_is_refused_before_anything_is_allocated() -> None:
    with pytest.raises(LimitError, match="the limit is"):
        read_document(dicom(WORDS.tobytes(), Rows=60000, Columns=60000))


def test_file_that_is_cut_off_says_so() -> None:
    data = dicom(WORDS.tobytes())
    with pytest.raises(InputError, match="cut off: 48 needed, found 47"):
        read_document(data[:-1])
    for size in range(140, len(data) - 48, 5):
        with pytest.raises((InputError, UnsupportedError), match="DICOM"):
            read_document(data[:size])


def test_file_without_pixels_is_named_by_what_it_holds() -> None:
    data = dicom(b"", SOPClassUID="1.2.840.10008.5.1.4.1.1.481.5")
    with pytest.raises(UnsupportedError, match="RT Plan Storage"):
        read_document(data[: data.rindex(b"\xe0\x7f\x10\0")])


def test_without_pydicom_a_file_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name.startswith("pydicom"):
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UnsupportedError, match=r"the extra \[dicom\]"):
        read_document(dicom(WORDS.tobytes()))
