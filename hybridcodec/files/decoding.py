"""A .hyc file to a picture file, read back and compared before it has its name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hybridcodec import codec
from hybridcodec.arguments import (
    Progress,
    checked_format,
    checked_instance,
    checked_layer,
    checked_max_pixels,
    checked_path,
    checked_picture,
    checked_progress,
    checked_truth,
)
from hybridcodec.errors import HybridcodecError, InputError, MismatchError, UnsupportedError
from hybridcodec.everything import layer_shown
from hybridcodec.excerpt import Asked, Excerpt, read_excerpt
from hybridcodec.image import Layer, Metadata, Mode, Picture
from hybridcodec.info import Info
from hybridcodec.limits import MAX_PIXELS, memory_as_limit, require_pixels
from hybridcodec.opening import open_arrived, open_picture, require_one
from hybridcodec.proof.checks import sample_hash
from hybridcodec.provenance import mark_of
from hybridcodec.region import Region
from hybridcodec.sources import format_for
from hybridcodec.sources.parts.xmp import marked
from hybridcodec.sources.reading import read_document
from hybridcodec.sources.writing import write_document
from hybridcodec.storage.files import STREAM, naming, read_bytes, write_proven
from hybridcodec.storage.targets import PICTURE, require_target
from hybridcodec.viewed import scale_of


@dataclass(frozen=True)
class DecodeSettings:
    """What is decoded, and into what.

    Attributes:
        layer: which of a picture's layers.
        picture_format: name of a format that is written; None for what the target's name says.
        partial: let a cut file give the preview of what arrived; asks for `Layer.PERCEPTUAL`.
        picture: which picture of a file that holds several, from 0; None for its only one.
        max_pixels: that of `codec.decode`.
        region: that of `codec.decode`; then only what it needs is read of the file.
        scale: that of `codec.decode`.
    """

    layer: Layer = Layer.EXACT
    picture_format: str | None = None
    partial: bool = False
    picture: int | None = None
    max_pixels: int | None = MAX_PIXELS
    region: Region | None = None
    scale: int | None = None

    def __post_init__(self) -> None:
        """Take what stands for a layer or a number; raises InputError where something does not."""
        object.__setattr__(self, "layer", checked_layer(self.layer))
        checked_format(self.picture_format)
        checked_truth("partial", self.partial)
        object.__setattr__(self, "picture", checked_picture(self.picture))
        object.__setattr__(self, "max_pixels", checked_max_pixels(self.max_pixels))
        object.__setattr__(self, "scale", scale_of(self.layer, self.scale))
        object.__setattr__(self, "region", None if self.region is None else Region.of(self.region))
        if self.partial and (self.region is not None or self.scale is not None):
            raise InputError("what arrived of a cut file is given as it is, without a region or a scale")


@dataclass(frozen=True)
class Decoded:
    """What `decode_file` wrote.

    `complete` is false for a cut file, of which `arrived` is the fraction of the preview that it still held; `left_out`
    names the metadata that the picture format could not take; `layer` is what was asked for, or the base layer where
    a display picture did not arrive or is of a model that is not here. `tiles` is how many tiles were read for a
    region, of how many, and `size` what it was cut from; the rest of the file is not proven. A region of a source file
    that is kept as it is has no tiles, 0 of 0: all of that file was read.
    """

    shape: tuple[int, ...]
    written_bytes: int
    complete: bool
    arrived: float
    left_out: tuple[str, ...]
    layer: Layer
    tiles: tuple[int, int] | None = None
    size: tuple[int, int] | None = None


@memory_as_limit()
def decode_file(
    source: Path | str,
    target: Path | str,
    settings: DecodeSettings = DecodeSettings(),
    *,
    force: bool = False,
    progress: Progress = None,
) -> Decoded:
    """Decode the .hyc file `source` into the picture file `target`.

    Without `settings.picture_format` the format is that of the suffix of `target`, PNG for `STREAM`. Where the source
    file itself is what is exact, its pixels are what a decoder makes of that file.

    Raises:
        InputError: not readable or not writable.
        CorruptFileError: the file is damaged or, without `partial`, cut off.
        UnsupportedError: the file has no such layer, or the picture format cannot hold it.
        LimitError: more pixels than allowed, or more memory needed than there is.
        MismatchError: the decoded samples or the written file are not what they should be.
    """
    source, target, progress = checked_path(source), checked_path(target), checked_progress(progress)
    settings = checked_instance("settings", DecodeSettings, settings)
    picture_format = settings.picture_format or ("PNG" if target == STREAM else format_for(target))
    require_target(target, PICTURE, force=force, source=source)
    excerpt = None
    if settings.region is None:
        data = read_bytes(source)
        with naming(source):
            found, complete, arrived, layer = _decoded(data, settings, progress)
    else:
        excerpt = _excerpt(source, settings, progress)
        found, complete, arrived, layer = (_picture_of(excerpt),), True, 1.0, excerpt.layer
    with naming(source):
        written = write_document(found, picture_format)

    def prove(stored: bytes) -> None:
        if stored != written.data:
            raise MismatchError(f"{target}: the disk gives back other bytes than were written; nothing was kept")

    write_proven(target, written.data, prove, force=force)
    H, W, C = found[0].samples.shape
    shape = (H, W) if C == 1 else (H, W, C)
    decoded = Decoded(shape, len(written.data), complete, arrived, written.left_out, layer)
    return replace(decoded, tiles=excerpt.tiles, size=excerpt.size) if excerpt else decoded


def _excerpt(source: Path, settings: DecodeSettings, progress: Progress) -> Excerpt:
    """Return the region that is asked for, of a file of which little else is read; standard input is read whole."""
    assert settings.region is not None, "there is one"
    layer, number, scale, limit = settings.layer, settings.picture, settings.scale, settings.max_pixels
    asked = Asked(settings.region, layer, number, scale, max_pixels=limit)
    found = read_bytes(source) if source == STREAM else source
    with naming(source):
        try:
            return read_excerpt(found, asked, progress)
        except UnsupportedError:
            data = found if isinstance(found, bytes) else read_bytes(source)
            if layer is not Layer.EXACT or not _kept_alone(codec.read_info(data, number or 0)):
                raise
            return _cut_of_source(data, asked)


def _cut_of_source(data: bytes, asked: Asked) -> Excerpt:
    """Return a region of a picture of the source file that is kept: no tile is read, but all of that file is."""
    pictures = pictures_of_source(data, asked.picture, asked.max_pixels)
    require_one(len(pictures))
    whole = pictures[0]
    H, W, _ = whole.samples.shape
    samples = np.ascontiguousarray(whole.samples[asked.region.within(H, W)])
    return Excerpt(samples, whole.kind, whole.metadata, Layer.EXACT, False, (H, W), (0, 0))


def _kept_alone(info: Info) -> bool:
    """Tell whether what is exact of a file is its source file, and nothing else."""
    return info.restores and info.mode in (None, Mode.PERCEPTUAL)


def _picture_of(excerpt: Excerpt) -> Picture:
    """Return what a region shows, with the metadata of its picture; a preview is marked as one."""
    if excerpt.kind is not None:
        return Picture(excerpt.samples, excerpt.kind, excerpt.metadata)
    return Picture.of(excerpt.samples, None, _marked(excerpt.metadata, excerpt.layer, generated=excerpt.generated))


def _decoded(data: bytes, settings: DecodeSettings, progress: Progress) -> tuple[Sequence[Picture], bool, float, Layer]:
    """Return the pictures, whether the file is complete, how much of the preview is there, and which layer it is."""
    number, limit = settings.picture, settings.max_pixels
    if settings.partial:
        if settings.layer is Layer.EXACT:
            raise InputError("only the preview can be decoded in part; ask for the perceptual layer")
        info = codec.read_info(data, number or 0)
        preview, arrived = codec.decode_cut(data, layer=settings.layer, picture=number, max_pixels=limit)
        opened = open_arrived(data, limit, number)
        kept, layer = opened.metadata, layer_shown(opened, settings.layer)  # metadata stands in front of the preview
        metadata = _marked(Metadata(kept.icc, kept.exif, kept.xmp), layer, generated=info.generated)
        return (Picture.of(preview, None, metadata),), info.complete, arrived, layer
    info = codec.read_info(data, number or 0)
    if settings.layer is Layer.EXACT and _kept_alone(info):
        return pictures_of_source(data, number, limit), True, 1.0, settings.layer
    if number is None and info.pictures > 1:
        return _Pictures(data, settings, info.pictures), True, 1.0, settings.layer
    return (_picture(data, settings, number, progress),), True, 1.0, _layer_of(data, settings, number)


def _picture(data: bytes, settings: DecodeSettings, number: int | None, progress: Progress = None) -> Picture:
    """Return a picture, or its preview, with its metadata."""
    if settings.layer is Layer.EXACT:
        return codec.decode_picture(data, picture=number, max_pixels=settings.max_pixels, progress=progress)
    layer, limit = settings.layer, settings.max_pixels
    scale = settings.scale
    preview = codec.decode(data, layer=layer, picture=number, scale=scale, max_pixels=limit, progress=progress)
    info, shown = codec.read_info(data, number or 0), _layer_of(data, settings, number)
    return Picture.of(preview, None, _marked(codec.read_metadata(data, number), shown, generated=info.generated))


def _layer_of(data: bytes, settings: DecodeSettings, number: int | None) -> Layer:
    """Return the layer that is decoded of a whole file."""
    info = codec.read_info(data, number or 0)
    if settings.layer is not Layer.PERCEPTUAL or not info.generated:
        return settings.layer
    return layer_shown(open_picture(data, settings.max_pixels, number), settings.layer)


def _marked(metadata: Metadata, layer: Layer, *, generated: bool) -> Metadata:
    """Return the source's metadata with what the layer is, since a picture file does not say that it was a preview."""
    return replace(metadata, xmp=marked(metadata.xmp, mark_of(layer, generated=generated)))


