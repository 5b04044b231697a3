"""Large blocks of memory that go back to the system as soon as they are free.

The C library of Linux keeps blocks of up to 32 MB, once one was freed, in a heap that work on windows of a large
picture leaves full of holes: half as much again as is ever used at a time. Elsewhere nothing is done, and nothing
depends on it.
"""

import ctypes
import sys
from contextlib import suppress
from functools import cache
from typing import Final

LARGE: Final = 1 << 20
"""Bytes of a block from which on it has pages of its own."""
_MMAP_THRESHOLD: Final = -3
"""Name of that limit in `mallopt`, where setting it also ends that it grows."""


@cache
def return_large_blocks() -> None:
    """Ask the C library to give large blocks pages of their own, for as long as this process lives."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another library, which has no such limit
            ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, LARGE)
