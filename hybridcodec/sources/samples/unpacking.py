"""Segments of a TIFF that unpack to bytes, whatever samples these are: Deflate, LZW, PackBits, LZMA, Zstandard."""

import lzma
import zlib
from collections.abc import Callable
from typing import Final

import zstandard

from hybridcodec.errors import InputError
from hybridcodec.sources.samples.sizes import require_bytes

_NO_OPERATION: Final = 128


def deflate(data: bytes, size: int) -> bytes:
    """Return the `size` bytes of a zlib stream."""
    return zlib.decompressobj().decompress(data, size)


def packbits(data: bytes, size: int) -> bytes:
    """Return the `size` bytes of runs and literals (TIFF 6.0, section 9)."""
    found, at = bytearray(), 0
    while at + 1 < len(data) and len(found) < size:
        count = data[at]
        if count < _NO_OPERATION:
            found += data[at + 1 : at + 2 + count]
            at += 2 + count
        elif count > _NO_OPERATION:
            found += data[at + 1 : at + 2] * (257 - count)
            at += 2
        else:
            at += 1
    return bytes(found[:size])


def _lzma(data: bytes, size: int) -> bytes:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(data, size)


def _zstandard(data: bytes, size: int) -> bytes:
    with zstandard.ZstdDecompressor().stream_reader(data) as reader:
        return reader.read(size)


def _lzw(data: bytes, size: int) -> bytes:
    from hybridcodec.sources.samples import lzw  # kernels, which not every reader needs

    return lzw.unpacked(data, size)


BYTES: Final[dict[int, tuple[str, Callable[[bytes, int], bytes]]]] = {
    5: ("lzw", _lzw),
    8: ("zlib", deflate),
    32773: ("packbits", packbits),
    32946: ("zlib", deflate),
    34925: ("lzma", _lzma),
    50000: ("zstd", _zstandard),
}
"""TIFF's number of a compression -> our name of it, and what gives so many bytes of a segment."""


def unpacked(compression: int, data: bytes, size: int) -> bytes:
    """Return the `size` bytes that a segment unpacks to; what is behind them is not looked at.

    Raises:
        InputError: it is damaged, or ends early.
    """
    name, unpack = BYTES[compression]
    try:
        found = unpack(data, size)
    except (zlib.error, lzma.LZMAError, zstandard.ZstdError, EOFError) as error:
        raise InputError(f"{name} in the TIFF is damaged: {error}") from error
    require_bytes(len(found), size, f"{name} in the TIFF")
    return found
