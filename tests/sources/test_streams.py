"""Where a document says that samples lie, they lie as it says: written so, they are the bytes of the file."""

import struct
import zlib

import numpy as np
import pytest
from hybridcodec_container import Header, Layers, serialise
from hybridcodec_container.layout import ContainerMode, SampleFormat

from hybridcodec.image import Picture
from hybridcodec.sources import read_document
from hybridcodec.sources.samples import bits
from tests.picture_parts import picture_tags, saved, tiff_file

H, W = 5, 7
NOISE = np.random.default_rng(61).integers(0, 1 << 16, (H, W, 4), np.uint16)


def header_of(picture: Picture) -> Header:
    rows, columns, _ = picture.samples.shape
    kind = picture.kind
    sample_format = SampleFormat.SIGNED if kind.signed else SampleFormat.UNSIGNED
    return Header(
        width=columns, height=rows, roles=kind.roles, bit_depth=kind.bit_depth, sample_format=sample_format,
        mode=ContainerMode.LOSSLESS, layers=Layers.RESIDUAL, source_hash=b"h" * 32,
    )  # fmt: skip


def tiff(rows: bytes, channels: int, depth: int, photometric: int = 1, order: str = "<", **more: object) -> bytes:
    tags = picture_tags(
        np.zeros((H, W), np.uint8), t258=(3, (depth,) * channels), t262=(3, (photometric,)), t273=(4, rows),
        t277=(3, (channels,)), t279=(4, (len(rows),)), **more,
    )  # fmt: skip
    return tiff_file(tags, order=order)


def planar() -> bytes:
    planes = np.moveaxis(NOISE[..., :3] >> 8, 2, 0).astype(np.uint8).tobytes()
    size = H * W
    more = {"t284": (3, (2,)), "t279": (4, (size,) * 3), "t258": (3, (8,) * 3), "t262": (3, (2,)), "t277": (3, (3,))}
    start = len(tiff_file(picture_tags(np.zeros((H, W), np.uint8), t273=(4, (0, 0, 0)), **more)))
    starts = tuple(start + size * n for n in range(3))
    return tiff_file(picture_tags(np.zeros((H, W), np.uint8), t273=(4, starts), **more), last=planes)


def bmp(depth: int, rows: bytes, palette: bytes = b"", height: int = H) -> bytes:
    start = 54 + len(palette)
    header = struct.pack("<IiiHHIIiiII", 40, W, height, 1, depth, 0, len(rows), 0, 0, len(palette) // 4, 0)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + header + palette + rows


def npy(samples: np.ndarray) -> bytes:
    header = f"{{'descr': '{samples.dtype.str}', 'fortran_order': False, 'shape': {samples.shape}, }}\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + samples.tobytes()


ONE, EIGHT = NOISE[..., 0] >> 15, (NOISE >> 8).astype(np.uint8)
BMP_1 = np.pad(np.packbits(ONE.astype(np.uint8), axis=1), ((0, 0), (0, 3))).tobytes()
RAW = {
    "tiff": tiff(EIGHT[..., 0].tobytes(), 1, 8),
    "tiff, white is zero": tiff(bits.packed(ONE, 1), 1, 1, 0),
    "tiff, low bits first": tiff(bits.reversed_bits(bits.packed(ONE, 1)), 1, 1, 0, t266=(3, (2,))),
    "tiff of 12 bits": tiff(bits.packed((NOISE[..., :3] >> 4).reshape(H, -1), 12), 3, 12, 2),
    "tiff of 16 bits": tiff(NOISE[..., 0].astype(">u2").tobytes(), 1, 16, order=">"),
    "tiff with signs": tiff(NOISE[..., 0].astype("<i2").tobytes(), 1, 16, t339=(3, (2,))),
    "tiff in planes": planar(),
    "bmp of bytes": saved("BMP"),
    "bmp, first row first": bmp(24, np.pad(EIGHT[..., :3].reshape(H, -1), ((0, 0), (0, 3))).tobytes(), height=-H),
    "bmp with alpha": bmp(32, EIGHT.tobytes()),
    "bmp of 1 bit": bmp(1, BMP_1, b"\0\0\0\0\xff\xff\xff\0"),
    "bmp of 1 bit, inverted": bmp(1, BMP_1, b"\xff\xff\xff\0\0\0\0\0"),
    "bmp of 1 bit with a palette": bmp(1, BMP_1, b"\1\2\3\0\4\5\6\0"),
    "pbm": b"P4 7 5\n" + np.packbits(ONE.astype(np.uint8), axis=1).tobytes(),
    "pgm": b"P5 7 5 255\n" + EIGHT[..., 0].tobytes(),
    "ppm of 16 bits": b"P6 7 5 65535\n" + NOISE[..., :3].astype(">u2").tobytes(),
    "pgm of 10 bits": b"P5 7 5 1023\n" + (NOISE[..., 0] >> 6).astype(">u2").tobytes(),
    "pam": b"P7\nWIDTH 7\nHEIGHT 5\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n" + EIGHT.tobytes(),
    "npy of bool": npy(ONE.astype(bool)),
    "npy of int16": npy(NOISE.astype(">i2")),
    "npy of uint8": npy(EIGHT[..., :3]),
}


@pytest.mark.parametrize("name", RAW)
def test_raw_samples_written_as_the_stream_says_are_the_bytes_of_the_file(name: str) -> None:
    data = RAW[name]
    document = read_document(data)
    (stream,), (picture,) = document.streams, document.pictures
    assert (stream.method, stream.picture) == ("raw", 0)
    stored = b"".join(data[at : at + size] for at, size in stream.spans)
    assert serialise(picture.samples, stream.layout, header_of(picture)) == stored


@pytest.mark.parametrize("photometric", [0, 1])
def test_each_packed_strip_of_a_tiff_unpacks_to_its_rows_as_the_stream_says(photometric: int) -> None:
    packed = [zlib.compress(rows.tobytes()) for rows in (EIGHT[:2, :, 0], EIGHT[2:4, :, 0], EIGHT[4:, :, 0])]
    sizes = tuple(map(len, packed))
    more = {"t258": (3, (8,)), "t259": (3, (8,)), "t262": (3, (photometric,)), "t278": (3, (2,)), "t279": (4, sizes)}
    start = len(tiff_file(picture_tags(EIGHT[..., 0], t273=(4, (0, 0, 0)), **more)))
    starts = (start, start + sizes[0], start + sizes[0] + sizes[1])
    data = tiff_file(picture_tags(EIGHT[..., 0], t273=(4, starts), **more), last=b"".join(packed))
    document = read_document(data)
    assert [(stream.layout.first_row, stream.layout.rows) for stream in document.streams] == [(0, 2), (2, 2), (4, 1)]
    for stream in document.streams:
        ((at, size),) = stream.spans
        assert (stream.method, stream.detail["predictor"]) == ("zlib", 1)
        rows = serialise(document.pictures[0].samples, stream.layout, header_of(document.pictures[0]))
        assert rows == zlib.decompress(data[at : at + size])
