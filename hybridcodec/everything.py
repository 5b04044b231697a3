"""Every picture of a file with all its layers, each compared with its hash: what a proof rests on.

Where `codec` decodes what is asked for, this leaves nothing out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import hybridcodec_container as container

from hybridcodec.arguments import Progress, checked_backend, checked_bytes, checked_max_pixels, checked_progress
from hybridcodec.displaying import decode_display, knows_display
from hybridcodec.grounds import ground
from hybridcodec.image import Metadata, Samples
from hybridcodec.info import Info, info_of, read_info
from hybridcodec.kinds import SampleKind
from hybridcodec.layers import (
    base_layer,
    decode_base,
    decode_residual_layer,
    kind_of,
    require_room,
)
from hybridcodec.limits import MAX_PIXELS, memory_as_limit, require_pixels
from hybridcodec.machine.threads import part
from hybridcodec.modes import Backend, Layer, Mode
from hybridcodec.opening import container_errors_as_ours, require_mode, require_preview

if TYPE_CHECKING:
    from hybridcodec.loading import Decoders


@memory_as_limit()
def check(
    data: bytes,
    progress: Progress = None,
    *,
    backend: Backend | str = Backend.COMPILED,
    max_pixels: int | None = MAX_PIXELS,
) -> Info:
    """Prove a file: checksums, models, every layer of every picture decoded and compared with its hash.

    `backend`, `max_pixels` and `progress` are those of `decode`.

    Raises:
        CorruptFileError, InputError, UnsupportedError, LimitError, MismatchError: as `decode` does; the first fault is
            raised.
    """
    info = read_info(data)
    for _ in decode_each(data, backend=backend, max_pixels=max_pixels, progress=progress):
        pass
    return info


@dataclass(frozen=True, eq=False)
class Decoded:
    """A picture of a file with all that can be decoded of it, each layer compared with its hash.

    Attributes:
        info: what the file says of it.
        kind: what its samples are.
        metadata: byte for byte.
        samples: the exact layer (H, W, C), or the preview of a picture that has no other.
    """

    info: Info
    kind: SampleKind
    metadata: Metadata
    samples: Samples

    @property
    def exact(self) -> bool:
        """Whether there is more than a preview."""
        return self.info.mode is not Mode.PERCEPTUAL


def decode_each(
    data: bytes,
    *,
    backend: Backend | str = Backend.COMPILED,
    max_pixels: int | None = MAX_PIXELS,
    progress: Progress = None,
    decoders: Decoders | None = None,
) -> Iterator[Decoded]:
    """Yield every picture of a file, all layers decoded; every byte of the file is proven before the first comes.

    `decoders` are others than this version's where something is broken on purpose, to see that a proof notices.

    Raises:
        CorruptFileError, InputError, UnsupportedError, LimitError, MismatchError: as `decode` does.
    """
    data, limit, progress = checked_bytes(data), checked_max_pixels(max_pixels), checked_progress(progress)
    backend = checked_backend(backend)
    with container_errors_as_ours(), memory_as_limit():
        overview = container.read_header(data)
        for picture in overview.pictures:
            require_pixels(picture.header.width, picture.header.height, limit)
        pictures = container.read_container(data).pictures
    before: Samples | None = None
    for number, picture in enumerate(pictures):
        share = part(progress, number / len(pictures), (number + 1) / len(pictures))
        with container_errors_as_ours(), memory_as_limit():
            found = _all_layers(picture, info_of(overview, picture), before, share, backend, decoders)
        yield found
        before = found.samples


def _all_layers(
    picture: container.Picture,
    info: Info,
    reference: Samples | None,
    progress: Progress,
    backend: Backend,
    decoders: Decoders | None,
) -> Decoded:
    kept, kind = picture.metadata, kind_of(picture)
    metadata, base = Metadata(kept.icc, kept.exif, kept.xmp), None
    if picture.header.mode is container.ContainerMode.PERCEPTUAL:
        require_mode(picture)
        if picture.display is None:
            shown = decode_base(picture, progress, backend, decoders)
        else:  # it is shown instead, and has a hash of its own
            shown = decode_display(picture, progress, backend, decoders, with_base=True)
        return Decoded(info, kind, metadata, shown)
    require_mode(picture)
    require_room(picture)
    if picture.header.layers & container.Layers.BASE:
        base = decode_base(picture, part(progress, 0, 0.2), backend, decoders)
    known = reference if picture.header.group_position else None
    on = ground(picture, known, base, None, backend, decoders)
    samples = decode_residual_layer(picture, on, part(progress, 0.2, 1), decoders)
    return Decoded(info, kind, metadata, samples)


def decode_preview(
    picture: container.Picture,
    progress: Progress,
    backend: Backend = Backend.COMPILED,
    decoders: Decoders | None = None,
) -> Samples:
    """Return what is shown of a picture, (h, w, C), compared with its hash; raises as `codec.decode`.

    That is the display picture, where there is one whose model is here, and all that it is made of; otherwise the base
    picture, as FORMAT.md wants it.
    """
    require_mode(picture)
    require_preview(picture)
    if shows_display(picture):
        return decode_display(picture, progress, backend, decoders)
    return decode_base(picture, progress, backend, decoders)


def layer_shown(picture: container.Picture, asked: Layer) -> Layer:
    """Return the layer that is shown: the base layer where a picture should have a display picture and has none."""
    generated = picture.header.flags & container.HeaderFlag.GENERATED
    return Layer.BASE if asked is Layer.PERCEPTUAL and generated and not shows_display(picture) else asked


def shows_display(picture: container.Picture) -> bool:
    """Tell whether what is shown of a picture is its display picture: it is there, known, and so is all beneath it."""
    return knows_display(picture) and base_layer(picture).arrived == 1


def decode_base_picture(picture: container.Picture, progress: Progress, backend: Backend = Backend.COMPILED) -> Samples:
    """Return the base picture (h, w, C), compared with its hash; raises as `codec.decode`."""
    require_mode(picture)
    require_preview(picture)
    return decode_base(picture, progress, backend)
