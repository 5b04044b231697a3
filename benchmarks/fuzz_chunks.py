"""A .hyc file taken apart into chunks that may be changed at will, and put together again with right checksums.

Where `hybridcodec_container.writer` writes only what is valid, this writes anything: what a reader must refuse for what
it says, not for a checksum that does not hold.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import hybridcodec_container as container
from hybridcodec_container.chunks import walk
from hybridcodec_container.index import pack_index
from hybridcodec_container.layout import CHUNK_HEADER, CHUNK_OVERHEAD, DIGEST_BYTES, DONE, HEAD, PROLOGUE, Kind


@dataclass
class Chunk:
    """One chunk: its name, its number, its payload, and whether its digest will be wrong."""

    kind: bytes
    index: int
    payload: bytes
    damaged: bool = False

    def packed(self) -> bytes:
        """The chunk with its framing, whatever it is."""
        checked = CHUNK_HEADER.pack(self.kind, self.index, len(self.payload), 0)[:-4]
        body = checked + crc32(checked).to_bytes(4, "little") + self.payload
        digest = hashlib.sha256(body).digest()[:DIGEST_BYTES]
        return body + (digest[::-1] if self.damaged else digest)


def taken_apart(data: bytes) -> list[Chunk]:
    """Return the chunks of a whole file but the last, which `put_together` makes."""
    return [Chunk(c.kind, c.index, c.payload(data)) for c in walk(data) if c.kind != Kind.DONE]


def put_together(prologue: bytes, chunks: Iterable[Chunk]) -> bytes:
    """Return a file of these chunks, with an end chunk that counts and hashes them."""
    parts = [chunk.packed() for chunk in chunks]
    body = prologue + b"".join(parts)
    return body + Chunk(Kind.DONE.value, 0, DONE.pack(len(parts), hashlib.sha256(body).digest())).packed()


def prologue_of(data: bytes) -> bytes:
    """Return the first bytes of a file, before its chunks."""
    return data[: PROLOGUE.size]


def header_fields(chunk: Chunk) -> dict[str, Any]:
    """Return what the payload of a HEAD chunk says, by name."""
    return dict(zip((name for name, _ in HEAD.fields), HEAD.unpack(chunk.payload), strict=True))


def packed_header(fields: dict[str, Any]) -> bytes:
    """Return the payload of a HEAD chunk that says so, true or not."""
    sizes = {"u8": 1, "u16": 2, "u32": 4}
    return HEAD.pack(*(fields[n] % (1 << 8 * sizes[t]) if t in sizes else fields[n] for n, t in HEAD.fields))


def with_index(chunks: list[Chunk]) -> list[Chunk]:
    """Return the chunks with a tile index that agrees with them, where there is one to correct."""
    place = next((i for i, chunk in enumerate(chunks) if chunk.kind == Kind.TILE_INDEX), None)
    if place is None:
        return chunks
    tiles = {kind: [len(c.payload) for c in chunks if c.kind == kind] for kind in (Kind.BASE, Kind.RESIDUAL)}
    size = len(pack_index(0, tiles[Kind.BASE], tiles[Kind.RESIDUAL]))
    before = PROLOGUE.size + sum(len(chunk.packed()) for chunk in chunks[:place]) + size + CHUNK_OVERHEAD
    index = Chunk(Kind.TILE_INDEX.value, 0, pack_index(before, tiles[Kind.BASE], tiles[Kind.RESIDUAL]))
    return [*chunks[:place], index, *chunks[place + 1 :]]


def with_tiles(chunks: list[Chunk], most: int = 64) -> list[Chunk]:
    """Return the chunks with as many tiles as the header asks for, the last repeated, if that is at most `most`."""
    if not chunks or chunks[0].kind != Kind.HEAD or len(chunks[0].payload) != HEAD.size:
        return chunks
    fields = header_fields(chunks[0])
    kept = [chunk for chunk in chunks if chunk.kind not in (Kind.BASE, Kind.RESIDUAL)]
    made: list[Chunk] = []
    for kind, layer in ((Kind.BASE, "base"), (Kind.RESIDUAL, "residual")):
        grid = container.TileGrid(
            fields["width"], fields["height"], fields[f"{layer}_tile_width"], fields[f"{layer}_tile_height"]
        )
        own = [chunk.payload for chunk in chunks if chunk.kind == kind] or [b""]
        count = grid.count if grid.tile_height else 0
        if count > most:
            return chunks
        made += [Chunk(kind.value, n, own[min(n, len(own) - 1)]) for n in range(count)]
    return kept + made
