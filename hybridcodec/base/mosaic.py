"""The latents of all tiles side by side, and the generator over them in windows with its receptive field around.

So neither tiles nor windows leave a trace.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.colour import gray_of
from hybridcodec.base.geometry import LatentGrid, Slices, Window, windows
from hybridcodec.base.units import MID_GRAY, SAMPLE_STEPS, SHARED, STRIDE
from hybridcodec.machine.host import thread_limit

REMEMBERED: Final = 4
"""Windows whose samples are kept for others that hold the same, 13 MB each at the usual size."""

I16 = NDArray[np.int16]
I32 = NDArray[np.int32]
Generate = Callable[[I16, int], NDArray[np.integer[Any]]]
"""From latents (h, w, C) and a number of threads to (16 h, 16 w, K): first RGB in 1 / SAMPLE_STEPS from mid-gray."""


@dataclass(frozen=True)
class Generator:
    """A network as this room runs it.

    Attributes:
        generate: the network.
        limit: latents are clipped to this magnitude.
        margin: latents around a window on which its pixels depend.
        window: edge of the windows in latents: bounds memory, never changes a sample.
    """

    generate: Generate
    limit: int
    margin: int
    window: int


class Mosaic:
    """What a generator reads of a whole picture."""

    def __init__(self, grid: LatentGrid, channels: int, generator: Generator) -> None:
        """Begin with latents of 0, which draw about mid-gray."""
        self.grid, self._generator = grid, generator
        self.latents: I16 = np.zeros((channels, grid.rows, grid.columns), np.int16)
        self._known: dict[object, I32] = {}

    def put(self, area: Slices, latents: NDArray[np.integer[Any]]) -> None:
        """Put a tile's latents (channels, h, w) where they belong, clipped to what the generator reads."""
        self.latents[(slice(None), *area)] = latents.clip(-self._generator.limit, self._generator.limit)

    def synthesise(self, channels: int) -> Iterator[tuple[Slices, I32]]:
        """Yield (rows and columns of pixels, values in 1 / SAMPLE_STEPS, int32 (h, w, channels)) window by window."""
        for area, drawn in self.drawn():
            fine = drawn + MID_GRAY * SAMPLE_STEPS
            yield area, fine if channels == 3 else gray_of(fine)

    def drawn(self) -> Iterator[tuple[Slices, I32]]:
        """Yield (rows and columns of pixels, what the generator makes there, int32 (h, w, K)) window by window."""
        grid = self.grid
        for area in windows(grid.rows, grid.columns, self._generator.window, self._generator.margin):
            made = self._generate_once(area)
            rows, columns = area.inner_pixels(STRIDE)
            rows = slice(rows.start, min(rows.stop, grid.height))
            columns = slice(columns.start, min(columns.stop, grid.width))
            yield (rows, columns), made[: rows.stop - rows.start, : columns.stop - columns.start]

    def _generate_once(self, area: Window) -> I32:
        """As `_generate`, but windows that hold the same are generated once: claims of much and plain cost little time.

        The latest few are kept, since a row of windows that are alike begins and ends with another.
        """
        held = self.latents[(slice(None), *area.outer)]
        digest = hashlib.sha256(held.tobytes()).digest()
        key = (digest, held[0].shape, *((inner.start, inner.stop) for inner in area.inner_in_outer))
        if key not in self._known:
            self._known[key] = self._generate(area)
            if len(self._known) > REMEMBERED:
                del self._known[next(iter(self._known))]
        return self._known[key]

    def _generate(self, area: Window) -> I32:
        held = self.latents[(slice(None), *area.outer)].transpose(1, 2, 0)  # (h, w, channels)
        threads = thread_limit() if held.size >= SHARED * held.shape[2] else 1
        rows, columns = (slice(s.start * STRIDE, s.stop * STRIDE) for s in area.inner_in_outer)
        return self._generator.generate(held, threads)[rows, columns].astype(np.int32)
