"""Pictures to .hyc files and back: the story of the format, on arrays and bytes.

This module knows the layers of a file (`hybridcodec_container`) and arrays, and names no coder: those are found by what
the file says. Paths and picture formats are the business of `files`. The heavy parts are imported when they are needed,
so that reading a header needs neither models nor kernels.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence

import hybridcodec_container as container

from hybridcodec.arguments import (
    Progress,
    Readable,
    checked_backend,
    checked_bytes,
    checked_instance,
    checked_layer,
    checked_max_pixels,
    checked_progress,
    checked_truth,
)
from hybridcodec.errors import InputError
from hybridcodec.everything import Decoded, check, decode_base_picture, decode_each, decode_preview
from hybridcodec.excerpt import Asked, read_excerpt
from hybridcodec.fidelity import Fidelity
from hybridcodec.grounds import ground
from hybridcodec.image import Layer, Metadata, Mode, Picture, Samples
from hybridcodec.info import Info, read_info, read_infos, read_metadata
from hybridcodec.layers import (
    base_layer,
    decode_residual_layer,
    kind_of,
    require_room,
)
from hybridcodec.limits import MAX_PIXELS, memory_as_limit, require_pixels
from hybridcodec.machine.threads import part
from hybridcodec.modes import Backend
from hybridcodec.opening import (
    container_errors_as_ours,
    open_arrived,
    open_group,
    open_picture,
    require_exact,
    require_mode,
)
from hybridcodec.options import Options
from hybridcodec.region import Region
from hybridcodec.viewed import scale_of, seen

__all__ = [
    "Decoded",
    "Info",
    "check",
    "decode",
    "decode_cut",
    "decode_each",
    "decode_picture",
    "encode",
    "encode_album",
    "extract",
    "read_info",
    "read_infos",
    "read_metadata",
]


def encode(
    samples: Samples | Picture,
    *,
    mode: Mode | str = Mode.LOSSLESS,
    max_error: int = 0,
    metadata: Metadata = Metadata(),  # noqa: B008 - frozen
    accept_loss: bool = False,
    options: Options = Options(),  # noqa: B008 - frozen
    max_pixels: int | None = MAX_PIXELS,
    progress: Progress = None,
) -> bytes:
    """Return a .hyc file that holds a picture.

    Args:
        samples: (H, W) or (H, W, C) of bool, uint8, int8, uint16 or int16, C being 1 (gray), 2 (gray, opacity), 3 (RGB)
            or 4 (RGB, opacity); or a `Picture`, which says more: fewer bits, a palette, other roles, its metadata.
        mode: lossless keeps every sample; near-lossless keeps every sample within `max_error`; perceptual keeps the
            preview alone.
        max_error: 1 to the largest difference of two samples in near-lossless mode, else 0.
        metadata: kept byte for byte; that of a `Picture` goes before.
        accept_loss: mark a lossy file as one whose loss was accepted; the mark stays for ever.
        options: how large the preview is, and what the coders may do.
        max_pixels: refuse larger pictures; None for the limit of the format, 2^30. `decode` has the same default.
        progress: receives the share done, 0 to 1, from any thread; what it raises ends the work and is passed on.

    Raises:
        InputError: not a picture, a masked array, a `max_error` that does not fit `mode` or the samples, or another
            argument that is not what it should be; a rate in `options` in another mode than perceptual.
        UnsupportedError: samples of another type, or a preview alone where no rule says what it shows.
        LimitError: more pixels than `max_pixels`, or more memory needed than there is.
    """
    metadata = checked_instance("metadata", Metadata, metadata)
    picture = samples if isinstance(samples, Picture) else _picture(samples, metadata)
    return encode_album(
        [picture],
        mode=mode,
        max_error=max_error,
        accept_loss=accept_loss,
        options=options,
        max_pixels=max_pixels,
        progress=progress,
    )


@memory_as_limit()
def _picture(samples: Samples, metadata: Metadata) -> Picture:
    return Picture.of(samples, None, metadata)


@memory_as_limit()
def encode_album(
    pictures: Iterable[Picture],
    *,
    mode: Mode | str = Mode.LOSSLESS,
    max_error: int = 0,
    accept_loss: bool = False,
    options: Options = Options(),  # noqa: B008 - frozen
    source: Callable[[], container.Source | container.Rest | None] | None = None,
    max_pixels: int | None = MAX_PIXELS,
    progress: Progress = None,
) -> bytes:
    """Return a .hyc file that holds pictures in order, pages or frames; they are taken one by one.

    Frames that follow each other may be coded by the help of the one before, in groups of at most eight, where that is
    smaller. `source` is asked, after the last picture, for what rebuilds the file that the pictures came from, and with
    it there may be no picture at all; or for what else that file held. For the rest, and what is raised, see `encode`.
    """
    from hybridcodec.making import MAX_GROUP, Plan, Reference, make

    fidelity = Fidelity.of(mode, max_error)
    options = checked_instance("options", Options, options)
    options.require_mode(fidelity.mode)
    plan = Plan(fidelity, options, checked_truth("accept_loss", accept_loss))
    limit, progress = checked_max_pixels(max_pixels), checked_progress(progress)
    count = len(pictures) if isinstance(pictures, Sequence) else 0
    stream, depends = io.BytesIO(), True
    reference: Reference | None = None
    with container_errors_as_ours(), container.AlbumWriter(stream) as writer:
        for number, picture in enumerate(pictures):
            require_pixels(picture.samples.shape[1], picture.samples.shape[0], limit)
            share = part(progress, number / count, (number + 1) / count) if number < count else None
            made = make(picture, plan, reference if depends else None, share)
            tried = reference is not None and depends and reference.header.group_position + 1 < MAX_GROUP
            depends = depends and (not tried or bool(made.picture.header.group_position))
            reference = made.reference
            writer.add(made.picture)
        writer.finish(source() if source else None)
    return stream.getvalue()


@memory_as_limit()
def decode(
    data: Readable,
    *,
    layer: Layer | str = Layer.EXACT,
    picture: int | None = None,
    region: Region | Sequence[int] | None = None,
    scale: int | None = None,
    backend: Backend | str = Backend.COMPILED,
    max_pixels: int | None = MAX_PIXELS,
    progress: Progress = None,
) -> Samples:
    """Return the picture in `data`: (H, W) or (H, W, C), in uint8, int8, uint16 or int16 as its samples need.

    `Layer.EXACT` gives every sample as it was, or within the file's max error; `Layer.PERCEPTUAL` gives the preview,
    uint8 (h, w) or (h, w, 3), which may be smaller: the display picture, where the file has one; `Layer.BASE` gives the
    base picture beneath. Each is compared with its hash in the file.

    Args:
        data: a file; bytes, bytearray or memoryview. For a region also its path, or a seekable binary stream of it.
        layer: which of its pictures.
        picture: which picture of a file that holds several, from 0; the others are not read, nor proven.
        region: x, y, width, height in pixels of what is decoded without it, of which it is the cut. Only the tiles that
            it needs are read, decoded and compared with their digests; the rest of the file is not proven.
        scale: of a preview, 0 to 3: the sides of the picture divided by 2^scale; None for the size that the file has.
        backend: `compiled`, or `reference`: a second decoder reads every stream too, and both must agree.
        max_pixels: refuse larger pictures before anything is made of them; None for the limit of the format, 2^30.
        progress: receives the share done, 0 to 1, from any thread; what it raises ends the work and is passed on.

    Raises:
        CorruptFileError: the file is damaged; TruncatedFileError: it is cut off.
        InputError: there is no such layer, picture or region at all, or an argument is not what it should be.
        UnsupportedError: the file has no such layer, or needs a later version or a model that is not here.
        LimitError: it, or the region, has more pixels than `max_pixels`, or takes more memory than there is.
        MismatchError: the decoded samples are not those that the file names, or two decoders disagree.
    """
    layer, backend, progress = checked_layer(layer), checked_backend(backend), checked_progress(progress)
    if region is not None:
        asked = Asked(Region.of(region), layer, picture, scale, backend, max_pixels)
        return _squeezed(read_excerpt(data, asked, progress).samples)
    scale = scale_of(layer, scale)
    if layer is Layer.EXACT:
        return _squeezed(_exact(open_group(data, max_pixels, picture), progress, backend))
    found = open_picture(data, max_pixels, picture)
    decode_layer = decode_preview if layer is Layer.PERCEPTUAL else decode_base_picture
    return _squeezed(seen(decode_layer(found, progress, backend), found, scale))


@memory_as_limit()
def decode_picture(
    data: bytes, *, picture: int | None = None, max_pixels: int | None = MAX_PIXELS, progress: Progress = None
) -> Picture:
    """Return a picture of a file exactly, with what its samples are and its metadata; see `decode` for the rest."""
    progress = checked_progress(progress)
    group = open_group(data, max_pixels, picture)
    found, kept = group[-1], group[-1].metadata
    return Picture(_exact(group, progress), kind_of(found), Metadata(kept.icc, kept.exif, kept.xmp))


@memory_as_limit()
def decode_cut(
    data: bytes,
    *,
    layer: Layer | str = Layer.PERCEPTUAL,
    picture: int | None = None,
    max_pixels: int | None = MAX_PIXELS,
) -> tuple[Samples, float]:
    """Return the preview of what arrived of a file that may be cut off, and the fraction of it that is there.

    What is missing is about mid-gray; without all of its base layer, or its display layer, the base picture is shown.
    `layer`, perceptual or base, `picture` and `max_pixels` are those of `decode`.

    Raises:
        CorruptFileError: what arrived is damaged, or too little for a preview.
        InputError: there is no such picture at all, or an argument is not what it should be.
        UnsupportedError: the file needs a later version or a model that is not here.
        LimitError: it has more pixels than `max_pixels`, or takes more memory than there is.
    """
    layer = checked_layer(layer)
    if layer is Layer.EXACT:
        raise InputError("only the preview can be decoded in part; ask for the perceptual layer")
    found = open_arrived(data, max_pixels, picture)
    preview = decode_base_picture(found, None) if layer is Layer.BASE else decode_preview(found, None)
    return _squeezed(preview), base_layer(found).arrived


@memory_as_limit()
def extract(
    data: bytes, *, rest: bool = False, max_pixels: int | None = MAX_PIXELS, progress: Progress = None
) -> bytes:
    """Return the file without its residual layers, as a perceptual file; nothing is encoded anew.

    The previews are decoded and compared with their hashes first: what is returned can be decoded. What else the source
    file held (`rest`), such as patient and study of a DICOM file, stays only where that is asked for; ICC profile, EXIF
    and XMP stay. `max_pixels` and `progress` are those of `decode`.

    Raises:
        CorruptFileError, InputError, UnsupportedError, LimitError, MismatchError: as `decode` does.
    """
    data, progress = checked_bytes(data), checked_progress(progress)
    with container_errors_as_ours():
        extracted = container.drop_residual(data, keep_rest=checked_truth("rest", rest))
    for _ in decode_each(extracted, max_pixels=max_pixels, progress=progress):
        pass
    return extracted


def _exact(group: Sequence[container.Picture], progress: Progress, backend: Backend = Backend.COMPILED) -> Samples:
    """Return the exact layer (H, W, C) of the last picture of a group, of which each depends on the one before."""
    samples: Samples | None = None
    for number, picture in enumerate(group):
        share = part(progress, number / len(group), (number + 1) / len(group))
        require_mode(picture)
        require_exact(picture)
        require_room(picture)
        on = ground(picture, samples, None, part(share, 0, 0.2), backend)
        samples = decode_residual_layer(picture, on, part(share, 0.2, 1))
    assert samples is not None, "a group has a picture"
    return samples


def _squeezed(samples: Samples) -> Samples:
    """(H, W, 1) as (H, W)."""
    return samples[..., 0] if samples.shape[2] == 1 else samples
