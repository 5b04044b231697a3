"""What a source file holds besides the samples of its pictures, as bytes: for files that do not come back whole.

It differs from `recipe.py`, which gives back every byte, in that the samples themselves are left out: where they stood
is a gap.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from hybridcodec_container import layout
from hybridcodec_container.checks import reading, require_size, within
from hybridcodec_container.errors import ContainerError
from hybridcodec_container.layout import GAP, METADATA, REST
from hybridcodec_container.metadata import unpack_metadata, unpack_stated
from hybridcodec_container.source import pack_long

_ZEROS = 1 << 20  # bytes of a gap that are given at once


@dataclass(frozen=True)
class Rest:
    """The bytes of a source file outside of some gaps; construction fails where they do not add up.

    Attributes:
        file_bytes: of the source file.
        gaps: offset and length of each, in file order; between two of them lies a byte at least.
        content: the bytes outside of the gaps, one after another.
    """

    file_bytes: int
    gaps: tuple[tuple[int, int], ...]
    content: bytes

    def __post_init__(self) -> None:
        check_gaps(self.file_bytes, self.gaps, len(self.content))

    @classmethod
    def of(cls, data: bytes, gaps: tuple[tuple[int, int], ...]) -> "Rest":
        """Return the rest of the source file `data`.

        Raises:
            ContainerError: if the gaps are not in order, lie outside of the file, or leave nothing or too much of it.
        """
        ends = [0, *(start + length for start, length in gaps)]
        starts = [*(start for start, _ in gaps), len(data)]
        kept = (data[end:start] for end, start in zip(ends, starts, strict=True))
        return cls(len(data), gaps, b"".join(kept))

    def kept(self) -> Iterator[tuple[int, bytes]]:
        """Yield where in the source file each run of bytes stood that is kept, and the bytes."""
        place = taken = 0
        for start, length in (*self.gaps, (self.file_bytes, 0)):
            if start > place:
                yield place, self.content[taken : taken + start - place]
            taken += start - place
            place = start + length

    def filled(self) -> Iterator[bytes]:
        """Yield the source file with zeros in the gaps, in parts: it may be far larger than what is kept of it."""
        place = 0
        for start, part in self.kept():
            yield from _zeros(start - place)
            yield part
            place = start + len(part)
        yield from _zeros(self.file_bytes - place)


def check_gaps(file_bytes: int, gaps: tuple[tuple[int, int], ...], content_bytes: int) -> None:
    """Check that gaps and content are the whole of a source file.

    Raises:
        ContainerError: if gaps touch, overlap or lie outside of the file, or lengths do not add up.
        LimitExceededError: if a size is over its limit.
    """
    within("bytes of the source file", file_bytes, 1, layout.MAX_SOURCE_BYTES)
    within("gaps", len(gaps), 1, layout.MAX_GAPS)
    within("bytes of the rest", content_bytes, 1, layout.MAX_METADATA_BYTES)
    place = -1
    for start, length in gaps:
        if length < 1 or start <= place or length > file_bytes - start:
            raise ContainerError(f"a gap of {length} bytes at byte {start} of {file_bytes}, behind one up to {place}")
        place = start + length
    total = content_bytes + sum(length for _, length in gaps)
    if total != file_bytes:
        raise ContainerError(f"gaps and content have {total} bytes, the source file {file_bytes}")


def pack_rest(rest: Rest) -> bytes:
    """Return the payload of the srst chunk."""
    gaps = b"".join(GAP.pack(*gap) for gap in rest.gaps)
    return REST.pack(rest.file_bytes, len(rest.gaps)) + gaps + pack_long(rest.content)


def unpack_rest(payload: bytes) -> Rest:
    """Return what `pack_rest` was given; lengths are compared before anything is decompressed.

    Raises:
        CorruptError: if lengths disagree, or the content cannot be decompressed.
        LimitExceededError: if a size is over its limit.
        UnsupportedContainerError: if the content is packed by an unknown method.
    """
    require_size("srst", len(payload), REST.size, more=True)
    file_bytes, count = REST.unpack(payload)
    within("gaps", count, 0, layout.MAX_GAPS)
    start = REST.size + count * GAP.size
    require_size("srst", len(payload), start + METADATA.size, more=True)
    gaps = tuple(GAP.unpack(payload, place) for place in range(REST.size, start, GAP.size))
    with reading("rest of the source file"):
        check_gaps(file_bytes, gaps, unpack_stated(payload[start:])[1])
        return Rest(file_bytes, gaps, unpack_metadata(payload[start:]))


def _zeros(length: int) -> Iterator[bytes]:
    for place in range(0, length, _ZEROS):
        yield bytes(min(_ZEROS, length - place))
