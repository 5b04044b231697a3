"""Reading files: strictly as a whole, what arrived of a cut one, the header alone, or one tile.

`scan.py` is for what all of these refuse: damaged files.
"""

from contextlib import suppress
from dataclasses import dataclass

from hybridcodec_container.chunks import Chunk, is_ancillary, prove
from hybridcodec_container.errors import TruncatedError
from hybridcodec_container.header import Header
from hybridcodec_container.index import TileIndex, unpack_index
from hybridcodec_container.layout import Kind
from hybridcodec_container.metadata import FIELDS, Metadata, unpack_metadata
from hybridcodec_container.order import walk_in_order
from hybridcodec_container.parts import Parts, read_head
from hybridcodec_container.prologue import Version


@dataclass(frozen=True)
class Container:
    """The parts of a file.

    Attributes:
        header: facts about the picture.
        metadata: of the picture, and unknown ancillary chunks.
        base_common: what all base tiles need.
        base: payloads of the base tiles in raster order; None where one has not arrived.
        residual: payloads of the residual tiles in raster order; None where one has not arrived.
        complete: whether the end chunk was there and everything is proven.
        version: of the format.
    """

    header: Header
    metadata: Metadata
    base_common: bytes
    base: tuple[bytes | None, ...]
    residual: tuple[bytes | None, ...]
    complete: bool
    version: Version

    @property
    def base_arrived(self) -> float:
        """Fraction of the base tiles that are here, 0 to 1."""
        return _fraction_present(self.base)

    @property
    def residual_arrived(self) -> float:
        """Fraction of the residual tiles that are here, 0 to 1; 1 where the file has no residual layer."""
        return _fraction_present(self.residual)


@dataclass(frozen=True)
class Summary:
    """Where the bytes of a file go: the four parts add up to the whole of a complete file.

    Attributes:
        file_bytes: all bytes given.
        base_bytes: BCOM and BASE chunks with their framing.
        residual_bytes: RESI chunks with their framing.
        metadata_bytes: ancillary chunks with their framing.
        frame_bytes: prologue, header, tile index and end chunk.
        metadata_kinds: kinds of the ancillary chunks, in file order.
        complete: whether the end chunk is there; payloads other than the header's are not proven.
        version: of the format.
    """

    file_bytes: int
    base_bytes: int
    residual_bytes: int
    metadata_bytes: int
    frame_bytes: int
    metadata_kinds: tuple[str, ...]
    complete: bool
    version: Version


def read_container(data: bytes) -> Container:
    """Return the parts of a complete file, every byte of it proven.

    Raises:
        TruncatedError: if the file ends before its end chunk.
        CorruptError: if bytes contradict their checksums or the format.
        UnsupportedContainerError: if the file needs a later version.
        LimitExceededError: if a size is over its limit.
    """
    return _build(data, Parts.read(data))


def read_cut(data: bytes) -> Container:
    """Return what arrived of a file that may end too early; a complete file gives what `read_container` does.

    Raises:
        TruncatedError: if not even the tile index arrived, so that there is nothing to show.
        CorruptError: if what arrived is damaged rather than cut.
        UnsupportedContainerError: if the file needs a later version.
        LimitExceededError: if a size is over its limit.
    """
    return _build(data, Parts.read(data, may_be_cut=True))


def read_header(data: bytes) -> tuple[Header, Summary]:
    """Return the header and where the bytes go, from chunk headers alone: cheap, and good for a cut file too.

    Raises:
        TruncatedError: if the header has not arrived.
        CorruptError: if header or framing are damaged.
        UnsupportedContainerError: if the file needs a later version.
        LimitExceededError: if a size is over its limit.
    """
    version, header, head = read_head(data)
    chunks = _arrived_chunks(data, header)
    sizes = {"base": 0, "residual": 0, "metadata": 0, "frame": head.offset}
    for chunk in chunks:
        sizes[_part(chunk.kind)] += chunk.end - chunk.offset
    return header, Summary(
        file_bytes=len(data),
        base_bytes=sizes["base"],
        residual_bytes=sizes["residual"],
        metadata_bytes=sizes["metadata"],
        frame_bytes=sizes["frame"],
        metadata_kinds=tuple(chunk.kind.decode("ascii") for chunk in chunks if is_ancillary(chunk.kind)),
        complete=chunks[-1].kind == Kind.DONE,
        version=version,
    )


def read_index(data: bytes) -> tuple[Header, TileIndex]:
    """Return header and tile index, both proven, without walking the tiles.

    Raises:
        ContainerError: as `read_container` does, as far as the index.
    """
    _, header, _ = read_head(data)
    chunk = next(chunk for chunk in walk_in_order(data, header) if chunk.kind == Kind.TILE_INDEX)
    prove(data, chunk)
    return header, unpack_index(chunk.payload(data), header)


def read_tile(data: bytes, layer: Kind, number: int) -> bytes:
    """Return the payload of one tile, proven, found through the tile index.

    Args:
        data: a file; parts that the tile does not need may be missing or damaged.
        layer: `Kind.BASE` or `Kind.RESIDUAL`.
        number: of the tile, from 0 in raster order.

    Raises:
        ContainerError: if the layer has no such tile, or as `read_container` does for what is read.
    """
    _, index = read_index(data)
    return index.read(data, layer, number)


def _arrived_chunks(data: bytes, header: Header) -> list[Chunk]:
    """Return the chunks that arrived, payloads unproven."""
    chunks: list[Chunk] = []
    with suppress(TruncatedError):  # the caller sees it: the last chunk is not DONE
        chunks.extend(walk_in_order(data, header))
    return chunks


def _part(kind: bytes) -> str:
    if is_ancillary(kind):
        return "metadata"
    return {Kind.BASE_COMMON: "base", Kind.BASE: "base", Kind.RESIDUAL: "residual"}.get(Kind(kind), "frame")


def _build(data: bytes, parts: Parts) -> Container:
    known: dict[str, bytes] = {}
    extra: list[tuple[bytes, bytes]] = []
    names: dict[bytes, str] = {kind.value: name for kind, name in FIELDS.items()}
    for chunk in parts.ancillary:
        if chunk.kind in names:
            known[names[chunk.kind]] = unpack_metadata(chunk.payload(data))
        else:
            extra.append((chunk.kind, chunk.payload(data)))
    return Container(
        header=parts.header,
        metadata=Metadata(**known, extra=tuple(extra)),
        base_common=parts.base_common,
        base=_payloads(data, parts.base, len(parts.index.base)),
        residual=_payloads(data, parts.residual, len(parts.index.residual)),
        complete=parts.complete,
        version=parts.version,
    )


def _payloads(data: bytes, chunks: list[Chunk], count: int) -> tuple[bytes | None, ...]:
    return (*(chunk.payload(data) for chunk in chunks), *[None] * (count - len(chunks)))


def _fraction_present(tiles: tuple[bytes | None, ...]) -> float:
    return sum(tile is not None for tile in tiles) / len(tiles) if tiles else 1.0
