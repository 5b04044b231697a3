"""A region of a picture out of its file: which tiles it needs, and these alone read, proven and decoded.

It differs from `codec.decode` of the whole in what is proven: what was read, and no other byte of the file. Samples are
compared with the hash of their layer only where all of it was decoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import hybridcodec_container as container
import numpy as np
from hybridcodec_container import Album, Layers, Picture

from hybridcodec.arguments import (
    Progress,
    checked_backend,
    checked_layer,
    checked_max_pixels,
    checked_picture,
    checked_progress,
    checked_source,
)
from hybridcodec.displaying import decode_display, display_reach, knows_display
from hybridcodec.errors import CorruptFileError, InputError
from hybridcodec.grounds import ground
from hybridcodec.image import Layer, Metadata, Samples
from hybridcodec.kinds import SampleKind
from hybridcodec.layers import (
    base_layer,
    base_reach,
    base_tiling,
    decode_base,
    decode_residual_layer,
    kind_of,
    require_room,
    residual_layer,
    residual_tiling,
    stands_on_base,
    tiles_around,
)
from hybridcodec.limits import MAX_PIXELS, memory_as_limit, require_pixels
from hybridcodec.machine.threads import part
from hybridcodec.modes import Backend
from hybridcodec.opening import (
    container_errors_as_ours,
    require_exact,
    require_mode,
    require_number,
    require_one,
    require_preview,
    require_reference,
)
from hybridcodec.region import Region
from hybridcodec.scaling import needed_for
from hybridcodec.storage.regular import open_regular
from hybridcodec.tiling import Area, within
from hybridcodec.viewed import View, scale_of


@dataclass(frozen=True)
class Asked:
    """What is wanted of a file.

    Attributes:
        region: in pixels of what the whole would be decoded to.
        layer: which of a picture's layers.
        picture: which picture, from 0; None for the only one.
        scale: of a preview: 0 to 3, the picture's sides divided by 2^scale; None for the size that is in the file.
        backend: who reads the streams.
        max_pixels: most of a region.
    """

    region: Region
    layer: Layer = Layer.EXACT
    picture: int | None = None
    scale: int | None = None
    backend: Backend = Backend.COMPILED
    max_pixels: int | None = MAX_PIXELS

    def __post_init__(self) -> None:
        """Take what stands for a region, a layer or a number; raises InputError where something does not."""
        layer = checked_layer(self.layer)
        values = {
            "region": Region.of(self.region),
            "layer": layer,
            "picture": checked_picture(self.picture),
            "scale": scale_of(layer, self.scale),
            "backend": checked_backend(self.backend),
            "max_pixels": checked_max_pixels(self.max_pixels),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, eq=False)
class Excerpt:
    """A region that was read.

    Attributes:
        samples: (h, w, C).
        kind: what they are; None for a preview.
        metadata: of the picture.
        layer: which it is: the base layer where a display picture is not known here.
        generated: whether the picture's file says that its display picture is.
        size: height and width of what the region was cut from.
        tiles: how many tiles were read, of how many that the picture has in these layers.
    """

    samples: Samples
    kind: SampleKind | None
    metadata: Metadata
    layer: Layer
    generated: bool
    size: tuple[int, int]
    tiles: tuple[int, int]


@memory_as_limit()
def read_excerpt(source: object, asked: Asked, progress: Progress = None) -> Excerpt:
    """Return a region of a picture of a file: its bytes, its path, or a seekable binary stream of it.

    Raises:
        CorruptFileError, TruncatedFileError, InputError, UnsupportedError, LimitError, MismatchError: as `codec.decode`
            does, of what is read.
    """
    progress = checked_progress(progress)
    require_pixels(asked.region.width, asked.region.height, asked.max_pixels)
    with _opened(source) as album:
        number = _number(album, asked.picture)
        if asked.layer is Layer.EXACT:
            return _exact(album, number, asked, progress)
        return _preview(album, number, asked, progress)


@contextmanager
def _opened(source: object) -> Iterator[Album]:
    """Give a file's pictures; a file that is opened here is closed."""
    found = checked_source(source)
    try:
        with container_errors_as_ours():
            if isinstance(found, Path):
                with open_regular(found) as file:
                    yield Album.open(file)
            else:
                yield Album.open(found)
    except OSError as error:
        raise InputError(f"the file cannot be read: {error.strerror or error}") from error


