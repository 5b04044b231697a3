"""Framing of chunks: kind, index and length under a CRC-32 of their own, then the payload, then a digest of all.

It knows neither the order of chunks (`order.py`) nor what a payload means. The length is trusted only after the
header's CRC-32 has proven it, so damage is never mistaken for a cut.
"""

from dataclasses import dataclass
from zlib import crc32

from hybridcodec_container import layout
from hybridcodec_container.errors import CorruptError, LimitExceededError, TruncatedError
from hybridcodec_container.identity import digest_of, inner_hash
from hybridcodec_container.layout import (
    ALBUM,
    ALBUM_ENTRY,
    CHUNK_HEADER,
    CHUNK_OVERHEAD,
    DIGEST_BYTES,
    DONE,
    GAP,
    HEAD,
    METADATA,
    NO_IDENTITY,
    PALETTE,
    REFERENCE,
    REST,
    THRESHOLD,
    TONE,
    Kind,
)
from hybridcodec_container.medium import Medium

_CHECKED = CHUNK_HEADER.offsets[-1]
_LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_REST = _LETTERS | frozenset(b"0123456789_")
_NUMBERED: dict[bytes, str] = {
    Kind.BASE: "base tile",
    Kind.DISPLAY: "display tile",
    Kind.RESIDUAL: "residual tile",
    Kind.LITERALS: "sLIT chunk",
}
_LIMITS: dict[bytes, int] = {
    Kind.ALBUM: ALBUM.size + layout.MAX_PICTURES * ALBUM_ENTRY.size,
    Kind.HEAD: HEAD.size + REFERENCE.size,
    Kind.PALETTE: PALETTE.size + layout.MAX_PALETTE_BYTES,
    Kind.TONE: TONE.size + layout.THRESHOLDS * THRESHOLD.size,
    Kind.DONE: DONE.size,
    Kind.BASE_LAYER: layout.MAX_LAYER_BYTES,
    Kind.DISPLAY_LAYER: layout.MAX_LAYER_BYTES,
    Kind.RESIDUAL_LAYER: layout.MAX_LAYER_BYTES,
    Kind.DISPLAY: layout.MAX_CHUNK_BYTES,
    Kind.LITERALS: layout.MAX_LITERALS_BYTES + METADATA.size,
    Kind.REST: REST.size + layout.MAX_GAPS * GAP.size + METADATA.size + layout.MAX_METADATA_BYTES,
}


