"""A stream that lies in a file in several parts: what is between them is kept with the parameters of its piece.

Fragments of DICOM frames and chunks of PNG files are such parts, a few bytes apart.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from hybridcodec.errors import CorruptFileError

_COUNT: Final = struct.Struct("<H")
_GAP: Final = struct.Struct("<IB")
_MOST: Final = 48_000  # bytes: parameters of a piece are below 2^16


class Gap(NamedTuple):
    """Bytes of the stream in front of a gap, from the one before it on, and the bytes of the file in it."""

    length: int
    between: bytes


def gaps_of(data: bytes, spans: Sequence[tuple[int, int]]) -> list[Gap] | None:
    """Return the gaps of a stream in a file; None where they are too large, or the parts not in file order."""
    gaps = list[Gap]()
    for (start, length), (following, _) in pairwise(spans):
        if not 0 <= following - start - length <= 255:
            return None
        gaps.append(Gap(length, data[start + length : following]))
    return gaps if sum(_GAP.size + len(gap.between) for gap in gaps) <= _MOST else None


def pack_gaps(gaps: Sequence[Gap]) -> bytes:
    """Return gaps as the beginning of parameters."""
    written = (_GAP.pack(gap.length, len(gap.between)) + gap.between for gap in gaps)
    return _COUNT.pack(len(gaps)) + b"".join(written)


def unpack_gaps(parameters: bytes) -> tuple[list[Gap], bytes]:
    """Return what was packed, and the bytes behind it.

    Raises:
        CorruptFileError: it is cut off.
    """
    gaps, place = list[Gap](), _COUNT.size
    count = _COUNT.unpack_from(parameters)[0] if len(parameters) >= place else 1
    for _ in range(count):
        if len(parameters) < place + _GAP.size:
            raise CorruptFileError("the parts of a stream are cut off")
        length, size = _GAP.unpack_from(parameters, place)
        place += _GAP.size + size
        gaps.append(Gap(length, parameters[place - size : place]))
    if place > len(parameters):
        raise CorruptFileError("the parts of a stream are cut off")
    return gaps, parameters[place:]


def spread(stream: Iterable[bytes], gaps: Sequence[Gap]) -> Iterator[bytes]:
    """Yield a stream with its gaps filled."""
    left, following = (gaps[0].length, iter(gaps)) if gaps else (0, iter(gaps))
    gap = next(following, None)
    for part in stream:
        while gap is not None and len(part) >= left:
            yield part[:left] + gap.between
            part = part[left:]
            gap = next(following, None)
            left = gap.length if gap else 0
        if part:
            yield part
            left -= len(part)
