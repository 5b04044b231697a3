"""From a picture's base payloads to its base picture: integers only, one answer on every machine.

Each tile's latents stand alone; the generator then runs over the mosaic of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.colour import read_correction, to_samples
from hybridcodec.base.drawing import Pane
from hybridcodec.base.geometry import LatentGrid, Slices, scaled
from hybridcodec.base.hyperprior.latents import decode_tile, require_room
from hybridcodec.base.hyperprior.model import BaseModel
from hybridcodec.base.hyperprior.schema import LATENT_LIMIT, LATENTS, MARGIN
from hybridcodec.base.mosaic import Generator, Mosaic
from hybridcodec.base.square import TILE
from hybridcodec.base.units import STRIDE
from hybridcodec.errors import CorruptFileError
from hybridcodec.integer import Integers
from hybridcodec.modes import Backend

WINDOW: Final = 64
"""Edge of the generator's windows, latents; bounds memory, never changes a sample."""

U8 = NDArray[np.uint8]
Progress = Callable[[float], None] | None


def decode_base(
    common: bytes,
    tiles: Sequence[bytes | None],
    shape: tuple[int, int, int],
    model: BaseModel,
    *,
    tile: int = TILE,
    window: int = WINDOW,
    progress: Progress = None,
    backend: Backend = Backend.COMPILED,
) -> U8:
    """Return the base picture, uint8 of `shape`.

    Args:
        common: the picture's colour correction, one signed byte per channel.
        tiles: one payload per base tile, raster order; None where it is missing, which leaves flat gray.
        shape: height and width in pixels, at least 1; channels, 1 or 3.
        model: the integer model that the payloads were written for.
        tile: edge of the base tiles, pixels, a multiple of 64.
        window: edge of the generator's windows in latents; any value gives the same samples.
        progress: receives the share done.
        backend: who reads the streams.

    Raises:
        CorruptFileError: wrong number or content of payloads.
        MismatchError: two decoders disagree on a stream.
    """
    height, width, channels = shape
    grid = LatentGrid(height, width, tile)
    return decode_grid(common, tiles, channels, model, grid, window=window, progress=progress, backend=backend)


def decode_grid(
    common: bytes,
    tiles: Sequence[bytes | None],
    channels: int,
    model: BaseModel,
    grid: LatentGrid,
    *,
    window: int = WINDOW,
    progress: Progress = None,
    backend: Backend = Backend.COMPILED,
) -> U8:
    """Return the base picture, uint8 (H, W, channels), or the part of it that the grid wants; see `decode_base`."""
    correction = read_correction(common, channels)
    if len(tiles) != len(grid.tiles):
        raise CorruptFileError(f"expected {len(grid.tiles)} base tiles, found {len(tiles)}")
    for (rows, columns), payload in zip(grid.tiles, tiles, strict=True):  # before anything is made of them
        if payload is not None:
            require_room(payload, rows.stop - rows.start, columns.stop - columns.start, model)
    mosaic = Mosaic(grid, LATENTS, LATENT_LIMIT)
    for done, (area, payload) in enumerate(zip(grid.tiles, tiles, strict=True)):
        if payload is not None:
            rows, columns = area
            decoded = decode_tile(payload, rows.stop - rows.start, columns.stop - columns.start, model, backend)
            mosaic.put(area, decoded)
        _tell(progress, 0.5 * (done + 1) / len(tiles))
    pane = Pane(grid, channels)
    for area, fine in mosaic.synthesise(generator_of(model, window), channels):
        pane.put(area, to_samples(fine, correction))
        _tell(progress, 0.5 + 0.5 * area[0].stop / grid.pixels[0].stop)
    return pane.wanted


def generator_of(model: BaseModel, window: int = WINDOW) -> Generator:
    """Return the generator as `mosaic` runs it; `window` is the edge of its windows in latents."""

    def generate(latents: NDArray[np.int16], wanted: Slices, threads: int) -> Integers:
        return model.g_s(latents, threads)[scaled(wanted, STRIDE)]

    return Generator(generate, MARGIN, window)


def _tell(progress: Progress, share: float) -> None:
    if progress is not None:
        progress(share)
