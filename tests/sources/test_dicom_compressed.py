"""DICOM whose pixels are compressed: lossless ones are decoded frame by frame, all others refused by name."""

import builtins
import struct
from typing import Any

import numpy as np
import pytest
from dicom_files import JPEG_2000, JPEG_LOSSLESS, JPEG_LS, RLE, UNDEFINED, dicom, fragments
from numpy.typing import NDArray

from hybridcodec.errors import InputError, UnsupportedError
from hybridcodec.kinds import GRAY, RGB, SampleKind
from hybridcodec.sources import read_document
from hybridcodec.sources.parts.dicom.codecs import CODECS

pytest.importorskip("pydicom", reason="pydicom is not installed")
imagecodecs = pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")
FRAMES = np.random.default_rng(5).integers(0, 4096, (3, 24, 16), dtype=np.uint16)
COLOUR = np.random.default_rng(6).integers(0, 256, (24, 16, 3), dtype=np.uint8)
BASELINE = "1.2.840.10008.1.2.4.50"


def encapsulated(syntax: str, *streams: bytes, table: bytes = b"", **tags: Any) -> bytes:
    named = {"Rows": 24, "Columns": 16, "BitsStored": 12, "NumberOfFrames": str(len(streams))} | tags
    return dicom(fragments(*streams, table=table), syntax, vr="OB", length=UNDEFINED, **named)


def jpeg_ls(samples: NDArray[Any]) -> bytes:
    return bytes(imagecodecs.jpegls_encode(samples))


def rle(samples: NDArray[Any]) -> bytes:
    """Return a frame (H, W, C) in RLE: literal runs of at most 128 bytes, and a run that repeats where it can."""
    H, W, C = samples.shape
    planes = samples.astype(samples.dtype.newbyteorder(">")).view(np.uint8).reshape(H * W, C, -1)
    segments = []
    for plane in planes.reshape(H * W, -1).T:
        data, packed = plane.tobytes(), bytearray(b"\x80")  # 128 means nothing
        for at in range(0, len(data), 128):
            run = data[at : at + 128]
            packed += bytes([257 - len(run), run[0]]) if len(set(run)) == 1 else bytes([len(run) - 1]) + run
        segments.append(bytes(packed) + b"\0" * (len(packed) % 2))
    starts = np.cumsum([64, *(len(segment) for segment in segments)])[:-1]
    return struct.pack("<16I", len(segments), *starts, *[0] * (15 - len(segments))) + b"".join(segments)


def read(data: bytes) -> NDArray[Any]:
    return np.stack([picture.samples for picture in read_document(data).pictures])


STREAMS = {
    JPEG_LS: jpeg_ls,
    JPEG_2000: lambda samples: bytes(imagecodecs.jpeg2k_encode(samples, reversible=True)),
    RLE: lambda samples: rle(samples[..., np.newaxis]),
    "1.2.840.10008.1.2.4.201": lambda samples: bytes(imagecodecs.htj2k_encode(samples, reversible=True)),
    "1.2.840.10008.1.2.4.110": lambda samples: bytes(imagecodecs.jpegxl_encode(samples, lossless=True)),
}


@pytest.mark.parametrize("syntax", STREAMS)
def test_frames_are_decoded_without_loss_and_each_has_its_stream(syntax: str) -> None:
    data = encapsulated(syntax, *(STREAMS[syntax](frame) for frame in FRAMES))
    document = read_document(data)
    assert np.array_equal(read(data)[..., 0], FRAMES)
    assert {picture.kind for picture in document.pictures} == {SampleKind(GRAY, 12)}
    assert {stream.method for stream in document.streams} == {CODECS[syntax].method}
    assert [stream.picture for stream in document.streams] == [0, 1, 2]
    found = [data[at : at + length] for stream in document.streams for at, length in stream.spans]
    assert found == [stream + b"\0" * (len(stream) % 2) for stream in map(STREAMS[syntax], FRAMES)]


