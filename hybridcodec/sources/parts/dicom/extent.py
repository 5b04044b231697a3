"""What bits and sign the samples of a DICOM file need: their bits decide, and its tags only where both would do."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import UnsupportedError
from hybridcodec.kinds import MAX_BIT_DEPTH


@dataclass(frozen=True)
class Extent:
    """Least and largest sample, once without and once with a sign."""

    least: int
    most: int
    low: int
    high: int

    @classmethod
    def of(cls, words: NDArray[Any], width: int) -> Self:
        """Return the extent of unsigned words, of which `width` bits are in use."""
        signed = in_two_s_complement(words, width)
        return cls(int(words.min()), int(words.max()), int(signed.min()), int(signed.max()))

    def __or__(self, other: "Extent") -> "Extent":
        """Return the extent of both."""
        least, low = min(self.least, other.least), min(self.low, other.low)
        return Extent(least, max(self.most, other.most), low, max(self.high, other.high))

    def unsigned_bits(self) -> int:
        """Return how many bits the samples need without a sign."""
        return max(self.most.bit_length(), 1)

    def signed_bits(self) -> int:
        """Return how many bits the samples need with a sign."""
        return 1 + max(self.high.bit_length(), (-self.low - 1).bit_length() if self.low < 0 else 0)

    def depth_and_sign(self, stored: int, *, signed: bool) -> tuple[int, bool]:
        """Return the bits of a sample, and whether it has a sign, where a data set says `stored` and `signed`.

        A sample is never masked: there are as many bits as the samples need, where that is more. The sign is the one
        that needs fewer.

        Raises:
            UnsupportedError: more than 16 bits are needed.
        """
        plain, two_s_complement = max(stored, self.unsigned_bits()), max(stored, self.signed_bits())
        signed = two_s_complement <= plain if signed else two_s_complement < plain
        depth = two_s_complement if signed else plain
        if depth > MAX_BIT_DEPTH:
            raise UnsupportedError(
                f"found a DICOM file of {depth}-bit samples; this version takes 1 to {MAX_BIT_DEPTH}"
            )
        return depth, signed


def in_two_s_complement(words: NDArray[Any], width: int) -> NDArray[Any]:
    """Return unsigned words as the signed numbers that their `width` bits are."""
    if width == 8 * words.dtype.itemsize:
        return words.view(words.dtype.str.replace("u", "i"))
    half = 1 << (width - 1)
    return (words.astype(np.int64) ^ half) - half
