"""How a compressed frame becomes samples: without loss, or not at all. Border to imagecodecs within DICOM.

What a stream is says the stream: JPEG 2000 is taken where its transform is the reversible one, whatever the syntax.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import InputError, LimitError, UnsupportedError
from hybridcodec.sources.parts.dicom.geometry import Geometry
from hybridcodec.sources.parts.dicom.rle import decode_rle

_SOC: Final = b"\xff\x4f\xff\x51"
_COD, _COC, _SOT = 0x52, 0x53, 0x90
_SOF3, _SOF55 = 0xC3, 0xF7


@dataclass(frozen=True)
class Codec:
    """A lossless compression.

    Attributes:
        name: in words.
        method: name in a `Stream`.
        decoder: name of the function of imagecodecs, without its `_decode`; empty for our own.
        precision: bits of a sample that a stream names, None where it names none.
        lossless: whether a stream of this kind is.
    """

    name: str
    method: str
    decoder: str
    precision: Callable[[bytes], int | None]
    lossless: Callable[[bytes], bool] = lambda data: True  # noqa: ARG005

    def decode(self, data: bytes, geometry: Geometry) -> tuple[NDArray[Any], int]:
        """Return a frame as unsigned words (H, W, C), and how many of their bits are in use.

        Raises:
            InputError: the stream is damaged, or of another size than the data set says.
            UnsupportedError: it loses something, or imagecodecs is not installed.
        """
        if not self.decoder:
            return decode_rle(data, geometry), geometry.allocated
        if not self.lossless(data):
            raise UnsupportedError(f"found a DICOM frame in {self.name} that is not lossless; it is no picture here")
        found = _decoded(self, data)
        shape = (geometry.rows, geometry.columns, geometry.samples)
        if found.size != np.prod(shape) or found.shape[:2] != shape[:2] or found.dtype.kind not in "ui":
            raise InputError(f"a frame in {self.name} should have shape {shape}, found {found.dtype} {found.shape}")
        words = np.ascontiguousarray(found).reshape(shape)  # (H, W, C)
        width = 8 * words.dtype.itemsize
        if words.dtype.kind == "i":
            return words.view(words.dtype.str.replace("i", "u")), width
        return words, min(self.precision(data) or width, width)


def _decoded(codec: Codec, data: bytes) -> NDArray[Any]:
    try:
        import imagecodecs
    except ImportError as error:
        raise UnsupportedError(
            f"found a DICOM file in {codec.name}, which imagecodecs decodes: install that, or the extra [dicom]"
        ) from error
    try:
        found = getattr(imagecodecs, f"{codec.decoder}_decode")(data)
    except MemoryError as error:
        raise LimitError(f"a frame in {codec.name} needs more memory than there is") from error
    except (RuntimeError, ValueError, TypeError, LookupError, OSError) as error:
        raise InputError(f"a frame in {codec.name} cannot be decoded: {' '.join(str(error).split())[:120]}") from error
    return np.asarray(found)


def _of_frame_header(marker: int) -> Callable[[bytes], int | None]:
    """Return the function that finds the precision in the frame header of a JPEG or JPEG-LS stream."""

    def precision(data: bytes) -> int | None:
        at = 2
        while at + 5 <= len(data) and data[at] == 0xFF:
            if data[at + 1] == marker:
                return data[at + 4] or None
            at += 1 if data[at + 1] == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        return None

    return precision


def _of_size_marker(data: bytes) -> int | None:
    """Return the precision of the first component of a JPEG 2000 codestream."""
    at = data.find(_SOC)
    named = data[at + 42 : at + 43] if at >= 0 else b""
    return (named[0] & 0x7F) + 1 if named else None


def _no_precision(data: bytes) -> int | None:  # noqa: ARG001
    return None


def _reversible(data: bytes) -> bool:
    """Tell whether all of a JPEG 2000 codestream is coded by the transform 5-3, which loses nothing."""
    at = data.find(_SOC) + 2
    found = False
    while at > 1 and at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != _SOT:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == _COC:
            return False
        if data[at + 1] == _COD:
            found = data[at + 13 : at + 14] == b"\x01"
        at += 2 + length
    return found


_JPEG: Final = Codec("JPEG lossless", "jpeg-lossless", "jpegsof3", _of_frame_header(_SOF3))
_JPEG_LS: Final = Codec("JPEG-LS", "jpeg-ls", "jpegls", _of_frame_header(_SOF55))
_JPEG_2000: Final = Codec("JPEG 2000", "jpeg2000", "jpeg2k", _of_size_marker, _reversible)
_HTJ2K: Final = Codec("HTJ2K", "htj2k", "htj2k", _of_size_marker, _reversible)
CODECS: Final = {
    "1.2.840.10008.1.2.4.57": _JPEG,
    "1.2.840.10008.1.2.4.70": _JPEG,
    "1.2.840.10008.1.2.4.80": _JPEG_LS,
    "1.2.840.10008.1.2.4.90": _JPEG_2000,
    "1.2.840.10008.1.2.4.91": _JPEG_2000,
    "1.2.840.10008.1.2.4.201": _HTJ2K,
    "1.2.840.10008.1.2.4.202": _HTJ2K,
    "1.2.840.10008.1.2.4.203": _HTJ2K,
    "1.2.840.10008.1.2.4.110": Codec("JPEG XL", "jpegxl", "jpegxl", _no_precision),
    "1.2.840.10008.1.2.5": Codec("RLE", "rle", "", _no_precision),
}
"""Transfer syntax (PS3.6 table A-1) -> what decodes it."""
