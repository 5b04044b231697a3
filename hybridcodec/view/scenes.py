"""What there is to see of a picture: its layers in 8 bits and in one size, on top of each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from hybridcodec import codec
from hybridcodec.displaying import knows_display
from hybridcodec.errors import InputError
from hybridcodec.image import Layer, Picture, difference
from hybridcodec.info import Info
from hybridcodec.kinds import GRAY, Role, SampleKind
from hybridcodec.layers import layer_bytes, residual_tiling
from hybridcodec.previews import has_preview, shown, tone_for
from hybridcodec.provenance import Mark
from hybridcodec.scaling import enlarged
from hybridcodec.view.layers import U8, Shown, compared
from hybridcodec.view.opened import Opened

if TYPE_CHECKING:
    import hybridcodec_container as container

Box = tuple[int, int, int, int]
"""Left, top, width and height in pixels."""


def _display(found: container.Picture) -> container.Layer | None:
    """Find the display layer, where its model is here: otherwise the base picture is what is shown."""
    return found.display if knows_display(found) else None


@dataclass(frozen=True)
class Made:
    """A layer that a learned decoder makes.

    Attributes:
        name: on the button.
        layer: what `codec.decode` calls it.
        mark: what it is not.
        coded: finds it in a file, None where it is not there.
        stored: bytes that it takes in a file of one picture.
    """

    name: str
    layer: Layer
    mark: Mark
    coded: Callable[[container.Picture], container.Layer | None]
    stored: Callable[[Info], int]


MADE: Final = (
    Made("display", Layer.PERCEPTUAL, Mark.GENERATED, _display, lambda info: info.display_bytes),
    Made("base", Layer.BASE, Mark.LEARNED, lambda found: found.base, lambda info: info.base_bytes),
)
"""In the order of the buttons; one more layer of the format is one more line."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture to look at.

    Attributes:
        title: size and kind, in words.
        layers: of one size (H, W); the first is what the others are compared with.
        exact: where it is exact, if that is not all of it.
    """

    title: str
    layers: tuple[Shown, ...]
    exact: tuple[Box, ...] = ()


def scenes_of(opened: Opened, numbers: Sequence[int]) -> Iterator[Scene]:
    """Yield what there is to see of pictures, whose numbers ascend.

    Raises:
        CorruptFileError, InputError, UnsupportedError, LimitError, MismatchError: as `codec.decode` does.
    """
    for number, exact in zip(numbers, opened.exact(numbers), strict=True):
        yield _scene(opened, number, exact)


def quick_look(opened: Opened, number: int) -> U8:
    """Return what a thumbnail is made of, (h, w, C): the preview where there is one. Raises as `scenes_of`."""
    found = opened.found(number)
    if found is not None and found.base is not None:
        return _three(
            codec.decode(
                opened.data, picture=opened.asked(number), max_pixels=opened.max_pixels, layer=Layer.PERCEPTUAL
            )
        )
    exact = next(opened.exact((number,)))
    assert exact is not None, "what has no preview is exact"
    return viewed(exact, found)


def viewed(picture: Picture, found: container.Picture | None) -> U8:
    """Return what samples show in 8 bits, (H, W, 1) to (H, W, 4), by the file's tone map or palette; with opacity.

    Where no rule says what channels show, it is the first of them, as gray.
    """
    samples, kind = picture.samples, picture.kind
    if not has_preview(kind):
        kind = SampleKind(GRAY, kind.bit_depth, kind.signed)
        samples, found = samples[..., :1], None
    tone = found.tone if found is not None else None
    colours = shown(samples, kind, tone or tone_for(replace(picture, samples=samples, kind=kind)))
    opacity = _opacity(samples, kind)
    return colours if opacity is None else np.concatenate([colours, opacity], 2)


def _opacity(samples: U8, kind: SampleKind) -> U8 | None:
    """Return opacity (H, W, 1) in 8 bits; None where all is opaque, or colours are multiplied by it already."""
    if kind.palette is not None and kind.palette.channels == 4:
        dtype, most = (np.uint8, 255) if kind.palette.bits == 8 else (np.dtype("<u2"), 65535)
        entries = np.frombuffer(kind.palette.entries, dtype).reshape(-1, 4)[:, 3].astype(np.uint32) * 255 // most
        table = np.full(1 << 16, 255, np.uint8)
        table[: len(entries)] = entries
        return table[samples[..., :1]]
    if kind.roles[-1] is not Role.ALPHA:
        return None
    return (samples[..., -1:].astype(np.uint32) * 255 // kind.high).astype(np.uint8)


def _scene(opened: Opened, number: int, exact: Picture | None) -> Scene:
    found = opened.found(number)
    layers = [_exact(opened, number, exact, found)] if exact is not None else []
    original = opened.original[number] if opened.original else None
    if original is not None:
        layers = _against(original, opened.original_name, exact, layers, found)
    if found is not None:
        layers += _made(opened, number, found, layers[-1].samples if exact is not None else None)
    H, W, _ = layers[0].samples.shape
    _require_alike(layers)
    samples = opened.infos[number].samples if found is not None else str(exact.kind if exact else "")
    pages = f"picture {number} of 0 to {opened.count - 1}, " if opened.count > 1 else ""
    return Scene(f"{pages}{W} x {H}, {samples}", tuple(compared(layers)), _exact_boxes(found))


def _require_alike(layers: Sequence[Shown]) -> None:
    (H, W, _), (h, w, _) = layers[0].samples.shape, layers[-1].samples.shape
    if (h, w) != (H, W):
        raise InputError(f"the original has {W} x {H} pixels, the picture in the file {w} x {h}")


def _exact(opened: Opened, number: int, picture: Picture, found: container.Picture | None) -> Shown:
    samples = viewed(picture, found)
    if opened.kept:
        words = "the pixels of the source file, which comes back byte for byte"
        return Shown("exact", words, samples, opened.facts.source_bytes)
    info = opened.infos[number]
    words = info.shows
    if samples.shape[2] < picture.kind.channels and picture.kind.palette is None:
        words += ", shown without what a screen has no channel for"
    if picture.kind.bit_depth > 8 or picture.kind.signed:
        words += "; shown in 8 of its bits"
    stored = found.residual if found is not None else None
    return Shown("exact", words, samples, _bytes(opened, stored, info.residual_bytes))


def _against(
    original: Picture, name: str, exact: Picture | None, layers: list[Shown], found: container.Picture | None
) -> list[Shown]:
    """Return layers with the original before them; what is exact is compared in its samples, not in what is shown."""
    first = Shown("original", f"{name}, to compare with", viewed(original, found))
    if exact is None or original.samples.shape != exact.samples.shape:
        return [first, *layers]
    result = difference(original.samples, exact.samples)
    note = "the same as the original in every sample"
    if result.differing:
        share = f"{result.differing:,} of {exact.samples.size:,}"
        note = f"{share} samples differ from the original, by {result.worst} at most"
    return [first, replace(layers[0], note=note)]


def _made(opened: Opened, number: int, found: container.Picture, exact: U8 | None) -> Iterator[Shown]:
    """Yield what learned decoders make, in the size of the picture, as opaque as what is exact."""
    header = found.header
    for kind in MADE:
        coded = kind.coded(found)
        if coded is None:
            continue
        made = _decoded(opened, number, kind.layer)
        samples = enlarged(_three(made), coded.scale, header.height, header.width)
        if exact is not None and exact.shape[2] in (2, 4):
            samples = np.concatenate([samples, exact[..., -1:]], 2)
        small = f", decoded at 1/{1 << coded.scale} of each side" if coded.scale else ""
        words = f"{kind.mark.value}{small}"
        yield Shown(kind.name, words, samples, _bytes(opened, coded, kind.stored(opened.infos[number])), kind.mark)


def _bytes(opened: Opened, layer: container.Layer | None, only: int) -> int | None:
    """Return what a layer takes: what the file says where it has one picture, about that much in an album."""
    if len(opened.infos) == 1:
        return only
    return layer_bytes(layer) if layer is not None else None


def _exact_boxes(found: container.Picture | None) -> tuple[Box, ...]:
    """Return where tiles of the exact layer are, if not everywhere."""
    if found is None or found.residual is None or all(tile.payload is not None for tile in found.residual.tiles):
        return ()
    present = zip(found.residual.tiles, residual_tiling(found).areas, strict=True)
    return tuple(
        (x.start, y.start, x.stop - x.start, y.stop - y.start) for tile, (y, x) in present if tile.payload is not None
    )


def _decoded(opened: Opened, number: int, layer: Layer) -> U8:
    return codec.decode(opened.data, layer=layer, picture=opened.asked(number), max_pixels=opened.max_pixels)


def _three(samples: U8) -> U8:
    return samples[..., np.newaxis] if samples.ndim == 2 else samples
