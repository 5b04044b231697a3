"""Files as a page holds them: scenes in data URLs, within a budget of pixels, and what the file says of itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hybridcodec.display import shown
from hybridcodec.image import Mode
from hybridcodec.info import Info
from hybridcodec.view.embedding import data_url, thumbnail_url
from hybridcodec.view.layers import Shown
from hybridcodec.view.opened import Opened
from hybridcodec.view.parts import FULL, parts_of
from hybridcodec.view.scenes import Box, Scene, quick_look, scenes_of
from hybridcodec.view.words import size

PIXELS: Final = 2 * FULL
"""Of all pictures that a page holds in full; one that begins below may end above."""
MOST: Final = 24
"""Pictures of a file that a page holds in full."""
THUMBNAILS: Final = 400
"""Pictures of a file that a page shows at all."""


@dataclass(frozen=True)
class Embedded:
    """A layer in a page; `image` is its data URL, empty where it is the same as the one `same` places before it."""

    layer: Shown
    image: str
    same: int = 0


@dataclass(frozen=True)
class Plate:
    """A scene, or a part of one, as a page holds it.

    `pixels` is what rates are per; `short` stands below the thumbnail.
    """

    title: str
    short: str
    width: int
    height: int
    pixels: int
    thumbnail: str
    layers: tuple[Embedded, ...]
    exact: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Exhibit:
    """A file on a page.

    Attributes:
        name: of the file.
        mode: what it promises, in words.
        short: its size in pixels and bytes, in a line.
        facts: what it says of itself, named.
        notice: what must be known before anybody looks, or empty.
        plates: what there is to see.
        pictures: how many the file has.
        full: how many of them are here in full.
        fault: why there is nothing to see, or empty.
    """

    name: str
    mode: str = ""
    short: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    notice: str = ""
    plates: tuple[Plate, ...] = ()
    pictures: int = 0
    full: int = 0
    fault: str = ""


def exhibit_of(opened: Opened, name: str, picture: int | None = None, pixels: int = PIXELS) -> Exhibit:
    """Return a file with its pictures, or with one of them: as many in full as fit into `pixels`, others as thumbnails.

    Raises:
        CorruptFileError, InputError, UnsupportedError, LimitError, MismatchError: as `codec.decode` does.
    """
    numbers = range(opened.count) if picture is None else (picture,)
    full = _in_full(opened, numbers, pixels)
    plates = [
        plate for scene, number in zip(scenes_of(opened, full), full, strict=True) for plate in _plates(scene, number)
    ]
    plates += [_first_look(opened, number) for number in numbers[len(full) : THUMBNAILS]]
    facts, mode = tuple(_facts(opened)), _mode(opened.facts)
    return Exhibit(name, mode, _short(opened), facts, _notice(opened), tuple(plates), opened.count, len(full))


def _in_full(opened: Opened, numbers: Sequence[int], pixels: int) -> Sequence[int]:
    """Return the first of the numbers whose pictures fit into so many pixels, one at least where there are any."""
    taken = 0
    if pixels <= 0:
        return ()
    for place, number in enumerate(numbers[:MOST]):
        info = opened.infos[number] if opened.infos else None
        taken += min(FULL, info.width * info.height) if info else FULL // MOST
        if place and taken > pixels:
            return numbers[:place]
    return numbers[:MOST]


def _plates(scene: Scene, number: int) -> Iterator[Plate]:
    H, W, _ = scene.layers[0].samples.shape
    for part in parts_of(H, W):
        layers = [part.of(layer) for layer in scene.layers]
        h, w, _ = layers[0].samples.shape
        title = f"{scene.title}: {part.words}" if part.words else scene.title
        boxes = tuple(
            ((x - part.left) >> part.scale, (y - part.top) >> part.scale, width >> part.scale, height >> part.scale)
            for x, y, width, height in scene.exact
        )
        short = (part.words.partition(",")[0] if part.words else "") or str(number)
        yield Plate(title, short, w, h, H * W, thumbnail_url(layers[-1].samples), tuple(_embedded(layers)), boxes)


def _embedded(layers: list[Shown]) -> Iterator[Embedded]:
    for place, layer in enumerate(layers):
        twin = next((other for other in range(place) if np.array_equal(layers[other].samples, layer.samples)), place)
        yield Embedded(layer, "" if twin < place else data_url(layer.samples), place - twin)


def _first_look(opened: Opened, number: int) -> Plate:
    samples = quick_look(opened, number)
    image = thumbnail_url(samples)
    info = opened.infos[number] if opened.infos else None
    H, W = (info.height, info.width) if info else samples.shape[:2]
    words = f"made small, with loss; --picture {number} makes a page of this picture in full"
    layer = Shown("thumbnail", words, samples)
    edge = max(W, H) / 320
    w, h = (max(1, round(side / max(1.0, edge))) for side in (W, H))
    return Plate(
        f"picture {number}, {W} x {H}, as a thumbnail", str(number), w, h, H * W, image, (Embedded(layer, image),)
    )


def _notice(opened: Opened) -> str:
    if opened.kept or not any(info.mode is Mode.PERCEPTUAL for info in opened.infos):
        return ""
    shows = next(info.shows for info in opened.infos if info.mode is Mode.PERCEPTUAL)
    return f"There is no exact picture in this file. It holds {shows}."


def _short(opened: Opened) -> str:
    info = opened.facts
    several = f"{opened.count:,} pictures, the first " if opened.count > 1 else ""
    shape = f"{several}{info.width} x {info.height}, {info.samples}, " if opened.infos else ""
    return f"{shape}{size(info.file_bytes)}"


def _facts(opened: Opened) -> Iterator[tuple[str, str]]:
    info, pixels = opened.facts, sum(one.width * one.height for one in opened.infos)
    yield "Mode", _mode(info)
    if opened.count > 1:
        yield "Pictures", f"{opened.count:,}"
    rate = f", {8 * info.file_bytes / pixels:.3f} bits per pixel" if pixels else ""
    yield "File", f"{info.file_bytes:,} bytes{rate}"
    if info.restores:
        yield "Source file", f"comes back byte for byte, kept in {size(info.source_bytes)}"
    elif info.rest_bytes:
        yield "Rest of the source file", size(info.rest_bytes)
    if info.metadata:
        yield "Metadata", f"{', '.join(info.metadata)}, {size(info.metadata_bytes)}"
    for words, said in (
        ("Extracted from a file with an exact layer", info.extracted),
        ("Loss was accepted", info.loss_accepted),
    ):
        if said:
            yield words, "yes"
    if info.sample_hash and len(opened.infos) == 1:
        yield "Hash of the exact samples", info.sample_hash
    yield "Format", f"version {info.version}"


def _mode(info: Info) -> str:
    if info.mode is Mode.NEAR_LOSSLESS:
        return f"near-lossless, at most {info.max_error} off"
    return str(info.mode) if info.mode else "a source file, kept whole"


def named(exhibit: Exhibit, name: str) -> Exhibit:
    """Return an exhibit under another name, as it may stand on a page."""
    return replace(exhibit, name=shown(name))
