"""The coder of photographs as `layer` sees it: tiles of the wavefront, side by side on all cores.

What is coded is the picture's delta to the base picture: forecasts are made of samples and base samples alike, and a
column of a frequency row stands for one delta as much as for one sample.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy import TOTAL, BitReader, RangeEncoder, least_bits, least_bytes
from hybridcodec.errors import CorruptFileError, LimitError
from hybridcodec.machine.threads import Progress, Tick, in_steps
from hybridcodec.modes import Effort
from hybridcodec.residual.adaptive import wavefront
from hybridcodec.residual.adaptive.mixture import COLUMNS
from hybridcodec.residual.adaptive.model import AdaptiveModel
from hybridcodec.residual.adaptive.planes import from_planes, to_planes
from hybridcodec.residual.adaptive.state import Tile
from hybridcodec.residual.adaptive.tile import decode_tile, encode_tile
from hybridcodec.residual.alone import blaming
from hybridcodec.residual.coder import Ground
from hybridcodec.residual.quantiser import Quantiser
from hybridcodec.tiling import Area

TILE_HEIGHT: Final = 512
"""Default limit of a tile's rows, which are coded side by side: the more, the longer what adapts has to do so."""
TILE_WIDTH: Final = 1024
"""Columns of such tiles; lower ones may be wider, up to the same number of pixels."""
LARGE: Final = 1 << 25
"""Pixels above which tiles have half of the rows: memory, and the time that a region takes, count for more there."""
LOW: Final = 128
"""Rows that are not worth dividing."""
SMALL: Final = 1 << 17
"""Pixels that are not worth it either: a core decodes them in a third of a second, and halves take 0.5 to 1 % more."""
MAX_TILE_HEIGHT: Final = 512
MAX_TILE_WIDTH: Final = 4096
"""Limits of what is read: the state of a tile takes 20 to 90 KB a row, the more the more experts there are, and 50 to
80 bytes a pixel."""

_LEAST_BITS: Final = least_bits(TOTAL - (COLUMNS - 1), COLUMNS)
"""Of a sample, when all columns but one have the least frequency."""

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]


class Adaptive:
    """Weighted least squares, their blend, a small network that follows the tile; see BITSTREAM.md."""

    number: Final = 6
    name: Final = "adaptive"
    architecture: Final = "adaptive-1"
    needs_base: Final = True
    uses_reference: Final = False

    def uses_matching(self, payload: bytes) -> bool:  # noqa: ARG002
        """Never, see `TileCoder.uses_matching`."""
        return False

    def takes(self, channels: int, quantiser: Quantiser) -> bool:
        """Gray and RGB of 8 bits, see `TileCoder.takes`."""
        return channels in (1, 3) and (quantiser.low, quantiser.high) == (0, 255)

    def load(self, tensors: Mapping[str, NDArray[Any]]) -> AdaptiveModel:
        """See `TileCoder.load`."""
        return AdaptiveModel.from_tensors(tensors)

    def choose_tile(self, height: int, width: int, effort: Effort = Effort.NORMAL) -> tuple[int, int]:
        """As few tiles as there can be, of about equal sides; an even number where that saves time, for two cores."""
        limit = TILE_HEIGHT // 2 if height * width > LARGE and effort is not Effort.BEST else TILE_HEIGHT
        rows = -(-height // limit)
        columns = -(-width // min(limit * TILE_WIDTH * rows // height, MAX_TILE_WIDTH))
        if rows * columns % 2 and effort is not Effort.BEST and height * width > SMALL:
            rows, columns = (rows + 1, columns) if height > LOW else (rows, columns + 1)
        return max(1, -(-height // rows)), max(1, -(-width // columns))

    def encode(self, ground: Ground, samples: U8, areas: Sequence[Area], progress: Progress = None) -> list[bytes]:
        """See `TileCoder.encode`; C is 1 or 3."""
        _require_within_limits(areas)
        quantiser = ground.quantiser

        def encode_one(area: Area, tick: Tick) -> bytes:
            planes = (to_planes(quantiser.values(array[area])) for array in (_base(ground), samples))
            coder = RangeEncoder()
            encode_tile(_tile(ground, *planes), coder, tick)  # which holds on to none of them
            return coder.finish()

        return in_steps(encode_one, areas, sum(map(_steps, areas)), progress)

    def require_room(self, tiles: Sequence[tuple[Area, bytes]], channels: int) -> None:
        """See `TileCoder.require_room`."""
        _require_within_limits([area for area, _ in tiles])
        for area, payload in tiles:
            rows, columns = area
            samples = (rows.stop - rows.start) * (columns.stop - columns.start) * channels
            least = least_bytes(samples * _LEAST_BITS)
            if len(payload) < least:
                name = f"the residual tile at row {rows.start}, column {columns.start}"
                raise CorruptFileError(f"{name} takes at least {least} bytes, found {len(payload)}")

    def decode(
        self,
        ground: Ground,
        tiles: Sequence[tuple[Area, bytes]],
        put: Callable[[Area, U8], None],
        progress: Progress = None,
    ) -> None:
        """See `TileCoder.decode`."""

        def decode_one(tile: tuple[Area, bytes], tick: Tick) -> None:
            area, payload = tile
            with blaming(area):
                state = _tile(ground, to_planes(ground.quantiser.values(_base(ground)[area])))
                reader = BitReader(payload, ground.backend, room=0)  # a second decoder gets rows instead
                if decode_tile(state, reader, tick, _last_step(ground, area)):
                    reader.finish()
            put(area, ground.quantiser.samples(from_planes(state.samples(), ground.channels)))

        in_steps(decode_one, tiles, sum(_steps(area) for area, _ in tiles), progress)


def _tile(ground: Ground, base: I32, samples: I32 | None = None) -> Tile:
    """Return a tile with the planes (3, H, W) of its base picture and, to be encoded, of its samples."""
    return Tile(ground.model, base, samples, ground.channels, ground.quantiser.top)


def _last_step(ground: Ground, area: Area) -> int | None:
    """Return how many steps of a tile reach all of its samples that are wanted; None where all are."""
    if ground.wanted is None:
        return None
    rows, columns = (min(of.stop, wanted.stop) - of.start for of, wanted in zip(area, ground.wanted, strict=True))
    return wavefront.steps(rows, columns)


def _base(ground: Ground) -> U8:
    assert ground.base is not None, "the layer gives it to coders that need it"
    return ground.base


def _require_within_limits(areas: Sequence[Area]) -> None:
    for rows, columns in areas:
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if height > MAX_TILE_HEIGHT or width > MAX_TILE_WIDTH:
            limit = f"{MAX_TILE_WIDTH}x{MAX_TILE_HEIGHT}"
            raise LimitError(f"residual tiles of {width}x{height}: this version reads up to {limit}")


def _steps(area: Area) -> int:
    return wavefront.steps(area[0].stop - area[0].start, area[1].stop - area[1].start)
