"""From a picture's base payloads to its base picture: integers only, one answer on every machine."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from threading import Lock
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.colour import read_correction
from hybridcodec.base.drawing import Pane, shown
from hybridcodec.base.geometry import LatentGrid
from hybridcodec.base.mosaic import Generator, Mosaic
from hybridcodec.base.units import SHARED
from hybridcodec.base.variable.latents import decode_tile, require_room
from hybridcodec.base.variable.model import VariableModel
from hybridcodec.base.variable.schema import LATENT_LIMIT, LATENTS, MARGIN, QUALITIES
from hybridcodec.errors import CorruptFileError
from hybridcodec.machine.host import thread_limit
from hybridcodec.machine.threads import Progress, part, sharing, side_by_side
from hybridcodec.modes import Backend

WINDOW: Final = 64
"""Edge of the generator's windows, latents; bounds memory, never changes a sample."""
_QUALITY: Final = struct.Struct("<H")

SIDE_BY_SIDE: Final = 2
"""Tiles for each thread from which on they are worked on side by side; fewer share all threads, one after the other."""

T = TypeVar("T")
U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class Common:
    """What all tiles share: the quality, and the colour correction of each channel (channels,)."""

    quality: int
    correction: NDArray[np.int32]

    def packed(self) -> bytes:
        """Return what a file stores."""
        return _QUALITY.pack(self.quality) + self.correction.astype(np.int8).tobytes()

    @classmethod
    def of(cls, data: bytes, channels: int | None = None) -> Common:
        """Undo `packed`; raises CorruptFileError where `data` is nothing that it wrote."""
        if len(data) <= _QUALITY.size:
            raise CorruptFileError(f"expected quality and colour correction of a preview, found {len(data)} bytes")
        (quality,) = _QUALITY.unpack_from(data)
        if quality >= QUALITIES:
            raise CorruptFileError(f"a preview has a quality below {QUALITIES}, found {quality}")
        rest = data[_QUALITY.size :]
        return cls(quality, read_correction(rest, channels if channels is not None else len(rest)))


def decode_base(
    common: bytes, tiles: Sequence[bytes | None], channels: int, model: VariableModel, grid: LatentGrid,
    *, window: int = WINDOW, progress: Progress = None, backend: Backend = Backend.COMPILED,
) -> U8:  # fmt: skip
    """Return the base picture, uint8 (H, W, channels), or the part of it that the grid wants.

    Args:
        common: quality and colour correction.
        tiles: one payload per base tile, raster order; None where it is missing, which leaves about mid-gray.
        channels: 1 or 3.
        model: the integer model that the payloads were written for.
        grid: height, width and tiles of the picture.
        window: edge of the generator's windows in latents; any value gives the same samples.
        progress: receives the share done.
        backend: who reads the streams.

    Raises:
        CorruptFileError: wrong number or content of payloads.
        MismatchError: two decoders disagree on a stream.
    """
    shared = Common.of(common, channels)
    with sharing(thread_limit()):
        mosaic = decode_latents(shared, tiles, model, grid, part(progress, 0, 0.5), backend)
        pane = Pane(grid, channels)  # a wrong claim of size was refused by now
        for area, samples in shown(mosaic.synthesise(generator_of(model, window), channels), shared.correction):
            pane.put(area, samples)
            tell(part(progress, 0.5, 1), area[0].stop / grid.pixels[0].stop)
    return pane.wanted


def decode_latents(
    common: Common, tiles: Sequence[bytes | None], model: VariableModel, grid: LatentGrid, progress: Progress,
    backend: Backend,
) -> Mosaic:  # fmt: skip
    """Return the latents of all tiles, ready for a generator; for the rest see `decode_base`."""
    gains = model.gains(common.quality)
    if len(tiles) != len(grid.tiles):
        raise CorruptFileError(f"expected {len(grid.tiles)} base tiles, found {len(tiles)}")
    shapes = [(rows.stop - rows.start, columns.stop - columns.start) for rows, columns in grid.tiles]
    for shape, payload in zip(shapes, tiles, strict=True):  # before anything is made of them
        if payload is not None:
            require_room(payload, shape, model, gains)
    mosaic, done, lock = Mosaic(grid, LATENTS, LATENT_LIMIT), count(1), Lock()

    def put(number: int, threads: int) -> None:
        payload = tiles[number]
        if payload is not None:
            mosaic.put(grid.tiles[number], decode_tile(payload, shapes[number], model, gains, backend, threads))
        with lock:  # shares rise, whoever tells them
            tell(progress, next(done) / len(tiles))

    for_each_tile(put, grid)
    return mosaic


def for_each_tile(work: Callable[[int, int], T], grid: LatentGrid) -> list[T]:
    """Run `work` on the number of each tile and the threads that it may take; results in order."""
    most = thread_limit() if grid.rows * grid.columns >= SHARED else 1
    each = 1 if len(grid.tiles) >= SIDE_BY_SIDE * most else most
    return side_by_side(lambda number: work(number, each), range(len(grid.tiles)), most // each)


def generator_of(model: VariableModel, window: int = WINDOW) -> Generator:
    """Return the generator as `mosaic` runs it; `window` is the edge of its windows in latents."""
    return Generator(model.generate, MARGIN, window)


def tell(progress: Progress, share: float) -> None:
    """Report a share to whoever listens."""
    if progress is not None:
        progress(share)
