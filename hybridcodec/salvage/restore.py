"""From what survived to a picture in which every pixel is exact, only the preview, or a marked fill.

What a tile of the exact layer depends on, `tiles` knows. Where it cannot be decoded, the base picture stands, if that
has the units of the samples (8-bit gray and RGB); else the fill does. That a tile belongs to this picture its digest
says, which holds the picture's identity.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Final

import hybridcodec_container as container
import numpy as np
from hybridcodec_container import Box, ChunkReport, Layers, Remains, read_remains
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
from hybridcodec.errors import CorruptFileError, HybridcodecError
from hybridcodec.image import Layer, Metadata, Mode, Samples
from hybridcodec.info import read_mode
from hybridcodec.kinds import SampleKind
from hybridcodec.layers import residual_layer, residual_tiling
from hybridcodec.limits import MAX_PIXELS, memory_as_limit, require_pixels
from hybridcodec.opening import container_errors_as_ours, require_exact, require_reference
from hybridcodec.provenance import Mark
from hybridcodec.salvage.preview import Preview, restore_preview
from hybridcodec.salvage.survivors import Survivors, find_survivors
from hybridcodec.salvage.tiles import NO_TILE, Below, Reference, any_alone, decode_tiles
from hybridcodec.tiling import Area

FILL: Final = 128
HATCH: Final = (40, 216)
"""Samples of the stripes over the fill: dark and light, so that no surroundings hide them."""
HATCH_PERIOD: Final = 16
STRIPES: Final = np.repeat(np.array([*HATCH, FILL], np.uint8), (2, 2, HATCH_PERIOD - 4))
"""Samples along a row, of one period."""
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
        samples: (H, W) or (H, W, C), of the type that `kind` needs.
        states: uint8 (H, W), a `State` each. EXACT means within `max_error` where the file is near-lossless.
        kind: what the samples are; of a palette that is lost, indices shown as gray.
        metadata: as far as it is whole.
        mode: of the file.
        max_error: of the file.
        fault: the first thing that is wrong with the file; empty if nothing is.
        tiles: tiles of both layers that are lost or cannot be decoded.
        chunks: every stretch of the file with its state.
        mark: what the picture is less than a record, where any pixel is the preview's.
    """

    samples: Samples
    states: NDArray[np.uint8]
    kind: SampleKind
    metadata: Metadata
    mode: Mode
    max_error: int
    fault: str
    tiles: tuple[TileReport, ...]
    chunks: tuple[ChunkReport, ...]
    mark: Mark

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
    with container_errors_as_ours():
        remains = read_remains(data)
    return salvage_picture(data, remains, checked_picture(picture), layer, limit, progress)


def salvage_picture(
    data: bytes, remains: Remains, number: int | None, layer: Layer, max_pixels: int | None, progress: Progress = None
) -> Salvaged:
    """Return what `salvage` does of a file whose `remains` are known."""
    left = find_survivors(remains, number)
    header = left.picture.header
    require_pixels(header.width, header.height, max_pixels)
    if layer is Layer.EXACT:
        require_exact(left.picture)
    if not left.fault:
        try:
            samples = codec.decode(data, layer=layer, picture=number, max_pixels=max_pixels, progress=progress)
        except CorruptFileError as error:  # all chunks are whole, but not all of them are tiles
            left = replace(left, fault=str(error))
        else:
            states = np.full(samples.shape[:2], State.EXACT if layer is Layer.EXACT else State.PREVIEW, np.uint8)
            return _salvaged(left, layer, samples, states, [])
    if layer is not Layer.EXACT:
        return _salvaged(left, layer, *_with_fill(restore_preview(left)))
    preview = _preview_below(left)
    samples, states, tiles = _with_fill(preview) if preview else _nothing(left)
    reference = _reference(data, remains, left, max_pixels)
    tiles += _add_residual(samples, states, Below(left, preview, reference), progress)
    if (states == State.NOTHING).all():
        hint = "; its preview may be: --layer perceptual" if header.layers & Layers.BASE else ""
        raise CorruptFileError(f"no exact tile is left, so nothing can be salvaged{hint}: {left.fault}")
    return _salvaged(left, layer, samples, states, tiles)


