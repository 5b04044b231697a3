"""From a base layer's payloads to the display picture: integers only, one answer on every machine."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.colour import gray_of, read_correction
from hybridcodec.base.drawing import Pane, Rows, Strips, shown
from hybridcodec.base.geometry import LatentGrid, Slices, Window, scaled, square_edge
from hybridcodec.base.mosaic import Drawn, Generator, Mosaic, Windows
from hybridcodec.base.units import MID_GRAY, SAMPLE_STEPS, SHARED, STRIDE
from hybridcodec.base.variable.decoder import Common, decode_latents, tell
from hybridcodec.base.variable.model import VariableModel
from hybridcodec.base.variable.schema import FINER
from hybridcodec.generative.coder import Beneath
from hybridcodec.generative.texture.grain import add_grain, enlarged
from hybridcodec.generative.texture.model import TextureModel
from hybridcodec.generative.texture.schema import BANDS, FEATURE_MARGIN, MARGIN
from hybridcodec.machine.host import thread_limit
from hybridcodec.machine.threads import Progress, part, sharing
from hybridcodec.modes import Backend
from hybridcodec.tiling import Area

WINDOW: Final = 64
"""Edge of the generator's windows, latents; bounds memory, never changes a sample."""
_COLOURS: Final = 3

U8 = NDArray[np.uint8]
I16 = NDArray[np.int16]


def decode_display(
    common: bytes, beneath: Beneath, model: TextureModel, *, window: int = WINDOW, progress: Progress = None,
    backend: Backend = Backend.COMPILED, base_rows: Rows | None = None, area: Area | None = None,
) -> U8:  # fmt: skip
    """Return the display picture, uint8 (H, W, channels); see `generative.coder.DisplayCoder.decode`."""
    tiling, channels = beneath.tiling, beneath.channels
    shared, correction = Common.of(beneath.common, channels), read_correction(common, channels)
    grid = LatentGrid(tiling.height, tiling.width, square_edge(tiling), area)
    with sharing(thread_limit()):
        mosaic = decode_latents(shared, beneath.tiles, beneath.model, grid, part(progress, 0, 0.4), backend)
        drawing = Drawing(beneath.model, model, shared.quality, with_base=base_rows is not None)
        pane = Pane(grid, channels)
        below = None if base_rows is None else Strips(grid.width, base_rows)
        both = correction if below is None else np.concatenate((shared.correction, correction))
        for place, samples in shown(drawing.windows(mosaic, channels, window), both):
            pane.put(place, samples[..., -channels:])
            if below is not None:
                below.put(place, samples[..., :channels])
            tell(part(progress, 0.4, 1), place[0].stop / grid.pixels[0].stop)
    return pane.wanted


class Drawing:
    """The display picture of latents of a quality, the base picture before it where that is wanted."""

    def __init__(self, base: VariableModel, model: TextureModel, quality: int, *, with_base: bool) -> None:
        """Name the models."""
        self._base, self._model, self._quality, self._with_base = base, model, quality, with_base

    def windows(self, mosaic: Mosaic, channels: int, window: int) -> Windows:
        """Yield (rows and columns of pixels, values in 1 / SAMPLE_STEPS, (h, w, channels)) window by window.

        With the base picture there are twice as many channels, those of the base picture first.
        """
        for area, drawn in mosaic.drawn(Generator(self._draw, MARGIN, window)):
            yield area, _grained(area, drawn, channels)

    def _draw(self, latents: NDArray[Any], wanted: Slices, threads: int) -> I16:
        """Return RGB in 1 / SAMPLE_STEPS from mid-gray, of each picture, and the strengths of grain, pixel by pixel."""
        near = Window.around(wanted, FEATURE_MARGIN, latents.shape[:2])
        fine, features = self._base.draw(latents, near.outer, threads)
        added, strengths = self._model.draw(features, self._quality, threads)
        size = strengths.shape[0] // FINER, strengths.shape[1] // FINER
        rows, columns = near.inner_in_outer
        across = scaled((rows, columns), STRIDE)[1]
        pictures = 2 * _COLOURS if self._with_base else _COLOURS
        out = np.empty((STRIDE * (rows.stop - rows.start), across.stop - across.start, pictures + BANDS), np.int16)

        def assemble(part: slice) -> None:
            below = scaled((slice(rows.start + part.start, rows.start + part.stop), part), STRIDE)
            made = out[below[1]]
            made[..., :_COLOURS] = fine[below[0], across]  # the base picture, where it is not overwritten
            np.add(fine[below[0], across], added[below[0], across], out=made[..., pictures - _COLOURS : pictures])
            seen = Window.around((slice(rows.start + part.start, rows.start + part.stop), columns), 1, size)
            enlarge = enlarged(strengths[scaled(seen.outer, FINER)])
            made[..., pictures:] = enlarge[scaled(seen.inner_in_outer, STRIDE)]

        with sharing(threads) as share:
            share(assemble, rows.stop - rows.start)
        return out


def _grained(area: Slices, drawn: Drawn, channels: int) -> Drawn:
    """Return pictures with their grain, of colours and strengths."""
    end = drawn.shape[2] - BANDS
    fine = np.empty((*drawn.shape[:2], end), np.int16)

    def add(part: slice) -> None:
        rows = slice(part.start * STRIDE, min(part.stop * STRIDE, len(fine)))
        np.add(drawn[rows, :, :end], np.int16(MID_GRAY * SAMPLE_STEPS), out=fine[rows])
        place = slice(area[0].start + rows.start, area[0].start + rows.stop), area[1]
        add_grain(place, drawn[rows, :, end:], fine[rows, :, end - _COLOURS :])

    latents = fine.shape[0] * fine.shape[1] // STRIDE**2
    with sharing(thread_limit() if latents >= SHARED else 1) as share:
        share(add, -(-len(fine) // STRIDE))
    pictures = range(0, end, _COLOURS)
    return fine if channels == _COLOURS else np.dstack([gray_of(fine[..., k : k + _COLOURS]) for k in pictures])
