"""Tiny files for `benchmarks.faults` and `benchmarks.kill_resume`, one function a sort, the same for the same seed."""

import importlib.util
import io
import random
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from hybridcodec.image import Metadata, Picture
from hybridcodec.kinds import GRAY, INDEXED, Palette, SampleKind, Samples
from hybridcodec.sources import write_picture
from hybridcodec.sources.writing import write_document

EXPLICIT = b"1.2.840.10008.1.2.1\0"
SECONDARY_CAPTURE = b"1.2.840.10008.5.1.4.1.1.7\0"


def write_tiny_picture(path: Path, seed: int) -> None:
    """Write a PNG of at most 24 x 24 pixels, gray or RGB, with ICC profile, EXIF and XMP."""
    _write(path, _photograph(_generator(path, seed), path.name))


def write_tiny_file(path: Path, seed: int) -> None:
    """Write a file of the sort that the suffix of `path` names, see `SORTS`."""
    _write(path, SORTS[path.suffix](_generator(path, seed)))


def _photograph(rng: random.Random, name: str = "") -> bytes:
    H, W, C = rng.randint(3, 24), rng.randint(3, 24), rng.choice((1, 3))
    samples = _slope(rng, H, W, C, 8).astype(np.uint8)
    exif = b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 305, 2, 4, 0x61626300) + b"\0\0\0\0"
    metadata = Metadata(icc=rng.randbytes(90), exif=exif, xmp=f"<x:xmpmeta>{name}</x:xmpmeta>".encode())
    return write_picture(Picture.of(samples, metadata=metadata)).data


def _pages(rng: random.Random) -> bytes:
    """Three bilevel pages of one TIFF."""
    kind = SampleKind(GRAY, 1)
    pages = [Picture.of((_slope(rng, 16, 24, 1, 8) > 60).astype(np.uint8), kind) for _ in range(3)]
    return write_document(pages, "TIFF").data


def _deep(rng: random.Random) -> bytes:
    """A PNG of 16 bits."""
    return write_picture(Picture.of(_slope(rng, 15, 17, 1, 16).astype(np.uint16))).data


def _palette(rng: random.Random) -> bytes:
    """A PNG of colours by number."""
    palette = Palette(3, 8, rng.randbytes(48))
    samples = (_slope(rng, 12, 20, 1, 8).astype(np.uint8) >> 4) % 16
    return write_picture(Picture.of(samples, SampleKind(INDEXED, 4, palette=palette))).data


def _jpeg(rng: random.Random) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(_slope(rng, 24, 32, 3, 8).astype(np.uint8)).save(stream, "JPEG", quality=80)
    return stream.getvalue()


def _frames(rng: random.Random) -> bytes:
    """A DICOM file of three frames of 12 bits, explicit little endian."""
    H, W = 14, 18
    pixels = b"".join(_slope(rng, H, W, 1, 12).astype("<u2").tobytes() for _ in range(3))
    numbers = {
        (0x28, 0x02): 1, (0x28, 0x10): H, (0x28, 0x11): W, (0x28, 0x100): 16, (0x28, 0x101): 12, (0x28, 0x102): 11,
        (0x28, 0x103): 0,
    }  # fmt: skip
    elements = {place: (b"US", struct.pack("<H", number)) for place, number in numbers.items()}
    elements |= {
        (0x08, 0x16): (b"UI", SECONDARY_CAPTURE),
        (0x08, 0x18): (b"UI", b"1.2.3.4\0"),
        (0x28, 0x04): (b"CS", b"MONOCHROME2 "),
        (0x28, 0x08): (b"IS", b"3 "),
    }
    data_set = b"".join(
        struct.pack("<HH2sH", *place, vr, len(value)) + value for place, (vr, value) in sorted(elements.items())
    )
    group = struct.pack("<HH2sH", 2, 0x10, b"UI", len(EXPLICIT)) + EXPLICIT
    head = bytes(128) + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(group)) + group
    return head + data_set + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, len(pixels)) + pixels


SORTS: dict[str, Callable[[random.Random], bytes]] = {
    ".png": _photograph,
    ".tif": _pages,
    ".pgm": lambda rng: write_picture(Picture.of(_slope(rng, 9, 11, 1, 8).astype(np.uint8)), "PPM").data,
    ".jpg": _jpeg,
    ".bmp": lambda rng: rng.randbytes(rng.randint(1, 400)),
    ".dib": lambda _: b"",
    ".jpeg": lambda rng: _jpeg(rng)[:300],
    ".webp": lambda rng: _deep(rng),
    ".jfif": lambda rng: _palette(rng),
    ".dcm": _frames,
    ".txt": lambda rng: rng.randbytes(rng.randint(1, 400)),
}
"""What files are by their suffix, which may lie: photographs, pages, 16 bits, a palette, JPEGs, frames, and junk."""
if importlib.util.find_spec("pydicom") is None:
    del SORTS[".dcm"]


def _slope(rng: random.Random, height: int, width: int, channels: int, bits: int) -> Samples:
    """Return samples (H, W, C) that a coder gains something on."""
    noise = np.frombuffer(rng.randbytes(height * width * channels), np.uint8).reshape(height, width, channels) >> 4
    slope = np.add.outer(np.arange(height) * rng.randint(1, 6), np.arange(width) * rng.randint(1, 4))[..., None]
    values: Samples = (slope + noise.astype(np.int64)) * (1 << bits) // 300 % (1 << bits)
    return values if bits > 8 else (slope + noise) % 256


def _generator(path: Path, seed: int) -> random.Random:
    return random.Random(f"{seed} {path.name}")  # noqa: S311


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
