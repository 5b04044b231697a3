"""A toy coder of residual tiles: deltas to the base picture, packed with zlib. It needs no model."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError
from hybridcodec.machine.threads import Progress
from hybridcodec.modes import Effort
from hybridcodec.residual import Ground, Quantiser
from hybridcodec.tiling import Area

U8 = NDArray[np.uint8]
TILE: Final = 64


class PackedDeltas:
    """Residual tiles as zlib packs them."""

    number: Final = 200
    name: Final = "packed deltas"
    architecture: Final = ""
    needs_base: Final = True
    uses_reference: Final = False

    def uses_matching(self, payload: bytes) -> bool:  # noqa: ARG002
        """See `TileCoder.uses_matching`."""
        return False

    def takes(self, channels: int, quantiser: Quantiser) -> bool:  # noqa: ARG002
        """See `TileCoder.takes`."""
        return quantiser.dtype == "u1"

    def load(self, tensors: Mapping[str, NDArray[Any]]) -> Any:
        """See `TileCoder.load`; nobody calls this."""
        raise AssertionError(tensors)

    def choose_tile(self, height: int, width: int, effort: Effort = Effort.NORMAL) -> tuple[int, int]:  # noqa: ARG002
        """See `TileCoder.choose_tile`."""
        return min(height, TILE), min(width, TILE)

    def encode(self, ground: Ground, samples: U8, areas: Sequence[Area], progress: Progress = None) -> list[bytes]:
        """See `TileCoder.encode`."""
        values = ground.quantiser.values
        deltas = [values(samples[area]) - values(ground.base[area]) for area in areas]
        if progress is not None:
            progress(1)
        return [zlib.compress(delta.astype("<i2").tobytes()) for delta in deltas]

    def require_room(self, tiles: Sequence[tuple[Area, bytes]], channels: int) -> None:
        """See `TileCoder.require_room`: zlib packs nothing more than a thousandfold."""
        for area, payload in tiles:
            if 1100 * len(payload) < _bytes(area, channels):
                raise CorruptFileError("a tile of packed deltas is too short")

    def decode(
        self,
        ground: Ground,
        tiles: Sequence[tuple[Area, bytes]],
        put: Callable[[Area, U8], None],
        progress: Progress = None,
    ) -> None:
        """See `TileCoder.decode`."""
        for number, (area, payload) in enumerate(tiles):
            below = ground.quantiser.values(ground.base[area])
            values = below + _unpacked(payload, 2 * below.size).reshape(below.shape)
            if values.min() < 0 or values.max() > ground.quantiser.top:
                raise CorruptFileError("a tile of packed deltas gives impossible samples")
            put(area, ground.quantiser.samples(values))
            if progress is not None:
                progress((number + 1) / len(tiles))


def _bytes(area: Area, channels: int) -> int:
    rows, columns = area
    return 2 * (rows.stop - rows.start) * (columns.stop - columns.start) * channels


def _unpacked(payload: bytes, size: int) -> NDArray[np.int16]:
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(payload, size)
    except zlib.error as error:
        raise CorruptFileError(f"a tile of packed deltas cannot be unpacked: {error}") from error
    if len(data) != size or not unpacking.eof or unpacking.unused_data:
        raise CorruptFileError("a tile of packed deltas has not the size of its samples")
    return np.frombuffer(data, "<i2")
