"""Crops to learn from: as pictures are, reduced as galleries do, grainy as film, or altered as files often were.

All have one size where their picture is large enough, that of a tile; `alterations` has what is done to them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from hybridcodec.train.data import Samples
from hybridcodec.train.residual.alterations import (
    Chance,
    Method,
    Plane,
    coarsely_coloured,
    grainy,
    noisy,
    resized,
    sharpened,
    through_jpeg,
    toned,
    whole,
)

SMALLEST: Final = 64
"""Sides that a crop of a small picture has at least, where the picture has them."""
_REDUCING: Final = Method.LANCZOS, Method.BICUBIC, Method.BOX, Method.HAMMING
_ENLARGING: Final = Method.LANCZOS, Method.BICUBIC, Method.BILINEAR
_OFTEN: Final = 0.25
_RARELY: Final = 0.08
"""Shares of crops that went through a JPEG: of those altered, and of the others."""

Edges = tuple[int, int]
"""Height and width."""
Kind = Callable[[Samples, Edges, Chance], Plane]


def crop(picture: Samples, edges: Edges, rng: Chance) -> Samples:
    """Return a crop, uint8 (h, w, 3), of at most `edges`, of a picture of the same kind of samples."""
    kind = _KINDS[rng.choice(len(_KINDS), p=_SHARES)]
    found = whole(kind(_turned(picture, edges, rng), edges, rng))
    return through_jpeg(found, rng) if rng.random() < (_OFTEN if kind is _altered else _RARELY) else found


def centre(picture: Samples, edges: Edges) -> Samples:
    """Return the middle of a picture, of at most `edges`."""
    h, w = (min(most, size) for most, size in zip(edges, picture.shape[:2], strict=True))
    top, left = (picture.shape[0] - h) // 2, (picture.shape[1] - w) // 2
    return np.ascontiguousarray(picture[top : top + h, left : left + w])


def _turned(picture: Samples, edges: Edges, rng: Chance) -> Samples:
    """Return it mirrored by chance, and transposed by chance or where only then a crop has its full size."""
    if rng.random() < 0.5:
        picture = picture[:, ::-1]
    upright, lying = (all(a >= b for a, b in zip(picture.shape[:2], e, strict=True)) for e in (edges, edges[::-1]))
    turn = rng.random() < 0.5 if upright == lying else lying
    return picture.transpose(1, 0, 2) if turn else picture


def _window(picture: Samples, edges: Edges, factor: float, rng: Chance) -> Plane:
    """Return a random part, `factor` times as large as a crop where the picture allows."""
    h, w = (min(size, round(edge * factor)) for size, edge in zip(picture.shape[:2], edges, strict=True))
    top, left = int(rng.integers(picture.shape[0] - h + 1)), int(rng.integers(picture.shape[1] - w + 1))
    return picture[top : top + h, left : left + w].astype(np.float32)


def _scaled(x: Plane, edges: Edges, factor: float, method: Method) -> Plane:
    h, w = (min(edge, max(SMALLEST, round(size / factor))) for size, edge in zip(x.shape[:2], edges, strict=True))
    return resized(x, (h, w), method)


def _as_it_is(picture: Samples, edges: Edges, rng: Chance) -> Plane:
    return _window(picture, edges, 1.0, rng)


def _reduced(picture: Samples, edges: Edges, rng: Chance) -> Plane:
    """Reduced to a third at most; a small picture has a smaller crop."""
    most = min(size / edge for size, edge in zip(picture.shape[:2], edges, strict=True))
    factor = rng.uniform(1.1, min(most, 3.0) if most > 1.15 else 1.6)
    x = _scaled(_window(picture, edges, factor, rng), edges, factor, _REDUCING[rng.integers(len(_REDUCING))])
    return _some(x, rng, (sharpened, 0.35), (toned, 0.3), (grainy, 0.3))


def _grainy(picture: Samples, edges: Edges, rng: Chance) -> Plane:
    return _some(_window(picture, edges, 1.0, rng), rng, (sharpened, 0.4), (toned, 0.4), (grainy, 1.0))


def _altered(picture: Samples, edges: Edges, rng: Chance) -> Plane:
    """Mostly enlarged, noisy before or after, toned, its colour coarse."""
    factor = rng.uniform(1.15, 2.2) if rng.random() < 0.8 else 1.0
    x = _some(_window(picture, edges, 1 / factor, rng), rng, (noisy, 0.4))
    if factor > 1:
        x = _scaled(x, edges, 1 / factor, _ENLARGING[rng.integers(len(_ENLARGING))])
    return _some(x, rng, (noisy, 0.3), (toned, 0.4), (coarsely_coloured, 0.5))


def _some(x: Plane, rng: Chance, *steps: tuple[Callable[[Plane, Chance], Plane], float]) -> Plane:
    """Take each step with its probability."""
    for step, share in steps:
        if rng.random() < share:
            x = step(x, rng)
    return x


_KINDS: Final[tuple[Kind, ...]] = _as_it_is, _reduced, _grainy, _altered
_SHARES: Final = 0.35, 0.25, 0.15, 0.25
