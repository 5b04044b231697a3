"""From what survived to a picture in which every pixel is exact, only the preview, or a marked fill.

A residual tile depends on the base picture of its area, and that on every base tile within the generator's receptive
field: only if all of these are whole can the tile be decoded at all. Where it cannot, the base picture stands.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import hybridcodec_container as container
import numpy as np
from hybridcodec_container import Box, ChunkReport, Kind
from numpy.typing import NDArray

from hybridcodec import codec
from hybridcodec.errors import CorruptFileError, UnsupportedError
from hybridcodec.image import Layer, Metadata, Mode, Samples
from hybridcodec.machine import thread_limit
from hybridcodec.salvage.preview import Preview, restore_preview
from hybridcodec.salvage.survivors import Survivors, find_survivors

FILL: Final = 128
HATCH: Final = (40, 216)
"""Samples of the stripes over the fill: dark and light, so that no surroundings hide them."""
HATCH_PERIOD: Final = 16
NO_TILE: Final = "whole, but its bytes are no tile"
_MODES = {0: Mode.LOSSLESS, 1: Mode.NEAR_LOSSLESS, 2: Mode.PERCEPTUAL}

Progress = Callable[[float], None] | None
Area = tuple[slice, slice]


class State(IntEnum):
    """What a pixel of a salvaged picture is; the numbers in the damage map."""

    EXACT = 0
    PREVIEW = 1
    NOTHING = 2


@dataclass(frozen=True)
class TileReport:
    """A tile that is lost or cannot be decoded: which, where, what stands there instead, and why."""

    layer: str
    index: int
    box: Box
    state: State
    reason: str


@dataclass(frozen=True)
class Salvaged:
    """A salvaged picture.

    Attributes:
        samples: uint8 (H, W) or (H, W, 3).
        states: uint8 (H, W), a `State` each. EXACT means within `max_error` where the file is near-lossless.
        metadata: as far as it is whole.
        mode: of the file.
        max_error: of the file.
        fault: the first thing that is wrong with the file; empty if nothing is.
        tiles: tiles of both layers that are lost or cannot be decoded.
        chunks: every stretch of the file with its state.
    """

    samples: Samples
    states: NDArray[np.uint8]
    metadata: Metadata
    mode: Mode
    max_error: int
    fault: str
    tiles: tuple[TileReport, ...]
    chunks: tuple[ChunkReport, ...]

    def share(self, state: State) -> float:
        """Return which share of the pixels, 0 to 1, is in this state."""
        return float(np.count_nonzero(self.states == state) / self.states.size)


def salvage(data: bytes, *, layer: Layer | str = Layer.EXACT, progress: Progress = None) -> Salvaged:
    """Return what can be had of the picture in `data`, which may be damaged or cut off anywhere after its header.

    A file without fault gives what `codec.decode` gives, with all its proofs.

    Raises:
        CorruptFileError: the header is damaged, or no tile of the preview is left.
        UnsupportedError: the file has no such layer, or needs a later version or a model that is not here.
        MismatchError: a file without fault decodes to other samples than it names.
    """
    layer = Layer(layer)
    left = find_survivors(data)
    header, mode = left.header, _MODES[left.header.mode]
    if layer is Layer.EXACT and mode is Mode.PERCEPTUAL:
        raise UnsupportedError("this file holds the perceptual layer alone; ask for it with --layer perceptual")
    if not left.fault:
        samples = codec.decode(data, layer=layer, progress=progress)
        states = np.full(samples.shape[:2], State.EXACT if layer is Layer.EXACT else State.PREVIEW, np.uint8)
        return Salvaged(samples, states, left.metadata, mode, header.max_error, "", (), left.chunks)
    preview = restore_preview(left)
    samples, states, tiles = _with_fill(preview)
    if layer is Layer.EXACT:
        tiles += _add_residual(samples, states, preview, left, progress)
    if header.channels == 1:
        samples = samples[..., 0]
    return Salvaged(samples, states, left.metadata, mode, header.max_error, left.fault, tuple(tiles), left.chunks)


def _with_fill(preview: Preview) -> tuple[Samples, NDArray[np.uint8], list[TileReport]]:
    """Return the preview with a hatched fill in the place of its lost tiles, with states and reports."""
    samples = preview.samples.copy()
    states = np.full(samples.shape[:2], State.PREVIEW, np.uint8)
    tiles = []
    for number, reason in sorted(preview.lost.items()):
        box = preview.grid.box(number)
        samples[box.rows, box.columns] = _hatched(box)[..., None]
        states[box.rows, box.columns] = State.NOTHING
        tiles.append(TileReport("base", number, box, State.NOTHING, reason))
    return samples, states, tiles


def _hatched(box: Box) -> NDArray[np.uint8]:
    rows, columns = np.ogrid[box.rows, box.columns]
    stripe = (rows + columns) % HATCH_PERIOD
    fill = np.full((box.height, box.width), FILL, np.uint8)
    fill[stripe < 2], fill[(stripe >= 2) & (stripe < 4)] = HATCH
    return fill


def _add_residual(
    samples: Samples, states: NDArray[np.uint8], preview: Preview, left: Survivors, progress: Progress
) -> list[TileReport]:
    """Put every residual tile that can be decoded into `samples` and `states`; return reports on the others."""
    from hybridcodec.residual.layer import boxes

    header, reports = left.header, []
    areas = boxes(samples.shape, (header.residual_tile_height, header.residual_tile_width))
    decoded = _decode_tiles(areas, preview, left, progress)
    if _holds_strangers(decoded, areas, left):
        reason = "whole, but not all whole tiles belong to this picture: none can be relied on"
        decoded = [(None, left.reasons.get((Kind.RESIDUAL, number), reason)) for number in range(len(areas))]
    for number, (area, (tile, reason)) in enumerate(zip(areas, decoded, strict=True)):
        if tile is None:
            box = header.residual_tiles.box(number)
            state = State(int(states[area].max()))
            reports.append(TileReport("residual", number, box, state, reason))
        else:
            samples[area] = tile
            states[area] = State.EXACT
    return reports


def _decode_tiles(
    areas: list[Area], preview: Preview, left: Survivors, progress: Progress
) -> list[tuple[Samples | None, str]]:
    """Return each tile's samples (h, w, C), or None and the reason why it has none."""
    from hybridcodec.residual import decode_tile
    from hybridcodec.residual.layer import Grid

    header = left.header
    grid = Grid(header.max_error)
    model = codec.residual_model(header.residual_model)

    def decode(number: int) -> tuple[Samples | None, str]:
        payload, obstacle = left.residual[number], _obstacle(number, preview, left)
        if obstacle or payload is None:
            return None, obstacle
        try:
            return decode_tile(payload, preview.samples[areas[number]], model, grid), ""
        except CorruptFileError:
            return None, NO_TILE

    found = []
    with ThreadPoolExecutor(min(len(areas), thread_limit())) as pool:
        for tile in pool.map(decode, range(len(areas))):
            found.append(tile)
            if progress is not None:
                progress(len(found) / len(areas))
    return found


def _obstacle(number: int, preview: Preview, left: Survivors) -> str:
    """Say why a residual tile cannot be decoded; empty if nothing stands in its way."""
    if left.residual[number] is None:
        return left.reasons[Kind.RESIDUAL, number]
    if preview.doubt:
        return preview.doubt
    lost = preview.lost_under(left.header.residual_tiles.box(number))
    return f"whole, but made for a preview that needs lost base tiles: {', '.join(map(str, lost))}" if lost else ""


def _holds_strangers(decoded: list[tuple[Samples | None, str]], areas: list[Area], left: Survivors) -> bool:
    """Tell whether tiles with good digests cannot all be this picture's: one is no tile, or together they are another.

    Damage breaks digests, so such tiles were put there by somebody; which ones, nobody can say.
    """
    header = left.header
    picture = np.empty((header.height, header.width, header.channels), np.uint8)
    complete = True
    for area, (tile, reason) in zip(areas, decoded, strict=True):
        if reason == NO_TILE:
            return True
        complete &= tile is not None
        if tile is not None:
            picture[area] = tile
    return complete and container.hash_samples(picture) != header.sample_hash
