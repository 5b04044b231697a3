"""Products of small integers, two at a time: what the context model's network spends its time on.

Weights and activations fit in 16 bits, so two of each travel in one 32-bit word, and x86 multiplies and adds both
pairs of eight lanes in one instruction. That is four times as fast as products of 32-bit numbers, and the same numbers:
no sum leaves 32 bits (proven when a model loads). Other machines take the plain way, written in the same terms.
Where `network` says what a layer is, this does its arithmetic.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.vectors import Rows, Value, each, splat

ROWS: Final = 4
"""Rows of weights that share what is read; layers have a multiple of them."""
MORE_ROWS: Final = 2 * ROWS
"""The same, while there are so many."""
VECTOR: Final = 16
"""Lanes that are computed at a time."""

_WORD: Final = ir.IntType(32)
_ADDING: Final = "llvm.x86.avx512.vpdpwssd.512"
_MULTIPLYING: Final = "llvm.x86.avx2.pmadd.wd"
"""Instructions for 16 and for 8 lanes; the sums of both wrap alike, and never do."""

I32 = NDArray[np.int32]
Block = tuple[int, int, int, int, int, int, int]


class Weights(NamedTuple):
    """Layers of weights below each other, in pairs, (n, pairs) from `pack_weights`, and what is added to them, (n,)."""

    pairs: I32
    bias: I32


class Layer(NamedTuple):
    """Some rows of weights, and what becomes of their products.

    Attributes:
        weights: of `pairs` pairs or more a row.
        first: of the rows.
        pairs: how many pairs are multiplied.
        shift: 1 to 31, see `multiply`.
        slope: what is negative is divided by 2 ** slope, rounded down.
        limit: magnitude that is not exceeded.
    """

    weights: Weights
    first: int
    pairs: int
    shift: int
    slope: int
    limit: int


def round_up(count: int, step: int) -> int:
    """The smallest multiple of `step` that is not below `count`."""
    return -(-count // step) * step


def pack_weights(weights: I32, inputs: int, rows: int) -> I32:
    """Return weights (n, m), of 16 bits, as pairs (rows, inputs / 2), zeros added; element 2p in the low half of p."""
    padded = np.zeros((rows, inputs), np.int32)
    padded[: weights.shape[0], : weights.shape[1]] = weights
    return (padded[:, 0::2] & 0xFFFF) | (padded[:, 1::2] << 16)


@kernel(nogil=True)
def pack(x: I32, low: int, high: int, out: I32) -> None:
    """Write lanes [low, high) of x (n, lanes), of 16 bits, as pairs (n / 2 or more, lanes); after an odd n comes 0."""
    n = x.shape[0]
    for p in range(n // 2):
        even, odd, pair = x[2 * p, low:high], x[2 * p + 1, low:high], out[p, low:high]
        for q in range(high - low):
            pair[q] = (even[q] & 0xFFFF) | (odd[q] << 16)
    if n % 2:
        even, pair = x[n - 1, low:high], out[n // 2, low:high]
        for q in range(high - low):
            pair[q] = even[q] & 0xFFFF


@kernel(nogil=True)
def multiply(layer: Layer, x: I32, low: int, high: int, given: I32, out: I32, packed: I32) -> None:
    """Write active(floor((weights @ x + bias + half) / 2 ** shift)), and more, over lanes.

    Args:
        layer: what is multiplied, and how that is bent.
        x: (pairs or more, lanes) from `pack`.
        low: first lane.
        high: lane after the last, a multiple of VECTOR beyond `low`.
        given: (m, lanes) is added; or (0, lanes).
        out: (m, lanes) receives it, m a multiple of ROWS.
        packed: (m / 2, lanes) receives the same as of `pack`; or (0, lanes).
    """
    weights, bias, rows = layer.weights.pairs, layer.weights.bias, out.shape[0]
    even, whole = rows // MORE_ROWS * MORE_ROWS, low + (high - low) // (2 * VECTOR) * (2 * VECTOR)
    for j in range(0, even, MORE_ROWS):
        for q in range(low, whole, 2 * VECTOR):
            _multiply_large(weights, bias, x, given, out, packed, _block(layer, j, q))
        for q in range(whole, high, VECTOR):
            _multiply_tall(weights, bias, x, given, out, packed, _block(layer, j, q))
    for j in range(even, rows, ROWS):
        for q in range(low, whole, 2 * VECTOR):
            _multiply_broad(weights, bias, x, given, out, packed, _block(layer, j, q))
        for q in range(whole, high, VECTOR):
            _multiply_small(weights, bias, x, given, out, packed, _block(layer, j, q))


@kernel(nogil=True)
def _block(layer: Layer, row: int, lane: int) -> Block:
    """Return the first row of the weights, row and lane of what is written, pairs, shift, slope, limit."""
    return layer.first + row, row, lane, layer.pairs, layer.shift, layer.slope, layer.limit


def _multiply_rows(
    size: tuple[int, int], weights: I32, bias: I32, x: I32, given: I32, out: I32, packed: I32, block: Block
) -> None:
    """Some rows and lanes of `multiply`: what is meant. Compiled code has `_generate` in its place."""
    (rows, lanes), (first, row, lane, pairs, shift, slope, limit) = size, block
    here = slice(lane, lane + lanes)
    for j in range(rows):
        total = np.full(lanes, int(bias[first + j]) + (1 << (shift - 1)), np.int64)
        for p in range(pairs):
            total += _half(weights[first + j, p], 0) * _half(x[p, here], 0)
            total += _half(weights[first + j, p], 16) * _half(x[p, here], 16)
        total >>= shift
        total = np.maximum(total, total >> slope).clip(-limit, limit)
        out[row + j, here] = total + given[row + j, here] if len(given) else total
    if len(packed):
        pack(out[row : row + rows], lane, lane + lanes, packed[row // 2 :])


def _multiply_small(weights: I32, bias: I32, x: I32, given: I32, out: I32, packed: I32, block: Block) -> None:
    _multiply_rows((ROWS, VECTOR), weights, bias, x, given, out, packed, block)


def _multiply_broad(weights: I32, bias: I32, x: I32, given: I32, out: I32, packed: I32, block: Block) -> None:
    _multiply_rows((ROWS, 2 * VECTOR), weights, bias, x, given, out, packed, block)


def _multiply_tall(weights: I32, bias: I32, x: I32, given: I32, out: I32, packed: I32, block: Block) -> None:
    _multiply_rows((MORE_ROWS, VECTOR), weights, bias, x, given, out, packed, block)


def _multiply_large(weights: I32, bias: I32, x: I32, given: I32, out: I32, packed: I32, block: Block) -> None:
    _multiply_rows((MORE_ROWS, 2 * VECTOR), weights, bias, x, given, out, packed, block)


def _half(pair: Any, bit: int) -> Any:
    """The signed 16-bit number that begins at this bit of 32-bit words."""
    return ((np.int64(pair) >> bit & 0xFFFF) ^ 0x8000) - 0x8000


def _compile(plain: Any, rows: int, lanes: int) -> None:
    """Let compiled code have `_multiply_rows` for so many rows and lanes where Python has `plain`."""

    @intrinsic
    def multiply_vectors(
        typing: Any,  # noqa: ARG001 - numba's protocol
        weights: Any,
        bias: Any,
        x: Any,
        given: Any,
        out: Any,
        packed: Any,
        block: Any,
    ) -> Any:
        kinds = weights, bias, x, given, out, packed, block
        return types.void(*kinds), lambda *made: _generate(rows, lanes, *made)

    @overload(plain)
    def compiled(weights: Any, bias: Any, x: Any, given: Any, out: Any, packed: Any, block: Any) -> Any:  # noqa: ARG001
        def run(weights: Any, bias: Any, x: Any, given: Any, out: Any, packed: Any, block: Any) -> None:
            multiply_vectors(weights, bias, x, given, out, packed, block)  # type: ignore[call-arg]  # numba adds one

        return run


_compile(_multiply_small, ROWS, VECTOR)
_compile(_multiply_broad, ROWS, 2 * VECTOR)
_compile(_multiply_tall, MORE_ROWS, VECTOR)
_compile(_multiply_large, MORE_ROWS, 2 * VECTOR)


def _generate(rows: int, lanes: int, context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """As many rows and lanes as there are registers for, one after the other."""
    kinds = signature.args
    numbers = zip(cgutils.unpack_tuple(builder, args[6]), kinds[6].types, strict=True)
    first, row, lane, *rule = (context.cast(builder, n, kind, types.intp) for n, kind in numbers)
    wide = _has(context, "avx512vnni")
    words = ir.VectorType(_WORD, VECTOR if wide else VECTOR // 2)
    together = rows if wide else ROWS
    for begin in range(0, rows, together):
        by = ir.Constant(row.type, begin)
        place = builder.add(first, by), builder.add(row, by), lane
        _generate_rows(together, [words] * (lanes // words.count), (context, builder, kinds, args), place, rule)
    return context.get_dummy_value()


def _generate_rows(together: int, vectors: list[Any], code: Any, place: Any, rule: Any) -> None:
    """Some rows, with all sums in registers."""
    (context, builder, kinds, args), (first, row, lane) = code, place
    inputs, given, outputs, packed = (Rows(context, builder, kinds[k], args[k], lane, vectors) for k in (2, 3, 4, 5))
    weights, bias = (context.make_array(kinds[k])(context, builder, args[k]) for k in (0, 1))
    has_given, has_packed = (_has_rows(context, builder, kinds[k], args[k]) for k in (3, 5))
    pairs, *rest = rule
    words = vectors[0]
    shift, slope, limit = (splat(builder, words, builder.trunc(number, _WORD)) for number in rest)
    least = builder.neg(limit)
    one = ir.Constant(words, [1] * words.count)
    half = builder.shl(one, builder.sub(shift, one))

    def moved(start: Any, by: int) -> Any:
        return builder.add(start, ir.Constant(start.type, by))

    def word(kind: Any, array: Any, *index: Any) -> Any:
        return splat(builder, words, builder.load(cgutils.get_item_pointer(context, builder, kind, array, index)))

    def active(value: Any) -> Any:
        bent = _larger(builder, _larger(builder, value, builder.ashr(value, slope)), least)
        return builder.select(builder.icmp_signed("<", bent, limit), bent, limit)

    sums = []
    for j in range(together):
        start = builder.add(word(kinds[1], bias, moved(first, j)), half)
        sums.append(Value(builder, [start for _ in vectors]))
    with cgutils.for_range(builder, pairs) as loop:
        pair = inputs.load(loop.index)
        for j in range(together):
            weight = word(kinds[0], weights, moved(first, j), loop.index)
            totals = zip(sums[j].get(), pair, strict=True)
            sums[j].set([_add_products(context, builder, total, inputs, weight) for total, inputs in totals])
    for j in range(together):
        sums[j].set([active(builder.ashr(total, shift)) for total in sums[j].get()])
    with builder.if_then(has_given):
        for j in range(together):
            sums[j].set(each(builder.add, sums[j].get(), given.load(moved(row, j))))
    for j in range(together):
        outputs.store(moved(row, j), sums[j].get())
    with builder.if_then(has_packed):
        low, high = (ir.Constant(words, [number] * words.count) for number in (0xFFFF, 16))
        for j in range(0, together, 2):
            even = [builder.and_(value, low) for value in sums[j].get()]
            odd = [builder.shl(value, high) for value in sums[j + 1].get()]
            packed.store(builder.lshr(moved(row, j), ir.Constant(row.type, 1)), each(builder.or_, even, odd))


def _has_rows(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    rows = cgutils.unpack_tuple(builder, context.make_array(kind)(context, builder, value).shape)[0]
    return builder.icmp_signed(">", rows, ir.Constant(rows.type, 0))


def _larger(builder: Any, first: Any, second: Any) -> Any:
    return builder.select(builder.icmp_signed(">", first, second), first, second)


def _has(context: Any, *wanted: str) -> bool:
    """Tell whether code is made for an x86 processor with some features."""
    triple, _, features = context.codegen().magic_tuple()
    return bool(triple.startswith("x86_64")) and {f"+{name}" for name in wanted} <= set(features.split(","))


def _add_products(context: Any, builder: Any, total: Any, x: Any, w: Any) -> Any:
    """Per lane: a total, plus low half times low half and high half times high half, both with their signs."""
    words, halves = x.type, ir.VectorType(ir.IntType(16), 2 * x.type.count)
    if words.count == VECTOR:
        kind = ir.FunctionType(words, [words, words, words])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, _ADDING), [total, x, w])
    if _has(context, "avx2"):
        kind = ir.FunctionType(words, [halves, halves])
        instruction = cgutils.get_or_insert_function(builder.module, kind, _MULTIPLYING)
        return builder.add(total, builder.call(instruction, [builder.bitcast(value, halves) for value in (x, w)]))
    by = ir.Constant(words, [16] * words.count)
    low = [builder.ashr(builder.shl(value, by), by) for value in (x, w)]
    high = [builder.ashr(value, by) for value in (x, w)]
    return builder.add(total, builder.add(builder.mul(*low), builder.mul(*high)))