def _number(album: Album, asked: int | None) -> int:
    if asked is None:
        require_one(len(album))
    require_number(asked or 0, len(album))
    return asked or 0


def _exact(album: Album, number: int, asked: Asked, progress: Progress) -> Excerpt:
    header = album.header(number)
    size = header.height, header.width
    area = asked.region.within(*size)
    samples, found = _exact_samples(album, number, area, asked.backend, progress)
    return Excerpt(samples, kind_of(found), _metadata(found), Layer.EXACT, _generated(found), size, _tiles(found))


def _exact_samples(
    album: Album, number: int, area: Area, backend: Backend, progress: Progress = None
) -> tuple[Samples, Picture]:
    """Return the samples (h, w, C) of an area, and the picture with the tiles that they need."""
    bare = album.part(number, {Layers.RESIDUAL: ()})
    require_mode(bare)
    require_exact(bare)
    box = tiles_around(bare, area)
    reference = _reference(album, number, bare, box, backend) if bare.header.group_position else None
    found = album.part(number, _needed(bare, area))
    all_of_it = len(residual_tiling(bare).touched(area)) == len(residual_layer(bare).tiles)
    cut = None if all_of_it else area  # what is decoded whole is compared with its hash
    require_room(found, cut)
    on = ground(found, reference, None, part(progress, 0, 0.2), backend, area=cut)
    samples = decode_residual_layer(found, on, part(progress, 0.2, 1), area=cut)
    return np.ascontiguousarray(samples[within(area, box)]), found


def _reference(album: Album, number: int, bare: Picture, area: Area, backend: Backend) -> Samples:
    """Return the samples of an area of the picture before, on which this one depends."""
    if not number:
        raise CorruptFileError("a picture depends on the one before it, and there is none")
    require_reference(bare, album.part(number - 1, {Layers.RESIDUAL: ()}), number - 1)
    return _exact_samples(album, number - 1, area, backend)[0]


def _needed(bare: Picture, area: Area) -> dict[Layers, list[int]]:
    """Return the numbers of the tiles that the exact samples of an area depend on."""
    from hybridcodec.residual import coder_of

    header, layer, numbers = bare.header, residual_layer(bare), residual_tiling(bare).touched(area)
    needed = {Layers.RESIDUAL: numbers}
    if stands_on_base(bare) and any(coder_of(layer.tiles[number].coder).needs_base for number in numbers):
        box = tiles_around(bare, area)
        small = needed_for(box, base_layer(bare).scale, header.height, header.width)
        needed[Layers.BASE] = base_tiling(bare).touched(base_reach(bare, small))
    return needed


def _preview(album: Album, number: int, asked: Asked, progress: Progress) -> Excerpt:
    bare = album.part(number, {Layers.BASE: ()})
    require_mode(bare)
    require_preview(bare)
    display = asked.layer is Layer.PERCEPTUAL and knows_display(bare)
    view = View.of(bare, asked.scale)
    area = asked.region.within(*view.size)
    source = view.needed(area)
    reached = display_reach(bare, source) if display else base_reach(bare, source)
    found = album.part(number, {Layers.BASE: base_tiling(bare).touched(reached)})
    cut = None if source == (slice(0, view.height), slice(0, view.width)) else source
    decode_layer = decode_display if display else decode_base
    samples = view.scaled(decode_layer(found, progress, asked.backend, area=cut), area)
    shown = asked.layer if display or not _generated(found) else Layer.BASE
    return Excerpt(samples, None, _metadata(found), shown, _generated(found), view.size, _tiles(found))


def _tiles(found: Picture) -> tuple[int, int]:
    layers = [layer for layer in (found.base, found.residual) if layer is not None]
    tiles = [tile for layer in layers for tile in layer.tiles]
    return sum(tile.payload is not None for tile in tiles), len(tiles)


def _metadata(found: Picture) -> Metadata:
    return Metadata(found.metadata.icc, found.metadata.exif, found.metadata.xmp)


def _generated(found: Picture) -> bool:
    return bool(found.header.flags & container.HeaderFlag.GENERATED)
