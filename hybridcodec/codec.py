"""Pictures to .hyc files and back: the story of the format, on arrays and bytes.

This module knows the layers of a file (`hybridcodec_container`) and arrays, and names no coder: those are found by what
the file says. Paths and picture formats are the business of `files`. The heavy parts are imported when they are needed,
so that reading a header needs neither models nor kernels.
"""

from __future__ import annotations

from dataclasses import asdict

import hybridcodec_container as container
from hybridcodec_container import GRAY, RGB, Header, HeaderFlag, Layers, Picture

from hybridcodec.arguments import (
    Progress,
    checked_bytes,
    checked_instance,
    checked_layer,
    checked_max_pixels,
    checked_progress,
    checked_truth,
)
from hybridcodec.fidelity import Fidelity
from hybridcodec.image import Layer, Metadata, Mode, Samples, checked_samples
from hybridcodec.image import require_plain as require_plain_samples
from hybridcodec.info import MODES, Info, read_info, read_metadata
from hybridcodec.layers import (
    base_layer,
    decode_base,
    decode_residual_layer,
    encode_base_layer,
    encode_residual_layer,
    ground,
    require_room,
)
from hybridcodec.limits import MAX_PIXELS, memory_as_limit, require_pixels
from hybridcodec.machine.threads import part
from hybridcodec.opening import (
    container_errors_as_ours,
    open_arrived,
    open_picture,
    require_exact,
    require_plain,
    require_preview,
)

__all__ = ["Info", "check", "decode", "decode_cut", "encode", "extract", "read_info", "read_metadata"]


@memory_as_limit()
def encode(
    samples: Samples,
    *,
    mode: Mode | str = Mode.LOSSLESS,
    max_error: int = 0,
    metadata: Metadata = Metadata(),  # noqa: B008 - frozen
    accept_loss: bool = False,
    max_pixels: int | None = MAX_PIXELS,
    progress: Progress = None,
) -> bytes:
    """Return a .hyc file that holds a picture.

    Args:
        samples: uint8 (H, W), (H, W, 1) or (H, W, 3), values 0 to 255.
        mode: lossless keeps every sample; near-lossless keeps every sample within `max_error`; perceptual keeps the
            preview alone.
        max_error: 1 to 255 in near-lossless mode, else 0.
        metadata: kept byte for byte.
        accept_loss: mark a lossy file as one whose loss was accepted; the mark stays for ever.
        max_pixels: refuse larger pictures; None for the limit of the format, 2^30. `decode` has the same default.
        progress: receives the share done, 0 to 1, from any thread; what it raises ends the work and is passed on.

    Raises:
        InputError: not a picture, a masked array, a `max_error` that does not fit `mode`, or another argument that is
            not what it should be.
        UnsupportedError: neither 8-bit gray nor 8-bit RGB.
        LimitError: more pixels than `max_pixels`, or more memory needed than there is.
    """
    picture = require_plain_samples(checked_samples(samples))  # (H, W, C)
    fidelity = Fidelity.of(mode, max_error)
    metadata = checked_instance("metadata", Metadata, metadata)
    accept_loss, progress = checked_truth("accept_loss", accept_loss), checked_progress(progress)
    require_pixels(picture.shape[1], picture.shape[0], checked_max_pixels(max_pixels))
    with container_errors_as_ours():
        header = _header(picture, fidelity, accept_loss)  # limits are checked before any work is done
    lossy = fidelity.mode is Mode.PERCEPTUAL
    base = encode_base_layer(picture, part(progress, 0, 1 if lossy else 0.2))
    residual = None if lossy else encode_residual_layer(picture, base.picture, fidelity, part(progress, 0.2, 1))
    with container_errors_as_ours():
        kept = container.Metadata(**asdict(metadata))
        return container.write_container([Picture.seal(header, metadata=kept, base=base.layer, residual=residual)])


