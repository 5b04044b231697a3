"""Damage reports: every chunk that can still be found in a file, with its state. Tolerates any bytes.

It differs from the readers in that nothing is refused: after damage it looks for the next chunk header, which its own
CRC-32 proves, so that one damaged tile does not hide the others. To which picture a chunk belongs, its digest tells.
"""

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from hybridcodec_container.chunks import Chunk, payload_of, prove, read_chunk_header
from hybridcodec_container.errors import ContainerError
from hybridcodec_container.identity import digest_of, identity_of, inner_hash
from hybridcodec_container.index import AlbumIndex, unpack_index
from hybridcodec_container.layout import DIGEST_BYTES, MAX_PICTURES, NO_IDENTITY, PROLOGUE, Kind
from hybridcodec_container.medium import Medium
from hybridcodec_container.order import FILE
from hybridcodec_container.prologue import read_prologue

PROLOGUE_KIND = "file"
GAP_KIND = "????"
_OF_THE_FILE = frozenset(
    kind.value for kind in (Kind.ALBUM, Kind.HEAD, Kind.RECIPE, Kind.LITERALS, Kind.REST, Kind.DONE)
)  # their digests are bound to no picture
_OF_A_PICTURE = frozenset(kind.value for kind in Kind) - _OF_THE_FILE
_HEADS = re.compile(re.escape(Kind.HEAD))
_KINDS = re.compile(b"(?=" + b"|".join(re.escape(kind) for kind in Kind) + b")")
_BUDGET = 8  # bytes hashed, in file sizes: nested false chunks must not make a scan quadratic
_TRIES = 1 << 21  # identities tried in all, for the same reason


@dataclass(frozen=True)
class ChunkReport:
    """State of one stretch of a file.

    Attributes:
        kind: four letters; "file" for the prologue, "????" for bytes that belong to no chunk.
        index: tile number in BASE, dtil and RESI, place in the row of sLIT, otherwise 0.
        offset: where the stretch starts, in bytes.
        length: bytes of the stretch, framing included, as far as they are there.
        intact: whether its checksums hold.
        reason: what is wrong; empty if intact.
        picture: number of the picture that the digest proves it to belong to; for HEAD, of its own picture; -1 for
            stretches that belong to the file, and for those that are not intact.
    """

    kind: str
    index: int
    offset: int
    length: int
    intact: bool
    reason: str
    picture: int = FILE

    def payload(self, data: bytes) -> bytes:
        """Return the payload of an intact chunk of the file `data`."""
        return payload_of(data[self.offset : self.offset + self.length])


def scan_container(data: bytes) -> list[ChunkReport]:
    """Return reports that cover `data` from its first byte to its last, whatever it holds; never raises.

    A file is whole only if all reports are intact, the first is "file" and the last DONE; `read_container` proves the
    rest. Pictures are numbered as the album index does; where that is lost, in the order of the HEAD chunks found.
    """
    scan = _Scan(data)
    prologue = scan.prologue()
    reports = [prologue] if prologue.length else []
    offset = prologue.length
    while offset < len(data):
        chunk = scan.header_at(offset)
        reports.append(scan.gap(offset) if chunk is None else scan.chunk(chunk))
        offset += reports[-1].length
    return reports


