"""A .hyc file taken apart into chunks that may be changed at will, and put together again with right checksums.

Where `hybridcodec_container.writer` writes only what is valid, this writes anything: what a reader must refuse for what
it says, not for a checksum that does not hold. It reads the records of the format on its own; see FORMAT.md.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

from hybridcodec_container.layout import (
    ALBUM,
    ALBUM_ENTRY,
    CHUNK_HEADER,
    CHUNK_OVERHEAD,
    DIGEST_BYTES,
    DONE,
    HEAD,
    IDENTITY_BYTES,
    LAYER_KINDS,
    NO_IDENTITY,
    PROLOGUE,
    Kind,
)

from benchmarks.fuzz_layers import LayerParts, grid_count

FILE = -1
"""In the place of a picture's number: chunks that belong to the file."""
TILES_OF = {kind.value: tile_kind.value for kind, tile_kind in LAYER_KINDS.values()}
"""Kind of the tiles by kind of the layer."""
LAYERS = tuple(TILES_OF)
TILES = tuple(TILES_OF.values())
BACK = (Kind.RESIDUAL_LAYER, Kind.RESIDUAL)
PARTS = (Kind.PALETTE, Kind.TONE, *LAYERS)
"""What a header commits to, in this order."""


@dataclass(frozen=True)
class Chunk:
    """One chunk, whatever it says.

    Attributes:
        kind: four bytes.
        index: number of the tile, or zero.
        payload: what stands between header and digest.
        picture: number of the picture that it belongs to, or FILE.
        identity: that its digest holds; None for the one of its picture as it stands.
        damaged: whether its digest is wrong.
        entries: of the tile table, where it is a layer; of the file that it was taken from.
    """

    kind: bytes
    index: int
    payload: bytes
    picture: int = FILE
    identity: bytes | None = None
    damaged: bool = False
    entries: int = 0

    @property
    def size(self) -> int:
        """Bytes with framing."""
        return len(self.payload) + CHUNK_OVERHEAD

    @property
    def body(self) -> bytes:
        """Header and payload."""
        checked = CHUNK_HEADER.pack(self.kind, self.index, len(self.payload), 0)[:-4]
        return checked + crc32(checked).to_bytes(4, "little") + self.payload

    def packed(self, identity: bytes) -> bytes:
        """The chunk with its framing, of the picture with this identity if it names no other."""
        digest = digest_of(self.body, identity if self.identity is None else self.identity)
        return self.body + (digest[::-1] if self.damaged else digest)


def digest_of(body: bytes, identity: bytes) -> bytes:
    """Return the digest of a chunk, 8 bytes."""
    return hashlib.sha256(identity + hashlib.sha256(body).digest()).digest()[:DIGEST_BYTES]


def taken_apart(data: bytes) -> list[Chunk]:
    """Return the chunks of a whole file but the last, which `put_together` makes."""
    chunks: list[Chunk] = []
    offset, picture = PROLOGUE.size, FILE
    while offset < len(data):
        kind, index, length, _ = CHUNK_HEADER.unpack(data, offset)
        body, offset = data[offset : offset + CHUNK_HEADER.size + length], offset + length + CHUNK_OVERHEAD
        digest = data[offset - DIGEST_BYTES : offset]
        of_file = kind != Kind.HEAD and digest == digest_of(body, NO_IDENTITY)
        if kind == Kind.HEAD:
            picture = sum(chunk.kind == Kind.HEAD for chunk in chunks)
        elif kind == Kind.RESIDUAL_LAYER:
            done = {chunk.picture for chunk in chunks if chunk.kind == kind}
            waiting = {n: identity for n, identity in _identities(chunks).items() if n not in done}
            picture = next(n for n, own in waiting.items() if digest == digest_of(body, own))
        chunks.append(Chunk(kind, index, body[CHUNK_HEADER.size :], FILE if of_file else picture))
    return [_with_entries(chunk, chunks) for chunk in chunks if chunk.kind != Kind.DONE]


def put_together(prologue: bytes, chunks: Sequence[Chunk]) -> bytes:
    """Return a file of these chunks, each bound to its picture as it stands, and an end chunk that hashes them."""
    identities = _identities(chunks)
    body = prologue + b"".join(chunk.packed(_identity_for(chunk, identities)) for chunk in chunks)
    return body + Chunk(Kind.DONE.value, 0, DONE.pack(hashlib.sha256(body).digest())).packed(NO_IDENTITY)


