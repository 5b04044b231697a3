"""Stages of an encoder in 16-bit integers: each output has a real unit, as trained weights of 8 bits come with.

What a decoder runs is rounded by powers of two (`words`); here sums of integers are multiplied by a real number each,
element by element and in one order. So an encoder, too, finds the same on every machine, at twice the speed of floats.
A stage reads squares of the plane: a convolution over what a pixel unshuffle would give is one of larger steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import ModelError
from hybridcodec.integer.proof import INT32_LIMIT, summed
from hybridcodec.integer.words import LARGEST, TOGETHER, Plane, packed
from hybridcodec.machine import tiles
from hybridcodec.machine.blocks import OUTPUTS, multiply_row
from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.threads import Share

F32 = NDArray[np.float32]
I16 = NDArray[np.int16]
I32 = NDArray[np.int32]
Values = NDArray[Any]

ROOM: Final = 2 * tiles.PIXELS
"""Columns of a plane at least, so that a block of pixels two apart reads within it."""


@dataclass(frozen=True)
class Filters:
    """Weights of a stage, as trained.

    Attributes:
        weight: (out, in, k, k), integers, or reals that are rounded to 16 bits.
        unit: of each output, (out,): what a weight of 1 is worth.
        bias: (out,).
        stride: from one output to the next.
        square: edge of the squares of the plane that a pixel unshuffle would make channels of.
    """

    weight: Values
    unit: F32
    bias: F32
    stride: int = 1
    square: int = 1

    @property
    def most_input(self) -> int:
        """The largest magnitude of inputs of which no sum leaves 32 bits."""
        return (INT32_LIMIT - 1) // max(int(summed(self.weight).max()), 1)

    @property
    def by_rows(self) -> Values:
        """Weights (out, rows, inputs of a row), in the order in which a plane holds what they are for."""
        n, inputs, k, _ = self.weight.shape
        r = self.square
        split = self.weight.reshape(n, inputs // r**2, r, r, k, k)  # (out, c, y, x, ky, kx)
        return split.transpose(0, 4, 2, 5, 3, 1).reshape(n, k * r, -1)


class _Layout(NamedTuple):
    """Numbers of a stage and its planes, as the kernel needs them; see `words.Layout`."""

    width: int
    step: int
    pitch: int
    first: int
    row_step: int
    rows: int
    words: int
    outputs: int
    out_pitch: int
    out_first: int
    added_pitch: int
    added_first: int
    low: int
    high: int
    adds: bool
    rounds: bool


@dataclass(frozen=True)
class Scaled:
    """A stage, ready to run.

    Attributes:
        weights: of `words.packed`.
        scale: (2, outputs or more): what a sum is multiplied by, and what is added then.
        rows: of a neighbourhood.
        words: of each of its rows.
        outputs: channels that leave.
        step: pixels of the plane from one output to the next.
        border: pixels around an input on which its outermost outputs depend.
        low: what outputs are clipped to from below.
        high: what they are clipped to from above.
    """

    weights: Values
    scale: F32
    rows: int
    words: int
    outputs: int
    step: int
    border: int
    low: int
    high: int

    @classmethod
    def of(cls, name: str, filters: Filters, steps: tuple[float, float], limits: tuple[int, int], reach: int) -> Scaled:
        """Return a stage.

        Args:
            name: for messages.
            filters: what it computes.
            steps: units of inputs and of outputs in a real 1.
            limits: that outputs, in their units, are clipped to.
            reach: largest magnitude of an input.

        Raises:
            ModelError: a sum may leave 32 bits.
        """
        weight, unit = filters.by_rows, filters.unit.astype(np.float64)
        if weight.dtype != np.int8:
            weight, unit = _rounded(weight.astype(np.float64), unit, reach)
        if int(np.abs(weight.astype(np.int64)).sum((1, 2)).max()) * reach >= INT32_LIMIT:
            raise ModelError(f"{name}: sums of inputs up to {reach} may leave 32 bits")
        scale = np.zeros((2, -(-len(weight) // OUTPUTS) * OUTPUTS), np.float32)
        scale[:, : len(weight)] = unit * (steps[1] / steps[0]), filters.bias.astype(np.float64) * steps[1]
        kernel_edge = filters.weight.shape[2]
        return cls(
            weights=packed(weight),
            scale=scale,
            rows=weight.shape[1],
            words=weight.shape[2] // 2,
            outputs=len(weight),
            step=filters.stride * filters.square,
            border=kernel_edge // 2 * filters.square,
            low=limits[0],
            high=limits[1],
        )

    def __call__(self, x: Plane, entered: Plane | None, share: Share, out: Plane) -> Plane:
        """Write what leaves into `out`, rounded and clipped where that has 16 bits, and return it.

        Args:
            x: what arrives, with enough columns for a block of pixels.
            entered: what is added to an output of 16 bits; None where nothing is.
            share: divides rows among threads.
            out: a plane of the right size.
        """
        added = x if entered is None else entered
        flat, other, target = (plane.values.reshape(-1) for plane in (x, added, out))
        layer = self.weights, np.zeros(self.scale.shape[1], np.int32), self.scale
        inner, channels = x.border - self.border, x.values.shape[2]
        layout = _Layout(
            width=out.width,
            step=self.step * channels,
            pitch=x.pitch,
            first=inner * (x.pitch + channels),
            row_step=self.step * x.pitch,
            rows=self.rows,
            words=self.words,
            outputs=self.outputs,
            out_pitch=out.pitch,
            out_first=out.first,
            added_pitch=added.pitch,
            added_first=added.first,
            low=self.low,
            high=self.high,
            adds=entered is not None,
            rounds=out.values.dtype == np.int16,
        )

        def work(rows: slice) -> None:
            sums = np.empty((max(out.width, tiles.PIXELS), self.scale.shape[1]), np.int32)
            if self.weights.dtype == np.int8:
                room = tiles.Room.of(TOGETHER * layout.row_step + layout.rows * layout.pitch, layout.step)
                _convolve_tiles(flat, other, layer, layout, (rows.start, rows.stop), room, sums, target)
            else:
                _convolve(flat, other, layer, layout, rows.start, rows.stop, sums, target)

        share(work, out.height)
        return out


def room(height: int, width: int, channels: int, border: int, columns: int = ROOM) -> Plane:
    """Return a plane of 16-bit values to be written, with zeros around them and at least so many columns inside."""
    values = np.empty((height + 2 * border, max(width, columns) + 2 * border, channels), np.int16)
    values[:border], values[border + height :] = 0, 0
    values[:, :border], values[:, border + width :] = 0, 0
    return Plane(values, height, width, border)


def _rounded(weight: Values, unit: Values, reach: int) -> tuple[Values, Values]:
    """Return real weights as integers of 16 bits, as fine as sums of 32 bits let them be, and their units."""
    magnitude = np.abs(weight)
    most, total = magnitude.max((1, 2)), magnitude.sum((1, 2))
    fine = np.minimum(LARGEST / np.maximum(most, 1e-30), (INT32_LIMIT - 1 - reach * weight[0].size) / reach / total)
    return np.rint(weight * fine[:, None, None]), unit / fine


@kernel(nogil=True)
def _convolve(
    x: I16, entered: I16, layer: tuple[I32, I32, F32], layout: _Layout, top: int, bottom: int, sums: I32, out: Values
) -> None:
    """Write the rows from `top` to `bottom` of the output; see `words.convolve`."""
    weights, nothing, scale = layer
    plain = weights, nothing, nothing
    for y in range(top, bottom):
        here = layout.first + y * layout.row_step, layout.step, layout.pitch, layout.rows, layout.words
        multiply_row(plain, x, here, layout.width, sums)
        at, added = layout.out_first + y * layout.out_pitch, layout.added_first + y * layout.added_pitch
        _finish(sums, scale, entered[added:], layout, out[at:])


@kernel(nogil=True)
def _convolve_tiles(
    x: I16, entered: I16, layer: tuple[tiles.I8, I32, F32], layout: _Layout, part: tuple[int, int], room: tiles.Room,
    sums: I32, out: Values,
) -> None:  # fmt: skip
    """As `_convolve`, of the rows of `part`; see `words.convolve_tiles`."""
    top, bottom = part
    weights, nothing, scale = layer
    plain = weights, nothing, nothing
    count = -(-2 * layout.words // tiles.INPUTS)
    tiles.begin()
    for begin in range(top, bottom, TOGETHER):
        end = min(begin + TOGETHER, bottom)
        first = layout.first + begin * layout.row_step
        read = (end - begin - 1) * layout.row_step + layout.rows * layout.pitch
        tiles.split_bytes(x[first : first + read], room.high, room.low)
        for y in range(begin, end):
            here = (y - begin) * layout.row_step, layout.step, layout.pitch, layout.rows, count
            tiles.multiply_row(plain, room, here, layout.width, sums)
            at, added = layout.out_first + y * layout.out_pitch, layout.added_first + y * layout.added_pitch
            _finish(sums, scale, entered[added:], layout, out[at:])
    tiles.end()


@kernel(nogil=True)
def _finish(sums: I32, scale: F32, entered: I16, layout: _Layout, out: Values) -> None:
    n, low, high = layout.outputs, np.float32(layout.low), np.float32(layout.high)
    factor, plus = scale[0], scale[1]
    for pixel in range(layout.width):
        found, at = sums[pixel], pixel * n
        target, added = out[at : at + n], entered[at : at + n]
        if not layout.rounds:
            for k in range(n):
                target[k] = np.float32(found[k]) * factor[k] + plus[k]
        elif layout.adds:
            for k in range(n):
                value = np.float32(found[k]) * factor[k] + plus[k] + np.float32(added[k])
                target[k] = min(max(np.floor(value + np.float32(0.5)), low), high)
        else:
            for k in range(n):
                value = np.float32(found[k]) * factor[k] + plus[k]
                target[k] = min(max(np.floor(value + np.float32(0.5)), low), high)