@dataclass(frozen=True)
class Chunk:
    """A chunk header at its place in the file.

    Attributes:
        kind: four bytes; a `Kind` or one unknown to this version.
        index: tile number in BASE, dtil and RESI, place in the row of sLIT, otherwise 0.
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
        return self.offset + self.length + CHUNK_OVERHEAD

    @property
    def size(self) -> int:
        """Bytes of the chunk, framing included."""
        return self.end - self.offset

    @property
    def name(self) -> str:
        """What messages call the chunk."""
        numbered = _NUMBERED.get(self.kind)
        return f"{numbered} {self.index}" if numbered else f"{self.kind.decode('latin-1')} chunk"


def is_ancillary(kind: bytes) -> bool:
    """Tell whether a reader that does not know `kind` may ignore it."""
    return bool(kind[0] & layout.LETTER_CASE_BIT)


def survives_extraction(kind: bytes) -> bool:
    """Tell whether an ancillary chunk stays valid when the residual is dropped."""
    return bool(kind[1] & layout.LETTER_CASE_BIT)


def is_kind(kind: bytes) -> bool:
    """Tell whether four bytes can be the name of a chunk kind."""
    return kind[0] in _LETTERS and kind[1] in _LETTERS and kind[2] in _REST and kind[3] in _REST


def pack_body(kind: bytes, payload: bytes, index: int = 0) -> bytes:
    """Return chunk header and payload.

    Raises:
        LimitExceededError: if the payload is longer than the kind may be.
    """
    _check_length(Chunk(kind, index, 0, len(payload)))
    checked = CHUNK_HEADER.pack(kind, index, len(payload), 0)[:_CHECKED]
    return checked + crc32(checked).to_bytes(4, "little") + payload


def seal_body(body: bytes, identity: bytes = NO_IDENTITY) -> bytes:
    """Return the complete chunk of the picture `identity`; without one it belongs to the file, or is HEAD."""
    return body + digest_of(inner_hash(body), identity)


def pack_chunk(kind: bytes, payload: bytes, index: int = 0, identity: bytes = NO_IDENTITY) -> bytes:
    """Return a complete chunk.

    Raises:
        LimitExceededError: if the payload is longer than the kind may be.
    """
    return seal_body(pack_body(kind, payload, index), identity)


def read_chunk_header(medium: Medium, offset: int) -> Chunk:
    """Return the chunk whose header stands at `offset`; the rest of it may be missing.

    Raises:
        TruncatedError: if the file ends before the header does.
        CorruptError: if the header is damaged or the kind is no name.
        LimitExceededError: if the payload is longer than the kind may be.
    """
    header = medium.read(offset, CHUNK_HEADER.size)
    if len(header) < CHUNK_HEADER.size:
        raise TruncatedError(f"the file ends at byte {medium.size}, where the rest of a chunk header is missing")
    kind, index, length, crc = CHUNK_HEADER.unpack(header)
    expected = crc32(header[:_CHECKED])
    if crc != expected:
        raise CorruptError(f"the chunk header at byte {offset} is damaged: CRC-32 {crc:08x}, expected {expected:08x}")
    if not is_kind(kind):
        raise CorruptError(f"the chunk at byte {offset} has a kind that is no name: {kind.hex(' ')}")
    chunk = Chunk(kind, index, offset, length)
    _check_length(chunk)
    return chunk


def read_chunk(medium: Medium, offset: int) -> Chunk:
    """Return the chunk at `offset`, its header proven, its payload present but not yet proven.

    Raises:
        TruncatedError: if the file ends before the chunk does.
        CorruptError: if the header is damaged or the kind is no name.
        LimitExceededError: if the payload is longer than the kind may be.
    """
    chunk = read_chunk_header(medium, offset)
    require_present(medium, chunk)
    return chunk


def require_present(medium: Medium, chunk: Chunk) -> None:
    """Check that the file does not end inside a chunk.

    Raises:
        TruncatedError: if it does.
    """
    if medium.size < chunk.end:
        raise TruncatedError(f"the file ends at byte {medium.size}, inside the {chunk.name} that ends at {chunk.end}")


def prove(medium: Medium, chunk: Chunk, identity: bytes = NO_IDENTITY) -> bytes:
    """Return a chunk, framing included, after comparing its digest.

    Raises:
        TruncatedError: if the file ends before the chunk does.
        CorruptError: if header or payload differ from what was written, or the chunk is another picture's.
    """
    require_present(medium, chunk)
    whole = medium.read(chunk.offset, chunk.size)
    if CHUNK_HEADER.unpack(whole)[:3] != (chunk.kind, chunk.index, chunk.length):
        raise CorruptError(f"the {chunk.name} should be at byte {chunk.offset}, found something else there")
    expected = digest_of(inner_hash(memoryview(whole)[:-DIGEST_BYTES]), identity)
    if whole[-DIGEST_BYTES:] != expected:
        raise CorruptError(
            f"the {chunk.name} at byte {chunk.offset} is damaged or not of this picture: "
            f"digest {whole[-DIGEST_BYTES:].hex()}, expected {expected.hex()}"
        )
    return whole


def payload_of(whole: bytes) -> bytes:
    """Return the payload of a chunk that `prove` returned."""
    return whole[CHUNK_HEADER.size : -DIGEST_BYTES]


def _check_length(chunk: Chunk) -> None:
    default = layout.MAX_ANCILLARY_BYTES if is_ancillary(chunk.kind) else layout.MAX_CHUNK_BYTES
    limit = _LIMITS.get(chunk.kind, default)
    if chunk.length > limit:
        raise LimitExceededError(f"the {chunk.name} has {chunk.length} bytes, the limit is {limit}")
