"""Photoshop's image resources, which JPEG and TIFF files carry (Adobe Photoshop File Formats, "Image Resources")."""

from collections.abc import Iterator
from typing import Final

from hybridcodec.sources.parts.words import LeftOut

SIGNATURE: Final = b"Photoshop 3.0\0"
_NAMES: Final = {1005: "resolution", 1033: "thumbnail", 1036: "thumbnail", 1028: "IPTC", 1058: "EXIF", 1060: "XMP"}
_BLOCK: Final = b"8BIM"


def add(found: LeftOut, data: bytes) -> None:
    """Note every resource in `data`, and what follows them."""
    end = 0
    for number, size, end in resources(data):  # noqa: B007 - the last end is used
        if number == 1028:
            found.add("IPTC", size)
        elif number in _NAMES:
            found.add(f"{_NAMES[number]} in Photoshop's resources", size)
        else:
            found.add("other Photoshop resources", size)
    if data[end:].strip(b"\0"):
        found.add("Photoshop resources that cannot be read", len(data) - end)


def resources(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (number, size of the content, where the next one begins) of every resource."""
    at = 0
    while data[at : at + 4] == _BLOCK and at + 8 <= len(data):
        number, name = int.from_bytes(data[at + 4 : at + 6], "big"), data[at + 6]
        start = at + 6 + (1 + name + 1) // 2 * 2
        size = int.from_bytes(data[start : start + 4], "big")
        if len(data) < start + 4 + size:
            return
        at = start + 4 + (size + 1) // 2 * 2
        yield number, size, min(at, len(data))
