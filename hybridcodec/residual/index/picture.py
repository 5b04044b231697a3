"""A tile as the coder goes through it: a colour a pixel, with margins, and what is kept of every column.

A pixel's channels are one colour of 32 bits, the first in its highest bits: 8 bits a channel. Left of a row stands the
first colour of the row above, right of it its own last colour, above the first row 0.
"""

from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.lanes import apart

MARGIN: Final = 8
"""Columns beyond a row, on both sides."""
ABOVE: Final = 3
"""Rows above the first."""
HIT, MISSED, NEW = 0, 1, 2
"""What became of a pixel: the first proposal, another one, none."""

_TALLEST: Final = 255
_LEFT, _RIGHT, _RIGHT_2, _RIGHT_3 = 8, 5, 3, 2
"""Reach of what must be one colour, to the left, and to the right in the three rows above."""

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]
Int: TypeAlias = Any


class Picture(NamedTuple):
    """Colours, and what happened.

    Attributes:
        colours: (h + ABOVE, w + 2 * MARGIN); an encoder's are known, a decoder's become so.
        heights: (w,), pixels above the next one that have the colour of the last in a column, at most 255.
        outcomes: (2, w + 5) what became of the pixels of even and of odd rows, from place 2 on.
        runs: (5,) equal pixels in the three rows above up to where they count, equal pixels up to the left
            neighbour, and pixels since a row last had something new.
    """

    colours: U32
    heights: I64
    outcomes: I64
    runs: I64


class Around(NamedTuple):
    """Colours around a pixel, by the direction in which they lie."""

    w: Int
    n: Int
    nw: Int
    ne: Int
    ww: Int
    nn: Int
    nne: Int
    nee: Int
    nww: Int
    www: Int


def new_picture(height: int, width: int) -> Picture:
    """Return a tile of which nothing is known."""
    colours = np.zeros((height + ABOVE, width + 2 * MARGIN), np.uint32)
    heights, outcomes, runs = np.zeros(width, np.int64), np.zeros((2, width + 5), np.int64), np.zeros(5, np.int64)
    return Picture(colours, *map(apart, (heights, outcomes, runs)))


def to_colours(values: I32, colours: U32) -> None:
    """Set the colours of a picture to values (h, w, C) of at most 255."""
    width, channels = values.shape[1:]
    inner = colours[ABOVE:, MARGIN : MARGIN + width]
    for channel in range(channels):
        inner |= values[..., channel].astype(np.uint32) << np.uint32(8 * (channels - 1 - channel))


def to_values(colours: U32, channels: int) -> I32:
    """Return the values (h, w, C) of a picture's colours."""
    inner = colours[ABOVE:, MARGIN:-MARGIN]
    octets = np.ascontiguousarray(inner, ">u4").view(np.uint8).reshape(*inner.shape, 4)
    return octets[..., 4 - channels :].astype(np.int32)


@kernel(nogil=True)
def enter_row(picture: Picture, y: Int) -> None:
    """Prepare the margins and runs of row y of `colours`."""
    colours, runs = picture.colours, picture.runs
    width = len(picture.heights)
    for x in range(MARGIN):
        colours[y, x] = colours[y - 1, MARGIN]
        colours[y - 1, MARGIN + width + x] = colours[y - 1, MARGIN + width - 1]
    for above, right in ((1, _RIGHT), (2, _RIGHT_2), (3, _RIGHT_3)):
        run = 0
        for x in range(1, MARGIN + right):
            run = run + 1 if colours[y - above, x] == colours[y - above, x - 1] else 0
        runs[above - 1] = run
    runs[3], runs[4] = MARGIN, 0


@kernel(inline="always")
def step(picture: Picture, y: Int, x: Int) -> Any:
    """Go on to a pixel and tell whether all around it, as far as contexts reach, is one colour."""
    colours, runs = picture.colours, picture.runs
    runs[0] = runs[0] + 1 if colours[y - 1, x + _RIGHT] == colours[y - 1, x + _RIGHT - 1] else 0
    runs[1] = runs[1] + 1 if colours[y - 2, x + _RIGHT_2] == colours[y - 2, x + _RIGHT_2 - 1] else 0
    runs[2] = runs[2] + 1 if colours[y - 3, x + _RIGHT_3] == colours[y - 3, x + _RIGHT_3 - 1] else 0
    w = colours[y, x - 1]
    near = runs[3] >= _LEFT and runs[0] >= 8 and runs[1] >= 6 and runs[2] >= 4
    return near and colours[y - 1, x] == w and colours[y - 2, x] == w and colours[y - 3, x] == w


@kernel(inline="always")
def settle(picture: Picture, y: Int, x: Int, colour: Int, outcome: Int) -> None:
    """Keep a pixel's colour, and what became of it."""
    colours, heights, runs = picture.colours, picture.heights, picture.runs
    west, north, column = np.int64(colours[y, x - 1]), np.int64(colours[y - 1, x]), x - MARGIN
    colours[y, x] = np.uint32(colour)
    picture.outcomes[y & 1, column + 2] = outcome
    runs[3] = runs[3] + 1 if colour == west else 1
    runs[4] = runs[4] + 1 if colour in (west, north) else 0
    heights[column] = min(heights[column] + 1, _TALLEST) if colour == north else 0


@kernel(inline="always")
def look_around(colours: U32, y: Int, x: Int) -> Around:
    """The colours around a pixel."""
    return Around(
        np.int64(colours[y, x - 1]),
        np.int64(colours[y - 1, x]),
        np.int64(colours[y - 1, x - 1]),
        np.int64(colours[y - 1, x + 1]),
        np.int64(colours[y, x - 2]),
        np.int64(colours[y - 2, x]),
        np.int64(colours[y - 2, x + 1]),
        np.int64(colours[y - 1, x + 2]),
        np.int64(colours[y - 1, x - 2]),
        np.int64(colours[y, x - 3]),
    )
