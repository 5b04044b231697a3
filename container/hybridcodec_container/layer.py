"""A layer: models, tile grid, what each tile is coded with, common payload. Base, display and residual are alike.

It differs from the header, which says what the picture is, in that it says how to decode one of its layers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from hybridcodec_container import layout
from hybridcodec_container.checks import reading, require_hash, require_size, within
from hybridcodec_container.chunks import Chunk
from hybridcodec_container.errors import ContainerError, CorruptError, UnsupportedContainerError
from hybridcodec_container.header import Header
from hybridcodec_container.layout import ABSENT, LAYER, LAYER_KINDS, MODEL, NO_HASH, ContainerMode, Layers
from hybridcodec_container.tiles import TileGrid
from hybridcodec_container.varint import pack_length, unpack_length


class Tile(NamedTuple):
    """One tile of a layer; `Tile.of` makes one that is there.

    Attributes:
        coder: id of what it is coded with; 0 if the tile is absent from the file on purpose.
        length: bytes of the payload.
        payload: None if the tile is absent, or has not arrived, or was not asked for.
    """

    coder: int = ABSENT
    length: int = 0
    payload: bytes | None = None

    @classmethod
    def of(cls, coder: int, payload: bytes) -> "Tile":
        """Return a tile with its payload."""
        return cls(coder, len(payload), payload)


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer of a picture; construction fails where it breaks a limit or contradicts itself.

    Attributes:
        tile_width: pixels of the layer's own picture; 0, like `tile_height`, in a display layer without tiles.
        tile_height: pixels.
        scale: the layer's own picture has ceil(width / 2^scale) x ceil(height / 2^scale) pixels; 0 to 3.
        models: SHA-256 of the files of the models, 0 to 8.
        sample_hash: sample hash of what the layer decodes to.
        common: what all tiles need.
        tiles: in raster order.
    """

    tile_width: int
    tile_height: int
    scale: int = 0
    models: tuple[bytes, ...]
    sample_hash: bytes
    common: bytes = b""
    tiles: tuple[Tile, ...]

    def __post_init__(self) -> None:
        within("tile width", self.tile_width, 0, layout.MAX_TILE_PIXELS)
        within("tile height", self.tile_height, 0, layout.MAX_TILE_PIXELS)
        within("pixels of a tile", self.tile_width * self.tile_height, 0, layout.MAX_TILE_PIXELS)
        within("scale", self.scale, 0, layout.MAX_SCALE)
        within("models", len(self.models), 0, layout.MAX_MODELS)
        within("tiles", len(self.tiles), 0, layout.MAX_TILES)
        if bool(self.tile_width) != bool(self.tile_height) or bool(self.tile_width) != bool(self.tiles):
            raise ContainerError("tile width, tile height and tiles must be there together, or not at all")
        require_hash("sample_hash", self.sample_hash)
        for model in self.models:
            require_hash("the hash of a model", model)
        for tile in self.tiles:
            within("coder of a tile", tile.coder, 0, 255)
            within("bytes of a tile", tile.length, 0, layout.MAX_CHUNK_BYTES)
            if tile.coder == ABSENT and (tile.length or tile.payload is not None):
                raise ContainerError(f"an absent tile has no bytes, found {tile.length}")
            if tile.payload is not None and len(tile.payload) != tile.length:
                raise ContainerError(f"a tile of {tile.length} bytes has {len(tile.payload)}")

    @property
    def arrived(self) -> float:
        """Fraction of the tiles that should be here and are, 0 to 1."""
        wanted = [tile.payload is not None for tile in self.tiles if tile.coder != ABSENT]
        return sum(wanted) / len(wanted) if wanted else 1.0

    def grid(self, header: Header) -> TileGrid:
        """Return how the layer divides its own picture."""
        return layer_grid(header, self.scale, self.tile_width, self.tile_height)

    def locate(self, kind: bytes, offset: int) -> Iterator[Chunk]:
        """Yield where the tiles lie that are there.

        Args:
            kind: of the tile chunks.
            offset: where the first of them starts.
        """
        for number, tile in enumerate(self.tiles):
            if tile.coder != ABSENT:
                chunk = Chunk(kind, number, offset, tile.length)
                yield chunk
                offset = chunk.end


