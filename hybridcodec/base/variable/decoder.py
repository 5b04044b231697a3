"""From a picture's base payloads to its base picture: integers only, one answer on every machine."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.colour import read_correction, to_samples
from hybridcodec.base.geometry import LatentGrid
from hybridcodec.base.mosaic import Generator, Mosaic
from hybridcodec.base.variable.latents import decode_tile, require_room
from hybridcodec.base.variable.model import VariableModel
from hybridcodec.base.variable.schema import LATENT_LIMIT, LATENTS, MARGIN, QUALITIES
from hybridcodec.errors import CorruptFileError
from hybridcodec.machine.threads import Progress, part
from hybridcodec.modes import Backend

WINDOW: Final = 96
"""Edge of the generator's windows, latents; bounds memory, never changes a sample."""
_QUALITY: Final = struct.Struct("<H")

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
    """Return the base picture, uint8 (H, W, channels).

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
    mosaic = decode_latents(shared, tiles, model, grid, generator_of(model, window), part(progress, 0, 0.5), backend)
    picture = np.empty((grid.height, grid.width, channels), np.uint8)
    for area, fine in mosaic.synthesise(channels):
        picture[area] = to_samples(fine, shared.correction)
        tell(part(progress, 0.5, 1), area[0].stop / grid.height)
    return picture


def decode_latents(
    common: Common, tiles: Sequence[bytes | None], model: VariableModel, grid: LatentGrid, generator: Generator,
    progress: Progress, backend: Backend,
) -> Mosaic:  # fmt: skip
    """Return the latents of all tiles, ready for `generator`; for the rest see `decode_base`."""
    gains = model.gains(common.quality)
    if len(tiles) != len(grid.tiles):
        raise CorruptFileError(f"expected {len(grid.tiles)} base tiles, found {len(tiles)}")
    shapes = [(rows.stop - rows.start, columns.stop - columns.start) for rows, columns in grid.tiles]
    for shape, payload in zip(shapes, tiles, strict=True):  # before anything is made of them
        if payload is not None:
            require_room(payload, shape, model, gains)
    mosaic = Mosaic(grid, LATENTS, generator)
    for done, (area, shape, payload) in enumerate(zip(grid.tiles, shapes, tiles, strict=True)):
        if payload is not None:
            mosaic.put(area, decode_tile(payload, shape, model, gains, backend))
        tell(progress, (done + 1) / len(tiles))
    return mosaic


def generator_of(model: VariableModel, window: int = WINDOW) -> Generator:
    """Return the generator as `mosaic` runs it; `window` is the edge of its windows in latents."""
    return Generator(model.generate, LATENT_LIMIT, MARGIN, window)


def tell(progress: Progress, share: float) -> None:
    """Report a share to whoever listens."""
    if progress is not None:
        progress(share)