@dataclass(frozen=True)
class _Pictures(Sequence[Picture]):
    """All pictures of a file, each decoded when it is asked for."""

    data: bytes
    settings: DecodeSettings
    total: int

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, number: Any) -> Any:
        if not 0 <= number < self.total:
            raise IndexError(number)
        return _picture(self.data, self.settings, number)


def pictures_of_source(data: bytes, number: int | None, max_pixels: int | None) -> Sequence[Picture]:
    """Return all pictures of the source file that a .hyc file keeps, or the one that is asked for.

    Raises:
        CorruptFileError, InputError, UnsupportedError, LimitError, MismatchError: as `decode_file` does.
    """
    from hybridcodec.keeping import rebuild_source  # a picture of its own is decoded without

    infos = codec.read_infos(data)
    for info in infos if number is None else infos[number : number + 1]:
        require_pixels(info.width, info.height, max_pixels)
    kept = b"".join(rebuild_source(data, max_pixels=max_pixels))
    try:
        pictures = read_document(kept).pictures
    except HybridcodecError as error:
        raise type(error)(f"the file that is kept in it: {error}") from error
    if number is not None and number >= len(pictures):
        raise InputError(f"there is no picture {number} in this file; found 0 to {len(pictures) - 1}")
    asked = range(len(pictures)) if number is None else (number,)
    for picture in (pictures[n] for n in asked) if not infos else ():  # of which the file itself says nothing
        require_pixels(picture.samples.shape[1], picture.samples.shape[0], max_pixels)
    if infos and len(infos) != len(pictures):
        raise MismatchError(f"the file that is kept has {len(pictures)} pictures, and there are {len(infos)} previews")
    if infos and any(sample_hash(pictures[n].samples) != infos[n].source_hash for n in asked):
        raise MismatchError("the file that is kept decodes to other samples here than where it was encoded; restore it")
    return pictures if number is None else (pictures[number],)
