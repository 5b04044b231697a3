"""The picture formats that this version takes: a module each, and one line each in `FORMATS`."""

from typing import Final

from hybridcodec.errors import InputError
from hybridcodec.sources.format import Format
from hybridcodec.sources.formats.bmp import BMP
from hybridcodec.sources.formats.dicom import DICOM
from hybridcodec.sources.formats.jpeg import JPEG
from hybridcodec.sources.formats.npy import NPY
from hybridcodec.sources.formats.png import PNG
from hybridcodec.sources.formats.pnm import PNM
from hybridcodec.sources.formats.tiff import TIFF
from hybridcodec.sources.formats.webp import WEBP

FORMATS: Final[tuple[Format, ...]] = (DICOM, PNG, JPEG, TIFF, BMP, PNM, WEBP, NPY)
"""DICOM first: what stands before its mark may be the mark of another."""


def readable() -> tuple[str, ...]:
    """Return the names of the formats, as messages list them."""
    return tuple(form.name for form in FORMATS)


def is_picture_suffix(suffix: str) -> bool:
    """Tell whether a file of this name, lower case and with its dot, is looked for in folders."""
    return any(suffix in form.suffixes for form in FORMATS)


def is_found_without_suffix(head: bytes) -> bool:
    """Tell whether a file that begins with `head` is of a format that is looked for where a name tells nothing."""
    return any(form.without_suffix and form.is_marked(head) for form in FORMATS)


def written() -> dict[str, str]:
    """Return the suffixes that are written, each with the name of its format."""
    return {suffix: form.name for form in FORMATS if form.writer for suffix in form.writer.suffixes}


def named(name: str) -> Format:
    """Return the format of this name; raises InputError where there is none."""
    for form in FORMATS:
        if form.name == name:
            return form
    raise InputError(f"{name} is no format that this version takes")
