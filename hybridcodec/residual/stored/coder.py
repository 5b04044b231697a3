"""Values as they are, packed by Zstandard: for what no model predicts; see BITSTREAM.md, "stored"."""

from typing import ClassVar, Final

import numpy as np
import zstandard
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError
from hybridcodec.machine.threads import Tick
from hybridcodec.modes import Effort
from hybridcodec.residual.alone import Alone
from hybridcodec.residual.coder import Ground
from hybridcodec.residual.quantiser import Quantiser
from hybridcodec.tiling import Area

TILE_PIXELS: Final = 1 << 24
"""Most of a tile: a tile is held in memory whole."""
_LEVEL: Final = 19
_BYTES: Final = 1 << 8
_MOST_A_BYTE: Final = 1 << 17
"""Bytes that Zstandard can make of one: 128 KiB of one value take four bytes."""

I32 = NDArray[np.int32]


class Stored(Alone):
    """All values of a tile in raster order, channel by channel, in one frame of Zstandard."""

    number: ClassVar[int] = 5
    name: ClassVar[str] = "stored"

    def takes(self, channels: int, quantiser: Quantiser) -> bool:  # noqa: ARG002
        """Everything."""
        return True

    def choose_tile(self, height: int, width: int, effort: Effort = Effort.NORMAL) -> tuple[int, int]:  # noqa: ARG002
        """The whole picture, or as many rows as a tile may have."""
        return min(height, max(1, TILE_PIXELS // width)), width

    def require_tile(self, shape: tuple[int, int, int], payload: bytes) -> None:
        """See `Alone.require_tile`."""
        if len(payload) * _MOST_A_BYTE < int(np.prod(shape, dtype=np.int64)):
            raise CorruptFileError(f"{len(payload)} bytes cannot be a stored tile of this size")

    def encode_tile(self, values: I32, ground: Ground, area: Area, tick: Tick) -> bytes:  # noqa: ARG002
        """See `Alone.encode_tile`."""
        planes = np.moveaxis(values, 2, 0)  # (C, h, w)
        packed = np.packbits(planes.astype(np.uint8)) if ground.quantiser.top == 1 else planes.astype(_type(ground))
        for _ in range(values.shape[0]):
            tick()
        return zstandard.ZstdCompressor(level=_LEVEL).compress(packed.tobytes())

    def decode_tile(
        self,
        payload: bytes,
        shape: tuple[int, int, int],
        ground: Ground,
        area: Area,  # noqa: ARG002
        tick: Tick,
    ) -> I32:
        """See `Alone.decode_tile`."""
        height, width, channels = shape
        count = height * width * channels
        if ground.quantiser.top == 1:
            packed = np.frombuffer(_unpacked(payload, -(-count // 8)), np.uint8)
            values = np.unpackbits(packed, count=count)
            if np.unpackbits(packed)[count:].any():
                raise CorruptFileError("a stored tile has bits after its last value")
        else:
            dtype = _type(ground)
            values = np.frombuffer(_unpacked(payload, count * dtype.itemsize), dtype)
        for _ in range(height):
            tick()
        return np.moveaxis(values.reshape(channels, height, width), 0, 2).astype(np.int32)


def _type(ground: Ground) -> np.dtype[np.unsignedinteger]:
    return np.dtype("u1" if ground.quantiser.top < _BYTES else "<u2")


def _unpacked(payload: bytes, size: int) -> bytes:
    """Return the `size` bytes of a frame that is all of `payload`; raises CorruptFileError."""
    try:
        stated = zstandard.frame_content_size(payload)
        if stated != size:
            raise CorruptFileError(f"a stored tile has {size} bytes, its frame states {stated}")
        unpacking = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
        data = unpacking.decompress(payload)
    except zstandard.ZstdError as error:
        raise CorruptFileError(f"a stored tile cannot be unpacked: {error}") from error
    if len(data) != size or not unpacking.eof or unpacking.unused_data:
        raise CorruptFileError("a stored tile is not all of its payload")
    return data
