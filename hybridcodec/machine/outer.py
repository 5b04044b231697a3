"""Sums over lanes of products of reals and integers: gradients of weights, in an order that the format fixes.

Each sum is VECTOR partial sums, of the lanes that are alike modulo VECTOR, by rising lane; then the upper half of these
is added to the lower, until one is left. `add_products` as it stands here is that order, and compiled code runs it with
the partial sums in registers.
"""

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from hybridcodec.machine.vectors import Rows, Value, Vectors, each, shuffled, splat, vector_of

VECTOR: Final = 16
"""Partial sums."""
TOGETHER: Final = 9
"""Rows of reals that share what is read."""
PAIR: Final = 2
"""Rows of integers that are taken with so many; with one row of reals, twice as many."""
_FOLDED: Final = 4
"""Sums that are folded side by side."""

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


def add_products(y: F32, x: I32, begin: int, end: int, scale: np.float32, out: F32) -> None:
    """Add to out[k, r] the sum over lanes of y[k] x[r], times `scale`.

    Args:
        y: (m, lanes) float32.
        x: (n, lanes) below 2^24.
        begin: first lane.
        end: lane after the last, a multiple of VECTOR beyond it.
        scale: a power of two.
        out: (m, n or more).
    """
    for r in range(len(x)):
        for k in range(len(y)):
            parts = np.zeros(VECTOR, np.float32)
            for lane in range(begin, end, VECTOR):
                parts = parts + y[k, lane : lane + VECTOR] * x[r, lane : lane + VECTOR].astype(np.float32)
            out[k, r] += folded(parts) * scale


def sum_squares(y: F32, begin: int, end: int, out: F32) -> None:
    """Write to out[k] the sum over lanes of the squares of y[k], (m, lanes); see `add_products`."""
    for k in range(len(y)):
        parts = np.zeros(VECTOR, np.float32)
        for lane in range(begin, end, VECTOR):
            parts = parts + y[k, lane : lane + VECTOR] * y[k, lane : lane + VECTOR]
        out[k] = folded(parts)


def add_weighted(weights: F32, x: F32, begin: int, end: int, out: F32) -> None:
    """Add weights (n, lanes) times x (n or more, lanes) to out (lanes,), from the first row on, lane by lane."""
    here = slice(begin, end)
    for weight, values in zip(weights, x, strict=False):
        out[here] += weight[here] * values[here]


