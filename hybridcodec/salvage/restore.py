"""From what survived to a picture in which every pixel is exact, only the preview, or a marked fill.

A residual tile depends on the base picture of its area, and that on every base tile within the generator's receptive
field: only if all of these are whole can the tile be decoded at all. Where it cannot, the base picture stands. That a
tile belongs to this picture its digest says, which holds the picture's identity.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

import hybridcodec_container as container
import numpy as np
from hybridcodec_container import Box, ChunkReport, Layers
from numpy.typing import NDArray

from hybridcodec import codec
from hybridcodec.arguments import (
    Progress,
    checked_bytes,
    checked_layer,
    checked_max_pixels,
    checked_picture,
    checked_progress,
)
from hybridcodec.errors import CorruptFileError
from hybridcodec.image import Layer, Metadata, Mode, Samples
from hybridcodec.info import read_mode
from hybridcodec.layers import residual_layer, residual_models, residual_tiling
from hybridcodec.limits import MAX_PIXELS, memory_as_limit, require_pixels
from hybridcodec.machine.host import thread_limit
from hybridcodec.machine.threads import side_by_side
from hybridcodec.opening import require_exact
from hybridcodec.salvage.preview import Preview, restore_preview
from hybridcodec.salvage.survivors import Survivors, find_survivors
from hybridcodec.tiling import Area

FILL: Final = 128
HATCH: Final = (40, 216)
"""Samples of the stripes over the fill: dark and light, so that no surroundings hide them."""
HATCH_PERIOD: Final = 16
NO_TILE: Final = "whole, but its bytes are no tile"
STRANGERS: Final = "whole, but not all whole tiles belong to this picture: none can be relied on"


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


@memory_as_limit()
def salvage(
    data: bytes,
    *,
    layer: Layer | str = Layer.EXACT,
    picture: int | None = None,
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
    data, limit = checked_bytes(data), checked_max_pixels(max_pixels)
    left = find_survivors(data, checked_picture(picture))
    header = left.picture.header
    require_pixels(header.width, header.height, limit)
    mode, found = read_mode(left.picture), left.picture.metadata
    metadata = Metadata(found.icc, found.exif, found.xmp)
    if layer is Layer.EXACT:
        require_exact(left.picture)
    if not left.fault:
        try:
            samples = codec.decode(data, layer=layer, picture=picture, max_pixels=max_pixels, progress=progress)
        except CorruptFileError as error:  # all chunks are whole, but not all of them are tiles
            left = replace(left, fault=str(error))
        else:
            states = np.full(samples.shape[:2], State.EXACT if layer is Layer.EXACT else State.PREVIEW, np.uint8)
            return Salvaged(samples, states, metadata, mode, header.max_error, "", (), left.chunks)
    preview = restore_preview(left)
    samples, states, tiles = _with_fill(preview)
    if layer is Layer.EXACT:
        tiles += _add_residual(samples, states, preview, left, progress)
    if header.channels == 1:
        samples = samples[..., 0]
    return Salvaged(samples, states, metadata, mode, header.max_error, left.fault, tuple(tiles), left.chunks)


def _with_fill(preview: Preview) -> tuple[Samples, NDArray[np.uint8], list[TileReport]]:
    """Return the preview with a hatched fill in the place of its lost tiles, with states and reports."""
    samples = preview.samples.copy()
    states = np.full(samples.shape[:2], State.PREVIEW, np.uint8)
    tiles = []
    for number, reason in sorted(preview.lost.items()):
        area = preview.area(number)
        samples[area] = _hatched(area)[..., None]
        states[area] = State.NOTHING
        tiles.append(TileReport("base", number, _box(area), State.NOTHING, reason))
    return samples, states, tiles


def _hatched(area: Area) -> NDArray[np.uint8]:
    rows, columns = np.ogrid[area]
    stripe = (rows + columns) % HATCH_PERIOD
    fill = np.full(stripe.shape, FILL, np.uint8)
    fill[stripe < 2], fill[(stripe >= 2) & (stripe < 4)] = HATCH
    return fill


def _box(area: Area) -> Box:
    rows, columns = area
    return Box(columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)


def _add_residual(
    samples: Samples, states: NDArray[np.uint8], preview: Preview, left: Survivors, progress: Progress
) -> list[TileReport]:
    """Put every residual tile that can be decoded into `samples` and `states`; return reports on the others."""
    if Layers.RESIDUAL in left.lost_layers:
        reason = f"the residual layer is lost: {left.lost_layers[Layers.RESIDUAL]}"
        whole = slice(0, samples.shape[0]), slice(0, samples.shape[1])
        return [TileReport("residual", 0, _box(whole), State(int(states.max())), reason)]
    areas = residual_tiling(left.picture).areas
    reasons = _decode_tiles(samples, areas, preview, left, progress)
    reliable = _reliable(samples, reasons, left)
    reports = []
    for number, (area, reason) in enumerate(zip(areas, reasons, strict=True)):
        if not reason and reliable:
            states[area] = State.EXACT
            continue
        if not reason:
            samples[area] = preview.samples[area]
        reports.append(TileReport("residual", number, _box(area), State(int(states[area].max())), reason or STRANGERS))
    return reports


def _decode_tiles(
    samples: Samples, areas: tuple[Area, ...], preview: Preview, left: Survivors, progress: Progress
) -> list[str]:
    """Write every tile that can be decoded into `samples`; return the reason why not, or nothing, for each."""
    from hybridcodec.residual import CodedTile, Ground, Quantiser, decode_tile

    tiles, quantiser = residual_layer(left.picture).tiles, Quantiser(left.picture.header.max_error)
    models, done = residual_models(left.picture), []

    def decode(number: int) -> str:
        tile, obstacle = tiles[number], _obstacle(number, areas[number], preview, left)
        if obstacle or tile.payload is None:
            return obstacle
        coded = CodedTile(tile.coder, tile.payload)
        try:
            below = preview.samples[areas[number]]
            ground = Ground(below.shape[2], quantiser, below)
            samples[areas[number]] = decode_tile(coded, ground, models, *below.shape[:2])
        except CorruptFileError:
            return NO_TILE
        done.append(number)
        if progress is not None:
            progress(len(done) / len(areas))
        return ""

    return side_by_side(decode, range(len(areas)), thread_limit())


def _obstacle(number: int, area: Area, preview: Preview, left: Survivors) -> str:
    """Say why a residual tile cannot be decoded; empty if nothing stands in its way."""
    if (Layers.RESIDUAL, number) in left.lost_tiles:
        return left.lost_tiles[Layers.RESIDUAL, number]
    if preview.doubt:
        return preview.doubt
    lost = preview.lost_under(area)
    return f"whole, but made for a preview that needs lost base tiles: {', '.join(map(str, lost))}" if lost else ""


def _reliable(samples: Samples, reasons: list[str], left: Survivors) -> bool:
    """Tell whether the tiles that could be decoded are this picture's.

    Damage breaks digests. So where one is no tile, or all together are another picture, somebody put tiles there, and
    which ones, nobody can say.
    """
    if NO_TILE in reasons:
        return False
    return any(reasons) or container.hash_samples(samples) == residual_layer(left.picture).sample_hash
