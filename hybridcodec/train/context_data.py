"""Training rows of the context model: the decoder's own integer features, sampled along its own wavefront.

Features come from the code that decodes, so that training can never see what a decoder would not. One row is one
sub-pixel: its features, the local centre and scale, and the sample that was there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hybridcodec.residual.quantiser import Quantiser
from hybridcodec.residual.regression import features, mixture
from hybridcodec.residual.regression.coder import TILE_HEIGHT
from hybridcodec.residual.regression.contexts import as_array, experts_of
from hybridcodec.residual.regression.model import CHANNELS, FORGET_UNIT, ResidualModel, network_shapes
from hybridcodec.residual.regression.planes import to_planes
from hybridcodec.residual.regression.state import Tile
from hybridcodec.residual.regression.tile import walk


@dataclass(frozen=True)
class Example:
    """A picture and its base picture, uint8 (H, W, C) each, and the error at which the pair is to be coded."""

    samples: NDArray[np.uint8]
    base: NDArray[np.uint8]
    max_error: int = 0


@dataclass(frozen=True)
class Rows:
    """Rows of one channel: features int16 (N, F); places int32 (N, 4): sample, centre and scale in 1/16, top."""

    features: NDArray[np.int16]
    places: NDArray[np.int32]


def tables() -> dict[str, NDArray[np.int32]]:
    """The fixed tables of a model file; floating point here, integers ever after."""
    scale = np.maximum(np.arange(features.MAX_SCALE + 1), 1) / 16
    logs = np.arange(mixture.LOG_SCALE_LOW, mixture.LOG_SCALE_HIGH + 1) / mixture.SCALE_STEPS
    widths = np.exp(logs)
    inverse = (1 << mixture.INVERSE_BITS) * mixture.TABLE_UNIT / (mixture.MEAN_UNIT * widths)
    return {
        "logs": np.rint(features.UNIT * np.log(scale)).astype(np.int32),
        "scales": np.rint(mixture.MEAN_UNIT * widths).astype(np.int32),
        "inverses": np.rint(inverse).astype(np.int32),
        "exponentials": np.rint(65536 * np.exp(-np.arange(4096) / mixture.OUTPUT_UNIT)).astype(np.int32),
    }


def blank_tensors(hidden: int) -> dict[str, NDArray[np.int32]]:
    """A model whose network is all zeros: enough to walk a tile and gather its features."""
    tensors = tables()
    for c in range(CHANNELS):
        experts = experts_of(c)
        for e, (context, _) in enumerate(experts):
            tensors[f"{c}.context.{e}"] = as_array(context)
        tensors[f"{c}.forgets"] = np.array([round(f * FORGET_UNIT) for _, f in experts], np.int32)
        shapes = network_shapes(c, len(experts), hidden)
        tensors |= {f"{c}.{name}": np.zeros(shape, np.int32) for name, shape in shapes.items()}
    return tensors


Part = tuple[NDArray[np.int16], NDArray[np.int32]]
"""Features and places of some rows."""


def gather(
    examples: Iterable[Example],
    share: float,
    seed: int,
    threads: int = 1,
    report: Callable[[str], None] = lambda _: None,
) -> list[Rows]:
    """Walk all examples and keep about `share` of their steps, as rows per channel in coding order.

    Args:
        examples: pictures with their base pictures; gray ones, (H, W, 1), give rows of the first channel only.
        share: of all wavefront steps, in (0, 1].
        seed: of the choice of steps.
        threads: tiles that are walked at a time.
        report: receives a line now and then.
    """
    model = ResidualModel.from_tensors(blank_tensors(8))
    jobs = ((example, rows) for example in examples for rows in _strips(example.samples.shape[0]))
    kept: list[list[Part]] = [[] for _ in range(CHANNELS)]
    with ThreadPoolExecutor(threads) as pool:
        work = pool.map(lambda job: _walk_strip(model, job[1][0], job[1][1], share, seed + job[0]), enumerate(jobs))
        for done, strips in enumerate(work):
            for channel, parts in enumerate(strips):
                kept[channel] += parts
            if done % 100 == 99:
                report(f"gathered {done + 1} strips")
    return [_joined(parts, features.count_features(c, model.experts)) for c, parts in enumerate(kept)]


def _joined(parts: list[Part], inputs: int) -> Rows:
    empty = (np.zeros((0, inputs), np.int16), np.zeros((0, 4), np.int32))
    return Rows(np.concatenate([p[0] for p in [empty, *parts]]), np.concatenate([p[1] for p in [empty, *parts]]))


def _strips(height: int) -> list[slice]:
    return [slice(y, min(y + TILE_HEIGHT, height)) for y in range(0, height, TILE_HEIGHT)]


def _walk_strip(model: ResidualModel, example: Example, rows: slice, share: float, seed: int) -> list[list[Part]]:
    """Features of some steps of one strip of a picture, per channel."""
    grid = Quantiser(example.max_error)
    picture, base = (to_planes(grid.values(array[rows])) for array in (example.samples, example.base))
    tile = Tile(model, base, picture, example.samples.shape[2], grid.top)
    chosen = np.random.default_rng(seed).random(tile.steps().stop) < share
    kept: list[list[Part]] = [[] for _ in range(CHANNELS)]
    for t, state, low, high in walk(tile):
        if chosen[t]:
            cut = slice(low, high)
            sample, scale = tile.shared.samples[state.number, t, cut], tile.shared.scales[state.number, cut]
            top = np.full(high - low, tile.top, np.int32)
            places = np.stack([sample, state.lanes.window[0, cut], scale, top], 1)  # (lanes, 4)
            kept[state.number].append((state.lanes.features[:, cut].T.astype(np.int16), places))
    return kept