def folded(parts: F32) -> np.float32:
    """Return the sum of partial sums (VECTOR,)."""
    while len(parts) > 1:
        parts = parts[: len(parts) // 2] + parts[len(parts) // 2 :]
    return np.float32(parts[0])


@overload(add_products)
def _compiled_products(y: Any, x: Any, begin: Any, end: Any, scale: Any, out: Any) -> Any:  # noqa: ARG001
    several, odd, single, last = (
        _add_vectors(*shape) for shape in ((TOGETHER, PAIR), (TOGETHER, 1), (1, 2 * PAIR), (1, 1))
    )

    def compiled(y: Any, x: Any, begin: Any, end: Any, scale: Any, out: Any) -> None:
        shared = y.shape[0] // TOGETHER * TOGETHER
        pairs, fours = x.shape[0] // PAIR * PAIR, x.shape[0] // (2 * PAIR) * (2 * PAIR)
        for k in range(0, shared, TOGETHER):
            for r in range(0, pairs, PAIR):
                several(y, x, (k, r, begin, end), scale, out)
            for r in range(pairs, x.shape[0]):
                odd(y, x, (k, r, begin, end), scale, out)
        for k in range(shared, y.shape[0]):
            for r in range(0, fours, 2 * PAIR):
                single(y, x, (k, r, begin, end), scale, out)
            for r in range(fours, x.shape[0]):
                last(y, x, (k, r, begin, end), scale, out)

    return compiled


@overload(sum_squares)
def _compiled_squares(y: Any, begin: Any, end: Any, out: Any) -> Any:  # noqa: ARG001
    several, single = _square_vectors(TOGETHER), _square_vectors(1)

    def compiled(y: Any, begin: Any, end: Any, out: Any) -> None:
        shared = y.shape[0] // TOGETHER * TOGETHER
        for k in range(0, shared, TOGETHER):
            several(y, (k, begin, end), out)
        for k in range(shared, y.shape[0]):
            single(y, (k, begin, end), out)

    return compiled


@overload(add_weighted)
def _compiled_weighted(weights: Any, x: Any, begin: Any, end: Any, out: Any) -> Any:  # noqa: ARG001
    def compiled(weights: Any, x: Any, begin: Any, end: Any, out: Any) -> None:
        for lane in range(begin, end, VECTOR):
            _weigh_vectors(weights, x, lane, out)  # type: ignore[call-arg]  # numba adds the first

    return compiled


@intrinsic
def _weigh_vectors(typing: Any, weights: Any, x: Any, lane: Any, out: Any) -> Any:  # noqa: ARG001
    """`add_weighted` of a vector of lanes, which stays in a register."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        lane, vector = context.cast(builder, args[2], kinds[2], types.intp), vector_of(context, kinds[0].dtype)
        factors, values = (Rows(context, builder, kinds[k], args[k], lane, [vector]) for k in (0, 1))
        target = context.make_array(kinds[3])(context, builder, args[3])
        item = cgutils.get_item_pointer(context, builder, kinds[3], target, [lane])
        place = builder.bitcast(item, vector.as_pointer())
        total = Value(builder, [builder.load(place, align=4)])
        count = cgutils.unpack_tuple(builder, context.make_array(kinds[0])(context, builder, args[0]).shape)[0]
        with cgutils.for_range(builder, count) as loop:
            products = each(builder.fmul, factors.load(loop.index), values.load(loop.index))
            total.set(each(builder.fadd, total.get(), products))
        builder.store(total.get()[0], place, align=4)
        return context.get_dummy_value()

    return types.void(weights, x, lane, out), generate


def _add_vectors(rows: int, columns: int) -> Any:
    """Return the intrinsic for so many rows of y, from row k on, and of x, from row r on."""

    @intrinsic
    def add_vectors(typing: Any, y: Any, x: Any, block: Any, scale: Any, out: Any) -> Any:  # noqa: ARG001
        return types.void(y, x, block, scale, out), lambda *given: _generate(rows, columns, *given)

    return add_vectors


def _square_vectors(together: int) -> Any:
    """Return the intrinsic of `sum_squares` for so many rows, from row k on."""

    @intrinsic
    def square_vectors(typing: Any, y: Any, block: Any, out: Any) -> Any:  # noqa: ARG001
        return types.void(y, block, out), lambda *given: _generate_squares(together, *given)

    return square_vectors


def _generate(count: int, columns: int, context: Any, builder: Any, signature: Any, args: Any) -> Any:
    kinds = signature.args
    (first, r, begin, end), reals = _numbers(context, builder, kinds[2], args[2]), vector_of(context, kinds[0].dtype)
    words = [ir.VectorType(ir.IntType(32), reals.count)]
    others = [builder.add(r, ir.Constant(r.type, k)) for k in range(columns)]

    def terms(lane: Any) -> Vectors:
        inputs = Rows(context, builder, kinds[1], args[1], lane, words)
        return [builder.sitofp(inputs.load(other)[0], reals) for other in others]

    rows = [builder.add(first, ir.Constant(first.type, k)) for k in range(count)]
    sums = _sum_products((context, builder, kinds[0], args[0]), rows, (begin, end), columns, terms)
    scale = context.cast(builder, args[3], kinds[3], kinds[0].dtype)
    target = ir.VectorType(reals.element, columns)
    array = context.make_array(kinds[4])(context, builder, args[4])
    found = _folded_together(builder, [total.get()[0] for total in sums])
    for k, row in enumerate(rows):
        item = cgutils.get_item_pointer(context, builder, kinds[4], array, [row, r])
        place = builder.bitcast(item, target.as_pointer())
        group, at = divmod(k * columns, _FOLDED)
        own = shuffled(builder, found[group], found[group], list(range(at, at + columns)))
        scaled = builder.fmul(own, splat(builder, target, scale))
        builder.store(builder.fadd(builder.load(place, align=4), scaled), place, align=4)
    return context.get_dummy_value()


def _generate_squares(together: int, context: Any, builder: Any, signature: Any, args: Any) -> Any:
    kinds = signature.args
    first, begin, end = _numbers(context, builder, kinds[1], args[1])
    rows = [builder.add(first, ir.Constant(first.type, k)) for k in range(together)]
    sums = _sum_products((context, builder, kinds[0], args[0]), rows, (begin, end), 1)
    array = context.make_array(kinds[2])(context, builder, args[2])
    for row, total in zip(rows, sums, strict=True):
        place = cgutils.get_item_pointer(context, builder, kinds[2], array, [row])
        builder.store(_fold(builder, total.get()), place)
    return context.get_dummy_value()


def _numbers(context: Any, builder: Any, kind: Any, value: Any) -> list[Any]:
    numbers = zip(cgutils.unpack_tuple(builder, value), kind.types, strict=True)
    return [context.cast(builder, number, each_kind, types.intp) for number, each_kind in numbers]


def _sum_products(given: Any, rows: list[Any], lanes: tuple[Any, Any], columns: int, terms: Any = None) -> list[Value]:
    """Return partial sums of rows of an array, times what `terms` gives of each first lane, or times themselves.

    There are `columns` terms, and as many sums of each row, one after the other.
    """
    context, builder, kind, array = given
    vector = vector_of(context, kind.dtype)
    sums = [Value(builder, [ir.Constant(vector, [0.0] * VECTOR)]) for _ in range(columns * len(rows))]
    (begin, end), step = lanes, ir.Constant(lanes[0].type, VECTOR)
    with cgutils.for_range_slice(builder, begin, end, step, inc=True) as (lane, _):
        values = Rows(context, builder, kind, array, lane, [vector])
        shared = terms(lane) if terms else None
        for k, row in enumerate(rows):
            own = values.load(row)
            for total, term in zip(sums[k * columns :], shared or own, strict=False):
                total.set([builder.fadd(total.get()[0], builder.fmul(own[0], term))])
    return sums


def _folded_together(builder: Any, parts: Vectors) -> Vectors:
    """Return `folded` sums of vectors, _FOLDED side by side; what fills the last of them up is not meant."""
    parts = parts + parts[-1:] * (-len(parts) % _FOLDED)
    found = []
    for k in range(0, len(parts), _FOLDED):
        first, second = (_fold_two(builder, parts[n], parts[n + 1], VECTOR // 2) for n in (k, k + 2))
        four = _fold_two(builder, first, second, VECTOR // 4)
        eight = _fold_two(builder, four, four, VECTOR // 8, VECTOR // 2)
        found.append(_fold_two(builder, eight, eight, VECTOR // 16, VECTOR // 4))
    return found


def _fold_two(builder: Any, first: Any, second: Any, half: int, count: int = VECTOR) -> Any:
    """Add the upper half of each part of 2 * half lanes of two vectors to its lower half: `count` lanes are left."""
    lanes = [lane for lane in range(2 * count) if lane % (2 * half) < half]
    low = shuffled(builder, first, second, lanes)
    high = shuffled(builder, first, second, [lane + half for lane in lanes])
    return builder.fadd(low, high)


def _fold(builder: Any, parts: Vectors) -> Any:
    """`folded`."""
    while len(parts) > 1:
        half = len(parts) // 2
        parts = each(builder.fadd, parts[:half], parts[half:])
    (vector,) = parts
    while vector.type.count > 1:
        half = vector.type.count // 2
        low, high = (shuffled(builder, vector, vector, list(range(k, k + half))) for k in (0, half))
        vector = builder.fadd(low, high)
    return builder.extract_element(vector, ir.Constant(ir.IntType(32), 0))
