"""From a base layer's payloads to the display picture: integers only, one answer on every machine."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.colour import gray_of, read_correction
from hybridcodec.base.drawing import Pane, Rows, Strips, shown
from hybridcodec.base.geometry import LatentGrid, Slices, Window, scaled, square_edge
from hybridcodec.base.mosaic import Generator, Mosaic, Windows
from hybridcodec.base.units import MID_GRAY, SAMPLE_STEPS, STRIDE
from hybridcodec.base.variable.decoder import Common, decode_latents, tell
from hybridcodec.base.variable.model import VariableModel
from hybridcodec.generative.coder import Beneath
from hybridcodec.generative.texture.grain import add_grain, enlarged
from hybridcodec.generative.texture.model import TextureModel
from hybridcodec.generative.texture.schema import BANDS, FEATURE_MARGIN, MARGIN
from hybridcodec.machine.threads import Progress, part
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
            end = drawn.shape[2] - BANDS
            fine = drawn[..., :end] + np.int16(MID_GRAY * SAMPLE_STEPS)
            add_grain(area, drawn[..., end:], fine[..., end - _COLOURS :])
            pictures = range(0, end, _COLOURS)
            yield area, fine if channels == _COLOURS else np.dstack([gray_of(fine[..., k : k + 3]) for k in pictures])

    def _draw(self, latents: NDArray[Any], wanted: Slices, threads: int) -> I16:
        """Return RGB in 1 / SAMPLE_STEPS from mid-gray, of each picture, and the strengths of grain, pixel by pixel."""
        near = Window.around(wanted, FEATURE_MARGIN, latents.shape[:2])
        fine, features = self._base.draw(latents, near.outer, threads)
        added, strengths = self._model.draw(features, self._quality, threads)
        inner = scaled(near.inner_in_outer, STRIDE)
        parts = fine[inner], fine[inner] + added[inner], enlarged(strengths)[inner]
        return np.concatenate(parts if self._with_base else parts[1:], axis=2, dtype=np.int16)
