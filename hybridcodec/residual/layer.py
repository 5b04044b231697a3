"""The residual layer of a picture: tiles, each by the coder that its place in the tile table names.

A near-lossless layer first takes samples and base picture to a grid of odd steps and codes that exactly: `quantiser`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError, ModelError
from hybridcodec.machine.threads import Progress, part
from hybridcodec.residual.coder import Ground, TileCoder
from hybridcodec.residual.coders import coder_of
from hybridcodec.residual.quantiser import Quantiser
from hybridcodec.tiling import Area, Tiling

U8 = NDArray[np.uint8]
Models = Mapping[str, Any]
"""Models by architecture."""


@dataclass(frozen=True)
class CodedTile:
    """A tile as a file keeps it: who coded it, and what came of that."""

    coder: int
    payload: bytes


def encode_residual(
    samples: U8, ground: Ground, coder: TileCoder, tiling: Tiling, progress: Progress = None
) -> list[CodedTile]:
    """Code samples (H, W, C) above their base picture; one tile a place of `tiling`, raster order.

    Args:
        samples: uint8.
        ground: base picture, quantiser and model.
        coder: of all tiles.
        tiling: of the picture.
        progress: receives the share done, from any thread.
    """
    payloads = coder.encode(ground, samples, tiling.areas, progress)
    return [CodedTile(coder.number, payload) for payload in payloads]


def decode_residual(
    tiles: Sequence[CodedTile | None],
    base: U8,
    models: Models,
    tiling: Tiling,
    quantiser: Quantiser,
    *,
    in_place: bool = False,
    progress: Progress = None,
) -> U8:
    """Return the samples (H, W, C) that `encode_residual` was given, each within the quantiser's bound.

    Args:
        tiles: one a place of `tiling`, raster order; where there is none, the base picture stands.
        base: base picture at the picture's size, uint8 (H, W, C).
        models: those that the coders of the tiles run on.
        tiling: of the picture.
        quantiser: of the layer.
        in_place: overwrite `base` and return it, which saves a picture's memory.
        progress: receives the share done, from any thread.

    Raises:
        CorruptFileError: the tiles do not fit the picture, or decode to impossible samples.
        UnsupportedError: a coder that this version does not have.
        ModelError: the file names no model for a coder.
        LimitError: tiles larger than a coder's limits.
    """
    by_coder = _by_coder(tiles, base.shape[2], tiling)
    picture = base if in_place else base.copy()

    def put(area: Area, samples: U8) -> None:
        picture[area] = samples

    done = 0
    for coder, own in by_coder:
        ground = Ground(base, quantiser, _model_for(coder, models))
        coder.decode(ground, own, put, part(progress, done / len(tiles), (done + len(own)) / len(tiles)))
        done += len(own)
    return picture


def require_room(tiles: Sequence[CodedTile | None], channels: int, tiling: Tiling) -> None:
    """Make sure that tiles can be those of a picture of this size, before anything is made of them.

    Raises:
        CorruptFileError: there are too few or too many, or one is too short for its samples, whatever they are.
        UnsupportedError: a coder that this version does not have.
        LimitError: tiles larger than a coder's limits.
    """
    _by_coder(tiles, channels, tiling)


def decode_tile(tile: CodedTile, base: U8, models: Models, quantiser: Quantiser) -> U8:
    """Return the samples of one tile, (h, w, C), from its part of the base picture; raises as `decode_residual`."""
    H, W, _ = base.shape
    return decode_residual([tile], base, models, Tiling(H, W, H, W), quantiser)


def _by_coder(
    tiles: Sequence[CodedTile | None], channels: int, tiling: Tiling
) -> list[tuple[TileCoder, list[tuple[Area, bytes]]]]:
    """Return the coders that tiles name, each with its own, all checked as `require_room` says."""
    count = tiling.across * tiling.down
    if len(tiles) != count:
        raise CorruptFileError(f"expected {count} residual tiles, found {len(tiles)}")
    found: dict[int, list[tuple[Area, bytes]]] = {}
    for area, tile in zip(tiling.areas, tiles, strict=True):
        if tile is not None:
            found.setdefault(tile.coder, []).append((area, tile.payload))
    by_coder = [(coder_of(number), own) for number, own in found.items()]
    for coder, own in by_coder:
        coder.require_room(own, channels)
    return by_coder


def _model_for(coder: TileCoder, models: Models) -> Any:
    if not coder.architecture:
        return None
    if coder.architecture not in models:
        raise ModelError(f"tiles are coded by {coder.name}, but the file names no model for it")
    return models[coder.architecture]