@memory_as_limit()
def decode(
    data: bytes,
    *,
    layer: Layer | str = Layer.EXACT,
    picture: int | None = None,
    max_pixels: int | None = MAX_PIXELS,
    progress: Progress = None,
) -> Samples:
    """Return the picture in `data`: uint8 (H, W) or (H, W, 3).

    `Layer.EXACT` gives every sample as it was, or within the file's max error; `Layer.PERCEPTUAL` gives the preview.
    Each is compared with its hash in the file.

    Args:
        data: a file; bytes, bytearray or memoryview.
        layer: which of its two pictures.
        picture: which picture of a file that holds several, from 0; the others are not read, nor proven.
        max_pixels: refuse larger pictures before anything is made of them; None for the limit of the format, 2^30.
        progress: receives the share done, 0 to 1, from any thread; what it raises ends the work and is passed on.

    Raises:
        CorruptFileError: the file is damaged; TruncatedFileError: it is cut off.
        InputError: there is no such layer or picture at all, or an argument is not what it should be.
        UnsupportedError: the file has no such layer, or needs a later version or a model that is not here.
        LimitError: it has more pixels than `max_pixels`, or takes more memory than there is.
        MismatchError: the decoded samples are not those that the file names.
    """
    layer, progress = checked_layer(layer), checked_progress(progress)
    found = open_picture(data, max_pixels, picture)
    require_plain(found)
    if layer is Layer.PERCEPTUAL:
        require_preview(found)
        return _squeezed(decode_base(found, progress))
    require_exact(found)
    require_room(found)
    below = ground(found, part(progress, 0, 0.2))
    return _squeezed(decode_residual_layer(found, below, part(progress, 0.2, 1)))


@memory_as_limit()
def decode_cut(
    data: bytes, *, picture: int | None = None, max_pixels: int | None = MAX_PIXELS
) -> tuple[Samples, float]:
    """Return the preview of what arrived of a file that may be cut off, and the fraction of it that is there.

    What is missing is flat gray. `picture` and `max_pixels` are those of `decode`.

    Raises:
        CorruptFileError: what arrived is damaged, or too little for a preview.
        InputError: there is no such picture at all, or an argument is not what it should be.
        UnsupportedError: the file needs a later version or a model that is not here.
        LimitError: it has more pixels than `max_pixels`, or takes more memory than there is.
    """
    found = open_arrived(data, max_pixels, picture)
    require_plain(found)
    require_preview(found)
    return _squeezed(decode_base(found)), base_layer(found).arrived


@memory_as_limit()
def extract(data: bytes, *, max_pixels: int | None = MAX_PIXELS, progress: Progress = None) -> bytes:
    """Return the file without its residual layer, as a perceptual file; nothing is encoded anew.

    Its preview is decoded and compared with its hash first: what is returned can be decoded. `max_pixels` and
    `progress` are those of `decode`.

    Raises:
        CorruptFileError, InputError, UnsupportedError, LimitError, MismatchError: as `decode` does.
    """
    data = checked_bytes(data)
    with container_errors_as_ours():
        extracted = container.drop_residual(data)
    decode(extracted, layer=Layer.PERCEPTUAL, max_pixels=max_pixels, progress=progress)
    return extracted


def check(data: bytes, progress: Progress = None, *, max_pixels: int | None = MAX_PIXELS) -> Info:
    """Prove a file: checksums, models, every layer decoded and compared with its hash.

    `max_pixels` and `progress` are those of `decode`.

    Raises:
        CorruptFileError, InputError, UnsupportedError, LimitError, MismatchError: as `decode` does; the first fault is
            raised.
    """
    info = read_info(data)
    layer = Layer.PERCEPTUAL if info.mode is Mode.PERCEPTUAL else Layer.EXACT
    decode(data, layer=layer, max_pixels=max_pixels, progress=progress)
    return info


def _header(picture: Samples, fidelity: Fidelity, accept_loss: bool) -> Header:
    H, W, C = picture.shape
    accepted = accept_loss and fidelity.mode is not Mode.LOSSLESS
    return Header(
        width=W,
        height=H,
        roles=GRAY if C == 1 else RGB,
        mode=MODES[fidelity.mode],
        layers=Layers.BASE if fidelity.mode is Mode.PERCEPTUAL else Layers.BASE | Layers.RESIDUAL,
        max_error=fidelity.max_error,
        flags=HeaderFlag.LOSS_ACCEPTED if accepted else HeaderFlag(0),
        source_hash=container.hash_samples(picture),
    )


def _squeezed(samples: Samples) -> Samples:
    """(H, W, 1) as (H, W)."""
    return samples[..., 0] if samples.shape[2] == 1 else samples
