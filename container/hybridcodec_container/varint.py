"""Lengths of 1 to 5 bytes: LEB128, seven bits a byte from the low ones on, the high bit set in all but the last byte.

Every length has one form, the shortest.
"""

from hybridcodec_container.errors import CorruptError, LimitExceededError
from hybridcodec_container.layout import MAX_CHUNK_BYTES

_MOST_BYTES = 5


def pack_length(length: int) -> bytes:
    """Return the bytes of a length."""
    packed = bytearray()
    while length >= 0x80:
        packed.append(length & 0x7F | 0x80)
        length >>= 7
    packed.append(length)
    return bytes(packed)


def unpack_length(data: bytes, place: int) -> tuple[int, int]:
    """Return the length at `place`, and where it ends.

    Raises:
        CorruptError: if the data ends before, or the form is not the shortest.
        LimitExceededError: if the length is over that of a chunk.
    """
    length = 0
    for number, byte in enumerate(data[place : place + _MOST_BYTES]):
        length |= (byte & 0x7F) << 7 * number
        if byte < 0x80:
            if number and not byte:
                raise CorruptError(f"a length in the tile table is not in its shortest form: {number + 1} bytes")
            if length > MAX_CHUNK_BYTES:
                raise LimitExceededError(f"a tile has {length} bytes, the limit is {MAX_CHUNK_BYTES}")
            return length, place + number + 1
    raise CorruptError(f"the tile table holds a length without end, or ends inside one: {length}")
