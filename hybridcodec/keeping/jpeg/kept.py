"""What both kinds of JPEG share: the bytes around a scan as parameters, and rows coded some at a time."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError

Words = NDArray[np.int32]
_AT_ONCE: Final = 1 << 16  # samples, whole rows of them


def pack_ends(head: bytes, tail: bytes) -> bytes:
    """Return the bytes in front of a scan and behind it as one."""
    return len(head).to_bytes(4, "little") + head + tail


def unpack_ends(parameters: bytes) -> tuple[bytes, bytes]:
    """Return what was packed.

    Raises:
        CorruptFileError: it is cut off.
    """
    length = int.from_bytes(parameters[:4], "little")
    if len(parameters) < 4 + length:
        raise CorruptFileError(f"a JPEG needs {length} bytes of segments, found {len(parameters)}")
    return parameters[4 : 4 + length], parameters[4 + length :]


def scans(words: Words, most: int, code: Callable[[Words, NDArray[np.uint8]], int]) -> Iterator[bytes]:
    """Yield what `code` makes of all rows.

    Args:
        words: samples (H, W, C).
        most: bytes that a sample may take.
        code: writes rows (1 + R, W, C), of which the first is the one above, and returns how many bytes; -1: cannot.

    Raises:
        CorruptFileError: it cannot.
    """
    H, W, C = words.shape
    step = max(1, _AT_ONCE // (W * C))
    out = np.empty(step * (W * C * most + 16), np.uint8)
    above = np.zeros((1, W, C), np.int32)
    for start in range(0, H, step):
        rows = np.concatenate([above, words[start : start + step]])
        size = code(rows, out)
        if size < 0:
            raise CorruptFileError("the tables of a JPEG have no code for a difference of its samples")
        yield out[:size].tobytes()
        above = rows[-1:]
