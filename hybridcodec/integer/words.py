"""A stage in 16-bit integers: sums of 32 bits, where a proof shows that none overflows; see `layers` for the others.

Products are those of `tiles` where this processor has what that needs, else those of `blocks`: the same integers. These
are three times as fast as a matrix product of floats, and nothing is copied: a block of products reads neighbourhoods
where they lie, and what follows (rounding, shuffle, residual sum, activation) finds its row of sums in the cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.integer.layers import Activation, Convolution, PixelShuffle
from hybridcodec.integer.proof import INT32_LIMIT, largest
from hybridcodec.machine import tiles
from hybridcodec.machine.blocks import OUTPUTS, PIXELS, multiply_row, pack_words
from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.threads import Share

LARGEST: Final = np.iinfo(np.int16).max
TOGETHER: Final = 16
"""Rows of outputs for which inputs are split into bytes at a time: what a core's cache holds."""

I16 = NDArray[np.int16]
I32 = NDArray[np.int32]
Values = NDArray[Any]


@dataclass(frozen=True)
class Plane:
    """Values (h, w, C) with zeros around them, in so many columns more as a block of pixels may read.

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
    def around(cls, height: int, width: int, channels: int, border: int) -> Plane:
        """Return a plane of 16-bit values whose inside is to be written."""
        columns = max(width, PIXELS) + 2 * border
        values = np.empty((height + 2 * border, columns, channels), np.int16)
        values[:border], values[border + height :] = 0, 0
        values[:, :border], values[:, border + width :] = 0, 0
        return cls(values, height, width, border)

    @classmethod
    def bare(cls, height: int, width: int, channels: int, dtype: type) -> Plane:
        """Return a plane that is to be written, and nothing around it: none that a stage reads."""
        return cls(np.empty((height, width, channels), dtype), height, width, 0)

    @property
    def pitch(self) -> int:
        """Values of a row."""
        return int(self.values.shape[1] * self.values.shape[2])

    @property
    def first(self) -> int:
        """Value with which the first pixel begins."""
        return self.border * (self.pitch + int(self.values.shape[2]))

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
        added_pitch: values of a row of the plane that is added to the output.
        added_first: value of that plane with which its first pixel begins.
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
    added_pitch: int
    added_first: int
    low: int
    high: int
    adds: bool


@dataclass(frozen=True)
class Words:
    """What a stage needs to run so.

    Attributes:
        weights: of `pack_words` or, int8, of `pack_tiles`, flat, outputs in the order of the shuffle.
        bias: of each output, the rounding constant in it.
        shift: of each output.
        edge: of the neighbourhoods.
        upscale: of the shuffle.
        channels: that leave.
        low: what outputs are clipped to from below.
        high: what they are clipped to from above.
    """

    weights: Values
    bias: I32
    shift: I32
    edge: int
    upscale: int
    channels: int
    low: int
    high: int

    @classmethod
    def of(cls, convolution: Convolution, shuffle: PixelShuffle, activation: Activation) -> Words:
        """Return a stage that `fits`."""
        order = shuffle.order(len(convolution.weight))
        weight = convolution.weight[order].transpose(0, 2, 3, 1)  # (out, k, k, in)
        rounded = convolution.bias.astype(np.int64) + convolution.requantisation.rounding
        padded = np.zeros((2, -(-len(order) // OUTPUTS) * OUTPUTS), np.int32)
        padded[:, : len(order)] = rounded[order], convolution.requantisation.shift[order]
        channels = len(order) // shuffle.upscale**2
        rows = weight.reshape(len(order), weight.shape[1], -1)
        limits = activation.low, activation.high
        return cls(packed(rows), padded[0], padded[1], weight.shape[1], shuffle.upscale, channels, *limits)

    def __call__(self, x: Plane, entered: Plane | None, share: Share, *, last: bool) -> Plane:
        """Return what leaves.

        Args:
            x: what arrives, of 16 bits.
            entered: what is added to the output, of 16 bits; None where nothing is.
            share: divides rows among threads.
            last: nothing reads the output with its surroundings: it has none, and as many bits as it needs.
        """
        size = x.height * self.upscale, x.width * self.upscale, self.channels
        wide = np.int16 if max(-self.low, self.high) <= LARGEST else np.int32
        out = Plane.bare(*size, wide) if last else Plane.around(*size, x.border)
        added = x if entered is None else entered
        flat, other, target = (plane.values.reshape(-1) for plane in (x, added, out))
        layout = self._layout(x, added, out)._replace(adds=entered is not None)

        layer = self.weights, self.bias, self.shift

        def work(rows: slice) -> None:
            sums = np.empty((max(x.width, tiles.PIXELS), len(self.bias)), np.int32)
            if self.weights.dtype == np.int8:
                room = tiles.Room.of((TOGETHER + self.edge) * x.pitch, layout.channels)
                convolve_tiles(flat, other, layer, layout, (rows.start, rows.stop), room, sums, target)
            else:
                convolve(flat, other, layer, layout, rows.start, rows.stop, sums, target)

        share(work, x.height)
        return out

    def _layout(self, x: Plane, added: Plane, out: Plane) -> Layout:
        inner, channels = x.border - self.edge // 2, x.values.shape[2]
        return Layout(
            width=x.width,
            channels=channels,
            pitch=x.pitch,
            first=inner * (x.pitch + channels),
            rows=self.edge,
            upscale=self.upscale,
            out_channels=self.channels,
            out_pitch=out.pitch,
            out_first=out.first,
            added_pitch=added.pitch,
            added_first=added.first,
            low=self.low,
            high=self.high,
            adds=False,
        )


def fits(convolution: Convolution) -> bool:
    """Tell whether a convolution can run so, on inputs up to `LARGEST` in magnitude."""
    weight = convolution.weight
    return largest(weight) <= LARGEST and convolution.bound < INT32_LIMIT and weight.shape[1] % 2 == 0


def packed(weight: NDArray[np.integer[Any]]) -> Values:
    """Return weights (out, rows, inputs of a row) as this processor multiplies them best."""
    if tiles.available() and largest(weight) <= np.iinfo(np.int8).max:
        return tiles.pack_tiles(weight)
    return pack_words(weight.astype(np.int64).reshape(len(weight), -1)).reshape(-1)


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
    words = layout.rows * layout.channels // 2
    for y in range(top, bottom):
        here = layout.first + y * layout.pitch, layout.channels, layout.pitch, layout.rows, words
        multiply_row(layer, x, here, layout.width, sums)
        for line in range(layout.upscale):
            row = y * layout.upscale + line
            at, added = layout.out_first + row * layout.out_pitch, layout.added_first + row * layout.added_pitch
            _finish(sums, line, entered[added:], layout, out[at:])


@kernel(nogil=True)
def convolve_tiles(
    x: I16, entered: I16, layer: tuple[tiles.I8, I32, I32], layout: Layout, part: tuple[int, int], room: tiles.Room,
    sums: I32, out: Values,
) -> None:  # fmt: skip
    """As `convolve`, of the rows of `part`, with weights of `pack_tiles` and room for TOGETHER rows."""
    top, bottom = part
    count = -(-layout.rows * layout.channels // tiles.INPUTS)
    tiles.begin()
    for begin in range(top, bottom, TOGETHER):
        end = min(begin + TOGETHER, bottom)
        first = layout.first + begin * layout.pitch
        tiles.split_bytes(x[first : first + (end - begin + layout.rows - 1) * layout.pitch], room.high, room.low)
        for y in range(begin, end):
            here = (y - begin) * layout.pitch, layout.channels, layout.pitch, layout.rows, count
            tiles.multiply_row(layer, room, here, layout.width, sums)
            for line in range(layout.upscale):
                row = y * layout.upscale + line
                at, added = layout.out_first + row * layout.out_pitch, layout.added_first + row * layout.added_pitch
                _finish(sums, line, entered[added:], layout, out[at:])
    tiles.end()


@kernel(nogil=True)
def _finish(sums: I32, line: int, entered: I16, layout: Layout, out: Values) -> None:
    """Write a row of the output from sums: of each pixel, those of one line of its square follow each other."""
    run, low, high = layout.upscale * layout.out_channels, np.int32(layout.low), np.int32(layout.high)
    for pixel in range(layout.width):
        found, at = sums[pixel, line * run : (line + 1) * run], pixel * run
        target = out[at : at + run]  # from its first value on: that is what makes vectors of the loops below
        if layout.adds:
            added = entered[at : at + run]
            for k in range(run):
                target[k] = min(max(np.int32(found[k] + added[k]), low), high)
        else:
            for k in range(run):
                target[k] = min(max(found[k], low), high)