def layer_grid(header: Header, scale: int, tile_width: int, tile_height: int) -> TileGrid:
    """Return the tile grid over a picture whose sides are divided by 2^scale and rounded up."""
    return TileGrid(-(-header.width >> scale), -(-header.height >> scale), tile_width, tile_height)


def check_layer(layer: Layer, header: Header, which: Layers) -> None:
    """Check that a layer fits its picture.

    Raises:
        ContainerError: if number or absence of tiles, scale or sample hash do not fit.
        UnsupportedContainerError: if tiles are absent where only a later version may leave them out.
    """
    name = str(which.name).lower()
    count = layer.grid(header).count
    if len(layer.tiles) != count:
        raise ContainerError(f"{count} {name} tiles needed for this picture, found {len(layer.tiles)}")
    if not layer.tiles and which is not Layers.DISPLAY:
        raise ContainerError(f"a {name} layer needs tiles")
    absent = sum(tile.coder == ABSENT for tile in layer.tiles)
    if which is not Layers.RESIDUAL:
        if absent:
            raise UnsupportedContainerError(f"absent {name} tiles are unknown to this version")
        return
    if layer.scale:
        raise ContainerError("the residual layer has the scale of the picture, 0")
    if bool(absent) != (header.mode is ContainerMode.GUARDED):
        raise ContainerError(f"{absent} absent residual tiles do not fit mode {header.mode.name}")
    if header.mode is ContainerMode.LOSSLESS and layer.sample_hash != header.source_hash:
        raise ContainerError("a lossless picture must give the source samples, but the two hashes differ")


def pack_layer(layer: Layer) -> bytes:
    """Return the payload of the layer's own chunk: everything but the payloads of its tiles."""
    record = LAYER.pack(layer.tile_width, layer.tile_height, layer.scale, len(layer.models), layer.sample_hash)
    table = b"".join(pack_length(tile.length) + bytes([tile.coder]) for tile in layer.tiles)
    return record + b"".join(layer.models) + table + layer.common


def unpack_layer(payload: bytes, header: Header, which: Layers) -> Layer:
    """Return the layer in a BLYR, dlyr or RLYR payload, its tiles without payloads.

    Raises:
        CorruptError: if it contradicts itself or the header.
        LimitExceededError: if a size is over its limit.
        UnsupportedContainerError: if tiles are absent where only a later version may leave them out.
    """
    name = LAYER_KINDS[which][0].decode("ascii")
    require_size(name, len(payload), LAYER.size, more=True)
    tile_width, tile_height, scale, models, sample_hash = LAYER.unpack(payload)
    within("models", models, 0, layout.MAX_MODELS)
    within("scale", scale, 0, layout.MAX_SCALE)
    grid = layer_grid(header, scale, tile_width, tile_height)
    count = grid.count
    within("tiles", count, 0, layout.MAX_TILES)
    start = LAYER.size + MODEL.size * models
    require_size(name, len(payload), start + 2 * count, more=True)
    tiles, end = _unpack_table(payload, start, count)
    with reading(f"{name} chunk"):
        layer = Layer(
            tile_width=tile_width,
            tile_height=tile_height,
            scale=scale,
            models=tuple(payload[place : place + len(NO_HASH)] for place in range(LAYER.size, start, MODEL.size)),
            sample_hash=sample_hash,
            common=payload[end:],
            tiles=tiles,
        )
        check_layer(layer, header, which)
    return layer


def _unpack_table(payload: bytes, place: int, count: int) -> tuple[tuple[Tile, ...], int]:
    """Return the entries of the tile table at `place`, and where it ends."""
    tiles: list[Tile] = []
    for _ in range(count):
        length, place = unpack_length(payload, place)
        if place >= len(payload):
            raise CorruptError(f"the tile table ends after {len(tiles)} of {count} tiles")
        tiles.append(Tile(payload[place], length))
        place += 1
    return tuple(tiles), place
