"""What may become an output: a name that says what the file is, and nothing that would be lost under it.

`storage` keeps outputs from what is there already; here it is told apart what is there. Not even `-f` replaces a
photograph by a .hyc file, or a .hyc file by a picture: who wants that removes it first.
"""

import os
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from hybridcodec.errors import InputError
from hybridcodec.storage.files import STREAM, require_not_source, require_writable, start_of

PICTURE_SUFFIXES: Final = frozenset(
    """.png .apng .jpg .jpeg .jpe .jfif .jif .tif .tiff .btf .bmp .dib .webp .ppm .pgm .pbm .pnm .pam .pfm .gif .tga
    .pcx .ico .cur .sgi .rgb .hdr .exr .qoi .jxl .jxr .wdp .jp2 .j2k .j2c .jpf .jpx .jpc .jls .jph .heic .heif .hif
    .heics .avif .avifs .psd .psb .xcf .kra .svg .svgz .eps .pdf .djvu .dcm .dicom .nii .svs .ndpi .dng .nef .nrw .cr2
    .cr3 .crw .arw .sr2 .srf .orf .rw2 .raf .pef .srw .x3f .3fr .erf .kdc .mos .mrw .raw .iiq .rwl .fits .fit .mpo .insp
    .npy .mp4 .mov .m4v .avi .mkv .webm""".split()  # noqa: SIM905
)
"""Names under which people keep pictures and films, whether this project reads them or not."""
_LEDGER_SUFFIXES: Final = frozenset({".sqlite", ".sqlite3", ".db", ".sqlite-wal", ".sqlite-shm"})
_START: Final = 1024


class Content(StrEnum):
    """What a file is by its first bytes, in words."""

    NOTHING = "nothing"
    UNKNOWN = "something else"
    HYC = "a .hyc file"
    PICTURE = "a picture"
    OTHER_PICTURE = "a picture of a kind that is never written"
    LEDGER = "a ledger"
    PAGE = "a page"


@dataclass(frozen=True)
class TargetKind:
    """A kind of output.

    Attributes:
        content: what is written.
        suffixes: what such a file is called.
        foreign: what it is never called.
        advice: what to do instead.
        named: whether a suffix that nobody knows is none for it; a file that comes back may have had any.
    """

    content: Content
    suffixes: frozenset[str]
    foreign: frozenset[str]
    advice: str
    named: bool = True


HYC: Final = TargetKind(
    Content.HYC,
    frozenset({".hyc"}),
    PICTURE_SUFFIXES | _LEDGER_SUFFIXES | {".html", ".htm"},
    "call it .hyc, or name a folder",
)
PICTURE: Final = TargetKind(
    Content.PICTURE,
    frozenset({".png", ".tif", ".tiff", ".bmp", ".ppm", ".pgm", ".pbm", ".pnm", ".pam", ".webp", ".npy"}),
    _LEDGER_SUFFIXES | {".hyc", ".html", ".htm"},
    "call it .png, or name a folder",
)
PAGE: Final = TargetKind(
    Content.PAGE,
    frozenset({".html", ".htm"}),
    PICTURE_SUFFIXES | _LEDGER_SUFFIXES | {".hyc", ".csv", ".json", ".jsonl"},
    "call it .html",
)


def require_target(path: Path, kind: TargetKind, *, force: bool, source: Path) -> None:
    """Check, before any work is done, that an output of this kind may be written to `path`.

    Raises:
        InputError: the name is one of other files, or what has it is the source, or exists and `force` is false, or is
            no file of this kind, or its folder is not writable.
    """
    if path == STREAM:
        return
    require_not_source(path, source=source)
    real = Path(os.path.realpath(path))  # a link of a harmless name may point anywhere
    require_named(path, kind)
    require_named(real, kind)
    require_writable(path, force=force, source=source)
    if real.exists() and (found := content_in_the_way(real, kind)):
        raise InputError(f"{path}: holds {found}, which is not overwritten with {kind.content}; remove it yourself")


def content_in_the_way(path: Path, kind: TargetKind) -> str:
    """Return in words what the file `path` holds that an output of this kind must not replace, empty for nothing.

    A damaged file, of which nobody can say what it is, may be replaced where its name says that it is of this kind.

    Raises:
        InputError: it cannot be read.
    """
    found = _content(path)
    unclear = found is Content.UNKNOWN and path.suffix.lower() in kind.suffixes
    return "" if unclear or found in (kind.content, Content.NOTHING) else str(found)


def require_named(path: Path, kind: TargetKind) -> None:
    """Check that `path` is a name for files of this kind, or says nothing; a number at its end says nothing.

    Raises:
        InputError: it is a name of something else.
    """
    suffix = path.suffix.lower()
    unknown = suffix[1:] and not suffix[1:].isdecimal() and suffix not in kind.suffixes | PICTURE_SUFFIXES
    if suffix in kind.foreign or (kind.named and unknown):
        raise InputError(f"{path}: is no name for {kind.content}; {kind.advice}")


def kind_like(start: bytes) -> TargetKind:
    """Return the kind of output that a file is, by its first 1,024 bytes or all: it replaces only its like."""
    content = _content_of(start)
    for kind in (HYC, PICTURE, PAGE):
        if kind.content is content:
            return replace(kind, named=False)
    return TargetKind(content, frozenset(), frozenset({".hyc"}), "name it as its content asks for", named=False)


def _content(path: Path) -> Content:
    return _content_of(start_of(path, _START))


def _content_of(start: bytes) -> Content:
    if not start:
        return Content.NOTHING
    for content, marks in _MARKS.items():
        if any(start.startswith(mark, at) for at, mark in marks):
            return content
    page = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html"))
    return Content.PAGE if page else Content.UNKNOWN


_MARKS: Final = {
    Content.HYC: ((0, b"\x89HYC"),),
    Content.LEDGER: ((0, b"SQLite format 3\0"),),
    Content.PICTURE: (
        *(
            (0, mark)
            for mark in (b"\x89PNG", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"BM", b"P4", b"P5", b"P6", b"P7\n")
        ),
        (0, b"\x93NUMPY"),
        (8, b"WEBP"),
    ),
    Content.OTHER_PICTURE: (
        *(
            (0, mark)
            for mark in (b"\xff\xd8\xff", b"GIF8", b"8BPS", b"%PDF", b"II\xbc", b"\xff\x0a", b"\xff\x4f\xff\x51")
        ),
        *((4, mark) for mark in (b"ftyp", b"JXL ", b"jP  ")),
        (128, b"DICM"),
    ),
}
