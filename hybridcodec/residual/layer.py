"""The residual layer of a picture: tiles of the wavefront, side by side on all cores.

What is coded is the picture's delta to the base picture: forecasts are made of samples and base samples alike, and a
column of a frequency row stands for one delta as much as for one sample. A near-lossless residual first takes samples
and base picture to a grid of steps of 2 * max_error + 1, anchored at sample 0, and codes that exactly.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy import TOTAL, RangeDecoder, RangeEncoder, least_bits, least_bytes
from hybridcodec.errors import CorruptFileError, LimitError
from hybridcodec.machine.host import thread_limit
from hybridcodec.machine.threads import side_by_side
from hybridcodec.machine.turns import Turn, new_turn
from hybridcodec.residual.regression import wavefront
from hybridcodec.residual.regression.mixture import COLUMNS
from hybridcodec.residual.regression.model import ResidualModel
from hybridcodec.residual.regression.planes import from_planes, to_planes
from hybridcodec.residual.regression.state import Stack, Tile
from hybridcodec.residual.regression.tile import decode_tiles, encode_tile

TOP: Final = 255
"""Largest 8-bit sample."""
TILE_HEIGHT: Final = 128
"""Default limit of a tile's rows: the lanes that are coded side by side."""
TILE_WIDTH: Final = 1024
"""Default limit of a tile's columns."""
MAX_TILE_HEIGHT: Final = 512
MAX_TILE_WIDTH: Final = 4096
"""Limits of what is read: the state of a tile takes about 20 KB a row, and 100 bytes a sample."""
MAX_STACK: Final = 2
"""Tiles that a thread decodes side by side."""
REPORT_EVERY: Final = 64

_LEAST_BITS: Final = least_bits(TOTAL - (COLUMNS - 1), COLUMNS)
"""Of a sample, when all columns but one have the least frequency."""

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]
Progress = Callable[[float], None] | None
T = TypeVar("T")
J = TypeVar("J")


@dataclass(frozen=True)
class Grid:
    """How samples are quantised: value k stands for the sample min(k * step, TOP)."""

    max_error: int

    @property
    def step(self) -> int:
        """Distance of neighbouring values, in samples."""
        return 2 * self.max_error + 1

    @property
    def top(self) -> int:
        """Largest value."""
        return (TOP + self.max_error) // self.step

    def values(self, samples: U8) -> I32:
        """The nearest value of each sample."""
        return (samples.astype(np.int32) + self.max_error) // self.step

    def samples(self, values: I32) -> U8:
        """The samples that values stand for; none is further than `max_error` from what `values` was given."""
        return np.minimum(values * self.step, TOP).astype(np.uint8)


