"""Writing a file from its parts, and rewriting one without its residual. The same parts give the same bytes."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from hybridcodec_container.chunks import is_ancillary, is_kind, pack_chunk, survives_extraction
from hybridcodec_container.errors import ContainerError
from hybridcodec_container.header import Header, pack_header
from hybridcodec_container.index import index_size, pack_index
from hybridcodec_container.layout import CHUNK_OVERHEAD, DONE, NO_HASH, ContainerMode, HeaderFlag, Kind
from hybridcodec_container.metadata import FIELDS, NO_METADATA, Metadata, pack_metadata
from hybridcodec_container.order import walk_in_order
from hybridcodec_container.parts import Parts
from hybridcodec_container.prologue import pack_prologue

_KINDS = frozenset(Kind)


def write_container(
    header: Header,
    *,
    base_common: bytes,
    base: Sequence[bytes],
    residual: Sequence[bytes] = (),
    metadata: Metadata = NO_METADATA,
) -> bytes:
    """Return a complete file.

    Args:
        header: facts about the picture; its tile grids say how many tiles there must be.
        base_common: what all base tiles need, at most 16 MiB.
        base: payloads of the base tiles in raster order.
        residual: payloads of the residual tiles in raster order; none in perceptual mode.
        metadata: stored in chunks of their own where not empty.

    Raises:
        ContainerError: if the number of tiles is another than the header's, or an extra chunk has a bad kind.
        LimitExceededError: if a part is over its limit.
    """
    front = [pack_chunk(kind, pack_metadata(raw)) for kind, raw in _known(metadata)]
    front += [pack_chunk(_extra_kind(kind), payload) for kind, payload in metadata.extra]
    return _assemble(header, front, base_common, base, residual, [])


def drop_residual(data: bytes) -> bytes:
    """Return the file in `data` as one in perceptual mode: same base layer, nothing re-encoded.

    The new header says that it is an extract and keeps the source hash. Ancillary chunks stay unless their kind says
    that they depend on the residual. A file that is in perceptual mode already comes back unchanged.

    Raises:
        ContainerError: as `read_container` does.
    """
    parts = Parts.read(data)
    if parts.header.mode is ContainerMode.PERCEPTUAL:
        return data
    header = replace(
        parts.header,
        mode=ContainerMode.PERCEPTUAL,
        max_error=0,
        residual_tile_width=0,
        residual_tile_height=0,
        residual_model=NO_HASH,
        sample_hash=NO_HASH,
        flags=parts.header.flags | HeaderFlag.EXTRACTED,
    )
    kept = [chunk for chunk in parts.ancillary if survives_extraction(chunk.kind)]
    front = [data[chunk.offset : chunk.end] for chunk in kept if chunk.offset < parts.base[0].offset]
    back = [data[chunk.offset : chunk.end] for chunk in kept if chunk.offset > parts.base[0].offset]
    base = [chunk.payload(data) for chunk in parts.base]
    return _assemble(header, front, parts.base_common, base, (), back)


def _assemble(
    header: Header,
    front: list[bytes],
    base_common: bytes,
    base: Sequence[bytes],
    residual: Sequence[bytes],
    back: list[bytes],
) -> bytes:
    """Put chunks in order; `front` and `back` are complete ancillary chunks."""
    for name, tiles, count in (
        ("base", base, header.base_tiles.count),
        ("residual", residual, header.residual_tiles.count),
    ):
        if len(tiles) != count:
            raise ContainerError(f"{count} {name} tiles needed for this header, found {len(tiles)}")
    parts = [pack_prologue(), pack_chunk(Kind.HEAD, pack_header(header)), *front]
    parts.append(pack_chunk(Kind.BASE_COMMON, base_common))
    base_offset = sum(map(len, parts)) + index_size(header) + CHUNK_OVERHEAD
    index = pack_index(base_offset, [len(tile) for tile in base], [len(tile) for tile in residual])
    parts.append(pack_chunk(Kind.TILE_INDEX, index))
    parts += [pack_chunk(Kind.BASE, tile, number) for number, tile in enumerate(base)]
    parts += [pack_chunk(Kind.RESIDUAL, tile, number) for number, tile in enumerate(residual)]
    body = b"".join(parts + back)
    chunks = len(parts) - 1 + len(back)
    data = body + pack_chunk(Kind.DONE, DONE.pack(chunks, hashlib.sha256(body).digest()))
    for _ in walk_in_order(data, header):
        pass  # a reader's limits on ancillary chunks hold for the writer too
    return data


def _known(metadata: Metadata) -> Iterable[tuple[Kind, bytes]]:
    return [(kind, getattr(metadata, name)) for kind, name in FIELDS.items() if getattr(metadata, name)]


def _extra_kind(kind: bytes) -> bytes:
    if len(kind) != 4 or not is_kind(kind) or not is_ancillary(kind) or kind in _KINDS:
        raise ContainerError(f"{kind!r} is no kind for an extra chunk: four letters, the first small, none of ours")
    return kind
