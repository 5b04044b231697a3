"""Lossy pictures of a size that is given: the level of a codec is searched until its file has about so many bytes."""

import math
import time
from dataclasses import dataclass
from typing import Final

from benchmarks.codecs import U8, LossyCodec

CLOSE: Final = 0.003
"""Relative distance of two sizes below which a search ends."""
WITHIN: Final = 0.01
"""Relative distance up to which two files are called equal in size."""
INSET: Final = 0.1
"""Share of an interval that a step of the search cuts off at least."""


@dataclass(frozen=True)
class Coded:
    """A lossy file, its level, and the CPU seconds that encoding took."""

    data: bytes
    level: float
    seconds: float

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)


def bracket(codec: LossyCodec, samples: U8, wanted: float) -> tuple[Coded, Coded]:
    """Return the largest file below `wanted` bytes that was found, and the smallest that is not below.

    Both are the same where the range of the codec does not reach the size: the file at that end of the range.
    """
    first, last = 0, round((codec.high - codec.low) / codec.step)
    low, high = coded(codec, samples, codec.low), coded(codec, samples, codec.high)
    if low.size >= wanted or high.size < wanted:
        return (low, low) if low.size >= wanted else (high, high)
    while last - first > 1 and high.size > (1 + CLOSE) * low.size:
        share = math.log(wanted / low.size) / math.log(high.size / low.size)
        guess = first + (last - first) * min(max(share, INSET), 1 - INSET)
        middle = min(max(round(guess), first + 1), last - 1)
        tried = coded(codec, samples, codec.low + middle * codec.step)
        first, low, last, high = (middle, tried, last, high) if tried.size < wanted else (first, low, middle, tried)
    return low, high


def nearest(codec: LossyCodec, samples: U8, wanted: float) -> Coded:
    """Return the file of about `wanted` bytes, or the one at the end of the codec's range."""
    return min(bracket(codec, samples, wanted), key=lambda each: abs(math.log(each.size / wanted)))


def not_smaller(codec: LossyCodec, samples: U8, least: int) -> Coded:
    """Return the smallest file of at least `least` bytes that was found, or the largest that there is."""
    return bracket(codec, samples, least)[1]


def coded(codec: LossyCodec, samples: U8, level: float) -> Coded:
    """Encode at a level."""
    start = time.process_time()
    data = codec.encode(samples, level)
    return Coded(data, level, time.process_time() - start)
