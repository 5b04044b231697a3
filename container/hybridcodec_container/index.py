"""The tile index: where each base and residual tile lies, so that one tile can be read without walking the file."""

from dataclasses import dataclass
from itertools import accumulate

from hybridcodec_container.chunks import Chunk, prove, read_chunk
from hybridcodec_container.errors import ContainerError, CorruptError
from hybridcodec_container.header import Header
from hybridcodec_container.layout import CHUNK_OVERHEAD, TILE_INDEX, TILE_LENGTH, Kind


@dataclass(frozen=True)
class TileIndex:
    """Chunks of all tiles, in raster order.

    Attributes:
        base: one chunk a base tile, contiguous in the file.
        residual: one chunk a residual tile, contiguous in the file.
    """

    base: tuple[Chunk, ...]
    residual: tuple[Chunk, ...]

    def locate(self, layer: Kind, number: int) -> Chunk:
        """Return where a tile lies.

        Args:
            layer: `Kind.BASE` or `Kind.RESIDUAL`.
            number: of the tile, from 0 in raster order.

        Raises:
            ContainerError: if there is no such tile.
        """
        tiles = self.base if layer is Kind.BASE else self.residual
        if not 0 <= number < len(tiles):
            raise ContainerError(f"there is no {layer.name.lower()} tile {number}: the layer has {len(tiles)}")
        return tiles[number]

    def read(self, data: bytes, layer: Kind, number: int) -> bytes:
        """Return the payload of one tile, proven.

        Raises:
            ContainerError: if there is no such tile.
            CorruptError: if the tile is damaged, missing or not where the index says.
        """
        indexed = self.locate(layer, number)
        found = read_chunk(data, indexed.offset)
        if found != indexed:
            raise CorruptError(f"the {indexed.name} should be at byte {indexed.offset}, found the {found.name}")
        prove(data, found)
        return found.payload(data)


def index_size(header: Header) -> int:
    """Return the bytes of the TIDX payload."""
    return TILE_INDEX.size + TILE_LENGTH.size * (header.base_tiles.count + header.residual_tiles.count)


def pack_index(base_offset: int, base: list[int], residual: list[int]) -> bytes:
    """Return the TIDX payload of tiles whose payload lengths are given; BASE chunks start at `base_offset`."""
    residual_offset = base_offset + sum(base) + CHUNK_OVERHEAD * len(base) if residual else 0
    lengths = b"".join(TILE_LENGTH.pack(length) for length in (*base, *residual))
    return TILE_INDEX.pack(base_offset, residual_offset) + lengths


def unpack_index(payload: bytes, header: Header) -> TileIndex:
    """Return the index in a TIDX payload.

    Raises:
        CorruptError: if its size does not fit the header's tile grids.
    """
    if len(payload) != index_size(header):
        raise CorruptError(f"TIDX must have {index_size(header)} bytes for these tiles, found {len(payload)}")
    base_offset, residual_offset = TILE_INDEX.unpack(payload)
    places = range(TILE_INDEX.size, len(payload), TILE_LENGTH.size)
    lengths = [int(TILE_LENGTH.unpack(payload, place)[0]) for place in places]
    count = header.base_tiles.count
    return TileIndex(
        _chain(Kind.BASE, base_offset, lengths[:count]), _chain(Kind.RESIDUAL, residual_offset, lengths[count:])
    )


def _chain(kind: Kind, start: int, lengths: list[int]) -> tuple[Chunk, ...]:
    offsets = accumulate((CHUNK_OVERHEAD + length for length in lengths), initial=start)
    return tuple(
        Chunk(kind.value, number, offset, length)
        for number, (offset, length) in enumerate(zip(offsets, lengths, strict=False))
    )
