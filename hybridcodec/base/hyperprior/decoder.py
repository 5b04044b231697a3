"""From a picture's base payloads to its base picture: integers only, one answer on every machine.

Each tile's latents stand alone; the generator then runs over the mosaic of all of them in windows with its receptive
field around, so that neither tiles nor windows leave a trace.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.hyperprior.geometry import LatentGrid, Window, windows
from hybridcodec.base.hyperprior.latents import decode_tile, require_room
from hybridcodec.base.hyperprior.model import BaseModel
from hybridcodec.base.hyperprior.schema import LATENT_LIMIT, LATENTS, MARGIN, MID_GRAY, SAMPLE_STEPS, SHARED, STRIDE
from hybridcodec.errors import CorruptFileError
from hybridcodec.machine.host import thread_limit
from hybridcodec.modes import Backend

TILE: Final = 512
"""Default edge of a base tile, pixels."""
WINDOW: Final = 64
"""Edge of the generator's windows, latents; bounds memory, never changes a sample."""

REMEMBERED: Final = 4
"""Windows whose samples are kept for others that hold the same, 13 MB each."""

U8 = NDArray[np.uint8]
I16 = NDArray[np.int16]
I32 = NDArray[np.int32]
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
    correction = read_correction(common, channels)
    if len(tiles) != len(grid.tiles):
        raise CorruptFileError(f"expected {len(grid.tiles)} base tiles, found {len(tiles)}")
    for (rows, columns), payload in zip(grid.tiles, tiles, strict=True):  # before anything is made of them
        if payload is not None:
            require_room(payload, rows.stop - rows.start, columns.stop - columns.start, model)
    mosaic = empty_mosaic(grid)
    for done, (area, payload) in enumerate(zip(grid.tiles, tiles, strict=True)):
        if payload is not None:
            rows, columns = area
            decoded = decode_tile(payload, rows.stop - rows.start, columns.stop - columns.start, model, backend)
            put(mosaic, area, decoded)
        _tell(progress, 0.5 * (done + 1) / len(tiles))
    picture = np.empty((height, width, channels), np.uint8)
    for area, fine in synthesise(mosaic, grid, channels, model, window):
        picture[area] = to_samples(fine, correction)
        _tell(progress, 0.5 + 0.5 * area[0].stop / height)
    return picture


def empty_mosaic(grid: LatentGrid) -> I16:
    """Return room for a picture's y_hat, zeros, int16 (LATENTS, rows, columns)."""
    return np.zeros((LATENTS, grid.rows, grid.columns), np.int16)


def put(mosaic: I16, area: tuple[slice, slice], y_hat: I32) -> None:
    """Put a tile's y_hat where it belongs, clipped to what the generator reads."""
    mosaic[(slice(None), *area)] = y_hat.clip(-LATENT_LIMIT, LATENT_LIMIT)


def synthesise(
    mosaic: I16, grid: LatentGrid, channels: int, model: BaseModel, window: int
) -> Iterator[tuple[tuple[slice, slice], I32]]:
    """Yield (rows and columns of pixels, their values in 1 / SAMPLE_STEPS, int32 (h, w, channels)) window by window."""
    known: dict[object, I32] = {}
    for area in windows(grid.rows, grid.columns, window, MARGIN):
        fine = _generate_once(mosaic, area, model, known)
        rows, columns = area.inner_pixels(STRIDE)
        rows = slice(rows.start, min(rows.stop, grid.height))
        columns = slice(columns.start, min(columns.stop, grid.width))
        fine = fine[: rows.stop - rows.start, : columns.stop - columns.start]
        yield (rows, columns), fine if channels == 3 else _gray(fine)


def _generate_once(mosaic: I16, area: Window, model: BaseModel, known: dict[object, I32]) -> I32:
    """As `_generate`, but windows that hold the same are generated once: claims of much and plain cost little time.

    `known` holds the latest few, since a row of windows that are alike begins and ends with another.
    """
    digest = hashlib.sha256(mosaic[(slice(None), *area.outer)].tobytes()).digest()
    within = area.inner_in_outer
    key = (digest, mosaic[(0, *area.outer)].shape, *((inner.start, inner.stop) for inner in within))
    if key not in known:
        known[key] = _generate(mosaic, area, model)
        if len(known) > REMEMBERED:
            del known[next(iter(known))]
    return known[key]


def _generate(mosaic: I16, area: Window, model: BaseModel) -> I32:
    y_hat = mosaic[(slice(None), *area.outer)].transpose(1, 2, 0)  # (h, w, LATENTS)
    threads = thread_limit() if y_hat.size >= SHARED * LATENTS else 1
    rows, columns = (slice(s.start * STRIDE, s.stop * STRIDE) for s in area.inner_in_outer)
    return model.g_s(y_hat, threads)[rows, columns].astype(np.int32) + MID_GRAY * SAMPLE_STEPS  # (h, w, 3)


def _gray(fine: I32) -> I32:
    red, green, blue = (fine[..., c] for c in range(3))
    return ((red + 2 * green + blue + 2) >> 2)[..., None]


def to_samples(fine: I16 | I32, correction: I32) -> U8:
    """Return samples: `fine` plus correction, both in 1 / SAMPLE_STEPS, rounded half up and clipped to 0..255."""
    return ((fine + (correction + SAMPLE_STEPS // 2)) // SAMPLE_STEPS).clip(0, 255).astype(np.uint8)


def read_correction(common: bytes, channels: int) -> I32:
    """Return the correction of each channel, (channels,), in 1 / SAMPLE_STEPS."""
    if len(common) != channels:
        raise CorruptFileError(f"expected {channels} bytes of colour correction, found {len(common)}")
    return np.frombuffer(common, np.int8).astype(np.int32)


def _tell(progress: Progress, share: float) -> None:
    if progress is not None:
        progress(share)
