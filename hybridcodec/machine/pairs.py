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
from hybridcodec.machine.vectors import Rows, Value, splat

ROWS: Final = 4
"""Rows of weights that share what is read."""
VECTOR: Final = 16
"""Lanes that are computed at a time."""

_WORD: Final = ir.IntType(32)
_ADDING: Final = "llvm.x86.avx512.vpdpwssd.512"
_MULTIPLYING: Final = "llvm.x86.avx2.pmadd.wd"
"""Instructions for 16 and for 8 lanes; the sums of both wrap alike, and never do."""

I32 = NDArray[np.int32]
Block = tuple[int, int, int, int, int]


class Weights(NamedTuple):
    """Layers of weights below each other, in pairs, (n, pairs) from `pack_weights`, and what is added to them, (n,)."""

    pairs: I32
    bias: I32


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
def multiply(weights: Weights, first: int, x: I32, pairs: int, shift: int, low: int, high: int, out: I32) -> None:
    """out[:, low:high] = floor((weights @ x + bias + half) / 2 ** shift), over lanes, for some rows of the weights.

    Args:
        weights: of `pairs` pairs or more a row.
        first: row of the weights that gives the first row of `out`.
        x: (pairs or more, lanes) from `pack`.
        pairs: how many pairs are multiplied.
        shift: 1 to 31.
        low: first lane.
        high: lane after the last, a multiple of VECTOR beyond `low`.
        out: (m, lanes), m a multiple of ROWS.
    """
    whole = low + (high - low) // (2 * VECTOR) * (2 * VECTOR)
    for j in range(0, out.shape[0], ROWS):
        for q in range(low, whole, 2 * VECTOR):
            _multiply_pair(weights.pairs, weights.bias, x, out, (first + j, j, q, pairs, shift))
        for q in range(whole, high, VECTOR):
            _multiply_block(weights.pairs, weights.bias, x, out, (first + j, j, q, pairs, shift))


def _multiply_pair(weights: I32, bias: I32, x: I32, out: I32, block: Block) -> None:
    """Two blocks side by side, which share what is read of the weights."""
    first, row, lane, pairs, shift = block
    for further in (0, VECTOR):
        _multiply_block(weights, bias, x, out, (first, row, lane + further, pairs, shift))


def _multiply_block(weights: I32, bias: I32, x: I32, out: I32, block: Block) -> None:
    """ROWS rows and VECTOR lanes of `multiply`: what is meant. Compiled code has `_multiply_vectors` in its place.

    Args:
        weights: as of `multiply`, like all arrays.
        bias: of all rows.
        x: inputs in pairs.
        out: receives the block.
        block: first row of the weights, first row of `out`, first lane, pairs, shift.
    """
    first, row, lane, pairs, shift = block
    for j in range(ROWS):
        total = np.full(VECTOR, int(bias[first + j]) + (1 << (shift - 1)), np.int64)
        for p in range(pairs):
            total += _half(weights[first + j, p], 0) * _half(x[p, lane : lane + VECTOR], 0)
            total += _half(weights[first + j, p], 16) * _half(x[p, lane : lane + VECTOR], 16)
        out[row + j, lane : lane + VECTOR] = total >> shift


def _half(pair: Any, bit: int) -> Any:
    """The signed 16-bit number that begins at this bit of 32-bit words."""
    return ((np.int64(pair) >> bit & 0xFFFF) ^ 0x8000) - 0x8000


@overload(_multiply_block)
def _compiled_block(weights: Any, bias: Any, x: Any, out: Any, block: Any) -> Any:  # noqa: ARG001 - numba's protocol
    return _compiled(VECTOR)


@overload(_multiply_pair)
def _compiled_pair(weights: Any, bias: Any, x: Any, out: Any, block: Any) -> Any:  # noqa: ARG001
    return _compiled(2 * VECTOR)


def _compiled(lanes: int) -> Any:
    """Return `_multiply_block` for so many lanes."""

    @intrinsic
    def multiply_vectors(typing: Any, weights: Any, bias: Any, x: Any, out: Any, block: Any) -> Any:  # noqa: ARG001
        return types.void(weights, bias, x, out, block), lambda *given: _generate(lanes, *given)

    def compiled(weights: Any, bias: Any, x: Any, out: Any, block: Any) -> None:
        multiply_vectors(weights, bias, x, out, block)  # type: ignore[call-arg]  # numba adds the first

    return compiled


def _generate(lanes: int, context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """ROWS rows of so many lanes, with all sums in registers."""
    kinds = signature.args
    numbers = zip(cgutils.unpack_tuple(builder, args[4]), kinds[4].types, strict=True)
    first, row, lane, pairs, shift = (context.cast(builder, n, kind, types.intp) for n, kind in numbers)
    words = ir.VectorType(_WORD, VECTOR if _has(context, "avx512vnni") else VECTOR // 2)
    vectors = [words] * (lanes // words.count)
    inputs, outputs = (Rows(context, builder, kinds[k], args[k], lane, vectors) for k in (2, 3))
    weights, bias = (context.make_array(kinds[k])(context, builder, args[k]) for k in (0, 1))
    shift = builder.trunc(shift, _WORD)
    half = builder.shl(_WORD(1), builder.sub(shift, _WORD(1)))

    def moved(start: Any, by: int) -> Any:
        return builder.add(start, ir.Constant(start.type, by))

    def word(kind: Any, array: Any, *index: Any) -> Any:
        return builder.load(cgutils.get_item_pointer(context, builder, kind, array, index))

    sums = []
    for j in range(ROWS):
        start = splat(builder, words, builder.add(word(kinds[1], bias, moved(first, j)), half))
        sums.append(Value(builder, [start for _ in vectors]))
    with cgutils.for_range(builder, pairs) as loop:
        pair = inputs.load(loop.index)
        for j in range(ROWS):
            weight = splat(builder, words, word(kinds[0], weights, moved(first, j), loop.index))
            totals = zip(sums[j].get(), pair, strict=True)
            sums[j].set([_add_products(context, builder, total, inputs, weight) for total, inputs in totals])
    for j in range(ROWS):
        outputs.store(moved(row, j), [builder.ashr(total, splat(builder, words, shift)) for total in sums[j].get()])
    return context.get_dummy_value()


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
