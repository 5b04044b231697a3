"""The residual layer of a picture: tiles, each by the coder that its place in the tile table names.

A near-lossless layer first takes samples and base picture to a grid of odd steps and codes that exactly: `quantiser`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hybridcodec.errors import CorruptFileError, ModelError
from hybridcodec.machine.threads import Progress, part
from hybridcodec.residual.coder import Ground, Samples, TileCoder
from hybridcodec.residual.coders import coder_of
from hybridcodec.tiling import Area, Tiling

Models = Mapping[str, Any]
"""Models by architecture."""


@dataclass(frozen=True)
class CodedTile:
    """A tile as a file keeps it: who coded it, and what came of that."""

    coder: int
    payload: bytes


def encode_residual(
    samples: Samples, ground: Ground, coder: TileCoder, tiling: Tiling, progress: Progress = None
) -> list[CodedTile]:
    """Code samples (H, W, C); one tile a place of `tiling`, raster order.

    Args:
        samples: of the type that the quantiser names.
        ground: what all tiles are coded on.
        coder: of all tiles.
        tiling: of the picture.
        progress: receives the share done, from any thread.
    """
    payloads = coder.encode(ground, samples, tiling.areas, progress)
    return [CodedTile(coder.number, payload) for payload in payloads]


def decode_residual(
    tiles: Sequence[CodedTile | None],
    ground: Ground,
    models: Models,
    tiling: Tiling,
    *,
    in_place: bool = False,
    progress: Progress = None,
    find: Callable[[int], TileCoder] = coder_of,
) -> Samples:
    """Return the samples (H, W, C) that `encode_residual` was given, each within the quantiser's bound.

    Args:
        tiles: one a place of `tiling`, raster order; where there is none, the base picture stands, or 0.
        ground: what all tiles are coded on; its model is not looked at.
        models: those that the coders of the tiles run on.
        tiling: of the picture.
        in_place: overwrite the base picture of `ground` and return it where it can hold the samples, which saves a
            picture's memory.
        progress: receives the share done, from any thread.
        find: gives the coder that a tile table calls by a number.

    Raises:
        CorruptFileError: the tiles do not fit the picture, or decode to impossible samples.
        UnsupportedError: a coder that this version does not have.
        ModelError: the file names no model for a coder.
        LimitError: tiles larger than a coder's limits.
    """
    by_coder = _by_coder(tiles, ground.channels, tiling, find)
    for coder, _ in by_coder:
        _require_taken(coder, ground)
    picture = _canvas(ground, tiling, in_place=in_place)

    def put(area: Area, samples: Samples) -> None:
        picture[area] = samples

    done = 0
    for coder, own in by_coder:
        above = replace(ground, model=_model_for(coder, models))
        coder.decode(above, own, put, part(progress, done / len(tiles), (done + len(own)) / len(tiles)))
        done += len(own)
    return picture


def needs_base(tiles: Sequence[CodedTile | None]) -> bool:
    """Tell whether a tile is coded above the base picture, or is the base picture since it is absent.

    Raises:
        UnsupportedError: a coder that this version does not have.
    """
    return any(tile is None or coder_of(tile.coder).needs_base for tile in tiles)


def require_room(tiles: Sequence[CodedTile | None], channels: int, tiling: Tiling) -> None:
    """Make sure that tiles can be those of a picture of this size, before anything is made of them.

    Raises:
        CorruptFileError: there are too few or too many, or one is too short for its samples, whatever they are.
        UnsupportedError: a coder that this version does not have.
        LimitError: tiles larger than a coder's limits.
    """
    _by_coder(tiles, channels, tiling)


def decode_tile(tile: CodedTile, ground: Ground, models: Models, height: int, width: int) -> Samples:
    """Return the samples (height, width, C) of one tile, from its part of the ground; raises as `decode_residual`."""
    return decode_residual([tile], ground, models, Tiling(height, width, height, width))


def _by_coder(
    tiles: Sequence[CodedTile | None], channels: int, tiling: Tiling, find: Callable[[int], TileCoder] = coder_of
) -> list[tuple[TileCoder, list[tuple[Area, bytes]]]]:
    """Return the coders that tiles name, each with its own, all checked as `require_room` says."""
    count = tiling.across * tiling.down
    if len(tiles) != count:
        raise CorruptFileError(f"expected {count} residual tiles, found {len(tiles)}")
    found: dict[int, list[tuple[Area, bytes]]] = {}
    for area, tile in zip(tiling.areas, tiles, strict=True):
        if tile is not None:
            found.setdefault(tile.coder, []).append((area, tile.payload))
    by_coder = [(find(number), own) for number, own in found.items()]
    for coder, own in by_coder:
        coder.require_room(own, channels)
    return by_coder


def _model_for(coder: TileCoder, models: Models) -> Any:
    if not coder.architecture:
        return None
    if coder.architecture not in models:
        raise ModelError(f"tiles are coded by {coder.name}, but the file names no model for it")
    return models[coder.architecture]


def _require_taken(coder: TileCoder, ground: Ground) -> None:
    if not coder.takes(ground.channels, ground.quantiser) or (coder.needs_base and ground.base is None):
        values = f"{ground.channels} channels of values up to {ground.quantiser.top}"
        raise CorruptFileError(f"tiles are coded by {coder.name}, which does not code {values} here")


def _canvas(ground: Ground, tiling: Tiling, *, in_place: bool) -> Samples:
    """Return what tiles are put into: the base picture where there is one and it can hold samples, else zeros."""
    base = ground.base
    if base is None or base.dtype != ground.quantiser.dtype:
        return np.zeros((tiling.height, tiling.width, ground.channels), ground.quantiser.dtype)
    return base if in_place else base.copy()
