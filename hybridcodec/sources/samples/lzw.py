"""LZW as TIFF has it (6.0, section 13): codes of 9 to 12 bits, high bits first, widened one code early."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import InputError, UnsupportedError
from hybridcodec.machine.kernels import kernel

_CLEAR, _END, _FIRST = 256, 257, 258
_MOST: Final = 4096
_LEAST_BITS, _MOST_BITS = 9, 12


def unpacked(data: bytes, size: int) -> bytes:
    """Return the `size` bytes that a segment unpacks to.

    Raises:
        InputError: it is damaged, or ends early.
        UnsupportedError: its codes have the low bits first, as those of writers before TIFF 5.0.
    """
    if len(data) > 1 and data[0] == 0 and data[1] & 1:  # a clear code, the other way round
        raise UnsupportedError("found a TIFF with LZW of low bits first, as before TIFF 5.0")
    found = np.empty(size, np.uint8)
    done: int = _unpack(np.frombuffer(data, np.uint8), found)
    if done < size:
        raise InputError(f"LZW in the TIFF is damaged or truncated: {size:,} bytes expected, found {done:,}")
    return found.tobytes()


@kernel(allocates=True, nogil=True)
def _unpack(data: NDArray[np.uint8], found: NDArray[np.uint8]) -> int:
    """Fill `found` and return how many bytes of it there were."""
    starts, lengths = np.zeros(_MOST, np.int64), np.zeros(_MOST, np.int64)  # strings, by where they stood before
    known, bits, last, last_length, done, at = _FIRST, _LEAST_BITS, -1, 0, 0, 0
    while done < len(found) and at + bits <= 8 * len(data):
        code = _code(data, at, bits)
        at += bits
        if code == _CLEAR:
            known, bits, last = _FIRST, _LEAST_BITS, -1
            continue
        if code == _END or code > known or (last < 0 and code > _CLEAR):
            break
        start = done
        if code < _CLEAR:
            found[done] = code
            done += 1
        elif code < known:
            done = _copy(found, done, starts[code], lengths[code])
        else:  # the last string, and its first byte again
            done = _copy(found, done, last, last_length + 1)
        if last >= 0 and known < _MOST:
            starts[known], lengths[known] = last, last_length + 1
            known += 1
            bits += known >= (1 << bits) - 1 and bits < _MOST_BITS
        last, last_length = start, done - start
    return done


@kernel(nogil=True)
def _code(data: NDArray[np.uint8], at: int, bits: int) -> int:
    value = 0
    for place in range(at >> 3, (at >> 3) + 3):
        value = value << 8 | (int(data[place]) if place < len(data) else 0)
    return (value >> (24 - (at & 7) - bits)) & ((1 << bits) - 1)


@kernel(nogil=True)
def _copy(found: NDArray[np.uint8], done: int, start: int, length: int) -> int:
    """Write again what stands at `start`, as far as there is room; return what is done then."""
    end = min(done + length, len(found))
    for step in range(end - done):
        found[done + step] = found[start + step]
    return end
