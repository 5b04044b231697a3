"""The payload of a layer's chunk as values that may say anything: record, models, tile table, common payload."""

from dataclasses import dataclass
from typing import Any

from hybridcodec_container.layout import LAYER, MODEL


@dataclass(frozen=True)
class LayerParts:
    """What `BLYR`, `dlyr` and `RLYR` say.

    Attributes:
        tile_width: as the record has it, like the next three.
        tile_height: see above.
        scale: see above.
        sample_hash: 32 bytes.
        models: hashes of models.
        table: length and coder of every tile.
        common: what is behind the table.
    """

    tile_width: int
    tile_height: int
    scale: int
    sample_hash: bytes
    models: tuple[bytes, ...] = ()
    table: tuple[tuple[int, int], ...] = ()
    common: bytes = b""

    @classmethod
    def record(cls, payload: bytes) -> "LayerParts":
        """Return what the record at the start of a payload says, alone."""
        width, height, scale, _, sample_hash = LAYER.unpack(payload)
        return cls(width, height, scale, sample_hash)

    @classmethod
    def of(cls, payload: bytes, entries: int) -> "LayerParts | None":
        """Return what a payload with so many tiles says; None if it is too short for them."""
        if len(payload) < LAYER.size:
            return None
        width, height, scale, count, sample_hash = LAYER.unpack(payload)
        start = LAYER.size + count * MODEL.size
        models = tuple(payload[place : place + MODEL.size] for place in range(LAYER.size, start, MODEL.size))
        table, place = [], start
        for _ in range(entries):
            length, place = _length(payload, place)
            if place >= len(payload):
                return None
            table.append((length, payload[place]))
            place += 1
        return cls(width, height, scale, sample_hash, models, tuple(table), payload[place:])

    def packed(self) -> bytes:
        """The payload."""
        sides = (side % (1 << 32) for side in (self.tile_width, self.tile_height))
        record = LAYER.pack(*sides, self.scale % 256, len(self.models) % 256, self.sample_hash)
        table = b"".join(_packed_length(length) + bytes([coder % 256]) for length, coder in self.table)
        return record + b"".join(self.models) + table + self.common


def grid_count(head: dict[str, Any], layer: LayerParts) -> int:
    """Return how many tiles a layer has over the picture of a header with these fields."""
    if not layer.tile_width or not layer.tile_height:
        return 0
    width, height = (-(-int(head[name]) >> layer.scale) for name in ("width", "height"))
    return -(-width // layer.tile_width) * -(-height // layer.tile_height)


def _length(payload: bytes, place: int) -> tuple[int, int]:
    """Return the LEB128 number at `place`, and where it ends."""
    length = shift = 0
    while place < len(payload):
        byte, place = payload[place], place + 1
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            break
    return length, place


def _packed_length(length: int) -> bytes:
    packed = bytearray()
    while length >= 128:
        packed.append(length & 127 | 128)
        length >>= 7
    return bytes([*packed, length])
