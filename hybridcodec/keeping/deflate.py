"""Streams of zlib (RFC 1950): finding the settings that wrote one, and writing it again with them.

RFC 1951 leaves a writer of deflate free; zlib's writer is a fixed procedure (`deflating`) with settings, of which
streams in PNG and TIFF files rarely use more than a few.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple, Self

from hybridcodec.errors import CorruptFileError
from hybridcodec.keeping.deflating import deflated

_WRITTEN: Final = struct.Struct("<6B")
_CHECKSUM: Final = 4
_FAST: Final = 3  # up to this level a strategy changes nothing but how bytes are counted
_LEAST_TRIES: Final = 8
_MOST_WORK: Final = 1 << 27
"""Bytes that are deflated in looking for settings: few are tried on long streams, which may differ late."""
_LEVELS: Final = {0: (1, 2), 1: (5, 4, 3, 2), 2: (6,), 3: (9, 8, 7)}
"""What the header of a stream hints at -> levels that write it."""


class Settings(NamedTuple):
    """Of zlib's `deflateInit2`: level 1 to 9, strategy 0 to 3, memory 1 to 9, window 9 to 15 bits."""

    level: int
    strategy: int
    memory: int
    window: int


@dataclass(frozen=True)
class Zlib:
    """A stream with zlib's header and checksum: the two bytes of its header, and the settings."""

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
        if not (1 <= level <= 9 and strategy <= 3 and 1 <= memory <= 9 and 9 <= window <= 15):
            raise CorruptFileError(f"deflate has no settings {settings}")
        return cls(bytes([first, second]), Settings(*settings)), parameters[_WRITTEN.size :]

    def write(self, content: bytes) -> bytes:
        """Return the stream that holds `content`."""
        body = deflated(content, *self.settings)
        assert body is not None, "nothing is expected of it"
        return self.head + body + zlib.adler32(content).to_bytes(_CHECKSUM, "big")


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
    """Yield the settings that write a whole zlib stream with this content, likely ones first; mostly one, or none."""
    head, body = stream[:2], stream[2:-_CHECKSUM]
    tries = max(_LEAST_TRIES, _MOST_WORK // (len(content) + 1))
    for settings in islice(_likely(head), tries) if body else ():
        if deflated(content, *settings, body) is not None:
            yield Zlib(head, settings)


def _likely(head: bytes) -> Iterator[Settings]:
    """Yield settings, first those that streams with this header usually have."""
    hinted = _LEVELS[head[1] >> 6]
    others = [level for level in range(9, 0, -1) if level not in hinted]
    for window in sorted({15, max(9, min(15, 8 + (head[0] >> 4)))}, reverse=True):
        for level in hinted:
            yield from _usual(level, window)
        yield from (Settings(6, strategy, memory, window) for strategy in (3, 2) for memory in (8, 9))
        for level in others:
            yield from _usual(level, window)
        yield from (Settings(level, 0, memory, window) for memory in range(7, 0, -1) for level in hinted)


def _usual(level: int, window: int) -> Iterator[Settings]:
    strategies = (0, 1) if level > _FAST else (0,)
    yield from (Settings(level, strategy, memory, window) for memory in (8, 9) for strategy in strategies)
