"""DICOM files made by hand, element by element, in every encoding, for tests of their reader and of archives."""

import struct
import zlib
from dataclasses import dataclass
from typing import Final

IMPLICIT, EXPLICIT, BIG, DEFLATED = (f"1.2.840.10008.1.2{end}" for end in ("", ".1", ".2", ".1.99"))
JPEG_LOSSLESS, JPEG_LS, JPEG_2000, RLE = (f"1.2.840.10008.1.2{end}" for end in (".4.70", ".4.80", ".4.90", ".5"))
UNDEFINED: Final = 0xFFFFFFFF
_LONG = ("OB", "OW", "OF", "OD", "SQ", "UN", "UT")
TAGS: Final = {
    "SOPClassUID": (0x0008, 0x0016, "UI"),
    "SOPInstanceUID": (0x0008, 0x0018, "UI"),
    "PatientName": (0x0010, 0x0010, "PN"),
    "PatientID": (0x0010, 0x0020, "LO"),
    "StudyInstanceUID": (0x0020, 0x000D, "UI"),
    "SeriesInstanceUID": (0x0020, 0x000E, "UI"),
    "SamplesPerPixel": (0x0028, 0x0002, "US"),
    "PhotometricInterpretation": (0x0028, 0x0004, "CS"),
    "PlanarConfiguration": (0x0028, 0x0006, "US"),
    "NumberOfFrames": (0x0028, 0x0008, "IS"),
    "Rows": (0x0028, 0x0010, "US"),
    "Columns": (0x0028, 0x0011, "US"),
    "BitsAllocated": (0x0028, 0x0100, "US"),
    "BitsStored": (0x0028, 0x0101, "US"),
    "HighBit": (0x0028, 0x0102, "US"),
    "PixelRepresentation": (0x0028, 0x0103, "US"),
    "WindowCenter": (0x0028, 0x1050, "DS"),
    "WindowWidth": (0x0028, 0x1051, "DS"),
    "RescaleIntercept": (0x0028, 0x1052, "DS"),
    "RescaleSlope": (0x0028, 0x1053, "DS"),
    **{
        f"{colour}PaletteColorLookupTable{part}": (0x0028, first + number, vr)
        for number, colour in enumerate(("Red", "Green", "Blue"))
        for part, first, vr in (("Descriptor", 0x1101, "US"), ("Data", 0x1201, "OW"))
    },
    "SharedFunctionalGroupsSequence": (0x5200, 0x9229, "SQ"),
    "FloatPixelData": (0x7FE0, 0x0008, "OF"),
    "PixelData": (0x7FE0, 0x0010, "OW"),
    "DataSetTrailingPadding": (0xFFFC, 0xFFFC, "OB"),
}
Value = str | bytes | int | tuple[int, ...]


@dataclass(frozen=True)
class Encoding:
    """How elements are written."""

    implicit: bool = False
    big: bool = False

    def element(self, name: str, value: Value, *, vr: str = "", length: int | None = None) -> bytes:
        """Return an element; a text is made even, `length` is what it says of its own length."""
        group, number, usual = TAGS[name]
        vr, order = vr or usual, ">" if self.big else "<"
        data = self._bytes(value, vr)
        size = len(data) if length is None else length
        tag = struct.pack(f"{order}HH", group, number)
        if self.implicit:
            return tag + struct.pack(f"{order}I", size) + data
        long = vr in _LONG
        return (
            tag
            + vr.encode()
            + struct.pack(f"{order}HI" if long else f"{order}H", *((0, size) if long else (size,)))
            + data
        )

    def _bytes(self, value: Value, vr: str) -> bytes:
        if isinstance(value, bytes):
            return value
        if isinstance(value, str):
            data = value.encode()
            return data + (b"\0" if vr == "UI" else b" ") * (len(data) % 2)
        numbers = (value,) if isinstance(value, int) else value
        return struct.pack(f"{'>' if self.big else '<'}{len(numbers)}H", *numbers)


def meta(syntax: str) -> bytes:
    """Return the preamble, the mark and the group that names a transfer syntax."""
    uid = syntax.encode() + b"\0" * (len(syntax) % 2)
    group = struct.pack("<HH2sH", 2, 0x10, b"UI", len(uid)) + uid if syntax else b""
    return bytes(128) + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(group)) + group


def dicom(
    pixels: bytes,
    syntax: str = EXPLICIT,
    *,
    vr: str = "OW",
    length: int | None = None,
    behind: bytes = b"",
    **tags: Value,
) -> bytes:
    """Return a file of these pixels: 4 rows of 6 gray samples of 16 bits, where `tags` do not say otherwise."""
    encoding = Encoding(implicit=syntax == IMPLICIT, big=syntax == BIG)
    named: dict[str, Value] = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "SOPInstanceUID": "1.2.3.4", "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2", "Rows": 4, "Columns": 6, "BitsAllocated": 16, "BitsStored": 16,
        "PixelRepresentation": 0,
    }  # fmt: skip
    named |= tags
    data_set = b"".join(
        encoding.element(name, named[name]) for name in sorted(named, key=lambda name: TAGS[name]) if named[name] != ""
    )
    data_set += encoding.element("PixelData", pixels, vr=vr, length=length) + behind
    if syntax == DEFLATED:
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        data_set = packer.compress(data_set) + packer.flush()
    return meta(syntax) + data_set


def fragments(*streams: bytes, table: bytes = b"") -> bytes:
    """Return the value of pixels in fragments, each made even, and the delimiter behind them."""
    items = (table, *(stream + b"\0" * (len(stream) % 2) for stream in streams))
    return b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in items) + struct.pack(
        "<HHI", 0xFFFE, 0xE0DD, 0
    )
