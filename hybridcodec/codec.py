"""Pictures to .hyc files and back: the story of the format, on arrays and bytes.

This is the one module that knows both the file's chunks (`hybridcodec_container`) and arrays (`base`, `residual`);
paths and picture formats are the business of `files`. The heavy parts are imported when they are needed, so that
reading a header needs neither torch nor numba.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import hybridcodec_container as container
from hybridcodec_container import Container, ContainerMode, Header
from hybridcodec_container.layout import VERSION_MAJOR, VERSION_MINOR

from hybridcodec.arguments import (
    Progress,
    checked_bytes,
    checked_instance,
    checked_layer,
    checked_max_error,
    checked_max_pixels,
    checked_mode,
    checked_progress,
    checked_truth,
)
from hybridcodec.errors import (
    CorruptFileError,
    InputError,
    LimitError,
    MismatchError,
    TruncatedFileError,
    UnsupportedError,
)
from hybridcodec.image import Layer, Metadata, Mode, Samples, checked_samples
from hybridcodec.limits import MAX_PIXELS, memory_as_limit, require_pixels

if TYPE_CHECKING:
    from hybridcodec.base import Analysis, BaseModel
    from hybridcodec.residual import ResidualModel

__all__ = ["Info", "check", "decode", "decode_cut", "encode", "extract", "read_info", "read_metadata"]

FORMAT_VERSION: Final = f"{VERSION_MAJOR}.{VERSION_MINOR}"
"""Version of the files that are written."""

_MODES = {
    Mode.LOSSLESS: ContainerMode.LOSSLESS,
    Mode.NEAR_LOSSLESS: ContainerMode.NEAR_LOSSLESS,
    Mode.PERCEPTUAL: ContainerMode.PERCEPTUAL,
}


@dataclass(frozen=True)
class Info:
    """What a file says of itself, without decoding it.

    Sizes are in pixels and bytes; hashes are hexadecimal SHA-256, empty where the file has none. `complete` tells
    whether the end of the file is there; only `check` proves what lies between.
    """

    version: str
    width: int
    height: int
    channels: int
    bit_depth: int
    mode: Mode
    max_error: int
    extracted: bool
    loss_accepted: bool
    base_tile: tuple[int, int]
    residual_tile: tuple[int, int]
    base_model: str
    residual_model: str
    base_hash: str
    sample_hash: str
    source_hash: str
    file_bytes: int
    base_bytes: int
    residual_bytes: int
    metadata_bytes: int
    metadata: tuple[str, ...]
    complete: bool

    def to_dict(self) -> dict[str, Any]:
        """All fields, ready for JSON."""
        return asdict(self)


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
    picture = checked_samples(samples)  # (H, W, C)
    mode = checked_mode(mode)
    max_error = checked_max_error(mode, max_error)
    metadata = checked_instance("metadata", Metadata, metadata)
    accept_loss, progress = checked_truth("accept_loss", accept_loss), checked_progress(progress)
    require_pixels(picture.shape[1], picture.shape[0], checked_max_pixels(max_pixels))
    with _container_border():
        header = _plan(picture, mode, max_error, accept_loss)
    from hybridcodec.base import encode_base

    payload, base = encode_base(
        picture,
        base_model(header.base_model),
        _analysis(),
        tile=header.base_tile_height,
        progress=_part(progress, 0, 0.2),
    )
    residual: list[bytes] = []
    decoded = picture
    if mode is not Mode.PERCEPTUAL:
        from hybridcodec.residual import encode_residual

        residual = encode_residual(
            picture,
            base,
            residual_model(header.residual_model),
            tile=_residual_tile(header),
            max_error=max_error,
            progress=_part(progress, 0.2, 1),
        )
        decoded = _quantised(picture, max_error)
    with _container_border():
        header = _with_hashes(header, base, decoded)
        return container.write_container(
            header,
            base_common=payload.common,
            base=payload.tiles,
            residual=residual,
            metadata=container.Metadata(**asdict(metadata)),
        )


@memory_as_limit()
def decode(
    data: bytes,
    *,
    layer: Layer | str = Layer.EXACT,
    max_pixels: int | None = MAX_PIXELS,
    progress: Progress = None,
) -> Samples:
    """Return the picture in `data`: uint8 (H, W) or (H, W, 3).

    `Layer.EXACT` gives every sample as it was, or within the file's max error; `Layer.PERCEPTUAL` gives the preview.
    Each is compared with its hash in the file.

    Args:
        data: a file; bytes, bytearray or memoryview.
        layer: which of its two pictures.
        max_pixels: refuse larger pictures before anything is made of them; None for the limit of the format, 2^30.
        progress: receives the share done, 0 to 1, from any thread; what it raises ends the work and is passed on.

    Raises:
        CorruptFileError: the file is damaged; TruncatedFileError: it is cut off.
        InputError: there is no such layer at all, or an argument is not what it should be.
        UnsupportedError: the file has no such layer, or needs a later version or a model that is not here.
        LimitError: it has more pixels than `max_pixels`, or takes more memory than there is.
        MismatchError: the decoded samples are not those that the file names.
    """
    layer, progress = checked_layer(layer), checked_progress(progress)
    file = _read(data, max_pixels)
    if layer is Layer.EXACT:
        _require_exact(file)
    base = _checked(_decode_base(file, _part(progress, 0, 0.2)), file.header.base_hash, "preview")
    if layer is Layer.PERCEPTUAL:
        return _squeezed(base)
    return _squeezed(
        _checked(_decode_residual(file, base, _part(progress, 0.2, 1)), file.header.sample_hash, "picture")
    )


@memory_as_limit()
def decode_cut(data: bytes, *, max_pixels: int | None = MAX_PIXELS) -> tuple[Samples, float]:
    """Return the preview of what arrived of a file that may be cut off, and the fraction of it that is there.

    What is missing is flat gray. `max_pixels` is that of `decode`.

    Raises:
        CorruptFileError: what arrived is damaged, or too little for a preview.
        InputError: an argument is not what it should be.
        UnsupportedError: the file needs a later version or a model that is not here.
        LimitError: it has more pixels than `max_pixels`, or takes more memory than there is.
    """
    file = _read(data, max_pixels, may_be_cut=True)
    base = _decode_base(file, None)
    if file.base_arrived == 1:
        base = _checked(base, file.header.base_hash, "preview")
    return _squeezed(base), file.base_arrived


@memory_as_limit()
def read_info(data: bytes) -> Info:
    """Return what a file says of itself; cheap, and good for a cut file too.

    Raises:
        CorruptFileError: not a .hyc file, or its header is damaged.
        InputError: `data` is not bytes.
        UnsupportedError: the file needs a later version.
    """
    data = checked_bytes(data)
    with _container_border():
        header, summary = container.read_header(data)
    names = {value: key for key, value in _MODES.items()}
    return Info(
        version=f"{summary.version.major}.{summary.version.minor}",
        width=header.width,
        height=header.height,
        channels=header.channels,
        bit_depth=header.bit_depth,
        mode=names[header.mode],
        max_error=header.max_error,
        extracted=bool(header.flags & container.HeaderFlag.EXTRACTED),
        loss_accepted=bool(header.flags & container.HeaderFlag.LOSS_ACCEPTED),
        base_tile=(header.base_tile_width, header.base_tile_height),
        residual_tile=(header.residual_tile_width, header.residual_tile_height),
        base_model=_hexadecimal(header.base_model),
        residual_model=_hexadecimal(header.residual_model),
        base_hash=_hexadecimal(header.base_hash),
        sample_hash=_hexadecimal(header.sample_hash),
        source_hash=_hexadecimal(header.source_hash),
        file_bytes=summary.file_bytes,
        base_bytes=summary.base_bytes,
        residual_bytes=summary.residual_bytes,
        metadata_bytes=summary.metadata_bytes,
        metadata=summary.metadata_kinds,
        complete=summary.complete,
    )


@memory_as_limit()
def read_metadata(data: bytes) -> Metadata:
    """Return the metadata of a complete file.

    Raises:
        CorruptFileError: the file is damaged or cut off.
        InputError: `data` is not bytes.
        UnsupportedError: the file needs a later version.
    """
    found = _read(data, None).metadata
    return Metadata(found.icc, found.exif, found.xmp)


@memory_as_limit()
def extract(data: bytes, *, max_pixels: int | None = MAX_PIXELS, progress: Progress = None) -> bytes:
    """Return the file without its residual layer, as a perceptual file; nothing is encoded anew.

    Its preview is decoded and compared with its hash first: what is returned can be decoded. `max_pixels` and
    `progress` are those of `decode`.

    Raises:
        CorruptFileError, InputError, UnsupportedError, LimitError, MismatchError: as `decode` does.
    """
    data = checked_bytes(data)
    with _container_border():
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


def _read(data: object, max_pixels: object, *, may_be_cut: bool = False) -> Container:
    """Return the parts of a file, all proven, unless its header claims more pixels than may be."""
    data, limit = checked_bytes(data), checked_max_pixels(max_pixels)
    with _container_border():
        header, _ = container.read_header(data)
        require_pixels(header.width, header.height, limit)
        return container.read_cut(data) if may_be_cut else container.read_container(data)


def _plan(picture: Samples, mode: Mode, max_error: int, accept_loss: bool) -> Header:
    """A header with all but the hashes of decoded layers, so that limits are checked before any work is done."""
    from hybridcodec.base import TILE
    from hybridcodec.models import DEFAULT_BASE, DEFAULT_RESIDUAL
    from hybridcodec.residual import choose_tile

    H, W, C = picture.shape
    source = container.hash_samples(picture)
    residual: dict[str, Any] = {}
    if mode is not Mode.PERCEPTUAL:
        height, width = choose_tile(H, W)
        residual = {
            "residual_tile_height": height,
            "residual_tile_width": width,
            "residual_model": bytes.fromhex(DEFAULT_RESIDUAL),
            "sample_hash": source,
        }
    lossy = mode is not Mode.LOSSLESS
    flags = container.HeaderFlag.LOSS_ACCEPTED if accept_loss and lossy else container.HeaderFlag(0)
    return Header(
        width=W,
        height=H,
        channels=C,
        mode=_MODES[mode],
        max_error=max_error,
        base_tile_width=TILE,
        base_tile_height=TILE,
        base_model=bytes.fromhex(DEFAULT_BASE),
        base_hash=source,
        source_hash=source,
        flags=flags,
        **residual,
    )


def _with_hashes(header: Header, base: Samples, decoded: Samples) -> Header:
    from dataclasses import replace

    header = replace(header, base_hash=container.hash_samples(base))
    if header.mode is ContainerMode.NEAR_LOSSLESS:
        header = replace(header, sample_hash=container.hash_samples(decoded))
    return header


def _quantised(picture: Samples, max_error: int) -> Samples:
    """What a near-lossless file decodes to."""
    from hybridcodec.residual.layer import Grid

    grid = Grid(max_error)
    return grid.samples(grid.values(picture))


def _decode_base(file: Container, progress: Progress) -> Samples:
    from hybridcodec.base import decode_base

    header = file.header
    require_plain(header)
    return decode_base(
        file.base_common,
        file.base,
        header.height,
        header.width,
        header.channels,
        base_model(header.base_model),
        tile=header.base_tile_width,
        progress=progress,
    )


def _decode_residual(file: Container, base: Samples, progress: Progress) -> Samples:
    from hybridcodec.residual import decode_residual

    header = file.header
    return decode_residual(
        _residual(file),
        base,
        residual_model(header.residual_model),
        tile=_residual_tile(header),
        max_error=header.max_error,
        in_place=True,
        progress=progress,
    )


def _residual(file: Container) -> list[bytes]:
    return [payload for payload in file.residual if payload is not None]


def _require_exact(file: Container) -> None:
    """Refuse what cannot have an exact picture, before the preview is decoded for nothing."""
    from hybridcodec.residual import require_room

    header = file.header
    if header.mode is ContainerMode.PERCEPTUAL:
        raise UnsupportedError(
            "this file holds the perceptual layer alone, not the exact picture; ask for it with --layer perceptual"
        )
    require_plain(header)
    require_room(_residual(file), (header.height, header.width, header.channels), _residual_tile(header))


def require_plain(header: Header) -> None:
    """Refuse what this version does not decode.

    Raises:
        UnsupportedError: other than 1 or 3 channels of 8 bits, or base tiles that are not square.
    """
    if header.base_tile_width != header.base_tile_height:
        raise UnsupportedError("base tiles that are not square need a later version")
    if header.bit_depth != 8 or header.channels not in (1, 3):
        found = f"{header.channels} channels of {header.bit_depth} bits"
        raise UnsupportedError(f"this version decodes 1 or 3 channels of 8 bits, the file has {found}")


def _residual_tile(header: Header) -> tuple[int, int]:
    return header.residual_tile_height, header.residual_tile_width


def _checked(samples: Samples, expected: bytes, name: str) -> Samples:
    if container.hash_samples(samples) != expected:
        raise MismatchError(f"the decoded {name} is not the one that was encoded; its hash differs from the file's")
    return samples


def _squeezed(samples: Samples) -> Samples:
    """(H, W, 1) as (H, W)."""
    return samples[..., 0] if samples.shape[2] == 1 else samples


def _hexadecimal(digest: bytes) -> str:
    return "" if digest == container.NO_HASH else digest.hex()


def _part(progress: Progress, start: float, end: float) -> Progress:
    if progress is None:
        return None
    return lambda share: progress(start + share * (end - start))


@cache
def base_model(digest: bytes) -> BaseModel:
    """Return the base model with this SHA-256.

    Raises:
        ModelError: no shipped model has this hash, or its file is altered.
    """
    from hybridcodec.base import BaseModel
    from hybridcodec.models import load_tensors

    return BaseModel.from_tensors(load_tensors(digest.hex()))


@cache
def _analysis() -> Analysis:
    from hybridcodec.base import Analysis
    from hybridcodec.models import DEFAULT_ANALYSIS, load_tensors

    return Analysis.from_tensors(load_tensors(DEFAULT_ANALYSIS))


@cache
def residual_model(digest: bytes) -> ResidualModel:
    """Return the residual model with this SHA-256; raises as `base_model` does."""
    from hybridcodec.models import load_tensors
    from hybridcodec.residual import ResidualModel

    return ResidualModel.from_tensors(load_tensors(digest.hex()))


@contextmanager
def _container_border() -> Iterator[None]:
    """Turn the container's errors into the library's."""
    try:
        yield
    except container.TruncatedError as error:
        raise TruncatedFileError(str(error)) from error
    except container.CorruptError as error:
        raise CorruptFileError(str(error)) from error
    except container.LimitExceededError as error:
        raise LimitError(str(error)) from error
    except container.UnsupportedContainerError as error:
        raise UnsupportedError(str(error)) from error
    except container.ContainerError as error:
        raise InputError(str(error)) from error
