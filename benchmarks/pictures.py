"""Generated pictures that look for the weak spots of a lossless codec: odd sizes, extremes, noise, flat areas, text.

Picture `index` of a `seed` is always the same, whichever others are made; its kind follows from the index, so that any
run of `len(KINDS)` pictures has one of each.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

U8 = npt.NDArray[np.uint8]
Values = npt.NDArray[np.integer]
Shape = tuple[int, int, int]
TOP: Final = 255
LARGEST: Final = 300
PRIMES: Final = (2, 3, 5, 7, 11, 13, 17, 23, 31, 37, 53, 61, 67, 97, 101, 127, 131, 191, 251, 257, 263, 283, 293)
BORDERS: Final = (1, 4, 8, 15, 16, 17, 32, 33, 63, 64, 65, 127, 128, 129, 192, 255, 256, 299, 300)
"""Sides at which tiles, strides and paddings begin and end."""


@dataclass(frozen=True)
class GeneratedPicture:
    """Samples are (H, W) for gray and (H, W, 3) for RGB."""

    name: str
    samples: U8


def pictures(count: int, seed: int, *, largest: int = LARGEST) -> Iterator[GeneratedPicture]:
    """Yield pictures 0 to count - 1 of a seed, sides of 1 to `largest`."""
    for index in range(count):
        yield picture(index, seed, largest=largest)


def picture(index: int, seed: int, *, largest: int = LARGEST) -> GeneratedPicture:
    """Return one picture of a seed, sides of 1 to `largest`."""
    rng = np.random.default_rng((seed, index))
    kind = tuple(KINDS)[index % len(KINDS)]
    shape = _shape(rng, largest)
    samples = KINDS[kind](rng, shape).astype(np.uint8)
    H, W, C = shape
    return GeneratedPicture(f"{index} {kind} {W}x{H}x{C}", samples.reshape(H, W) if C == 1 else samples)


def _shape(rng: np.random.Generator, largest: int) -> Shape:
    channels = int(rng.choice((1, 3, 3)))
    if rng.random() < 0.05:
        return (1, 1, channels)
    sides = [_side(rng, largest) for _ in range(2)]
    if rng.random() < 0.1:
        sides[int(rng.integers(2))] = 1
    return (sides[0], sides[1], channels)


def _side(rng: np.random.Generator, largest: int) -> int:
    pool = (PRIMES, BORDERS, range(1, 17), range(1, largest + 1))[int(rng.integers(4))]
    return int(rng.choice([side for side in pool if side <= largest] or [1]))


def _constant(rng: np.random.Generator, shape: Shape) -> Values:
    return np.broadcast_to(rng.integers(0, TOP + 1, shape[2]), shape)


def _black_or_white(rng: np.random.Generator, shape: Shape) -> Values:
    return np.full(shape, rng.choice((0, TOP)))


def _noise(rng: np.random.Generator, shape: Shape) -> Values:
    return rng.integers(0, TOP + 1, shape)


def _extremes(rng: np.random.Generator, shape: Shape) -> Values:
    return rng.choice((0, TOP), shape)


def _narrow_noise(rng: np.random.Generator, shape: Shape) -> Values:
    low, spread = rng.integers(0, TOP), rng.integers(1, 9)
    return np.asarray(np.clip(low + rng.integers(0, spread + 1, shape), 0, TOP))


def _checkers(rng: np.random.Generator, shape: Shape) -> Values:
    rows, columns = np.indices(shape[:2]) // int(rng.choice((1, 1, 2, 3, 8)))
    colours = rng.integers(0, TOP + 1, (2, shape[2])) if rng.random() < 0.5 else np.array([[0], [TOP]])
    return np.broadcast_to(colours[(rows + columns) % 2], shape)  # (H, W, C)


def _stripes(rng: np.random.Generator, shape: Shape) -> Values:
    axis = int(rng.integers(2))
    lines = rng.choice((0, 1, 128, 254, TOP), shape[axis])
    along = lines[:, None, None] if axis == 0 else lines[None, :, None]
    return np.broadcast_to(along, shape)


def _gradient(rng: np.random.Generator, shape: Shape) -> Values:
    slopes, start = rng.uniform(-3, 3, (2, shape[2])), rng.uniform(0, TOP, shape[2])
    rows, columns = _places(shape)
    return np.asarray(np.clip(start + slopes[0] * rows + slopes[1] * columns, 0, TOP), np.int64)


def _saw_teeth(rng: np.random.Generator, shape: Shape) -> Values:
    rows, columns = _places(shape)
    steps = rng.integers(-40, 41, (2, shape[2]))
    return np.asarray((steps[0] * rows + steps[1] * columns) % (TOP + 1))


def _rings(rng: np.random.Generator, shape: Shape) -> Values:
    rows, columns = _places(shape)
    distance = (rows - shape[0] / 2) ** 2 + (columns - shape[1] / 2) ** 2
    return np.asarray(127.5 + 127.5 * np.cos(distance * rng.uniform(0.001, 0.2, shape[2])), np.int64)


def _smooth(rng: np.random.Generator, shape: Shape) -> Values:
    """Something like a photograph: random walks in both directions, channels alike, a little noise."""
    H, W, _ = shape
    field = np.cumsum(rng.normal(0, 2, (H, W, 1)), 0) + np.cumsum(rng.normal(0, 2, (H, W, 1)), 1)
    tint = np.cumsum(rng.normal(0, 0.5, shape), 1)
    return np.clip(128 + field + tint + rng.normal(0, 1, shape), 0, TOP).astype(np.int64)


def _patches(rng: np.random.Generator, shape: Shape) -> Values:
    """Flat rectangles on each other, like a chart."""
    canvas = np.array(_constant(rng, shape))
    for _ in range(int(rng.integers(1, 12))):
        canvas[_box(rng, shape)] = rng.integers(0, TOP + 1, shape[2])
    return canvas


def _text(rng: np.random.Generator, shape: Shape) -> Values:
    """Short dark strokes in lines on a light ground, with hard edges."""
    canvas = np.full(shape, int(rng.choice((TOP, 250))))
    for top in range(1, max(2, shape[0] - 6), 9):
        for left in range(1, max(2, shape[1] - 4), 6):
            strokes = rng.random((7, 4)) < 0.4
            area = canvas[top : top + 7, left : left + 4]
            area[strokes[: area.shape[0], : area.shape[1]]] = 0
    return canvas


def _salt_and_pepper(rng: np.random.Generator, shape: Shape) -> Values:
    canvas = np.array((_smooth, _constant)[int(rng.integers(2))](rng, shape))
    hit = rng.random(shape) < rng.choice((0.01, 0.1))
    canvas[hit] = rng.choice((0, TOP), int(hit.sum()))
    return canvas


def _one_pixel(rng: np.random.Generator, shape: Shape) -> Values:
    canvas = np.array(_black_or_white(rng, shape))
    canvas[int(rng.integers(shape[0])), int(rng.integers(shape[1]))] = rng.integers(0, TOP + 1, shape[2])
    return canvas


def _few_colours(rng: np.random.Generator, shape: Shape) -> Values:
    palette = rng.integers(0, TOP + 1, (int(rng.integers(2, 6)), shape[2]))
    return palette[rng.integers(0, len(palette), shape[:2])]  # (H, W, C)


def _gray_in_colour(rng: np.random.Generator, shape: Shape) -> Values:
    return np.broadcast_to(_smooth(rng, (*shape[:2], 1)), shape)


def _opposed_channels(rng: np.random.Generator, shape: Shape) -> Values:
    """Channels that contradict each other, so that forecasting one from another leads astray."""
    canvas = np.array(_smooth(rng, shape))
    canvas[..., 0] = TOP - canvas[..., -1]
    return canvas


def _halves(rng: np.random.Generator, shape: Shape) -> Values:
    """A calm picture and a wild one in one frame: what adapts to one meets the other."""
    canvas = np.array((_constant, _gradient, _smooth)[int(rng.integers(3))](rng, shape))
    wild = (_noise, _extremes, _text)[int(rng.integers(3))](rng, shape)
    area = _box(rng, shape)
    canvas[area] = wild[area]
    return canvas


def _places(shape: Shape) -> tuple[Values, Values]:
    """Return the row and the column of each pixel, (H, 1, 1) and (1, W, 1)."""
    return np.arange(shape[0])[:, None, None], np.arange(shape[1])[None, :, None]


def _box(rng: np.random.Generator, shape: Shape) -> tuple[slice, slice]:
    rows, columns = (np.sort(rng.integers(0, side + 1, 2)) for side in shape[:2])
    return slice(int(rows[0]), int(rows[1])), slice(int(columns[0]), int(columns[1]))


KINDS: Final[dict[str, Callable[[np.random.Generator, Shape], Values]]] = {
    "constant": _constant,
    "black or white": _black_or_white,
    "noise": _noise,
    "extremes": _extremes,
    "narrow noise": _narrow_noise,
    "checkers": _checkers,
    "stripes": _stripes,
    "gradient": _gradient,
    "saw teeth": _saw_teeth,
    "rings": _rings,
    "smooth": _smooth,
    "patches": _patches,
    "text": _text,
    "salt and pepper": _salt_and_pepper,
    "one pixel": _one_pixel,
    "few colours": _few_colours,
    "gray in colour": _gray_in_colour,
    "opposed channels": _opposed_channels,
    "halves": _halves,
}
