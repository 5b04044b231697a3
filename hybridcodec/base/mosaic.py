"""The latents of all tiles side by side, and the generator over them in windows with its receptive field around.

So neither tiles nor windows leave a trace.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.colour import gray_of
from hybridcodec.base.geometry import LatentGrid, Slices, Window, pieces
from hybridcodec.base.units import MID_GRAY, SAMPLE_STEPS, SHARED, STRIDE
from hybridcodec.machine.heap import return_large_blocks
from hybridcodec.machine.host import thread_limit

REMEMBERED: Final = 4
"""Windows that are recognised when they come again; what is drawn of those that did is kept."""

I16 = NDArray[np.int16]
I32 = NDArray[np.int32]
Drawn = NDArray[np.integer[Any]]
Windows = Iterator[tuple[Slices, Drawn]]
"""Rows and columns of pixels, and what is drawn there, (h, w, C) for each picture in 1 / SAMPLE_STEPS; raster order."""
Generate = Callable[[I16, Slices, int], Drawn]
"""From latents (h, w, C), those that are wanted, and a number of threads to (16 pixels for each of those, K).

What comes first is RGB in 1 / SAMPLE_STEPS from mid-gray; the other latents are what it depends on."""


@dataclass(frozen=True)
class Generator:
    """A network as this room runs it.

    Attributes:
        generate: the network.
        margin: latents around a window on which its pixels depend.
        window: edge of the windows in latents: bounds memory, never changes a sample.
    """

    generate: Generate
    margin: int
    window: int


class Mosaic:
    """What a generator reads of a whole picture."""

    def __init__(self, grid: LatentGrid, channels: int, limit: int) -> None:
        """Begin with latents of 0, which draw about mid-gray; `limit` is the magnitude that latents are clipped to."""
        self.grid, self._limit = grid, limit
        self.latents: I16 = np.zeros((channels, grid.rows, grid.columns), np.int16)

    def put(self, area: Slices, latents: NDArray[np.integer[Any]]) -> None:
        """Put a tile's latents (channels, h, w) where they belong, clipped to what generators read."""
        np.clip(latents, -self._limit, self._limit, out=self.latents[(slice(None), *area)], casting="unsafe")

    def synthesise(self, generator: Generator, channels: int) -> Windows:
        """Yield (rows and columns of pixels, values in 1 / SAMPLE_STEPS, (h, w, channels)) window by window."""
        for area, drawn in self.drawn(generator):
            fine = drawn + drawn.dtype.type(MID_GRAY * SAMPLE_STEPS)
            yield area, fine if channels == 3 else gray_of(fine)

    def drawn(self, generator: Generator) -> Iterator[tuple[Slices, Drawn]]:
        """Yield (rows and columns of pixels, what the generator makes there, (h, w, K)) window by window.

        All that the grid wants is among them.
        """
        grid, memory = self.grid, _Memory()
        if max(grid.rows, grid.columns) > 2 * generator.window:
            return_large_blocks()
        for area in pieces(grid.rows, grid.columns, generator.window, generator.margin, grid.drawn):
            made = memory.recall(self._key(area), partial(self._generate, generator, area))
            rows, columns = area.inner_pixels(STRIDE)
            rows = slice(rows.start, min(rows.stop, grid.height))
            columns = slice(columns.start, min(columns.stop, grid.width))
            yield (rows, columns), made[: rows.stop - rows.start, : columns.stop - columns.start]

    def _key(self, area: Window) -> object:
        held = self.latents[(slice(None), *area.outer)]
        digest = hashlib.sha256(held.tobytes()).digest()
        return (digest, held[0].shape, *((inner.start, inner.stop) for inner in area.inner_in_outer))

    def _generate(self, generator: Generator, area: Window) -> Drawn:
        held = self.latents[(slice(None), *area.outer)].transpose(1, 2, 0)  # (h, w, channels)
        threads = thread_limit() if held.size >= SHARED * held.shape[2] else 1
        return generator.generate(held, area.inner_in_outer, threads)


class _Memory:
    """What was drawn of windows that came again: claims of much and plain cost little time.

    The latest few are recognised, since a row of windows that are alike begins and ends with another. Pictures have no
    window twice, so that nothing of them is kept.
    """

    def __init__(self) -> None:
        self._known: dict[object, Drawn | None] = {}

    def recall(self, key: object, draw: Callable[[], Drawn]) -> Drawn:
        """Return what was drawn for this key, or draw it."""
        known = self._known.get(key)
        if known is not None:
            return known
        made = draw()
        self._known[key] = made if key in self._known else None
        if len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]
        return made
