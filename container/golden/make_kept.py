"""Write the golden files of kept source files, once: `python container/golden/make_kept.py`.

One for every way in which bytes of a source file are made again: by a method from samples, by a packer from fewer
bytes. Needs the extras `dicom` and `jpeg`. Records are those of `make_kinds`.
"""

import io
import struct
from pathlib import Path
from typing import Any
from unittest.mock import patch

import imagecodecs
import numpy as np
from make_kinds import H, W, page, record, slopes
from numpy.typing import NDArray
from PIL import Image
from pydicom.pixels.encoders import RLELosslessEncoder
from writing import write_all

from hybridcodec import Options, SampleKind
from hybridcodec.filing import Terms, file_source
from hybridcodec.keeping.lepton import Lepton
from hybridcodec.kinds import GRAY, RGB
from hybridcodec.modes import Keep, Preview

FOLDER = Path(__file__).parent / "v2.0" / "kept"
TERMS = Terms(keep=Keep.FILE, options=Options(preview=Preview.NONE))
SYNTAXES = {"jpeg-lossless": "4.70", "jpeg-ls": "4.80", "rle": "5"}
"""How their names end."""

Array = NDArray[Any]


def tiff(samples: Array, compression: str) -> bytes:
    """Return a TIFF of several strips."""
    stream = io.BytesIO()
    Image.fromarray(samples).save(stream, "TIFF", compression=compression, tiffinfo={278: 16})
    return stream.getvalue()


def jpeg() -> bytes:
    """Return a JPEG that packs smaller."""
    rng = np.random.default_rng(6)
    y, x, c = np.indices((120, 160, 3))
    picture = 120 + 60 * np.sin(y / 9 + c) + 50 * np.cos(x / 7 - c) + rng.normal(0, 9, y.shape)
    stream = io.BytesIO()
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(stream, "JPEG", quality=88)
    return stream.getvalue()


def element(group: int, number: int, representation: str, value: bytes) -> bytes:
    """Return an element of a data set, explicit and little-endian."""
    value += b"\0" * (len(value) % 2)
    long = representation in ("OB", "OW")
    return struct.pack("<HH2s", group, number, representation.encode()) + (
        struct.pack("<HI", 0, len(value)) if long else struct.pack("<H", len(value))
    ) + value  # fmt: skip


def dicom(fragment: bytes, syntax: str) -> bytes:
    """Return a DICOM file of one gray frame of 12 bits, compressed to `fragment`."""
    meta = element(2, 0x10, "UI", syntax.encode())
    head = b"\0" * 128 + b"DICM" + element(2, 0, "UL", struct.pack("<I", len(meta))) + meta
    words = {(0x28, 2): 1, (0x28, 0x10): H, (0x28, 0x11): W, (0x28, 0x100): 16, (0x28, 0x101): 12, (0x28, 0x102): 11}
    words |= {(0x28, 0x103): 0}
    fields = {place: element(*place, "US", struct.pack("<H", value)) for place, value in words.items()}
    fields |= {(0x28, 4): element(0x28, 4, "CS", b"MONOCHROME2"), (8, 0x16): element(8, 0x16, "UI", b"1.2.3")}
    fragment += b"\0" * (len(fragment) % 2)
    items = struct.pack("<HHI", 0xFFFE, 0xE000, 0) + struct.pack("<HHI", 0xFFFE, 0xE000, len(fragment)) + fragment
    pixels = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF) + items + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return head + b"".join(fields[place] for place in sorted(fields)) + pixels


def frame() -> Array:
    """Return a gray frame of 12 bits, (H, W)."""
    return slopes(SampleKind(GRAY, 12))[..., 0]


def compressed() -> dict[str, bytes]:
    """Return a frame in every compression, by its name."""
    facts = {"rows": H, "columns": W, "samples_per_pixel": 1, "number_of_frames": 1, "bits_allocated": 16}
    facts |= {"bits_stored": 12, "photometric_interpretation": "MONOCHROME2", "pixel_representation": 0}
    return {
        "jpeg-lossless": imagecodecs.ljpeg_encode(frame(), bitspersample=12),
        "jpeg-ls": imagecodecs.jpegls_encode(frame()),
        "rle": RLELosslessEncoder.encode(frame(), **facts),
    }


def files() -> dict[str, bytes]:
    """Return all golden files by name."""
    sources = {
        f"dicom_{name}": dicom(data, f"1.2.840.10008.1.2.{SYNTAXES[name]}") for name, data in compressed().items()
    }
    colour, bilevel = slopes(SampleKind(RGB)), page()[..., 0].astype(bool)
    compressions = {"tiff_zlib": "tiff_adobe_deflate", "tiff_lzw": "tiff_lzw", "tiff_packbits": "packbits"}
    sources |= {name: tiff(colour, compression) for name, compression in compressions.items()}
    sources |= {"tiff_g4": tiff(bilevel, "group4"), "jpeg_lepton": jpeg()}
    made = {name: file_source(data, TERMS).data for name, data in sources.items()}
    with patch.object(Lepton, "pack", return_value=None):
        return made | {"jpeg_jpegxl": file_source(jpeg(), TERMS).data}


def main() -> None:
    """Write all files."""
    write_all(FOLDER, files(), record)


if __name__ == "__main__":
    main()
