"""What a picture format is: one value, in a module of its own below `formats`, with one line of registration there.

`pillow` has what those share that Pillow reads as they are. Others take samples apart with the modules in `samples`,
and name what else a file holds with those in `parts`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from hybridcodec_container import Serial

from hybridcodec import image
from hybridcodec.errors import UnsupportedError
from hybridcodec.image import Metadata, Samples

_TAKEN: Final = "this version takes gray, RGB and palettes of 1 to 16 bits, with alpha or without"


def refusal(found: str) -> UnsupportedError:
    """Return the error for a picture that is not taken; `found` says what it is."""
    return UnsupportedError(f"found a {found}; {_TAKEN}")


@dataclass(frozen=True)
class Stream:
    """Bytes of a source file that are nothing but the samples of one of its pictures, or of some rows of it.

    Attributes:
        spans: offset and length of the pieces of the file that, one after another, are the stream.
        method: how samples became the stream: "raw" as `layout` says, or a name that the room which keeps files knows.
        picture: number of the picture in the document.
        layout: how the samples lie in the bytes that the method was given.
        detail: what else the method needs to know, such as the predictor of a TIFF; plain values under short names.
    """

    spans: tuple[tuple[int, int], ...]
    method: str
    picture: int
    layout: Serial
    detail: Mapping[str, int | str | bytes] = field(default_factory=dict)

    def bytes_of(self, data: bytes) -> bytes:
        """Return the stream, of the file that it lies in."""
        return b"".join(data[start : start + length] for start, length in self.spans)


@dataclass(frozen=True)
class Document:
    """A picture file with all of its pictures: pages, frames, or the one.

    Attributes:
        pictures: in order; each is read when it is asked for, so that a long file never lies in memory whole. What is
            wrong with a picture is raised then: InputError, UnsupportedError or LimitError.
        left_out: what the file holds besides, in words; empty where pictures and metadata are all of it.
        lossy: whether the samples are what a decoder makes of a file that was coded with loss, and so is smaller.
        streams: where in the file the samples lie, for whoever wants to rebuild it from them; empty where nobody knows.
    """

    pictures: Sequence[image.Picture]
    left_out: tuple[str, ...] = ()
    streams: tuple[Stream, ...] = ()
    lossy: bool = False


@dataclass(frozen=True)
class Picture:
    """A file of one plain picture as it was read.

    Attributes:
        samples: as stored, uint8 of shape (H, W) or (H, W, 3).
        metadata: ICC profile, EXIF and XMP.
        left_out: what the file holds besides, in words; empty where samples and metadata are all of it.
    """

    samples: Samples
    metadata: Metadata
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Writer:
    """How a format is written, without loss.

    Attributes:
        suffixes: of files that are written in it.
        write: from pictures to the bytes of a file, which are then read back and compared: samples must be the same,
            what else is not is named. Raises UnsupportedError for samples of a kind that the format does not have.
        several: whether it takes more than one picture.
        written_anew: names of the metadata that come back in another form.
    """

    suffixes: tuple[str, ...]
    write: Callable[[Sequence[image.Picture]], bytes]
    several: bool = False
    written_anew: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Format:
    """A format of picture files.

    Attributes:
        name: in capitals; Pillow's, where Pillow knows it.
        suffixes: lower-case ends of names that say a file is of this format, for folders.
        read: what makes a document of such a file. It, and the pictures of the document, raise errors of ours alone:
            InputError for what is damaged or cut off, UnsupportedError for pictures that are not taken, LimitError.
        marks: offset and bytes by which a file is known; any of them will do.
        start: where no mark tells, how such files begin; too little to call an unknown file by this name.
        called: what it is called in messages, where that is not its name.
        writer: None where it is only read.
        without_suffix: whether folders have such files under names that tell nothing, where a mark must do.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[bytes], Document]
    marks: tuple[tuple[int, bytes], ...] = ()
    start: re.Pattern[bytes] | None = None
    called: str = ""
    writer: Writer | None = None
    without_suffix: bool = False

    def is_marked(self, data: bytes) -> bool:
        """Tell whether a file has one of the marks."""
        return any(data.startswith(mark, at) for at, mark in self.marks)

    def begins(self, head: bytes) -> bool:
        """Tell whether a file that begins with `head` says that it is of this format."""
        return self.is_marked(head) or (self.start is not None and bool(self.start.match(head)))
