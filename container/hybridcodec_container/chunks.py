"""Framing of chunks: kind, index and length under a CRC-32 of their own, then the payload, then a digest of all.

It knows neither the order of chunks (`order.py`) nor what a payload means. The length is trusted only after the
header's CRC-32 has proven it, so damage is never mistaken for a cut.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from hybridcodec_container import layout
from hybridcodec_container.errors import CorruptError, LimitExceededError, TruncatedError
from hybridcodec_container.layout import CHUNK_HEADER, DIGEST_BYTES, Kind
from hybridcodec_container.prologue import read_prologue

_CHECKED = CHUNK_HEADER.offsets[-1]
_LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_REST = _LETTERS | frozenset(b"0123456789_")
_TILE_NAMES: dict[bytes, str] = {Kind.BASE: "base tile", Kind.RESIDUAL: "residual tile"}


@dataclass(frozen=True)
class Chunk:
    """A chunk header at its place in the file.

    Attributes:
        kind: four bytes; a `Kind` or one unknown to this version.
        index: tile number in BASE and RESI, otherwise 0.
        offset: of the chunk header, in bytes from the start of the file.
        length: bytes of the payload.
    """

    kind: bytes
    index: int
    offset: int
    length: int

    @property
    def payload_offset(self) -> int:
        """Where the payload starts."""
        return self.offset + CHUNK_HEADER.size

    @property
    def end(self) -> int:
        """Where the next chunk starts."""
        return self.payload_offset + self.length + DIGEST_BYTES

    @property
    def name(self) -> str:
        """What messages call the chunk."""
        tile = _TILE_NAMES.get(self.kind)
        return f"{tile} {self.index}" if tile else f"{self.kind.decode('latin-1')} chunk"

    def payload(self, data: bytes) -> bytes:
        """Return a copy of the payload, unproven."""
        return data[self.payload_offset : self.payload_offset + self.length]


def is_ancillary(kind: bytes) -> bool:
    """Tell whether a reader that does not know `kind` may ignore it."""
    return bool(kind[0] & layout.LETTER_CASE_BIT)


def survives_extraction(kind: bytes) -> bool:
    """Tell whether an ancillary chunk stays valid when the residual is dropped."""
    return bool(kind[1] & layout.LETTER_CASE_BIT)


def is_kind(kind: bytes) -> bool:
    """Tell whether four bytes can be the name of a chunk kind."""
    return kind[0] in _LETTERS and kind[1] in _LETTERS and kind[2] in _REST and kind[3] in _REST


def pack_chunk(kind: bytes, payload: bytes, index: int = 0) -> bytes:
    """Return a complete chunk.

    Raises:
        LimitExceededError: if the payload is longer than the kind may be.
    """
    _check_length(Chunk(kind, index, 0, len(payload)))
    checked = CHUNK_HEADER.pack(kind, index, len(payload), 0)[:_CHECKED]
    body = checked + crc32(checked).to_bytes(4, "little") + payload
    return body + _digest(body)


def read_chunk_header(data: bytes, offset: int) -> Chunk:
    """Return the chunk whose header stands at `offset`; the rest of it may be missing.

    Raises:
        TruncatedError: if `data` ends before the header does.
        CorruptError: if the header is damaged or the kind is no name.
        LimitExceededError: if the payload is longer than the kind may be.
    """
    if len(data) < offset + CHUNK_HEADER.size:
        raise TruncatedError(f"the file ends at byte {len(data)}, where the rest of a chunk header is missing")
    kind, index, length, crc = CHUNK_HEADER.unpack(data, offset)
    expected = crc32(data[offset : offset + _CHECKED])
    if crc != expected:
        raise CorruptError(f"the chunk header at byte {offset} is damaged: CRC-32 {crc:08x}, expected {expected:08x}")
    if not is_kind(kind):
        raise CorruptError(f"the chunk at byte {offset} has a kind that is no name: {kind.hex(' ')}")
    chunk = Chunk(kind, index, offset, length)
    _check_length(chunk)
    return chunk


def read_chunk(data: bytes, offset: int) -> Chunk:
    """Return the chunk at `offset`, its header proven, its payload present but not yet proven.

    Raises:
        TruncatedError: if `data` ends before the chunk does.
        CorruptError: if the header is damaged or the kind is no name.
        LimitExceededError: if the payload is longer than the kind may be.
    """
    chunk = read_chunk_header(data, offset)
    if len(data) < chunk.end:
        raise TruncatedError(f"the file ends at byte {len(data)}, inside the {chunk.name} that ends at {chunk.end}")
    return chunk


def prove(data: bytes, chunk: Chunk) -> None:
    """Check the digest of a chunk that is present.

    Raises:
        CorruptError: if header or payload differ from what was written.
    """
    end = chunk.end - DIGEST_BYTES
    found, expected = data[end : chunk.end], _digest(memoryview(data)[chunk.offset : end])
    if found != expected:
        raise CorruptError(
            f"the {chunk.name} at byte {chunk.offset} is damaged: digest {found.hex()}, expected {expected.hex()}"
        )


def walk(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks of a file up to the end chunk, payloads unproven.

    Raises:
        ContainerError: as `read_prologue` and `read_chunk` do; CorruptError also if data follows the end chunk.
    """
    read_prologue(data)
    offset = layout.PROLOGUE.size
    while True:
        chunk = read_chunk(data, offset)
        yield chunk
        offset = chunk.end
        if chunk.kind == Kind.DONE:
            break
    if len(data) > offset:
        raise CorruptError(f"{len(data) - offset} bytes follow the end chunk, which ends at byte {offset}")


def _digest(body: bytes | memoryview) -> bytes:
    return hashlib.sha256(body).digest()[:DIGEST_BYTES]


def _check_length(chunk: Chunk) -> None:
    limit = layout.MAX_CHUNK_BYTES
    if chunk.kind == Kind.BASE_COMMON:
        limit = layout.MAX_BASE_COMMON_BYTES
    elif is_ancillary(chunk.kind):
        limit = layout.MAX_ANCILLARY_BYTES
    if chunk.length > limit:
        raise LimitExceededError(f"the {chunk.name} has {chunk.length} bytes, the limit is {limit}")
