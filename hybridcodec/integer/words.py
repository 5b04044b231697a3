"""A stage in 16-bit integers: sums of 32 bits, where a proof shows that none overflows; see `layers` for the others.

Three times as fast as a matrix product of floats, and nothing is copied: a block of products reads neighbourhoods
where they lie, and what follows (rounding, shuffle, residual sum, activation) finds its row of sums in the cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.integer.layers import Activation, Convolution, PixelShuffle
from hybridcodec.integer.proof import INT32_LIMIT
from hybridcodec.machine.blocks import OUTPUTS, PIXELS, multiply, pack_words
from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.threads import Share

LARGEST: Final = np.iinfo(np.int16).max

I16 = NDArray[np.int16]
I32 = NDArray[np.int32]
Values = NDArray[Any]


@dataclass(frozen=True)
class Plane:
    """Values (h, w, C) with zeros around them and as many columns more as a block of pixels may read.

    Attributes:
        values: (h + 2 border, w + 2 border or more, C).
        height: h.
        width: w.
        border: rows above and below, columns at the left, and at least as many at the right.
    """

    values: Values
    height: int
    width: int
    border: int

    @classmethod
    def empty(cls, height: int, width: int, channels: int, border: int, dtype: Any) -> Plane:
        """Return zeros."""
        columns = max(width, PIXELS) + 2 * border
        return cls(np.zeros((height + 2 * border, columns, channels), dtype), height, width, border)

    @property
    def inside(self) -> Values:
        """A view of what lies within the border."""
        begin = self.border
        return self.values[begin : begin + self.height, begin : begin + self.width]


class Layout(NamedTuple):
    """Numbers of a stage and its planes, as the kernel needs them.

    Attributes:
        width: of the input, pixels.
        channels: of the input.
        pitch: values of a row of the input's plane.
        first: value of the plane with which the neighbourhood of the first pixel begins.
        rows: of a neighbourhood.
        upscale: edge of the square of pixels that a pixel gives.
        out_channels: of the output.
        out_pitch: values of a row of the output's plane.
        out_first: value of that plane with which its first pixel begins.
        low: the activation's lower limit.
        high: the activation's upper limit.
        adds: whether something is added to the output.
    """

    width: int
    channels: int
    pitch: int
    first: int
    rows: int
    upscale: int
    out_channels: int
    out_pitch: int
    out_first: int
    low: int
    high: int
    adds: bool


@dataclass(frozen=True)
class Words:
    """What a stage needs to run so.

    Attributes:
        weights: of `pack_words`, flat, outputs in the order of the shuffle.
        bias: of each output, the rounding constant in it.
        shift: of each output.
        edge: of the neighbourhoods.
        upscale: of the shuffle.
        channels: that leave.
        activation: what the outputs are clipped to.
    """

    weights: I32
    bias: I32
    shift: I32
    edge: int
    upscale: int
    channels: int
    activation: Activation

    @classmethod
    def of(cls, convolution: Convolution, shuffle: PixelShuffle, activation: Activation) -> Words:
        """Return a stage that `fits`."""
        order = shuffle.order(len(convolution.weight))
        weight = convolution.weight.astype(np.int64)[order].transpose(0, 2, 3, 1)  # (out, k, k, in)
        rounded = convolution.bias.astype(np.int64) + convolution.requantisation.rounding
        padded = np.zeros((2, -(-len(order) // OUTPUTS) * OUTPUTS), np.int32)
        padded[:, : len(order)] = rounded[order], convolution.requantisation.shift[order]
        channels = len(order) // shuffle.upscale**2
        words = pack_words(weight.reshape(len(order), -1)).reshape(-1)
        return cls(words, padded[0], padded[1], weight.shape[1], shuffle.upscale, channels, activation)

    def __call__(self, x: Plane, entered: Plane | None, dtype: Any, share: Share) -> Plane:
        """Return what leaves, in `dtype`; `entered` is added where there is any. Rows are divided by `share`."""
        r = self.upscale
        out = Plane.empty(x.height * r, x.width * r, self.channels, x.border, dtype)
        flat = [plane.values.reshape(-1) for plane in (x, entered or x, out)]
        layout = self._layout(x, out, adds=entered is not None)

        def work(rows: slice) -> None:
            sums = np.empty((max(x.width, PIXELS), len(self.bias)), np.int32)
            convolve(
                flat[0], flat[1], (self.weights, self.bias, self.shift), layout, rows.start, rows.stop, sums, flat[2]
            )

        share(work, x.height)
        return out

    def _layout(self, x: Plane, out: Plane, *, adds: bool) -> Layout:
        (_, columns, channels), inner = x.values.shape, x.border - self.edge // 2
        pitch, out_pitch = columns * channels, out.values.shape[1] * self.channels
        return Layout(
            width=x.width,
            channels=channels,
            pitch=pitch,
            first=inner * (pitch + channels),
            rows=self.edge,
            upscale=self.upscale,
            out_channels=self.channels,
            out_pitch=out_pitch,
            out_first=out.border * (out_pitch + self.channels),
            low=self.activation.low,
            high=self.activation.high,
            adds=adds,
        )


def fits(convolution: Convolution) -> bool:
    """Tell whether a convolution can run so, on inputs up to `LARGEST` in magnitude."""
    small = int(np.abs(convolution.weight.astype(np.int64)).max()) <= LARGEST
    return small and convolution.bound < INT32_LIMIT and convolution.weight.shape[1] % 2 == 0


@kernel(nogil=True)
def convolve(
    x: I16, entered: I16, layer: tuple[I32, I32, I32], layout: Layout, top: int, bottom: int, sums: I32, out: Values
) -> None:
    """Write what the rows from `top` to `bottom` of a plane give.

    Args:
        x: the plane, flat.
        entered: what is added, like `out`; any plane where nothing is.
        layer: weights, bias and shift of `Words`.
        layout: of all planes.
        top: first row.
        bottom: row after the last.
        sums: receives those of a row, (width or PIXELS, outputs or more).
        out: the plane that leaves, flat.
    """
    weights, bias, shift = layer
    flat, columns = sums.reshape(-1), sums.shape[1]
    words = layout.rows * layout.channels // 2
    for y in range(top, bottom):
        row = layout.first + y * layout.pitch
        for output in range(0, columns, OUTPUTS):
            weight = output * layout.rows * words
            for begin in range(0, layout.width, PIXELS):
                pixel = max(min(begin, layout.width - PIXELS), 0)  # the last block begins earlier, and does some twice
                at = pixel * columns + output
                first = row + pixel * layout.channels
                place = weight, output, first, layout.channels, layout.pitch, layout.rows, words, at, columns
                multiply(weights, bias, shift, x, flat, place)
        for line in range(layout.upscale):
            _finish(sums, line, entered, layout, layout.out_first + (y * layout.upscale + line) * layout.out_pitch, out)


@kernel(nogil=True)
def _finish(sums: I32, line: int, entered: I16, layout: Layout, begin: int, out: Values) -> None:
    """Write a row of the output from sums: of each pixel, those of one line of its square follow each other."""
    run, low, high = layout.upscale * layout.out_channels, layout.low, layout.high
    for pixel in range(layout.width):
        found, at = sums[pixel, line * run : (line + 1) * run], begin + pixel * run
        if layout.adds:
            for k in range(run):
                out[at + k] = min(max(found[k] + entered[at + k], low), high)
        else:
            for k in range(run):
                out[at + k] = min(max(found[k], low), high)
