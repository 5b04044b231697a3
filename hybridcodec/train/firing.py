"""Units inside of the analysis' residual blocks that ever fire: the others are left out of what an encoder runs.

Training leaves most units of the innermost blocks with an activation that is 0 on every photograph. Without them the
analysis finds the same, and multiplies a quarter less. Each block keeps the units that fire most often, in a number
that processors like: more than have fired at all, mostly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.variable.analysis import Analysis
from hybridcodec.base.variable.decoder import WINDOW
from hybridcodec.base.variable.schema import G_A
from hybridcodec.integer import Block
from hybridcodec.integer.words import Plane
from hybridcodec.train.data import Samples

Arrays = dict[str, NDArray[Any]]
Counts = Mapping[str, NDArray[np.int64]]

TOGETHER: Final = 32
"""A block keeps a multiple of so many units."""


def only_firing(arrays: Arrays, pictures: Sequence[Samples]) -> Arrays:
    """Return the arrays of an analysis file without the units of `g_a` that fire on none of the pictures."""
    return narrowed(arrays, firing(Analysis.from_tensors(arrays), pictures))


def firing(analysis: Analysis, pictures: Sequence[Samples]) -> Counts:
    """Return at how many places of pictures, uint8 (H, W, 3), each unit fires, by the layer that it is of.

    Each is looked at whole and in quarters, since some units fire at the sides of a picture alone.
    """
    names, counts = {first.name for first, _ in _blocks()}, dict[str, NDArray[np.int64]]()

    def watch(number: int, plane: Plane) -> None:
        name = G_A[number].name
        if name in names:
            counts[name] = np.count_nonzero(plane.inside, axis=(0, 1)) + counts.get(name, 0)

    for picture in pictures:
        for part in (picture, *_quarters(picture)):
            analysis.latents(part, WINDOW, watch)
    return counts


def narrowed(arrays: Arrays, counts: Counts) -> Arrays:
    """Return the arrays of an analysis file with the units of each block that fire most often, in their order."""
    found = dict(arrays)
    for first, second in _blocks():
        fired = counts[first.name]
        count = -(-max(int(np.count_nonzero(fired)), 1) // TOGETHER) * TOGETHER
        kept = np.sort(np.argsort(-fired, kind="stable")[:count])
        for part in ("weight", "unit", "bias"):
            found[f"g_a.{first.name}.{part}"] = arrays[f"g_a.{first.name}.{part}"][kept]
        name = f"g_a.{second.name}.weight"
        found[name] = np.ascontiguousarray(arrays[name][:, kept])
    return found


def _quarters(picture: Samples) -> list[Samples]:
    rows, columns = (side // 2 for side in picture.shape[:2])
    return [part for half in (picture[:rows], picture[rows:]) for part in (half[:, :columns], half[:, columns:])]


def _blocks() -> Iterator[tuple[Any, Any]]:
    """Yield the two layers of each block."""
    return ((first, second) for first, second in pairwise(G_A) if first.block is Block.ENTER)