def lossless_jpeg(samples: NDArray[Any], bits: int) -> bytes:
    """Return a gray JPEG of process 14: predictor 1, a Huffman code of 5 bits for each of 17 categories."""
    out, have, count = bytearray(), 0, 0
    for y, row in enumerate(samples.astype(int).tolist()):
        for x, value in enumerate(row):
            before = row[x - 1] if x else int(samples[y - 1, 0]) if y else 1 << (bits - 1)
            difference = value - before
            size = abs(difference).bit_length()
            extra = difference if difference > 0 else difference + (1 << size) - 1
            have, count = (have << 5 + size) | (size << size) | extra, count + 5 + size
            while count >= 8:
                out.append(have >> count - 8 & 255)
                out += b"\0" if out[-1] == 255 else b""
                count -= 8
                have &= (1 << count) - 1
    out.append((have << 8 - count | (1 << 8 - count) - 1) & 255)
    H, W = samples.shape
    table = b"\0" + bytes([0, 0, 0, 0, 17]) + bytes(11) + bytes(range(17))
    frame = struct.pack(">BHHB", bits, H, W, 1) + bytes([1, 0x11, 0])
    parts = [(0xC3, frame), (0xC4, table), (0xDA, bytes([1, 1, 0, 1, 0, 0]))]
    segments = b"".join(struct.pack(">BBH", 255, marker, len(part) + 2) + part for marker, part in parts)
    return b"\xff\xd8" + segments + bytes(out) + b"\xff\xd9"


def test_lossless_jpeg_is_decoded_and_its_own_precision_says_where_the_sign_is() -> None:
    streams = [lossless_jpeg(frame, 12) for frame in FRAMES]
    plain = read_document(encapsulated(JPEG_LOSSLESS, *streams))
    signed = read_document(encapsulated(JPEG_LOSSLESS, *streams, PixelRepresentation=1))
    assert plain.pictures[0].kind == SampleKind(GRAY, 12)
    assert signed.pictures[0].kind == SampleKind(GRAY, 12, signed=True)
    for frame, one, other in zip(FRAMES, plain.pictures, signed.pictures, strict=True):
        assert np.array_equal(one.samples[..., 0], frame)
        assert np.array_equal(other.samples[..., 0], (frame.astype(np.int32) ^ 2048) - 2048)
    assert {stream.method for stream in plain.streams} == {"jpeg-lossless"}


@pytest.mark.parametrize("signed", [0, 1])
def test_bytes_of_rle_are_words_in_big_endian_whatever_their_sign(signed: int) -> None:
    words = FRAMES[0] * 16
    data = encapsulated(RLE, rle(words[..., np.newaxis]), BitsStored=16, PixelRepresentation=signed)
    picture = read_document(data).pictures[0]
    assert picture.kind == SampleKind(GRAY, 16, bool(signed))
    assert np.array_equal(picture.samples[..., 0].view(np.uint16), words)


def test_colour_in_rle_and_in_jpeg_2000_comes_as_rgb() -> None:
    tags = {"SamplesPerPixel": 3, "BitsAllocated": 8, "BitsStored": 8}
    coded = bytes(imagecodecs.jpeg2k_encode(COLOUR, reversible=True))
    for syntax, stream, named in [(RLE, rle(COLOUR), "RGB"), (JPEG_2000, coded, "YBR_RCT")]:
        picture = read_document(encapsulated(syntax, stream, PhotometricInterpretation=named, **tags)).pictures[0]
        assert picture.kind == SampleKind(RGB)
        assert np.array_equal(picture.samples, COLOUR)


def test_offset_table_is_used_where_fragments_are_no_frames_and_else_nobody_minds_it() -> None:
    streams = [jpeg_ls(frame) for frame in FRAMES]
    wrong = struct.pack("<3I", 7, 5, 9)
    assert np.array_equal(read(encapsulated(JPEG_LS, *streams, table=wrong))[..., 0], FRAMES)
    halves = [half for stream in streams for half in (stream[:100], stream[100:])]
    sizes = [8 + len(half) + len(half) % 2 for half in halves]
    starts = [sum(sizes[: 2 * frame]) for frame in range(3)]
    data = encapsulated(JPEG_LS, *halves, table=struct.pack("<3I", *starts), NumberOfFrames="3")
    assert np.array_equal(read(data)[..., 0], FRAMES)
    assert [len(stream.spans) for stream in read_document(data).streams] == [2, 2, 2]
    for table in (b"", wrong, struct.pack("<3I", 0, 0, starts[2]), struct.pack("<2I", 0, starts[1])):
        with pytest.raises(InputError, match="nothing tells them apart"):
            read_document(encapsulated(JPEG_LS, *halves, table=table, NumberOfFrames="3"))