def choose_tile(height: int, width: int) -> tuple[int, int]:
    """Default (height, width) of tiles: an even number of about equal rows, so that two cores finish together."""
    rows = 2 * -(-height // (2 * TILE_HEIGHT))
    columns = -(-width // TILE_WIDTH)
    if height <= TILE_HEIGHT // 2:  # too low to be worth dividing
        rows = 1
    return max(1, -(-height // rows)), max(1, -(-width // columns))


def encode_residual(
    samples: U8, base: U8, model: ResidualModel, *, tile: tuple[int, int], max_error: int = 0, progress: Progress = None
) -> list[bytes]:
    """Code samples (H, W, C) above their base picture (H, W, C), C being 1 or 3; one payload per tile, raster order.

    Args:
        samples: 8-bit samples.
        base: what the base layer decodes to.
        model: the context model.
        tile: height and width of tiles, pixels.
        max_error: largest error of a sample after decoding; 0 is lossless.
        progress: receives the share done, from any thread.
    """
    grid = Grid(max_error)

    def encode(box: tuple[slice, slice], tick: Callable[[], None]) -> bytes:
        below, above = (to_planes(grid.values(array[box])) for array in (base, samples))
        coder = RangeEncoder()
        encode_tile(Tile(model, below, above, samples.shape[2], grid.top), coder, tick)
        return coder.finish()

    areas = boxes(samples.shape, tile)
    return _on_threads(encode, areas, sum(map(_steps, areas)), progress)


def decode_residual(
    payloads: Sequence[bytes],
    base: U8,
    model: ResidualModel,
    *,
    tile: tuple[int, int],
    max_error: int = 0,
    in_place: bool = False,
    progress: Progress = None,
) -> U8:
    """Return the samples (H, W, C) that `encode_residual` was given, each within `max_error`.

    Args:
        payloads: one a tile, raster order.
        base: what the base layer decodes to.
        model: the context model.
        tile: height and width of tiles, pixels.
        max_error: as it was when encoding.
        in_place: overwrite `base` and return it, which saves a picture's memory.
        progress: receives the share done, from any thread.

    Raises:
        CorruptFileError: the payloads do not fit the picture, or decode to impossible samples.
        LimitError: tiles larger than the limits.
    """
    grid = Grid(max_error)
    areas = boxes(base.shape, tile)
    require_room(payloads, base.shape, tile)
    picture, turn = base if in_place else np.empty_like(base), new_turn()

    def decode(stack: Sequence[int], tick: Callable[[], None]) -> None:
        below = [to_planes(grid.values(base[areas[number]])) for number in stack]
        tiles = Stack(model, below, None, base.shape[2], grid.top)
        try:
            _read(tiles, [payloads[number] for number in stack], tick, turn)
        except CorruptFileError as error:
            _blame(stack, payloads, areas, base, model, grid)
            raise CorruptFileError(f"a residual tile among {list(stack)}: {error}") from error
        for k, number in enumerate(stack):
            picture[areas[number]] = grid.samples(from_planes(tiles.samples(k), base.shape[2]))

    stacks = _stacks(areas)
    _on_threads(decode, stacks, sum(_steps(areas[stack[0]]) for stack in stacks), progress)
    return picture


def _blame(
    stack: Sequence[int],
    payloads: Sequence[bytes],
    areas: list[tuple[slice, slice]],
    base: U8,
    model: ResidualModel,
    grid: Grid,
) -> None:
    """Find the tile for which a stack could not be decoded: each once more, by itself."""
    for number in stack:
        try:
            decode_tile(payloads[number], base[areas[number]], model, grid)
        except CorruptFileError as error:
            raise CorruptFileError(f"residual tile {number}: {error}") from error


def decode_tile(payload: bytes, base: U8, model: ResidualModel, grid: Grid) -> U8:
    """Return the samples of one tile, (h, w, C), from its payload and its part of the base picture."""
    require_room([payload], base.shape, base.shape[:2])
    state = Tile(model, to_planes(grid.values(base)), None, base.shape[2], grid.top)
    _read(state, [payload])
    return grid.samples(from_planes(state.samples(), base.shape[2]))


def _read(
    tiles: Stack, payloads: Sequence[bytes], tick: Callable[[], None] | None = None, turn: Turn | None = None
) -> None:
    """Read tiles from their payloads, and make sure that these are used up."""
    coders = [RangeDecoder(payload) for payload in payloads]
    decode_tiles(tiles, coders, tick, turn)
    for coder in coders:
        coder.finish()


def require_room(payloads: Sequence[bytes], shape: tuple[int, ...], tile: tuple[int, int]) -> None:
    """Make sure that payloads can be those of a picture of this shape (H, W, C), before anything is made of them.

    Raises:
        CorruptFileError: there are too few or too many, or one is too short for its samples, whatever they are.
        LimitError: tiles larger than the limits.
    """
    areas = boxes(shape, tile)
    if len(payloads) != len(areas):
        raise CorruptFileError(f"expected {len(areas)} residual tiles, found {len(payloads)}")
    for number, (payload, (rows, columns)) in enumerate(zip(payloads, areas, strict=True)):
        samples = (rows.stop - rows.start) * (columns.stop - columns.start) * shape[2]
        least = least_bytes(samples * _LEAST_BITS)
        if len(payload) < least:
            raise CorruptFileError(f"residual tile {number} takes at least {least} bytes, found {len(payload)}")


def boxes(shape: tuple[int, ...], tile: tuple[int, int]) -> list[tuple[slice, slice]]:
    """Rows and columns of each tile of a picture of this shape (H, W, ...), raster order."""
    (height, width), (tile_height, tile_width) = shape[:2], tile
    if not (0 < tile_height <= MAX_TILE_HEIGHT and 0 < tile_width <= MAX_TILE_WIDTH):
        limit = f"{MAX_TILE_WIDTH}x{MAX_TILE_HEIGHT}"
        raise LimitError(f"residual tiles of {tile_width}x{tile_height}: this version reads up to {limit}")
    return [
        (slice(y, min(y + tile_height, height)), slice(x, min(x + tile_width, width)))
        for y in range(0, height, tile_height)
        for x in range(0, width, tile_width)
    ]


class _Ticker:
    """Counts wavefront steps of all threads and reports the share done now and then."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._lock, self._done, self._total, self._progress = threading.Lock(), 0, max(1, total), progress

    def tick(self) -> None:
        with self._lock:
            self._done += 1
            if self._progress is not None and self._done % REPORT_EVERY == 0:
                self._progress(min(1.0, self._done / self._total))


def _steps(area: tuple[slice, slice]) -> int:
    return wavefront.steps(area[0].stop - area[0].start, area[1].stop - area[1].start)


def _stacks(areas: list[tuple[slice, slice]]) -> list[list[int]]:
    """Divide tiles, by number, into stacks of one shape.

    Stacks halve what threads wait for each other at Python's lock; a single thread is faster with smaller arrays.
    """
    most = MAX_STACK if 1 < thread_limit() <= len(areas) // MAX_STACK else 1
    by_shape: dict[tuple[int, int], list[int]] = {}
    for number, (rows, columns) in enumerate(areas):
        by_shape.setdefault((rows.stop - rows.start, columns.stop - columns.start), []).append(number)
    return [same[k : k + most] for same in by_shape.values() for k in range(0, len(same), most)]


def _on_threads(
    work: Callable[[J, Callable[[], None]], T], jobs: Sequence[J], steps: int, progress: Progress
) -> list[T]:
    """Run `work` on every job, on as many threads as there may be; results in order."""
    ticker = _Ticker(steps, progress)
    return side_by_side(lambda job: work(job, ticker.tick), jobs, thread_limit())