def _salvaged(
    left: Survivors, layer: Layer, samples: Samples, states: NDArray[np.uint8], tiles: list[TileReport]
) -> Salvaged:
    """Return what came of it, `samples` in (H, W) where there is one channel."""
    header, found = left.picture.header, left.picture.metadata
    kind = left.kind if layer is Layer.EXACT else SampleKind.of(samples.reshape(*states.shape, -1))
    if samples.ndim == 3 and samples.shape[2] == 1:
        samples = samples[..., 0]
    metadata = Metadata(found.icc, found.exif, found.xmp)
    mode = read_mode(left.picture)
    mark = Mark.LEARNED if (states == State.PREVIEW).any() else Mark.NONE  # a display picture is not salvaged
    return Salvaged(
        samples, states, kind, metadata, mode, header.max_error, left.fault,
        tuple(tiles), left.chunks, mark,
    )  # fmt: skip


def _preview_below(left: Survivors) -> Preview | None:
    """Return the preview in units of samples; None where there is none, or it is lost and tiles do without.

    Raises:
        CorruptFileError: it is lost, and every exact tile needs it.
    """
    if not left.preview_is_of_samples:
        return None
    try:
        return restore_preview(left)
    except CorruptFileError:
        if any_alone(left):
            return None
        raise


def _nothing(left: Survivors) -> tuple[Samples, NDArray[np.uint8], list[TileReport]]:
    """Return a picture that is all fill, in the depth of its samples."""
    header, kind = left.picture.header, left.kind
    whole = slice(0, header.height), slice(0, header.width)
    top = kind.high if kind.palette is None else kind.palette.count - 1
    levels = (STRIPES.astype(np.int32) * (top - kind.low) + 127) // 255 + kind.low
    samples = np.repeat(_hatched(whole, levels.astype(kind.dtype))[..., None], header.channels, axis=2)
    states = np.full(samples.shape[:2], State.NOTHING, np.uint8)
    reason = left.lost_layers.get(Layers.BASE)
    lost = [TileReport("base", 0, _box(whole), State.NOTHING, f"the base layer is lost: {reason}")] if reason else []
    return samples, states, lost


def _reference(data: bytes, remains: Remains, left: Survivors, max_pixels: int | None) -> Reference | None:
    """Return what is whole of the picture that this one depends on; None where it depends on none."""
    if not left.picture.header.group_position:
        return None
    number, parts = left.number - 1, remains.pictures.get(left.number - 1)
    try:
        if parts is not None:
            require_reference(left.picture, parts, number)
        before = salvage_picture(data, remains, number, Layer.EXACT, max_pixels)
    except HybridcodecError as error:
        return Reference(None, None, f"made by the help of picture {number}, which is lost: {error}")
    samples = before.samples.reshape(*before.states.shape, -1)
    reason = f"made by the help of picture {number}, which is not whole there"
    return Reference(samples, before.states == State.EXACT, reason)


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


def _hatched(area: Area, levels: NDArray[Any] = STRIPES) -> NDArray[Any]:
    """Return the fill of an area, (h, w), of `levels` (HATCH_PERIOD,) along its diagonals."""
    rows, columns = ((np.arange(part.start, part.stop) % HATCH_PERIOD).astype(np.uint8) for part in area)
    twice = np.tile(levels, 2)  # a row's place and a column's are below two periods together
    found: NDArray[Any] = twice[rows[:, None] + columns[None, :]]
    return found


def _box(area: Area) -> Box:
    rows, columns = area
    return Box(columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)


def _add_residual(samples: Samples, states: NDArray[np.uint8], below: Below, progress: Progress) -> list[TileReport]:
    """Put every residual tile that can be decoded into `samples` and `states`; return reports on the others."""
    left = below.left
    if Layers.RESIDUAL in left.lost_layers:
        reason = f"the residual layer is lost: {left.lost_layers[Layers.RESIDUAL]}"
        whole = slice(0, samples.shape[0]), slice(0, samples.shape[1])
        return [TileReport("residual", 0, _box(whole), State(int(states.max())), reason)]
    areas, before = residual_tiling(left.picture).areas, samples.copy()
    reasons = decode_tiles(samples, areas, below, progress)
    reliable = _reliable(samples, reasons, left)
    reports = []
    for number, (area, reason) in enumerate(zip(areas, reasons, strict=True)):
        if not reason and reliable:
            states[area] = State.EXACT
            continue
        if not reason:
            samples[area] = before[area]
        reports.append(TileReport("residual", number, _box(area), State(int(states[area].max())), reason or STRANGERS))
    return reports


def _reliable(samples: Samples, reasons: list[str], left: Survivors) -> bool:
    """Tell whether the tiles that could be decoded are this picture's.

    Damage breaks digests. So where one is no tile, or all together are another picture, somebody put tiles there, and
    which ones, nobody can say.
    """
    if NO_TILE in reasons:
        return False
    return any(reasons) or container.hash_samples(samples) == residual_layer(left.picture).sample_hash
