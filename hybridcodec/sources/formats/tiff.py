"""TIFF 6.0 and BigTIFF; what a sample is stands in section 8.

Of its tags those that describe the picture are kept, as an EXIF block. Orientation stays in there and is never applied.
"""

from typing import Final

import numpy as np
from PIL import Image, TiffImagePlugin

from hybridcodec.image import Metadata, Samples
from hybridcodec.sources import pillow
from hybridcodec.sources.format import ACCEPTED, Format, Opened, Writer
from hybridcodec.sources.parts import tiff
from hybridcodec.sources.parts.bigtiff import as_classic
from hybridcodec.sources.parts.directories import Tiff
from hybridcodec.sources.parts.tiff import DESCRIPTIVE
from hybridcodec.sources.tiff_exif import needs_directories, with_exif

_ORIENTATION, _UPRIGHT, _XMP = 274, 1, 700
_PHOTOMETRIC: Final = {0: "inverted gray", 1: "gray", 2: "RGB", 3: "palette", 5: "CMYK", 6: "YCbCr", 8: "CIELAB"}
_SAMPLE_FORMATS: Final = {1: "", 2: "signed ", 3: "floating-point "}
_JPEG: Final = 7
_FAX: Final = (2, 3, 4)  # only ever 1-bit
_COMPRESSIONS: Final = (1, 5, _JPEG, 8, 32773, 32946, 34925, 50000)  # none, LZW, Deflate, PackBits, LZMA, Zstandard


def _stored(image: Image.Image, data: bytes) -> str:  # noqa: ARG001
    return _samples(Tiff(data))


def _samples(file: Tiff) -> str:
    """Return what the first picture of a TIFF stores, "" where its directory cannot be read."""
    first = next(file.pages(), None)
    if first is None:
        return ""
    channels = file.number(first, TiffImagePlugin.SAMPLESPERPIXEL, 1)
    bits = set(file.numbers(first, TiffImagePlugin.BITSPERSAMPLE) or (1,))
    kinds = set(file.numbers(first, TiffImagePlugin.SAMPLEFORMAT) or (1,))
    photometric = file.number(first, TiffImagePlugin.PHOTOMETRIC_INTERPRETATION)
    compression = file.number(first, TiffImagePlugin.COMPRESSION, 1)
    if photometric == 6 and compression == _JPEG:
        photometric = 2  # the JPEG decoder gives RGB, as it does for a JPEG file
    if len(bits) != 1 or len(kinds) != 1:
        return f"samples of mixed kinds ({sorted(bits)} bits)"
    colour = _PHOTOMETRIC.get(photometric, f"photometric interpretation {photometric}")
    extra = channels - {0: 1, 1: 1, 2: 3, 3: 1, 5: 4}.get(photometric, 3)
    beside = f" with {extra} extra channel{'s' if extra != 1 else ''}" if extra else ""
    kind = kinds.pop()
    found = f"{bits.pop()}-bit {_SAMPLE_FORMATS.get(kind, f'format {kind} ')}{colour}{beside}"
    return found if compression in (*_COMPRESSIONS, *_FAX) else f"{found} in TIFF compression {compression}"


def _take(image: Image.Image, data: bytes) -> tuple[Samples, Metadata]:  # noqa: ARG001
    tags = image.tag_v2 if isinstance(image, TiffImagePlugin.TiffImageFile) else {}
    orientation = int(tags.get(_ORIENTATION, _UPRIGHT))
    image.load()
    return _unturned(np.array(image), orientation), pillow.metadata(image, _exif(image, orientation))


def _unturned(samples: Samples, orientation: int) -> Samples:
    """Undo the turn that Pillow gives a TIFF (and no other format) on loading."""
    turned = {
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
        8: lambda a: np.rot90(a, -1),
    }
    return np.ascontiguousarray(turned[orientation](samples)) if orientation in turned else samples


def _exif(image: Image.Image, orientation: int) -> bytes:
    """Gather the descriptive tags as an EXIF block of their own; empty when there are none."""
    exif = image.getexif()
    for tag in set(exif) - set(DESCRIPTIVE):
        del exif[tag]
    if orientation != _UPRIGHT:
        exif[_ORIENTATION] = orientation
    return exif.tobytes() if len(exif) else b""


def _unopened(data: bytes) -> str:
    file = Tiff(data)
    found = _samples(file) if not any(page.broken for page in file.pages()) else ""
    return f"TIFF of {found}" if found and found not in ACCEPTED else ""


def _write(image: Image.Image, metadata: Metadata) -> bytes:
    apart = needs_directories(metadata.exif)
    exif = Image.Exif()
    if metadata.exif and not apart:
        exif.load(pillow.EXIF_PREFIX + metadata.exif)
    for tag in set(exif) - set(DESCRIPTIVE):
        del exif[tag]
    if metadata.xmp:
        exif[_XMP] = metadata.xmp
    options = pillow.with_profile(metadata) | {"exif": exif}
    data = pillow.saved(image, "TIFF", compression="tiff_adobe_deflate", **options)
    return with_exif(data, metadata.exif) if apart else data


TIFF: Final = Format(
    name="TIFF",
    suffixes=(".tif", ".tiff"),
    read=Opened(_stored, _take, tiff.left_out, prepared=as_classic, misread=tiff.other_content, unopened=_unopened),
    marks=((0, b"II*\0"), (0, b"MM\0*"), (0, b"II+\0"), (0, b"MM\0+")),
    writer=Writer((".tif", ".tiff"), _write, written_anew=frozenset({"exif"})),
)
