"""Strips of TIFF files that are streams of zlib."""

from collections.abc import Iterator
from typing import Final

from hybridcodec.keeping import deflate
from hybridcodec.keeping.tiff.strips import Block


class Deflate:
    """The coding of this name."""

    name: Final = "zlib"

    def settings(self, packed: bytes, block: Block) -> Iterator[bytes]:
        """See `Coding`."""
        if len(packed) > 6 and deflate.inflate(packed, len(block.content)) == block.content:
            yield from (found.pack() for found in deflate.candidates(packed, block.content))

    def pack(self, block: Block, settings: bytes) -> bytes:
        """See `Coding`."""
        found, _ = deflate.Zlib.unpack(settings)
        return found.write(block.content)
