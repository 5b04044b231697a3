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
from hybridcodec.machine.vectors import Rows, Value, each

ROWS: Final = 4
"""Rows of weights that share what is read."""
VECTOR: Final = 16
"""Lanes that are computed at a time."""

_LANES: Final = 8
_WORD: Final = ir.IntType(32)
_WORDS: Final = ir.VectorType(_WORD, _LANES)
_HALVES: Final = ir.VectorType(ir.IntType(16), 2 * _LANES)

I32 = NDArray[np.int32]


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
    for j in range(0, out.shape[0], ROWS):
        for q in range(low, high, VECTOR):
            _multiply_block(weights.pairs, weights.bias, x, out, (first + j, j, q, pairs, shift))


def _multiply_block(weights: I32, bias: I32, x: I32, out: I32, block: tuple[int, int, int, int, int]) -> None:
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
    def compiled(weights: Any, bias: Any, x: Any, out: Any, block: Any) -> None:
        _multiply_vectors(weights, bias, x, out, block)  # type: ignore[call-arg]  # numba adds the first

    return compiled


@intrinsic
def _multiply_vectors(typing: Any, weights: Any, bias: Any, x: Any, out: Any, block: Any) -> Any:  # noqa: ARG001
    """`_multiply_block` with all sums in registers."""
    signature = types.void(weights, bias, x, out, block)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        numbers = zip(cgutils.unpack_tuple(builder, args[4]), kinds[4].types, strict=True)
        first, row, lane, pairs, shift = (context.cast(builder, n, kind, types.intp) for n, kind in numbers)
        vectors = [_WORDS] * (VECTOR // _LANES)
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
            start = _splat(builder, builder.add(word(kinds[1], bias, moved(first, j)), half))
            sums.append(Value(builder, [start for _ in vectors]))
        with cgutils.for_range(builder, pairs) as loop:
            pair = inputs.load(loop.index)
            for j in range(ROWS):
                weight = _splat(builder, word(kinds[0], weights, moved(first, j), loop.index))
                products = [_multiply_pairs(context, builder, lanes, weight) for lanes in pair]
                sums[j].set(each(builder.add, sums[j].get(), products))
        for j in range(ROWS):
            outputs.store(moved(row, j), [builder.ashr(total, _splat(builder, shift)) for total in sums[j].get()])
        return context.get_dummy_value()

    return signature, generate


def _splat(builder: Any, value: Any) -> Any:
    """All lanes of a vector set to one word."""
    nothing = ir.Constant(_WORDS, ir.Undefined)
    single = builder.insert_element(nothing, value, _WORD(0))
    return builder.shuffle_vector(single, nothing, ir.Constant(_WORDS, [0] * _LANES))


def _multiply_pairs(context: Any, builder: Any, x: Any, w: Any) -> Any:
    """Per lane: low half times low half plus high half times high half, both with their signs."""
    triple, _, features = context.codegen().magic_tuple()
    if triple.startswith("x86_64") and "+avx2" in features.split(","):
        kind = ir.FunctionType(_WORDS, [_HALVES, _HALVES])
        instruction = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx2.pmadd.wd")
        return builder.call(instruction, [builder.bitcast(x, _HALVES), builder.bitcast(w, _HALVES)])
    by = ir.Constant(_WORDS, [16] * _LANES)
    low = [builder.ashr(builder.shl(value, by), by) for value in (x, w)]
    high = [builder.ashr(value, by) for value in (x, w)]
    return builder.add(builder.mul(*low), builder.mul(*high))
