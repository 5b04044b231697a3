"""From windows that are drawn to pictures in samples, one or several of the same latents side by side.

An encoder draws first to measure the colour, and needs all of it again to correct it. What is small is held meanwhile,
what is large is drawn twice: memory stays bounded. Pictures that only have to be hashed are given row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.colour import Fine, Tones, in_samples
from hybridcodec.base.geometry import LatentGrid, Slices
from hybridcodec.base.mosaic import Windows
from hybridcodec.tiling import size_of, within

HELD: Final = 1 << 22
"""Pixels of a picture that is held in between: as it is drawn, 12 bytes a pixel for two pictures in colour."""

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]
Rows = Callable[[U8], None]
"""Receives the rows of a picture, (n, W, C), from top to bottom."""


def correct(samples: U8, draw: Callable[[], Windows]) -> tuple[I32, Iterator[tuple[Slices, U8]]]:
    """Return what corrects each channel that is drawn, and the windows of samples with it.

    Args:
        samples: what every picture is meant to be, (H, W, C).
        draw: draws all windows, each (h, w, C * pictures); twice where there are more pixels than `HELD`.
    """
    tones, held, small = None, [], samples.shape[0] * samples.shape[1] <= HELD
    for area, fine in draw():
        tones = tones or Tones(fine.shape[2])
        tones.add(fine)
        if small:
            held.append((area, fine))
    assert tones is not None, "a picture has a window"
    correction = tones.corrections(samples)
    return correction, shown(held if small else draw(), correction)


def shown(windows: Iterable[tuple[Slices, Fine]], correction: I32) -> Iterator[tuple[Slices, U8]]:
    """Yield windows as samples."""
    for area, fine in windows:
        yield area, in_samples(fine, correction)


class Strips:
    """Rows of a picture of which windows come from left to right; they are given away once they are whole."""

    def __init__(self, width: int, give: Rows) -> None:
        """Begin at the top of a picture of this width."""
        self._width, self._give = width, give
        self._rows: U8 = np.empty((0, 0, 0), np.uint8)

    def put(self, area: Slices, samples: U8) -> None:
        """Put the next window (h, w, C)."""
        _, columns = area
        if columns.start == 0:
            self._rows = np.empty((len(samples), self._width, samples.shape[2]), np.uint8)
        self._rows[:, columns] = samples
        if columns.stop == self._width:
            self._give(self._rows)


class Pane:
    """What a grid wants of a picture, put together of windows in any order."""

    def __init__(self, grid: LatentGrid, channels: int) -> None:
        """Begin without a sample."""
        self._grid = grid
        self._samples: U8 = np.empty((*size_of(grid.pixels), channels), np.uint8)

    def put(self, area: Slices, samples: U8) -> None:
        """Put a window (h, w, C) at its rows and columns of the whole picture."""
        self._samples[within(area, self._grid.pixels)] = samples

    @property
    def wanted(self) -> U8:
        """What the grid wants, (h, w, C)."""
        return self._samples[within(self._grid.wanted, self._grid.pixels)]
