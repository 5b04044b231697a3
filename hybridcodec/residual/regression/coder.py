"""The coder of photographs as `layer` sees it: tiles of the wavefront, side by side on all cores.

What is coded is the picture's delta to the base picture: forecasts are made of samples and base samples alike, and a
column of a frequency row stands for one delta as much as for one sample.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy import TOTAL, RangeDecoder, RangeEncoder, least_bits, least_bytes
from hybridcodec.errors import CorruptFileError, LimitError
from hybridcodec.machine.host import thread_limit
from hybridcodec.machine.threads import Progress, Tick, in_steps
from hybridcodec.machine.turns import new_turn
from hybridcodec.residual.coder import Ground
from hybridcodec.residual.quantiser import Quantiser
from hybridcodec.residual.regression import wavefront
from hybridcodec.residual.regression.mixture import COLUMNS
from hybridcodec.residual.regression.model import ResidualModel
from hybridcodec.residual.regression.planes import from_planes, to_planes
from hybridcodec.residual.regression.state import Stack, Tile
from hybridcodec.residual.regression.tile import decode_tiles, encode_tile
from hybridcodec.tiling import Area

TILE_HEIGHT: Final = 128
"""Default limit of a tile's rows: the lanes that are coded side by side."""
TILE_WIDTH: Final = 1024
"""Default limit of a tile's columns."""
MAX_TILE_HEIGHT: Final = 512
MAX_TILE_WIDTH: Final = 4096
"""Limits of what is read: the state of a tile takes about 20 KB a row, and 100 bytes a sample."""
MAX_STACK: Final = 2
"""Tiles that a thread decodes side by side."""

_LEAST_BITS: Final = least_bits(TOTAL - (COLUMNS - 1), COLUMNS)
"""Of a sample, when all columns but one have the least frequency."""

U8 = NDArray[np.uint8]


class Regression:
    """Least-squares experts, a small network over them, a mixture as frequency row; see BITSTREAM.md."""

    number: Final = 1
    name: Final = "regression"
    architecture: Final = "regression-1"
    needs_base: Final = True
    uses_reference: Final = False

    def uses_matching(self, payload: bytes) -> bool:  # noqa: ARG002
        """Never, see `TileCoder.uses_matching`."""
        return False

    def takes(self, channels: int, quantiser: Quantiser) -> bool:
        """Gray and RGB of 8 bits, see `TileCoder.takes`."""
        return channels in (1, 3) and (quantiser.low, quantiser.high) == (0, 255)

    def load(self, tensors: Mapping[str, NDArray[Any]]) -> ResidualModel:
        """See `TileCoder.load`."""
        return ResidualModel.from_tensors(tensors)

    def choose_tile(self, height: int, width: int) -> tuple[int, int]:
        """An even number of tiles of about equal rows, so that two cores finish together."""
        rows = 2 * -(-height // (2 * TILE_HEIGHT))
        columns = -(-width // TILE_WIDTH)
        if height <= TILE_HEIGHT // 2:  # too low to be worth dividing
            rows = 1
        return max(1, -(-height // rows)), max(1, -(-width // columns))

    def encode(self, ground: Ground, samples: U8, areas: Sequence[Area], progress: Progress = None) -> list[bytes]:
        """See `TileCoder.encode`; C is 1 or 3."""
        _require_within_limits(areas)
        quantiser = ground.quantiser

        def encode_one(area: Area, tick: Tick) -> bytes:
            below, above = (to_planes(quantiser.values(array[area])) for array in (_base(ground), samples))
            coder = RangeEncoder()
            encode_tile(Tile(ground.model, below, above, samples.shape[2], quantiser.top), coder, tick)
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
                raise CorruptFileError(f"{_name(area)} takes at least {least} bytes, found {len(payload)}")

    def decode(
        self,
        ground: Ground,
        tiles: Sequence[tuple[Area, bytes]],
        put: Callable[[Area, U8], None],
        progress: Progress = None,
    ) -> None:
        """See `TileCoder.decode`."""
        turn = new_turn()

        def decode_stack(stack: Sequence[tuple[Area, bytes]], tick: Tick) -> None:
            state = _stacked(ground, [area for area, _ in stack])
            coders = [RangeDecoder(payload) for _, payload in stack]
            decode_tiles(state, coders, tick, turn)
            for coder in coders:
                coder.finish()
            for k, (area, _) in enumerate(stack):
                put(area, ground.quantiser.samples(from_planes(state.samples(k), ground.channels)))

        def decode_or_blame(stack: Sequence[tuple[Area, bytes]], tick: Tick) -> None:
            try:
                decode_stack(stack, tick)
            except CorruptFileError as error:
                if len(stack) == 1:
                    raise CorruptFileError(f"{_name(stack[0][0])}: {error}") from error
                for tile in stack:  # which of them it is
                    decode_or_blame([tile], lambda: None)
                raise

        stacks = _stacks(tiles)
        in_steps(decode_or_blame, stacks, sum(_steps(stack[0][0]) for stack in stacks), progress)


def _base(ground: Ground) -> U8:
    assert ground.base is not None, "the layer gives it to coders that need it"
    return ground.base


def _stacked(ground: Ground, areas: Sequence[Area]) -> Stack:
    below = [to_planes(ground.quantiser.values(_base(ground)[area])) for area in areas]
    return Stack(ground.model, below, None, ground.channels, ground.quantiser.top)


def _require_within_limits(areas: Sequence[Area]) -> None:
    for rows, columns in areas:
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if height > MAX_TILE_HEIGHT or width > MAX_TILE_WIDTH:
            limit = f"{MAX_TILE_WIDTH}x{MAX_TILE_HEIGHT}"
            raise LimitError(f"residual tiles of {width}x{height}: this version reads up to {limit}")


def _name(area: Area) -> str:
    return f"the residual tile at row {area[0].start}, column {area[1].start}"


def _steps(area: Area) -> int:
    return wavefront.steps(area[0].stop - area[0].start, area[1].stop - area[1].start)


def _stacks(tiles: Sequence[tuple[Area, bytes]]) -> list[list[tuple[Area, bytes]]]:
    """Divide tiles into stacks of one shape.

    Stacks halve what threads wait for each other at Python's lock; a single thread is faster with smaller arrays.
    """
    most = MAX_STACK if 1 < thread_limit() <= len(tiles) // MAX_STACK else 1
    by_shape: dict[tuple[int, int], list[tuple[Area, bytes]]] = {}
    for tile in tiles:
        rows, columns = tile[0]
        by_shape.setdefault((rows.stop - rows.start, columns.stop - columns.start), []).append(tile)
    return [same[k : k + most] for same in by_shape.values() for k in range(0, len(same), most)]
