"""From pictures to the bytes of a picture file, without loss; what was written is read back and compared."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from hybridcodec.errors import MismatchError, UnsupportedError
from hybridcodec.image import Metadata, Picture, require_within
from hybridcodec.kinds import Palette, SampleKind
from hybridcodec.sources import formats
from hybridcodec.sources.reading import read_document

_LOSSY_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".avif", ".heic", ".jp2", ".jxl", ".gif")


@dataclass(frozen=True)
class PictureFile:
    """The bytes of a picture file, and the names of what its format does not give back unchanged besides samples."""

    data: bytes
    left_out: tuple[str, ...]


def write_picture(picture: Picture, picture_format: str = "PNG") -> PictureFile:
    """Return a file of one picture; see `write_document`."""
    return write_document((picture,), picture_format)


def write_document(pictures: Sequence[Picture], picture_format: str = "TIFF") -> PictureFile:
    """Return a file that holds exactly the samples of pictures, of which each is asked for twice and never kept.

    `picture_format` is one of the values of `formats.written`. PNG and WebP take all metadata byte for byte, a TIFF the
    descriptive part of the EXIF block, written anew, the others none. Of samples only values have to come back: a
    format that does not say how many bits they have, or what a channel is, leaves that out.

    Raises:
        UnsupportedError: the format cannot hold such samples, or so many pictures, or is not one that is written.
        InputError: the format cannot hold this metadata.
        LimitError: larger than the format allows.
        MismatchError: what was written reads back differently.
    """
    writer = next((form.writer for form in formats.FORMATS if form.name == picture_format), None)
    if writer is None:
        written = dict.fromkeys(formats.written().values())
        raise UnsupportedError(f"{picture_format} is not written; expected one of {', '.join(written)}")
    if len(pictures) > 1 and not writer.several:
        raise UnsupportedError(f"{picture_format} holds one picture, found {len(pictures):,}; write TIFF")
    data = writer.write(pictures)
    read_back = read_document(data).pictures
    if len(read_back) != len(pictures):
        raise MismatchError(f"{len(pictures):,} pictures were written, {len(read_back):,} read back")
    left_out: dict[str, None] = {}
    for wanted, found in zip(pictures, read_back, strict=True):
        require_within(wanted.samples, found.samples, 0)
        left_out |= dict.fromkeys(_left_out(wanted, found, writer.written_anew))
    return PictureFile(data, tuple(left_out))


def format_for(path: Path) -> str:
    """Return the picture format that the suffix of `path` stands for.

    Raises:
        UnsupportedError: the suffix stands for a lossy format, or for none that is written.
    """
    suffix = path.suffix.lower()
    if suffix in _LOSSY_SUFFIXES:
        raise UnsupportedError(f"{path}: {suffix} would change the samples; choose .png, .tif, .webp, .bmp or .ppm")
    written = formats.written()
    if suffix not in written:
        raise UnsupportedError(f"{path}: unknown suffix {suffix!r}; expected one of {' '.join(written)}")
    return written[suffix]


def _left_out(wanted: Picture, found: Picture, written_anew: frozenset[str]) -> Iterator[str]:
    yield from _lost(wanted.metadata, found.metadata, written_anew)
    if _plain(wanted.kind) != _plain(found.kind):
        yield f"that samples are {wanted.kind} (they read as {found.kind})"
    if wanted.kind.palette and found.kind.palette and not _same(wanted.kind.palette, found.kind.palette):
        yield "the opacity of the palette" if wanted.kind.palette.channels == 4 else "the colours of the palette"


def _lost(wanted: Metadata, kept: Metadata, written_anew: frozenset[str]) -> Iterator[str]:
    found = asdict(kept)
    for name, value in asdict(wanted).items():
        if value != found[name] and not (name in written_anew and found[name]):
            yield name


def _plain(kind: SampleKind) -> tuple[object, ...]:
    return kind.roles, kind.bit_depth, kind.signed


def _same(wanted: Palette, found: Palette) -> bool:
    """Tell whether the colours of a palette are those that another begins with."""
    if wanted.channels != found.channels or wanted.count > found.count:
        return False
    first, second = (
        np.frombuffer(palette.entries, "<u2" if palette.bits == 16 else np.uint8).astype(np.int64)
        * (1 if palette.bits == 16 else 257)
        for palette in (wanted, found)
    )
    return bool((first == second[: len(first)]).all())