class _Scan:
    """One pass over a file, with what it may still spend on hashing."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._medium = Medium(data)
        self._budget = _BUDGET * len(data)
        index = self._index()
        identities = self._identities() if index is None else [entry.identity for entry in index.entries]
        self._owners = _Owners(identities, index)

    def prologue(self) -> ChunkReport:
        reason, end = "", PROLOGUE.size
        try:
            read_prologue(self._data[: PROLOGUE.size])
        except ContainerError as error:
            reason, end = str(error), min(self._next_header(0), PROLOGUE.size)
        return ChunkReport(PROLOGUE_KIND, 0, 0, end, not reason, reason)

    def gap(self, start: int) -> ChunkReport:
        end = self._next_header(start + 1)
        reason = "no chunk starts here: a damaged header, or other bytes"
        return ChunkReport(GAP_KIND, 0, start, end - start, False, reason)

    def chunk(self, chunk: Chunk) -> ChunkReport:
        """Report on a chunk whose header is proven."""
        end, owner, reason = chunk.end, FILE, ""
        if chunk.end > len(self._data):
            reason = f"{chunk.end - len(self._data)} of its {chunk.size} bytes are missing"
        elif chunk.length > self._budget:
            reason = "not checked: too many damaged chunks contain each other"
        else:
            self._budget -= chunk.length
            owner, reason = self._owners.find(chunk, self._data[chunk.offset : chunk.end])
        if reason and end != len(self._data) and self.header_at(end) is None:
            end = min(end, self._next_header(chunk.payload_offset))
        return ChunkReport(
            chunk.kind.decode("ascii"), chunk.index, chunk.offset, end - chunk.offset, not reason, reason, owner
        )

    def header_at(self, offset: int) -> Chunk | None:
        try:
            return read_chunk_header(self._medium, offset)
        except ContainerError:
            return None

    def _next_header(self, start: int) -> int:
        """Return where the first chunk header of a known kind at or after `start` lies, or the end of the data."""
        places = (match.start() for match in _KINDS.finditer(self._data, start))
        return next((place for place in places if self.header_at(place)), len(self._data))

    def _index(self) -> AlbumIndex | None:
        """Return the album index, where it is whole and stands in its place."""
        chunk = self.header_at(PROLOGUE.size)
        if chunk is not None and chunk.kind == Kind.ALBUM:
            with suppress(ContainerError):
                return unpack_index(payload_of(prove(self._medium, chunk)), chunk.end)
        return None

    def _identities(self) -> Sequence[bytes | None]:
        """Return the identities of the headers in file order; None where one is damaged."""
        found: list[bytes | None] = []
        for match in _HEADS.finditer(self._data):
            head = self.header_at(match.start())
            if head is not None and len(found) < MAX_PICTURES:
                try:
                    found.append(identity_of(payload_of(prove(self._medium, head))))
                except ContainerError:
                    found.append(None)
        return found


class _Owners:
    """Finds the picture of each chunk by its digest: first the one whose part this seems to be, then all others."""

    def __init__(self, identities: Sequence[bytes | None], index: AlbumIndex | None) -> None:
        self._index = index
        self._numbers: dict[bytes, list[int]] = {}
        for number, identity in enumerate(identities):
            if identity is not None:
                self._numbers.setdefault(identity, []).append(number)
        self._seen: Counter[tuple[bytes, bytes]] = Counter()
        self._current: dict[bytes, int] = {}
        self._last = NO_IDENTITY
        self._tries = _TRIES

    def find(self, chunk: Chunk, whole: bytes) -> tuple[int, str]:
        """Return the number of the picture that a chunk belongs to, or FILE, and what is wrong with it."""
        inner, digest = inner_hash(memoryview(whole)[:-DIGEST_BYTES]), whole[-DIGEST_BYTES:]
        if digest_of(inner, NO_IDENTITY) == digest:
            if chunk.kind == Kind.HEAD:
                return self._number(chunk, identity_of(payload_of(whole))), ""
            wrong = chunk.kind in _OF_A_PICTURE
            return FILE, "it belongs to no picture, though its kind needs one" if wrong else ""
        if chunk.kind in _OF_THE_FILE:
            return FILE, f"its digest is {digest.hex()}, {digest_of(inner, NO_IDENTITY).hex()} expected"
        for identity in (self._last, *self._numbers):
            self._tries -= 1
            if self._tries < 0:
                return FILE, "not checked: too many damaged chunks in a file of many pictures"
            if digest_of(inner, identity) == digest:
                return self._number(chunk, identity), ""
        return FILE, "its digest does not hold for any picture whose header is whole"

    def _number(self, chunk: Chunk, identity: bytes) -> int:
        """Return the number of a picture; of those with one identity, the one in whose part the chunk lies."""
        numbers = self._numbers.get(identity, [FILE])
        self._last = identity
        here = None if self._index is None else self._index.at(chunk.offset)
        if self._index is not None and here is not None and self._index.entries[here].identity == identity:
            return here
        if chunk.kind in (Kind.HEAD, Kind.RESIDUAL_LAYER):  # without an index they take turns
            turn = min(self._seen[chunk.kind, identity], len(numbers) - 1)
            self._seen[chunk.kind, identity] += 1
            self._current[identity] = numbers[turn]
        return self._current.get(identity, numbers[0])
