"""DICOM: pixels as they are stored, a picture a frame, read by pydicom, which the extra `dicom` installs.

The mark counts together with the group that follows it. Files without the preamble, and those of ACR-NEMA, are known
by how their first element begins.
"""

import re
from typing import Final

from hybridcodec.sources.format import Document, Format
from hybridcodec.sources.parts.dicom.compressed import compressed
from hybridcodec.sources.parts.dicom.data_set import MARK, MARK_AT, open_data_set
from hybridcodec.sources.parts.dicom.geometry import Geometry
from hybridcodec.sources.parts.dicom.native import native

_BARE: Final = re.compile(
    rb"\x02\0[\0-\x16]\0(?:OB\0\0|UI|UL\x04\0|[^\xff]\0\0\0)"  # file meta group, explicit or (wrongly) implicit
    rb"|\x08\0[\0-\xff]\0(?:AE|CS|DA|IS|LO|PN|SH|TM|UI|UL\x04\0|[^\xff]\0\0\0)"  # first group of a data set
    rb"|\0\x08\0[\0-\xff](?:AE|CS|DA|IS|LO|PN|SH|TM|UI|UL\0\x04)",  # the same, big endian
    re.DOTALL,
)


def _read(data: bytes) -> Document:
    data_set = open_data_set(data)
    geometry = Geometry.of(data_set.elements)
    return compressed(data_set, geometry) if data_set.length is None else native(data_set, geometry)


DICOM: Final = Format(
    name="DICOM",
    suffixes=(".dcm", ".dicom"),
    read=_read,
    marks=tuple((MARK_AT, MARK + group) for group in (b"\x02\0", b"\x08\0", b"\0\x08")),
    start=_BARE,
    called="DICOM file",
    without_suffix=True,
)