def test_one_frame_may_lie_in_many_fragments() -> None:
    stream = jpeg_ls(FRAMES[0])
    pieces = [stream[at : at + 64] for at in range(0, len(stream), 64)]
    data = encapsulated(JPEG_LS, *pieces, NumberOfFrames="1")
    assert np.array_equal(read(data)[0, ..., 0], FRAMES[0])
    assert len(read_document(data).streams[0].spans) == len(pieces)


@pytest.mark.parametrize(
    ("syntax", "name"),
    [
        (BASELINE, "JPEG Baseline"),
        ("1.2.840.10008.1.2.4.81", "Near-Lossless"),
        ("1.2.840.10008.1.2.4.102", "MPEG-4"),
        ("1.2.840.10008.1.2.4.112", "JPEG XL"),
        ("1.2.3.4.5", r"1\.2\.3\.4\.5"),
        ("1.2.840.10008.1.2.1", "Explicit VR Little Endian"),
    ],
)
def test_what_loses_something_or_is_unknown_is_refused_by_name(syntax: str, name: str) -> None:
    with pytest.raises(UnsupportedError, match=f"compressed pixels: .*{name}"):
        read_document(encapsulated(syntax, jpeg_ls(FRAMES[0])))


def test_jpeg_2000_is_taken_by_its_transform_and_not_by_its_syntax() -> None:
    lossless = bytes(imagecodecs.jpeg2k_encode(FRAMES[0], reversible=True))
    lossy = bytes(imagecodecs.jpeg2k_encode(FRAMES[0], level=50, reversible=False))
    named_lossy, named_lossless = "1.2.840.10008.1.2.4.91", JPEG_2000
    assert np.array_equal(read(encapsulated(named_lossy, lossless))[0, ..., 0], FRAMES[0])
    with pytest.raises(UnsupportedError, match="JPEG 2000 that is not lossless"):
        read(encapsulated(named_lossless, lossy))


@pytest.mark.parametrize("syntax", [JPEG_LOSSLESS, *STREAMS])
def test_stream_that_is_damaged_or_of_another_size_is_an_error_of_ours(syntax: str) -> None:
    make = STREAMS.get(syntax, lambda samples: lossless_jpeg(samples, 12))
    with pytest.raises((InputError, UnsupportedError)):
        read(encapsulated(syntax, b"no stream at all"))
    with pytest.raises((InputError, UnsupportedError)):
        read(encapsulated(syntax, make(FRAMES[0]), Rows=48))


@pytest.mark.parametrize(
    ("cut", "message"),
    [(4, "cut off"), (100, "cut off"), (800, "cut off|no fragment")],
)
def test_fragments_that_are_cut_off_are_refused(cut: int, message: str) -> None:
    data = encapsulated(JPEG_LS, *(jpeg_ls(frame) for frame in FRAMES))
    with pytest.raises(InputError, match=message):
        read_document(data[:-cut])


def test_something_else_between_fragments_is_refused() -> None:
    data = encapsulated(JPEG_LS, jpeg_ls(FRAMES[0]))
    at = data.index(b"\xfe\xff\0\xe0") + 8
    broken = data[:at] + b"\x08" + data[at + 1 :]
    with pytest.raises(InputError, match=r"expected a fragment of pixels, found element \(ff08,e000\)|cut off"):
        read_document(broken)
    empty = dicom(fragments(), JPEG_LS, vr="OB", length=UNDEFINED)
    with pytest.raises(InputError, match="no fragment of pixels"):
        read_document(empty)


def test_without_imagecodecs_a_file_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    document = read_document(encapsulated(JPEG_LS, jpeg_ls(FRAMES[0])))
    real = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name == "imagecodecs":
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UnsupportedError, match=r"imagecodecs decodes: install that, or the extra \[dicom\]"):
        document.pictures[0]
