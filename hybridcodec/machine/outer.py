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


def _add_vectors(together: int) -> Any:
    """Return the intrinsic for row r of x with so many rows of y, from row k on."""

    @intrinsic
    def add_vectors(typing: Any, y: Any, x: Any, block: Any, scale: Any, out: Any) -> Any:  # noqa: ARG001
        return types.void(y, x, block, scale, out), lambda *given: _generate(together, *given)

    return add_vectors


def _generate(together: int, context: Any, builder: Any, signature: Any, args: Any) -> Any:
    kinds = signature.args
    numbers = zip(cgutils.unpack_tuple(builder, args[2]), kinds[2].types, strict=True)
    first, r, begin, end = (context.cast(builder, n, kind, types.intp) for n, kind in numbers)
    reals = vector_of(context, kinds[0].dtype)
    vectors = [reals] * (VECTOR // reals.count)
    words = [ir.VectorType(ir.IntType(32), reals.count)] * len(vectors)
    rows = [builder.add(first, ir.Constant(first.type, k)) for k in range(together)]
    sums = [Value(builder, [ir.Constant(kind, [0.0] * kind.count) for kind in vectors]) for _ in rows]
    with cgutils.for_range_slice(builder, begin, end, ir.Constant(begin.type, VECTOR), inc=True) as (lane, _):
        inputs = Rows(context, builder, kinds[1], args[1], lane, words).load(r)
        weights = Rows(context, builder, kinds[0], args[0], lane, vectors)
        terms = [builder.sitofp(vector, reals) for vector in inputs]
        for row, total in zip(rows, sums, strict=True):
            total.set(each(builder.fadd, total.get(), each(builder.fmul, weights.load(row), terms)))
    scale = context.cast(builder, args[3], kinds[3], kinds[0].dtype)
    array = context.make_array(kinds[4])(context, builder, args[4])
    for row, total in zip(rows, sums, strict=True):
        place = cgutils.get_item_pointer(context, builder, kinds[4], array, [row, r])
        found = builder.fmul(_fold(builder, total.get()), scale)
        builder.store(builder.fadd(builder.load(place), found), place)
    return context.get_dummy_value()


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