def bound(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Return chunks whose digests stay those that they have now, wherever they go."""
    identities = _identities(chunks)
    return [replace(chunk, identity=_identity_for(chunk, identities)) for chunk in chunks]


def prologue_of(data: bytes) -> bytes:
    """Return the first bytes of a file, before its chunks."""
    return data[: PROLOGUE.size]


def header_fields(chunk: Chunk) -> dict[str, Any]:
    """Return what the payload of a HEAD chunk says, by name."""
    return HEAD.named(chunk.payload)


def packed_header(fields: dict[str, Any], old: bytes) -> bytes:
    """Return the payload of a HEAD chunk that says so, true or not; what followed the record stays."""
    sizes = {"u8": 1, "u16": 2, "u32": 4}
    record = HEAD.pack(*(fields[n] % (1 << 8 * sizes[t]) if t in sizes else fields[n] for n, t in HEAD.fields))
    return record + old[HEAD.size :]


def with_parts(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Return the chunks with headers that commit to the other parts of their pictures."""
    changed = []
    for chunk in chunks:
        if chunk.kind == Kind.HEAD and len(chunk.payload) >= HEAD.size:
            own = [part for part in chunks if part.picture == chunk.picture]
            parts = [part.body for kind in PARTS for part in own if part.kind == kind]
            fields = header_fields(chunk) | {"parts_hash": hashlib.sha256(b"".join(parts)).digest()[:8]}
            chunk = replace(chunk, payload=packed_header(fields, chunk.payload))
        changed.append(chunk)
    return changed


def with_index(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Return the chunks with an album index that agrees with them, where there is one to correct."""
    identities, entries = _identities(chunks), []
    for picture, identity in identities.items():
        sizes = [0, 0]
        for chunk in chunks:
            sizes[chunk.kind in BACK] += chunk.size * (chunk.picture == picture)
        entries.append(ALBUM_ENTRY.pack(*sizes, identity))
    payload = ALBUM.pack(len(entries)) + b"".join(entries)
    return [replace(chunk, payload=payload) if chunk.kind == Kind.ALBUM else chunk for chunk in chunks]


def with_tiles(chunks: Sequence[Chunk], most: int = 64) -> list[Chunk]:
    """Return the chunks with as many tiles as headers and layers ask for, the last repeated, and tables to match.

    Layers that would have more than `most` tiles, and such as are no layers any more, stay as they are.
    """
    made = list(chunks)
    for layer in [chunk for chunk in chunks if chunk.kind in LAYERS]:
        head = next((c for c in chunks if c.kind == Kind.HEAD and c.picture == layer.picture), None)
        parts = LayerParts.of(layer.payload, layer.entries)
        if head is None or parts is None or len(head.payload) < HEAD.size:
            continue
        count = grid_count(header_fields(head), parts)
        if count <= most:
            made = _retiled(made, layer, parts, count)
    return made


def bound_tiles(data: bytes, kind: bytes, identity: bytes) -> set[int]:
    """Return the numbers of the tiles of this kind whose digest holds this identity, anywhere in a file."""
    numbers, place = set(), data.find(kind)
    while place >= 0:
        header = data[place : place + CHUNK_HEADER.size]
        if len(header) == CHUNK_HEADER.size:
            _, index, length, _ = CHUNK_HEADER.unpack(header)
            end = place + CHUNK_HEADER.size + length
            if data[end : end + DIGEST_BYTES] == digest_of(data[place:end], identity):
                numbers.add(index)
        place = data.find(kind, place + 1)
    return numbers


def identity_of(head: bytes) -> bytes:
    """Return the identity of the picture with this HEAD payload, 16 bytes."""
    return hashlib.sha256(head).digest()[:IDENTITY_BYTES]


def _identities(chunks: Iterable[Chunk]) -> dict[int, bytes]:
    """Return the identities of pictures by number, as their first headers stand."""
    found: dict[int, bytes] = {}
    for chunk in chunks:
        if chunk.kind == Kind.HEAD:
            found.setdefault(chunk.picture, identity_of(chunk.payload))
    return found


def _identity_for(chunk: Chunk, identities: dict[int, bytes]) -> bytes:
    return NO_IDENTITY if chunk.kind == Kind.HEAD else identities.get(chunk.picture, NO_IDENTITY)


def _with_entries(chunk: Chunk, chunks: Sequence[Chunk]) -> Chunk:
    if chunk.kind not in LAYERS:
        return chunk
    head = next(c for c in chunks if c.kind == Kind.HEAD and c.picture == chunk.picture)
    return replace(chunk, entries=grid_count(header_fields(head), LayerParts.record(chunk.payload)))


def _retiled(chunks: list[Chunk], layer: Chunk, parts: LayerParts, count: int) -> list[Chunk]:
    kind = TILES_OF[layer.kind]
    own = [chunk for chunk in chunks if chunk.kind == kind and chunk.picture == layer.picture]
    payloads = [chunk.payload for chunk in own] or [b""]
    coders = [coder for _, coder in parts.table] or [1]
    tiles, table, taken = [], [], 0
    for number in range(count):
        coder = coders[min(number, len(coders) - 1)]
        payload = payloads[min(taken, len(payloads) - 1)] if coder else b""
        table.append((len(payload), coder))
        if coder:
            known = own[min(taken, len(own) - 1)] if own else Chunk(kind, 0, b"", layer.picture)
            tiles.append(replace(known, index=number, payload=payload))
            taken += 1
    payload = replace(parts, table=tuple(table)).packed()
    made: list[Chunk] = []
    for chunk in chunks:
        if chunk is layer:
            made += [replace(chunk, payload=payload, entries=count), *tiles]
        elif chunk.kind != kind or chunk.picture != layer.picture:
            made.append(chunk)
    return made
