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

from hybridcodec.machine.vectors import Rows, Value, Vectors, each, shuffled, vector_of

VECTOR: Final = 16
"""Partial sums."""
TOGETHER: Final = 9
"""Rows of reals that share what is read."""

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


def folded(parts: F32) -> np.float32:
    """Return the sum of partial sums (VECTOR,)."""
    while len(parts) > 1:
        parts = parts[: len(parts) // 2] + parts[len(parts) // 2 :]
    return np.float32(parts[0])


@overload(add_products)
def _compiled_products(y: Any, x: Any, begin: Any, end: Any, scale: Any, out: Any) -> Any:  # noqa: ARG001
    several, single = _add_vectors(TOGETHER), _add_vectors(1)

    def compiled(y: Any, x: Any, begin: Any, end: Any, scale: Any, out: Any) -> None:
        shared = y.shape[0] // TOGETHER * TOGETHER
        for r in range(x.shape[0]):
            for k in range(0, shared, TOGETHER):
                several(y, x, (k, r, begin, end), scale, out)
            for k in range(shared, y.shape[0]):
                single(y, x, (k, r, begin, end), scale, out)

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


def _add_vectors(together: int) -> Any:
    """Return the intrinsic for row r of x with so many rows of y, from row k on."""

    @intrinsic
    def add_vectors(typing: Any, y: Any, x: Any, block: Any, scale: Any, out: Any) -> Any:  # noqa: ARG001
        return types.void(y, x, block, scale, out), lambda *given: _generate(together, *given)

    return add_vectors


def _square_vectors(together: int) -> Any:
    """Return the intrinsic of `sum_squares` for so many rows, from row k on."""

    @intrinsic
    def square_vectors(typing: Any, y: Any, block: Any, out: Any) -> Any:  # noqa: ARG001
        return types.void(y, block, out), lambda *given: _generate_squares(together, *given)

    return square_vectors


def _generate(together: int, context: Any, builder: Any, signature: Any, args: Any) -> Any:
    kinds = signature.args
    (first, r, begin, end), reals = _numbers(context, builder, kinds[2], args[2]), vector_of(context, kinds[0].dtype)
    words = [ir.VectorType(ir.IntType(32), reals.count)]

    def terms(lane: Any) -> Vectors:
        (inputs,) = Rows(context, builder, kinds[1], args[1], lane, words).load(r)
        return [builder.sitofp(inputs, reals)]

    rows = [builder.add(first, ir.Constant(first.type, k)) for k in range(together)]
    sums = _sum_products((context, builder, kinds[0], args[0]), rows, (begin, end), terms)
    scale = context.cast(builder, args[3], kinds[3], kinds[0].dtype)
    array = context.make_array(kinds[4])(context, builder, args[4])
    for row, total in zip(rows, sums, strict=True):
        place = cgutils.get_item_pointer(context, builder, kinds[4], array, [row, r])
        found = builder.fmul(_fold(builder, total.get()), scale)
        builder.store(builder.fadd(builder.load(place), found), place)
    return context.get_dummy_value()


def _generate_squares(together: int, context: Any, builder: Any, signature: Any, args: Any) -> Any:
    kinds = signature.args
    first, begin, end = _numbers(context, builder, kinds[1], args[1])
    rows = [builder.add(first, ir.Constant(first.type, k)) for k in range(together)]
    sums = _sum_products((context, builder, kinds[0], args[0]), rows, (begin, end))
    array = context.make_array(kinds[2])(context, builder, args[2])
    for row, total in zip(rows, sums, strict=True):
        place = cgutils.get_item_pointer(context, builder, kinds[2], array, [row])
        builder.store(_fold(builder, total.get()), place)
    return context.get_dummy_value()


def _numbers(context: Any, builder: Any, kind: Any, value: Any) -> list[Any]:
    numbers = zip(cgutils.unpack_tuple(builder, value), kind.types, strict=True)
    return [context.cast(builder, number, each_kind, types.intp) for number, each_kind in numbers]


def _sum_products(given: Any, rows: list[Any], lanes: tuple[Any, Any], terms: Any = None) -> list[Value]:
    """Return partial sums of rows of an array, times what `terms` gives of each first lane, or times themselves."""
    context, builder, kind, array = given
    vectors = [vector_of(context, kind.dtype)]
    sums = [Value(builder, [ir.Constant(each_kind, [0.0] * VECTOR) for each_kind in vectors]) for _ in rows]
    (begin, end), step = lanes, ir.Constant(lanes[0].type, VECTOR)
    with cgutils.for_range_slice(builder, begin, end, step, inc=True) as (lane, _):
        values = Rows(context, builder, kind, array, lane, vectors)
        shared = terms(lane) if terms else None
        for row, total in zip(rows, sums, strict=True):
            own = values.load(row)
            total.set(each(builder.fadd, total.get(), each(builder.fmul, own, shared or own)))
    return sums


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
