"""The fragments of compressed pixels (PS3.5 A.4): items one after another, the first a table of offsets or empty."""

import struct
from dataclasses import dataclass
from typing import Final

from hybridcodec.errors import InputError

_ITEM: Final = struct.Struct("<HHI")
_START, _END = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)

Span = tuple[int, int]
"""Offset and length of a fragment."""


@dataclass(frozen=True)
class Fragments:
    """Where the fragments lie, and the offsets that the table before them names, counted from the first one's item."""

    spans: tuple[Span, ...]
    table: tuple[int, ...]

    def of_frames(self, frames: int) -> tuple[tuple[Span, ...], ...]:
        """Return the fragments of each frame.

        A fragment is a frame where there are as many; else the table must say which one begins a frame. A wrong one
        matters to nobody where it is not needed.

        Raises:
            InputError: nothing tells the frames apart.
        """
        if frames == 1:
            return (self.spans,)
        if len(self.spans) == frames:
            return tuple((span,) for span in self.spans)
        begins = {at - self.spans[0][0]: number for number, (at, _) in enumerate(self.spans)}
        firsts = [begins.get(offset, -1) for offset in self.table]
        if len(firsts) != frames or firsts[0] != 0 or firsts != sorted(set(firsts)):
            found = f"{len(self.spans):,} fragments and {len(self.table):,} offsets"
            raise InputError(f"the DICOM file should have {frames:,} frames, and nothing tells them apart in {found}")
        ends = [*firsts[1:], len(self.spans)]
        return tuple(self.spans[first:end] for first, end in zip(firsts, ends, strict=True))


def fragments(data: bytes, offset: int) -> Fragments:
    """Return the fragments of pixels that begin at `offset`.

    Raises:
        InputError: something else stands where an item should, or the file ends before they do.
    """
    spans = []
    while True:
        if offset + _ITEM.size > len(data):
            raise InputError("the DICOM file is cut off between the fragments of its pixels")
        group, element, length = _ITEM.unpack_from(data, offset)
        offset += _ITEM.size
        if (group, element) == _END:
            break
        if (group, element) != _START:
            raise InputError(f"expected a fragment of pixels, found element ({group:04x},{element:04x})")
        if length > len(data) - offset:
            raise InputError(f"the DICOM file is cut off in a fragment of {length:,} bytes")
        spans.append((offset, length))
        offset += length
    if len(spans) < 2:
        raise InputError("the DICOM file has no fragment of pixels")
    (at, length), *rest = spans
    table = struct.unpack_from(f"<{length // 4}I", data, at)
    return Fragments(tuple(rest), table)
