"""A list of paths as other programs write it: `find`, `find -print0`, a text editor, a spreadsheet.

Paths are bytes on most systems, so a list is taken apart as bytes; only one that begins with a byte-order mark is text.
"""

import codecs
import os
from collections.abc import Iterator
from typing import Final, Protocol

from hybridcodec.errors import InputError

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PIECE: Final = 1 << 16


class Source(Protocol):
    """Where a list comes from: a binary stream with a buffer."""

    def read1(self, size: int = -1, /) -> bytes:
        """Return what is there, at most `size` bytes, and nothing at the end."""


def read_paths(source: Source, *, null: bool = False) -> Iterator[str]:
    """Yield the paths of a list as they come in: one a line, or each ended by a zero byte.

    Empty lines are left out, and so is a carriage return at the end of a line. What cannot be read in the encoding that
    a byte-order mark announces becomes a name that no file has, so that it costs one file.

    Raises:
        InputError: the list cannot be read.
    """
    separator, rest = (b"\0" if null else b"\n"), b""
    for piece in _without_mark(source):
        *whole, rest = (rest + piece).split(separator)
        yield from _named(whole, null=null)
    yield from _named([rest], null=null)


def _named(lines: list[bytes], *, null: bool) -> Iterator[str]:
    for line in lines:
        name = line if null else line.removesuffix(b"\r")
        if name:
            yield os.fsdecode(name)


def _without_mark(source: Source) -> Iterator[bytes]:
    """Yield the list piece by piece, without its byte-order mark, in UTF-8 if it has one."""
    start = b""
    while len(start) < 4:
        piece = _read(source)
        if not piece:
            break
        start += piece
    encoding = next((encoding for mark, encoding in _MARKS if start.startswith(mark)), "")
    if encoding in ("", "utf-8-sig"):  # bytes that are no UTF-8 stay what they are
        yield start.removeprefix(codecs.BOM_UTF8)
        yield from iter(lambda: _read(source), b"")
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    yield decoder.decode(start).encode()
    for piece in iter(lambda: _read(source), b""):
        yield decoder.decode(piece).encode()
    yield decoder.decode(b"", final=True).encode()


def _read(source: Source) -> bytes:
    try:
        return source.read1(_PIECE)
    except OSError as error:
        raise InputError(f"the list of paths cannot be read: {error.strerror}") from error
