"""Blocks of products of small integers: some pixels by some outputs of a layer, all their sums in registers.

As in `pairs`, two numbers of 16 bits travel in one 32-bit word, and x86 multiplies and adds both pairs of a vector in
one instruction. Here a word is two channels of a pixel, spread over a vector, and the vector of weights is that of
several outputs: pixels are read where they lie, without copies of their neighbourhoods. No sum leaves 32 bits (proven
when a model loads), so the order of the additions does not matter. Other machines take the plain way, written in the
same terms.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel

PIXELS: Final = 12
"""Pixels of a block."""
OUTPUTS: Final = 32
"""Outputs of a block, and by how many weights are stored side by side."""

_LARGE: Final = 12, 16, "llvm.x86.avx512.pmaddw.d.512"
"""Pixels and lanes that 32 registers of 512 bits hold sums of, two vectors of lanes for each pixel; the instruction."""
_MIDDLE: Final = 6, 8, "llvm.x86.avx2.pmadd.wd"
"""The same of 16 registers of 256 bits."""
_SMALL: Final = 6, 4, "llvm.x86.sse2.pmadd.wd"
"""The same of 128 bits, which every x86 has; elsewhere there is no such instruction."""
_HALF: Final = ir.IntType(16)
_WORD: Final = ir.IntType(32)
_SIZE: Final = ir.IntType(64)

I16 = NDArray[np.int16]
I32 = NDArray[np.int32]
Line = tuple[int, int, int, int, int]
"""First input of a row of outputs, from one pixel to the next, from one row of a neighbourhood to the next; rows of it,
words of each."""
Place = tuple[int, int, int, int, int, int, int, int, int]
"""First word of the weights; first output; first input, from one pixel to the next, from one row to the next; rows of a
neighbourhood, words of each; first sum, from one pixel to the next."""


def pack_words(weights: NDArray[np.int64]) -> I32:
    """Return weights (out, inputs), of 16 bits, inputs even, as pairs, (out / OUTPUTS, inputs / 2, OUTPUTS)."""
    n, inputs = weights.shape
    padded = np.zeros((-(-n // OUTPUTS) * OUTPUTS, inputs), np.int32)
    padded[:n] = weights
    words = (padded[:, 0::2] & 0xFFFF) | (padded[:, 1::2] << 16)
    return np.ascontiguousarray(words.reshape(-1, OUTPUTS, inputs // 2).transpose(0, 2, 1))


def multiply(weights: I32, bias: I32, shift: I32, x: I16, sums: I32, place: Place) -> None:
    """Write floor((w * x + bias) / 2 ** shift) of PIXELS pixels and OUTPUTS outputs: what is meant.

    Compiled code has `_multiply_vectors` in its place.

    Args:
        weights: from `pack_words`, flat like all arrays.
        bias: of all outputs.
        shift: of all outputs.
        x: inputs; a neighbourhood is some rows of words, each row `place` apart.
        sums: receives the block, one pixel after the other.
        place: see `Place`.
    """
    weight, output, first, step, pitch, rows, words, at, apart = place
    total = np.zeros((PIXELS, OUTPUTS), np.int64)
    for row in range(rows):
        for word in range(words):
            begin = weight + (row * words + word) * OUTPUTS
            pairs = weights[begin : begin + OUTPUTS].astype(np.int64)
            for pixel in range(PIXELS):
                low, high = x[first + pixel * step + row * pitch + 2 * word :][:2].tolist()
                total[pixel] += low * (((pairs & 0xFFFF) ^ 0x8000) - 0x8000) + high * (pairs >> 16)
    chosen = slice(output, output + OUTPUTS)
    for pixel in range(PIXELS):
        sums[at + pixel * apart :][:OUTPUTS] = (total[pixel] + bias[chosen]) >> shift[chosen]


@kernel(nogil=True)
def multiply_row(layer: tuple[I32, I32, I32], x: I16, line: Line, width: int, sums: I32) -> None:
    """Write floor((w * x + bias) / 2 ** shift) of the pixels of a row, (width or PIXELS, outputs or more).

    Args:
        layer: weights of `pack_words`, flat, bias and shift of all outputs.
        x: inputs, flat.
        line: see `Line`.
        width: pixels.
        sums: receives them.
    """
    weights, bias, shift = layer
    first, step, pitch, rows, words = line
    flat, columns = sums.reshape(-1), sums.shape[1]
    for output in range(0, columns, OUTPUTS):
        weight = output * rows * words
        for start in range(0, width, PIXELS):
            pixel = max(min(start, width - PIXELS), 0)  # the last block begins earlier, and does some twice
            at, begin = pixel * columns + output, first + pixel * step
            multiply(weights, bias, shift, x, flat, (weight, output, begin, step, pitch, rows, words, at, columns))


@overload(multiply)
def _compiled(weights: Any, bias: Any, shift: Any, x: Any, sums: Any, place: Any) -> Any:  # noqa: ARG001 - numba's
    def compiled(weights: Any, bias: Any, shift: Any, x: Any, sums: Any, place: Any) -> None:
        _multiply_vectors(weights, bias, shift, x, sums, place)  # type: ignore[call-arg]  # numba adds the first

    return compiled


@intrinsic
def _multiply_vectors(typing: Any, weights: Any, bias: Any, shift: Any, x: Any, sums: Any, place: Any) -> Any:  # noqa: ARG001
    """`multiply` with all sums in registers."""
    signature = types.void(weights, bias, shift, x, sums, place)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        numbers = zip(cgutils.unpack_tuple(builder, args[5]), kinds[5].types, strict=True)
        place = [context.cast(builder, number, kind, types.int64) for number, kind in numbers]
        arrays = [context.make_array(kinds[k])(context, builder, args[k]).data for k in range(5)]
        instructions = _Instructions(context, builder)
        pixels, lanes = instructions.pixels, instructions.lanes
        for pixel in range(0, PIXELS, pixels):
            for output in range(0, OUTPUTS, 2 * lanes):
                _Part(builder, instructions, arrays, place).compute((pixel, output), pixels, lanes)
        return context.get_dummy_value()

    return signature, generate


class _Instructions:
    """What this processor multiplies pairs with."""

    def __init__(self, context: Any, builder: Any) -> None:
        triple, _, features = context.codegen().magic_tuple()
        self._builder, self._x86, found = builder, triple.startswith("x86_64"), set(features.split(","))
        if not self._x86:
            found = set()
        size = _LARGE if "+avx512bw" in found else _MIDDLE if "+avx2" in found else _SMALL
        self.pixels, self.lanes, self._name = size

    def prepared(self, weights: Any) -> list[Any]:
        """Return a vector of words of weights as `products` takes it."""
        return [weights] if self._x86 else self._halves(weights)

    def products(self, word: Any, prepared: list[Any]) -> Any:
        """Per lane: low half times low half plus high half times high half, both with their signs."""
        builder, lanes = self._builder, self.lanes
        if not self._x86:
            spread = [_spread(builder, half, lanes) for half in self._halves(word)]
            first, second = (builder.mul(x, w) for x, w in zip(spread, prepared, strict=True))
            return builder.add(first, second)
        halves, words = ir.VectorType(_HALF, 2 * lanes), ir.VectorType(_WORD, lanes)
        kind = ir.FunctionType(words, [halves, halves])
        instruction = cgutils.get_or_insert_function(builder.module, kind, self._name)
        both = (_spread(builder, word, lanes), prepared[0])
        return builder.call(instruction, [builder.bitcast(value, halves) for value in both])

    def _halves(self, words: Any) -> list[Any]:
        kind = words.type
        by = ir.Constant(kind, [16] * kind.count) if isinstance(kind, ir.VectorType) else ir.Constant(kind, 16)
        return [self._builder.ashr(self._builder.shl(words, by), by), self._builder.ashr(words, by)]


class _Part:
    """Some pixels of a block, and two vectors of outputs."""

    def __init__(self, builder: Any, instructions: _Instructions, arrays: list[Any], place: list[Any]) -> None:
        self._builder, self._instructions = builder, instructions
        self._weights, self._bias, self._shift, self._x, self._sums = arrays
        self._place = place

    def compute(self, corner: tuple[int, int], pixels: int, lanes: int) -> None:
        """Generate all of it; `corner` is its first pixel and output within the block."""
        builder, vector = self._builder, ir.VectorType(_WORD, lanes)
        weight, output, first, step, pitch, rows, words, at, apart = self._place
        outputs = [corner[1], corner[1] + lanes]
        starts = [self._vector(self._bias, builder.add(output, _SIZE(o)), vector) for o in outputs]
        totals = [[cgutils.alloca_once_value(builder, start) for start in starts] for _ in range(pixels)]
        with cgutils.for_range(builder, rows) as row:
            base = builder.add(first, builder.mul(row.index, pitch))
            begin = builder.add(weight, builder.mul(builder.mul(row.index, words), _SIZE(OUTPUTS)))
            lines = [self._pointer(self._x, self._beyond(base, step, corner[0] + p)) for p in range(0, pixels, 3)]
            with cgutils.for_range(builder, words) as word:
                here = builder.add(begin, builder.mul(word.index, _SIZE(OUTPUTS)))
                loaded = (self._vector(self._weights, builder.add(here, _SIZE(o)), vector) for o in outputs)
                prepared = [self._instructions.prepared(weights) for weights in loaded]
                for pixel, pair in enumerate(totals):
                    self._add(
                        lines[pixel // 3],
                        self._beyond(builder.shl(word.index, _SIZE(1)), step, pixel % 3),
                        (pair, prepared),
                    )
        shifts = [self._vector(self._shift, builder.add(output, _SIZE(o)), vector) for o in outputs]
        for pixel, pair in enumerate(totals):
            begin = self._beyond(at, apart, corner[0] + pixel)
            for total, shift, o in zip(pair, shifts, outputs, strict=True):
                target = builder.bitcast(self._pointer(self._sums, builder.add(begin, _SIZE(o))), vector.as_pointer())
                builder.store(builder.ashr(builder.load(total), shift), target, align=4)

    def _add(self, line: Any, offset: Any, to: tuple[list[Any], list[list[Any]]]) -> None:
        """Add a word of a pixel, times its weights."""
        builder = self._builder
        word = builder.load(builder.bitcast(builder.gep(line, [offset]), _WORD.as_pointer()), align=2)
        for total, prepared in zip(*to, strict=True):
            builder.store(builder.add(builder.load(total), self._instructions.products(word, prepared)), total)

    def _beyond(self, start: Any, step: Any, times: int) -> Any:
        return self._builder.add(start, self._builder.mul(step, _SIZE(times)))

    def _pointer(self, array: Any, index: Any) -> Any:
        return self._builder.gep(array, [index])

    def _vector(self, array: Any, index: Any, kind: Any) -> Any:
        return self._builder.load(self._builder.bitcast(self._pointer(array, index), kind.as_pointer()), align=4)


def _spread(builder: Any, value: Any, lanes: int) -> Any:
    """All lanes of a vector set to one word."""
    kind = ir.VectorType(_WORD, lanes)
    nothing = ir.Constant(kind, ir.Undefined)
    single = builder.insert_element(nothing, value, _WORD(0))
    return builder.shuffle_vector(single, nothing, ir.Constant(kind, [0] * lanes))
