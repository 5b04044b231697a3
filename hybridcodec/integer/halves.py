"""A stage whose sums need more than 32 bits, in 16-bit integers too: weights as 256 times one byte plus another.

Each half is a stage as in `words`, whose sums fit in 32 bits; joined, they are the sums in 64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.integer.layers import Activation, Convolution, PixelShuffle
from hybridcodec.integer.proof import INT32_LIMIT, largest, summed
from hybridcodec.integer.words import LARGEST, Plane, Words, packed
from hybridcodec.machine.blocks import OUTPUTS
from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.threads import Share

_BYTE: Final = 8
_NO_LIMIT: Final = INT32_LIMIT - 1

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]


@dataclass(frozen=True)
class Halves:
    """What such a stage needs to run; see `words.Words`.

    Attributes:
        both: the stage of both halves: outputs of the high bytes, then those of the low ones.
        bias: of each output, the rounding constant in it.
        shift: of each output.
        upscale: of the shuffle.
        channels: that leave.
        activation: what the outputs are clipped to.
    """

    both: Words
    bias: I64
    shift: I64
    upscale: int
    channels: int
    activation: Activation

    @classmethod
    def of(cls, convolution: Convolution, shuffle: PixelShuffle, activation: Activation) -> Halves:
        """Return a stage that `halves_fit`."""
        order = shuffle.order(len(convolution.weight))
        weight = convolution.weight[order].transpose(0, 2, 3, 1)  # (out, k, k, in)
        rows = np.concatenate(_split(weight.reshape(len(order), weight.shape[1], -1)))
        nothing = np.zeros(-(-len(rows) // OUTPUTS) * OUTPUTS, np.int32)
        both = Words(packed(rows), nothing, nothing, weight.shape[1], 1, len(rows), -_NO_LIMIT, _NO_LIMIT)
        rounded = convolution.bias.astype(np.int64) + convolution.requantisation.rounding
        shift = convolution.requantisation.shift.astype(np.int64)[order]
        return cls(both, rounded[order], shift, shuffle.upscale, len(order) // shuffle.upscale**2, activation)

    def __call__(self, x: Plane, entered: Plane | None, share: Share, *, last: bool) -> Plane:
        """Return what leaves; see `Words.__call__`."""
        parts = self.both(x, None, share, last=True).values  # (h, w, 2 * outputs)
        size = x.height * self.upscale, x.width * self.upscale, self.channels
        wide = np.int16 if self.activation.magnitude <= LARGEST else np.int32
        out = Plane.bare(*size, wide) if last else Plane.around(*size, x.border)
        added = out if entered is None else entered
        flat, other = out.values.reshape(-1), added.values.reshape(-1)
        how = _How(
            self.activation.low, self.activation.high, self.upscale, self.channels, out.first, out.pitch,
            added.first, added.pitch, entered is not None,
        )  # fmt: skip
        share(lambda rows: _join(parts, (self.bias, self.shift), how, (rows.start, rows.stop), other, flat), x.height)
        return out


class _How(NamedTuple):
    """As in `words.Layout`: limits, the shuffle, and where rows of pixels begin in planes."""

    low: int
    high: int
    upscale: int
    channels: int
    out_first: int
    out_pitch: int
    added_first: int
    added_pitch: int
    adds: bool


def halves_fit(convolution: Convolution) -> bool:
    """Tell whether a convolution can run so, on inputs up to `LARGEST` in magnitude."""
    if largest(convolution.weight) > LARGEST or convolution.weight.shape[1] % 2:
        return False
    sums = [int(summed(half).max()) for half in _split(convolution.weight)]
    return max(sums) * convolution.max_input < _NO_LIMIT


def _split(weight: NDArray[np.integer[Any]]) -> tuple[I64, I64]:
    """Return integers as 256 times the first plus the second, which is -128 to 127."""
    wide = weight.astype(np.int64)
    low = ((wide + 128) & 255) - 128
    return (wide - low) >> _BYTE, low


@kernel(nogil=True)
def _join(
    parts: I32, layer: tuple[I64, I64], how: _How, part: tuple[int, int], entered: NDArray[Any], out: NDArray[Any]
) -> None:
    """Write planes of (h * r, w * r, C), flat, from rows of sums (h, w, 2 * r * r * C) of both halves."""
    bias, shift = layer
    n, run, low, high = len(bias), how.upscale * how.channels, how.low, how.high
    for y in range(part[0], part[1]):
        for line in range(how.upscale):
            at, row = line * run, y * how.upscale + line
            plus, by = bias[at : at + run], shift[at : at + run]
            target, added = (
                out[how.out_first + row * how.out_pitch :],
                entered[how.added_first + row * how.added_pitch :],
            )
            for x in range(parts.shape[1]):
                above, below = parts[y, x, at : at + run], parts[y, x, n + at : n + at + run]
                found, beside = target[x * run : (x + 1) * run], added[x * run : (x + 1) * run]
                if how.adds:
                    for k in range(run):
                        value = (((np.int64(above[k]) << np.int64(8)) + below[k] + plus[k]) >> by[k]) + beside[k]
                        found[k] = min(max(value, low), high)
                else:
                    for k in range(run):
                        value = ((np.int64(above[k]) << np.int64(8)) + below[k] + plus[k]) >> by[k]
                        found[k] = min(max(value, low), high)
