"""What a file says of itself, without decoding it: for people, for other programs, and for those who compare."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import hybridcodec_container as container
from hybridcodec_container import ContainerMode, HeaderFlag, Overview, Picture
from hybridcodec_container.layout import VERSION_MAJOR, VERSION_MINOR

from hybridcodec.arguments import checked_bytes, checked_picture
from hybridcodec.errors import InputError
from hybridcodec.image import Metadata
from hybridcodec.kinds import Palette, SampleKind
from hybridcodec.limits import memory_as_limit
from hybridcodec.modes import Layer, Mode
from hybridcodec.opening import container_errors_as_ours, open_picture, require_mode
from hybridcodec.provenance import mark_of

FORMAT_VERSION: Final = f"{VERSION_MAJOR}.{VERSION_MINOR}"
"""Version of the files that are written."""
MODES: Final = {
    Mode.LOSSLESS: ContainerMode.LOSSLESS,
    Mode.NEAR_LOSSLESS: ContainerMode.NEAR_LOSSLESS,
    Mode.PERCEPTUAL: ContainerMode.PERCEPTUAL,
}
"""What this version writes, in the words of the container."""
_NAMES: Final = {mode: name for name, mode in MODES.items()}


@dataclass(frozen=True)
class Info:
    """What a file says of itself.

    Sizes are those of the file, the rest of one of its pictures. Sizes are in pixels and bytes;
    hashes are hexadecimal SHA-256, empty where the picture has none, or where it has not arrived. `restores` tells
    whether the source file comes back, byte for byte; a file without pictures always does, and has nothing else here,
    its `mode` being None. `shows` says in words what its exact picture is, or, without one, what a preview is instead.
    `complete` tells whether the end of the file is there; only `check` proves what lies between.
    """

    version: str
    pictures: int
    width: int = 0
    height: int = 0
    channels: int = 0
    roles: tuple[str, ...] = ()
    bit_depth: int = 0
    signed: bool = False
    samples: str = ""
    mode: Mode | None = None
    max_error: int = 0
    extracted: bool = False
    loss_accepted: bool = False
    matching_used: bool = False
    generated: bool = False
    shows: str = ""
    base_scale: int = 0
    base_tile: tuple[int, int] = (0, 0)
    residual_tile: tuple[int, int] = (0, 0)
    base_models: tuple[str, ...] = ()
    residual_models: tuple[str, ...] = ()
    display_models: tuple[str, ...] = ()
    coders: tuple[int, ...] = ()
    effort: str = ""
    base_hash: str = ""
    display_hash: str = ""
    sample_hash: str = ""
    source_hash: str = ""
    restores: bool = False
    file_bytes: int = 0
    base_bytes: int = 0
    display_bytes: int = 0
    residual_bytes: int = 0
    source_bytes: int = 0
    rest_bytes: int = 0
    metadata_bytes: int = 0
    metadata: tuple[str, ...] = ()
    complete: bool = False

    def to_dict(self) -> dict[str, Any]:
        """All fields, ready for JSON."""
        return asdict(self)


@memory_as_limit()
def read_info(data: bytes, picture: int = 0) -> Info:
    """Return what a file says of itself and of one of its pictures; cheap, and good for a cut file too.

    Raises:
        CorruptFileError: not a .hyc file, or its header is damaged.
        InputError: `data` is not bytes, or there is no such picture.
        UnsupportedError: the file needs a later version.
    """
    data = checked_bytes(data)
    with container_errors_as_ours():
        overview = container.read_header(data)
    if not overview.expected:
        return _info_of_file(overview)
    number = checked_picture(picture) or 0
    if number >= len(overview.pictures):
        raise InputError(f"there is no picture {number} in this file; found {len(overview.pictures)}")
    return info_of(overview, overview.pictures[number])


@memory_as_limit()
def read_infos(data: bytes) -> list[Info]:
    """Return what a file says of each of its pictures; empty where it has none. Raises as `read_info`."""
    with container_errors_as_ours():
        overview = container.read_header(checked_bytes(data))
    return [info_of(overview, picture) for picture in overview.pictures]


@memory_as_limit()
def read_metadata(data: bytes, picture: int | None = None) -> Metadata:
    """Return the metadata of a picture of a complete file; None stands for its only one.

    Raises:
        CorruptFileError: the file is damaged or cut off.
        InputError: `data` is not bytes.
        UnsupportedError: the file needs a later version.
    """
    found = open_picture(data, None, picture).metadata
    return Metadata(found.icc, found.exif, found.xmp)


def read_mode(picture: Picture) -> Mode:
    """Return the mode of a picture; raises UnsupportedError for one that this version has no word for."""
    require_mode(picture)
    return _NAMES[picture.header.mode]


def info_of(overview: Overview, picture: Picture) -> Info:
    """Return what a file, and a picture of it, say of themselves; raises UnsupportedError for an unknown mode."""
    header, flags, base, residual = picture.header, picture.header.flags, picture.base, picture.residual
    return Info(
        version=f"{overview.version.major}.{overview.version.minor}",
        pictures=overview.expected,
        width=header.width,
        height=header.height,
        channels=header.channels,
        roles=tuple(role.name.lower() for role in header.roles),
        bit_depth=header.bit_depth,
        signed=bool(header.sample_format),
        samples=_words(picture),
        mode=read_mode(picture),
        max_error=header.max_error,
        extracted=bool(flags & HeaderFlag.EXTRACTED),
        loss_accepted=bool(flags & HeaderFlag.LOSS_ACCEPTED),
        matching_used=bool(flags & HeaderFlag.MATCHING_USED),
        generated=bool(flags & HeaderFlag.GENERATED),
        shows=_shows(read_mode(picture), header.max_error, generated=bool(flags & HeaderFlag.GENERATED)),
        base_scale=base.scale if base else 0,
        base_tile=(base.tile_width, base.tile_height) if base else (0, 0),
        residual_tile=(residual.tile_width, residual.tile_height) if residual else (0, 0),
        base_models=_models(base),
        residual_models=_models(residual),
        display_models=_models(picture.display),
        coders=tuple(sorted({tile.coder for tile in residual.tiles})) if residual else (),
        effort=_effort(residual),
        base_hash=base.sample_hash.hex() if base else "",
        display_hash=picture.display.sample_hash.hex() if picture.display else "",
        sample_hash=residual.sample_hash.hex() if residual else "",
        source_hash=header.source_hash.hex(),
        restores=overview.source_bytes > 0,
        file_bytes=overview.file_bytes,
        base_bytes=overview.base_bytes,
        display_bytes=overview.display_bytes,
        residual_bytes=overview.residual_bytes,
        source_bytes=overview.source_bytes,
        rest_bytes=overview.rest_bytes,
        metadata_bytes=overview.metadata_bytes,
        metadata=overview.metadata_kinds,
        complete=overview.complete,
    )


def _info_of_file(overview: Overview) -> Info:
    return Info(
        version=f"{overview.version.major}.{overview.version.minor}",
        pictures=0,
        restores=True,
        file_bytes=overview.file_bytes,
        source_bytes=overview.source_bytes,
        complete=overview.complete,
    )


def _shows(mode: Mode, max_error: int, *, generated: bool) -> str:
    if mode is Mode.PERCEPTUAL:
        return mark_of(Layer.PERCEPTUAL, generated=generated).sentence
    return "every sample as it was" if mode is Mode.LOSSLESS else f"every sample within {max_error} of what it was"


def _words(picture: Picture) -> str:
    """What the samples are, as `SampleKind` says it."""
    header = picture.header
    indexed = Palette(3, 8, bytes(3)) if header.indexed else None
    return str(SampleKind(header.roles, header.bit_depth, bool(header.sample_format), indexed))


def _effort(layer: container.Layer | None) -> str:
    """What a file was encoded with, and what that costs whoever decodes it; empty where its models tell nothing."""
    from hybridcodec.models import effort_of

    found = [effort for model in _models(layer) if (effort := effort_of(model)) is not None]
    return "".join(f"{effort}, decoded in {cost:g} of the usual time" for effort, cost in found[:1])


def _models(layer: container.Layer | None) -> tuple[str, ...]:
    return tuple(model.hex() for model in layer.models) if layer else ()
