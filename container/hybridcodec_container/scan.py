"""Damage reports: every chunk that can still be found in a file, with its state. Tolerates any bytes.

It differs from the readers in that nothing is refused: after damage it looks for the next chunk header, which its own
CRC-32 proves, so that one damaged tile does not hide the others.
"""

import re
from dataclasses import dataclass

from hybridcodec_container.chunks import Chunk, prove, read_chunk_header
from hybridcodec_container.errors import ContainerError
from hybridcodec_container.layout import PROLOGUE, Kind
from hybridcodec_container.prologue import read_prologue

PROLOGUE_KIND = "file"
GAP_KIND = "????"
_KINDS = re.compile(b"(?=" + b"|".join(re.escape(kind) for kind in Kind) + b")")
_BUDGET = 8  # bytes hashed, in file sizes: nested false chunks must not make a scan quadratic


@dataclass(frozen=True)
class ChunkReport:
    """State of one stretch of a file.

    Attributes:
        kind: four letters; "file" for the prologue, "????" for bytes that belong to no chunk.
        index: tile number in BASE and RESI, otherwise 0.
        offset: where the stretch starts, in bytes.
        length: bytes of the stretch, framing included, as far as they are there.
        intact: whether its checksums hold.
        reason: what is wrong; empty if intact.
    """

    kind: str
    index: int
    offset: int
    length: int
    intact: bool
    reason: str


def scan_container(data: bytes) -> list[ChunkReport]:
    """Return reports that cover `data` from its first byte to its last, whatever it holds; never raises.

    A file is whole only if all reports are intact, the first is "file" and the last DONE; `read_container` proves the
    rest.
    """
    prologue = _scan_prologue(data)
    reports = [prologue] if prologue.length else []
    offset, budget = prologue.length, _BUDGET * len(data)
    while offset < len(data):
        chunk = _header_at(data, offset)
        if chunk is None:
            reports.append(_gap(offset, _next_header(data, offset + 1)))
        else:
            reports.append(_scan_chunk(data, chunk, budget))
            budget -= chunk.length if _may_hash(data, chunk, budget) else 0
        offset += reports[-1].length
    return reports


def _scan_prologue(data: bytes) -> ChunkReport:
    reason, end = "", PROLOGUE.size
    try:
        read_prologue(data)
    except ContainerError as error:
        reason, end = str(error), min(_next_header(data, 0), PROLOGUE.size)
    return ChunkReport(PROLOGUE_KIND, 0, 0, end, not reason, reason)


def _scan_chunk(data: bytes, chunk: Chunk, budget: int) -> ChunkReport:
    """Report on a chunk whose header is proven; `budget` is how many more bytes may be hashed."""
    end, reason = chunk.end, ""
    if chunk.end > len(data):
        reason = f"{chunk.end - len(data)} of its {chunk.end - chunk.offset} bytes are missing"
    elif not _may_hash(data, chunk, budget):
        reason = "not checked: too many damaged chunks contain each other"
    else:
        try:
            prove(data, chunk)
        except ContainerError as error:
            reason = str(error)
    if reason and end != len(data) and _header_at(data, end) is None:
        end = min(end, _next_header(data, chunk.payload_offset))
    return ChunkReport(chunk.kind.decode("ascii"), chunk.index, chunk.offset, end - chunk.offset, not reason, reason)


def _may_hash(data: bytes, chunk: Chunk, budget: int) -> bool:
    return chunk.end <= len(data) and chunk.length <= budget


def _gap(start: int, end: int) -> ChunkReport:
    return ChunkReport(GAP_KIND, 0, start, end - start, False, "no chunk starts here: a damaged header, or other bytes")


def _header_at(data: bytes, offset: int) -> Chunk | None:
    try:
        return read_chunk_header(data, offset)
    except ContainerError:
        return None


def _next_header(data: bytes, start: int) -> int:
    """Return where the first chunk header of a known kind at or after `start` lies, or the end of the data."""
    places = (match.start() for match in _KINDS.finditer(data, start))
    return next((place for place in places if _header_at(data, place)), len(data))
