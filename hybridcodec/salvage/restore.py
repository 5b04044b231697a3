"""From what survived to a picture whose pixels are exact, whole but unproven, only the preview, or a marked fill.

A residual tile depends on the base picture of its area, and that on every base tile within the generator's receptive
field: only if all of these are whole can the tile be decoded at all. Where it cannot, the base picture stands.

Nothing in a tile's chunk says which picture it was written for, only the hash of the whole picture does. So tiles are
exact where that holds, and unproven where it cannot be made because others are lost.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

import hybridcodec_container as container
import numpy as np
from hybridcodec_container import Box, ChunkReport, Header, Kind
from numpy.typing import NDArray

from hybridcodec import codec
from hybridcodec.arguments import Progress, checked_bytes, checked_layer, checked_max_pixels, checked_progress
from hybridcodec.errors import CorruptFileError, UnsupportedError
from hybridcodec.image import Layer, Metadata, Mode, Samples
from hybridcodec.limits import MAX_PIXELS, memory_as_limit
from hybridcodec.machine.host import thread_limit
from hybridcodec.salvage.preview import Preview, restore_preview
from hybridcodec.salvage.survivors import Survivors, find_survivors

FILL: Final = 128
HATCH: Final = (40, 216)
"""Samples of the stripes over the fill: dark and light, so that no surroundings hide them."""
HATCH_PERIOD: Final = 16
NO_TILE: Final = "whole, but its bytes are no tile"
STRANGERS: Final = "whole, but not all whole tiles belong to this picture: none can be relied on"
_MODES = {0: Mode.LOSSLESS, 1: Mode.NEAR_LOSSLESS, 2: Mode.PERCEPTUAL}

Area = tuple[slice, slice]


class State(IntEnum):
    """What a pixel of a salvaged picture is; the numbers in the damage map."""

    EXACT = 0
    PREVIEW = 1
    NOTHING = 2
    UNPROVEN = 3


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
        states: uint8 (H, W), a `State` each. EXACT means within `max_error` where the file is near-lossless, and is
            said only of what the hash of the whole picture proves. UNPROVEN is what a whole tile decodes to; that the
            tile belongs to this picture is not proven.
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


@memory_as_limit()
def salvage(
    data: bytes,
    *,
    layer: Layer | str = Layer.EXACT,
    max_pixels: int | None = MAX_PIXELS,
    progress: Progress = None,
) -> Salvaged:
    """Return what can be had of the picture in `data`, which may be damaged or cut off anywhere after its header.

    A file without fault gives what `codec.decode` gives, with all its proofs; arguments are those of `decode`.

    Raises:
        CorruptFileError: the header is damaged, or no tile of the preview is left.
        InputError: an argument is not what it should be.
        UnsupportedError: the file has no such layer, or needs a later version or a model that is not here.
        LimitError: it has more pixels than `max_pixels`, or takes more memory than there is.
        MismatchError: a file without fault decodes to other samples than it names.
    """
    layer, progress = checked_layer(layer), checked_progress(progress)
    data = checked_bytes(data)
    left = find_survivors(data, checked_max_pixels(max_pixels))
    header, mode = left.header, _MODES[left.header.mode]
    if layer is Layer.EXACT and mode is Mode.PERCEPTUAL:
        raise UnsupportedError("this file holds the perceptual layer alone; ask for it with --layer perceptual")
    if not left.fault:
        try:
            samples = codec.decode(data, layer=layer, max_pixels=max_pixels, progress=progress)
        except CorruptFileError as error:  # all chunks are whole, but not all of them are tiles
            left = replace(left, fault=str(error))
        else:
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

    header = left.header
    areas = boxes(samples.shape, (header.residual_tile_height, header.residual_tile_width))
    reasons = _decode_tiles(samples, areas, preview, left, progress)
    state = _state(samples, reasons, header)
    reports = []
    for number, (area, reason) in enumerate(zip(areas, reasons, strict=True)):
        if not reason and state is State.PREVIEW:
            samples[area] = preview.samples[area]
        if state is State.PREVIEW:
            reason = left.reasons.get((Kind.RESIDUAL, number), STRANGERS)
        if not reason:
            states[area] = state
            continue
        box = header.residual_tiles.box(number)
        reports.append(TileReport("residual", number, box, State(int(states[area].max())), reason))
    return reports


def _decode_tiles(
    samples: Samples, areas: list[Area], preview: Preview, left: Survivors, progress: Progress
) -> list[str]:
    """Write every tile that can be decoded into `samples`; return the reason why not, or nothing, for each."""
    from hybridcodec.residual import decode_tile
    from hybridcodec.residual.layer import Grid

    header = left.header
    grid = Grid(header.max_error)
    model = codec.residual_model(header.residual_model)

    def decode(number: int) -> str:
        payload, obstacle = left.residual[number], _obstacle(number, preview, left)
        if obstacle or payload is None:
            return obstacle
        try:
            samples[areas[number]] = decode_tile(payload, preview.samples[areas[number]], model, grid)
        except CorruptFileError:
            return NO_TILE
        return ""

    found = []
    with ThreadPoolExecutor(min(len(areas), thread_limit())) as pool:
        for reason in pool.map(decode, range(len(areas))):
            found.append(reason)
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


def _state(samples: Samples, reasons: list[str], header: Header) -> State:
    """Return what the tiles are that could be decoded: PREVIEW where not all that are whole can be this picture's.

    Damage breaks digests. So where one is no tile, or all together are another picture, somebody put tiles there, and
    which ones, nobody can say. Where some are lost, nothing can say it either way.
    """
    if NO_TILE in reasons:
        return State.PREVIEW
    if any(reasons):
        return State.UNPROVEN
    return State.EXACT if container.hash_samples(samples) == header.sample_hash else State.PREVIEW
