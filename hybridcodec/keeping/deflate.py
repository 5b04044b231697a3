"""Deflate as zlib writes it: finding the settings of a stream, and writing it again with them.

RFC 1951 leaves a writer free; zlib's writer is a fixed procedure with five settings, of which streams in PNG and TIFF
files rarely use more than a few.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

from hybridcodec.errors import CorruptFileError

_PROBES: Final = (1 << 16, 1 << 20)  # bytes that settings are tried on, few before many
_FAST: Final = 3  # up to this level a strategy changes nothing but how bytes are counted
_STEP: Final = 1 << 20
_WRITTEN: Final = struct.Struct("<6B")
_LEVELS: Final = {0: (1, 2), 1: (5, 4, 3, 2), 2: (6,), 3: (9, 8, 7)}
"""What the header of a stream hints at -> levels that write it."""


class Settings(NamedTuple):
    """Of zlib's `deflateInit2`: level 1 to 9, strategy 0 to 4, memory 1 to 9, window 9 to 15 bits."""

    level: int
    strategy: int
    memory: int
    window: int

    def writer(self) -> Any:
        """Return what writes a stream without header and checksum."""
        return zlib.compressobj(self.level, zlib.DEFLATED, -self.window, self.memory, self.strategy)


@dataclass(frozen=True)
class Zlib:
    """A stream with zlib's header and checksum (RFC 1950): the two bytes of its header, and the settings."""

    head: bytes
    settings: Settings

    def pack(self) -> bytes:
        """Return this as parameters of a piece."""
        return _WRITTEN.pack(*self.head, *self.settings)

    @classmethod
    def unpack(cls, parameters: bytes) -> tuple[Self, bytes]:
        """Return what was packed, and the bytes behind it.

        Raises:
            CorruptFileError: there are too few bytes, or settings that zlib does not have.
        """
        if len(parameters) < _WRITTEN.size:
            raise CorruptFileError(f"deflate needs {_WRITTEN.size} bytes of settings, found {len(parameters)}")
        first, second, *settings = _WRITTEN.unpack_from(parameters)
        level, strategy, memory, window = settings
        if not (1 <= level <= 9 and strategy <= 4 and 1 <= memory <= 9 and 9 <= window <= 15):
            raise CorruptFileError(f"deflate has no settings {settings}")
        return cls(bytes([first, second]), Settings(*settings)), parameters[_WRITTEN.size :]

    def write(self, content: bytes) -> Iterator[bytes]:
        """Yield the stream that holds `content`, part by part."""
        yield self.head
        writer = self.settings.writer()
        for place in range(0, len(content), _STEP):
            yield writer.compress(content[place : place + _STEP])
        yield writer.flush()
        yield zlib.adler32(content).to_bytes(4, "big")


def inflate(stream: bytes, length: int) -> bytes | None:
    """Return the `length` bytes that a zlib stream holds; None for one that is damaged, longer, shorter or goes on."""
    reader = zlib.decompressobj()
    try:
        content = reader.decompress(stream, length + 1)
    except zlib.error:
        return None
    whole = reader.eof and not reader.unused_data and not reader.unconsumed_tail
    return content if whole and len(content) == length else None


def candidates(stream: bytes, content: bytes) -> Iterator[Zlib]:
    """Yield settings that begin to write a whole zlib stream with this content as it begins, likely ones first."""
    head, body = stream[:2], memoryview(stream)[2:-4]
    for group in _likely(head):
        trials = [_Trial(settings, settings.writer(), body) for settings in group]
        start = 0
        for end in (*(probe for probe in _PROBES if probe < len(content)), min(_PROBES[-1], len(content))):
            part, last = content[start:end], end == len(content)
            trials = [trial for trial in trials if trial.goes_on(part, last=last)]
            start = end
        yield from (Zlib(head, trial.settings) for trial in trials)


class _Trial:
    """Settings, and how far what they write is what a stream holds."""

    def __init__(self, settings: Settings, writer: Any, body: memoryview) -> None:
        self.settings = settings
        self._writer, self._body, self._place = writer, body, 0

    def goes_on(self, part: bytes, *, last: bool) -> bool:
        """Tell whether what comes of the next part of the content is what comes next in the stream."""
        written = self._writer.compress(part) + (self._writer.flush() if last else b"")
        start, self._place = self._place, self._place + len(written)
        return bool(self._body[start : self._place] == written)


def _likely(head: bytes) -> Iterator[list[Settings]]:
    """Yield groups of settings, first those that streams with this header usually have."""
    hinted = _LEVELS[head[1] >> 6]
    for window in sorted({15, max(9, 8 + (head[0] >> 4))}, reverse=True):
        yield from (_usual(level, window) for level in hinted)
        yield [Settings(6, strategy, memory, window) for strategy in (3, 2, 4) for memory in (8, 9)]
        yield from (_usual(level, window) for level in range(9, 0, -1) if level not in hinted)
        yield [Settings(level, 0, memory, window) for memory in range(7, 0, -1) for level in hinted]


def _usual(level: int, window: int) -> list[Settings]:
    strategies = (0, 1) if level > _FAST else (0,)
    return [Settings(level, strategy, memory, window) for memory in (8, 9) for strategy in strategies]
