"""A DICOM file as a data set: where its pixels lie in the file, and the few values that say how. Border to pydicom.

Values are taken as the bytes that they are, since pydicom's own conversions warn, guess and fail in many ways. Nothing
is written: a data set that is taken apart and written again is another file in one case of three.
"""

import io
import logging
import math
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hybridcodec.errors import InputError, LimitError, UnsupportedError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pydicom.tag import BaseTag

MARK_AT: Final = 128
MARK: Final = b"DICM"
_MOST_INFLATED: Final = 1 << 31
_DEFERRED: Final = 1 << 16  # bytes; longer values stay where they are
_UNDEFINED: Final = 0xFFFFFFFF
_SYNTAX, _DEFLATED = 0x00020010, "1.2.840.10008.1.2.1.99"
_BIG_PIXELS_ALONE: Final = "1.2.840.113619.5.2"  # of a maker: all else in it is little endian
_PIXELS: Final = {
    "PixelData": "",
    "FloatPixelData": "32-bit floating-point samples",
    "DoubleFloatPixelData": "64-bit floating-point samples",
}
_FUNCTIONAL: Final = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
_TABLES: Final = tuple(
    f"{colour}PaletteColorLookupTable{part}" for part in ("Descriptor", "Data") for colour in ("Red", "Green", "Blue")
)
_NEEDED: Final = (
    *("MediaStorageSOPClassUID", "SOPClassUID", "DirectoryRecordSequence"),
    *("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PlanarConfiguration", "PhotometricInterpretation"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    *("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept"),
    *_TABLES,
    *_FUNCTIONAL,
    *_PIXELS,
)
_FAILURES = (
    OSError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    struct.error,
    zlib.error,
)

logging.getLogger("pydicom").addHandler(logging.NullHandler())  # it would say on standard error what it skips


@dataclass(frozen=True)
class Elements:
    """The elements of a data set, or of an item of a sequence."""

    dataset: "Dataset"
    data: bytes

    def raw(self, keyword: str) -> bytes:
        """Return the bytes of a value; empty where there is none."""
        element = self.dataset.get_item(_tag(keyword), keep_deferred=True)
        if element is None or element.value is None:
            at, length = getattr(element, "value_tell", 0), getattr(element, "length", 0)
            return self.data[at : at + length]
        return bytes(element.value) if isinstance(element.value, bytes | bytearray) else b""

    def words(self, keyword: str) -> tuple[int, ...]:
        """Return the 16-bit numbers of a value, without their sign."""
        raw = self.raw(keyword)
        order = "<" if self.little_endian else ">"
        return struct.unpack(f"{order}{len(raw) // 2}H", raw[: len(raw) // 2 * 2])

    def number(self, keyword: str, default: int) -> int:
        """Return the first 16-bit number of a value."""
        return next(iter(self.words(keyword)), default)

    def text(self, keyword: str) -> str:
        """Return the first of the texts of a value, without the blanks around it."""
        return self.raw(keyword).decode("latin-1").split("\\")[0].strip(" \0\t\r\n")

    def decimal(self, keyword: str) -> float | None:
        """Return the first number that a value has in words; None where it has none, or no finite one."""
        try:
            number = float(self.text(keyword))
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    @property
    def little_endian(self) -> bool:
        """Whether the low byte of a number comes first."""
        return bool(self.dataset.original_encoding[1])


@dataclass(frozen=True)
class DataSet:
    """A data set with pixels.

    Attributes:
        elements: what was read of it.
        deflated: whether `data` is no part of the file, but what the file inflates to.
        syntax: UID of the transfer syntax; empty where the file does not say.
        vr: value representation of the pixels; empty where the file does not say.
        offset: of the pixels in `data`.
        length: of the pixels; None where they come in fragments.
    """

    elements: Elements
    deflated: bool
    syntax: str
    vr: str
    offset: int
    length: int | None

    @property
    def data(self) -> bytes:
        """The file, or what its data set inflates to."""
        return self.elements.data

    @property
    def little_endian(self) -> bool:
        """Whether the low byte of a sample comes first."""
        return self.elements.little_endian and self.syntax != _BIG_PIXELS_ALONE

    def around(self, pixels: int) -> str:
        """Return what there is besides so many bytes of pixels, in words."""
        return f"the DICOM data set around the samples ({len(self.data) - pixels:,} bytes)"

    def functional(self, macro: str) -> Elements:
        """Return the functional group of this name that is for all frames, or else that of the first.

        Without one these are the elements themselves.
        """
        for keyword in _FUNCTIONAL:
            groups = _items(self.elements.dataset, keyword)
            found = _items(groups[0], macro) if groups else []
            if found:
                return Elements(found[0], self.data)
        return self.elements


def open_data_set(data: bytes) -> DataSet:
    """Return the data set of a DICOM file, its pixels left where they are.

    Raises:
        UnsupportedError: pydicom is not installed, or the file has no pixels that are integers.
        InputError: the file is damaged or cut off.
        LimitError: it inflates to more than memory should hold.
    """
    try:
        import pydicom  # noqa: F401 - heavy, and an extra
    except ImportError as error:
        raise UnsupportedError("found a DICOM file, which pydicom reads: install that, or the extra [dicom]") from error
    with _failures_as_ours():
        syntax, start = _meta(data)
        deflated = syntax == _DEFLATED
        if deflated:
            data = _inflated(data[start:])
        elements = Elements(_read(data, deflated=deflated), data)
    with _failures_as_ours():
        return _with_pixels(elements, syntax, deflated=deflated)


def _read(data: bytes, *, deflated: bool) -> "Dataset":
    from pydicom import dcmread
    from pydicom.filereader import read_dataset

    tags: list[BaseTag | int] = [_tag(keyword) for keyword in _NEEDED]
    if deflated:
        return read_dataset(io.BytesIO(data), False, True, defer_size=_DEFERRED, specific_tags=tags)
    return dcmread(io.BytesIO(data), defer_size=_DEFERRED, force=True, specific_tags=tags)


def _with_pixels(elements: Elements, syntax: str, *, deflated: bool) -> DataSet:
    present = [keyword for keyword in _PIXELS if _tag(keyword) in elements.dataset]
    if not present:
        raise UnsupportedError(_without_pixels(elements))
    if _PIXELS[present[0]]:
        raise UnsupportedError(
            f"found a DICOM file of {_PIXELS[present[0]]}; this version takes integers of 1 to 16 bits"
        )
    element = elements.dataset.get_item(_tag(present[0]), keep_deferred=True)
    offset, length = getattr(element, "value_tell", 0), getattr(element, "length", 0)
    vr = getattr(element, "VR", None) or ""
    return DataSet(elements, deflated, syntax, vr, offset, None if length == _UNDEFINED else length)


def uid_name(uid: str) -> str:
    """Return what a UID stands for in words; as it is where the standard does not know it, empty for none."""
    from pydicom.config import IGNORE
    from pydicom.uid import UID

    name = UID(uid, IGNORE).name
    return repr(uid[:64]) if name == uid != "" else name


def _without_pixels(elements: Elements) -> str:
    if _tag("DirectoryRecordSequence") in elements.dataset:
        return "found a DICOMDIR, an index of other files without a picture"
    name = uid_name(elements.text("SOPClassUID"))
    return (
        f"found a DICOM file{f' ({name})' if name else ''} without a picture, or one that is cut off before its pixels"
    )


def _meta(data: bytes) -> tuple[str, int]:
    """Return the UID of the transfer syntax, and where the data set begins."""
    from pydicom.filereader import data_element_generator

    file = io.BytesIO(data)
    file.seek(MARK_AT + len(MARK) if data.startswith(MARK, MARK_AT) else 0)
    syntax = b""
    for element in data_element_generator(file, False, True, stop_when=lambda tag, vr, length: tag >> 16 != 2):  # noqa: ARG005
        if element.tag == _SYNTAX and isinstance(element.value, bytes):
            syntax = element.value
    return syntax.decode("latin-1").strip(" \0"), file.tell()


def _inflated(packed: bytes) -> bytes:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    data = inflate.decompress(packed, _MOST_INFLATED)
    if inflate.unconsumed_tail:
        raise LimitError(f"the DICOM file inflates to more than {_MOST_INFLATED:,} bytes")
    if not inflate.eof:
        raise InputError("the DICOM file is cut off in its deflated data set")
    return data


def _items(dataset: "Dataset", keyword: str) -> "list[Dataset]":
    """Return the items of a sequence; none where it cannot be read, since only hints for eyes are there."""
    if _tag(keyword) not in dataset:
        return []
    try:
        with _failures_as_ours():
            return list(dataset[_tag(keyword)].value)
    except InputError:
        return []


def _tag(keyword: str) -> int:
    from pydicom.datadict import tag_for_keyword

    tag = tag_for_keyword(keyword)
    assert tag is not None, keyword
    return tag


@contextmanager
def _failures_as_ours() -> Iterator[None]:
    """Turn what pydicom raises into our errors; its warnings are of values that nobody asks for, but for one."""
    from pydicom.errors import BytesLengthException, InvalidDicomError

    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    except MemoryError as error:
        raise LimitError("the DICOM file cannot be read: not enough memory") from error
    except (*_FAILURES, BytesLengthException, InvalidDicomError) as error:
        raise InputError(f"the DICOM file cannot be read: {_one_line(error)}") from error
    cut = next((warning for warning in caught if "End of file reached" in str(warning.message)), None)
    if cut is not None:
        raise InputError("the DICOM file is cut off, or a delimiter is missing")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
