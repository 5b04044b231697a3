"""Small symmetric systems, many side by side: the weights of `least_squares` are their solutions.

A x = b with A = L D L^T, A in packed rows of its lower triangle, b below it. Where `least_squares` says what the
systems are, this solves them, VECTOR lanes at a time, in the order of operations that the format fixes: `solve` as it
stands here is that order, and compiled code runs it with what it computes in registers.
"""

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from hybridcodec.machine.vectors import Rows, Value, each, splat, vector_of

VECTOR: Final = 16
"""Lanes that are solved together."""
RIDGE: Final = 10.0
"""Added to the diagonal."""
PIVOT: Final = 1e-6
"""Least pivot."""
TOGETHER: Final = 4
"""Rows whose sums compiled code has side by side."""

Reals = NDArray[Any]
Bounds = tuple[float | np.float32, float | np.float32, float | np.float32]
"""What is added to the diagonal; the least pivot; and the least in shares of its diagonal, before the elimination."""


def solve(a: Reals, lane: int, n: int, out: Reals, first: int, bounds: Bounds) -> None:
    """Solve the systems of lanes [lane, lane + VECTOR) for out (n, lanes)[:, first : first + VECTOR].

    Args:
        a: (n (n + 1) / 2 + n or more, lanes) float64 or float32: rows of A, then b. Destroyed.
        lane: first lane in `a`.
        n: unknowns.
        out: receives the solutions, of the type of `a`, in which all is computed.
        first: first lane in `out`.
        bounds: of the pivots.
    """
    ridge, least, share = map(a.dtype.type, bounds)
    s, to, b = slice(lane, lane + VECTOR), slice(first, first + VECTOR), n * (n + 1) // 2
    for i in range(n):
        row = i * (i + 1) // 2
        for j in range(i):
            for k in range(j):
                a[row + j, s] -= a[row + k, s] * a[j * (j + 1) // 2 + k, s]
        diagonal, right = a[row + i, s] + ridge, a[b + i, s]
        pivot = diagonal
        for j in range(i):
            z = a[row + j, s]
            w = z * a[j * (j + 1) // 2 + j, s]  # the inverse of row j's pivot
            pivot, right = pivot - z * w, right - w * a[b + j, s]
            a[row + j, s] = w
        a[row + i, s], a[b + i, s] = 1 / np.maximum(np.maximum(pivot, least), diagonal * share), right
    for i in range(n - 1, -1, -1):
        value = a[b + i, s] * a[i * (i + 1) // 2 + i, s]
        for k in range(i + 1, n):
            value = value - a[k * (k + 1) // 2 + i, s] * out[k, to]
        out[i, to] = value


@overload(solve)
def _compiled_solve(a: Any, lane: Any, n: Any, out: Any, first: Any, bounds: Any) -> Any:  # noqa: ARG001 - numba's protocol
    def compiled(a: Any, lane: Any, n: Any, out: Any, first: Any, bounds: Any) -> None:
        _solve_vectors(a, lane, n, out, first, bounds)  # type: ignore[call-arg]  # numba adds the first

    return compiled


@intrinsic
def _solve_vectors(
    typing: Any,  # noqa: ARG001 - numba's protocol
    a: Any,
    lane: Any,
    n: Any,
    out: Any,
    first: Any,
    bounds: Any,
) -> Any:
    """`solve`, operation by operation."""
    signature = types.void(a, lane, n, out, first, bounds)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        lane, n, first = (context.cast(builder, args[k], kinds[k], types.intp) for k in (1, 2, 4))
        reals = vector_of(context, kinds[0].dtype)
        vectors = [reals] * (VECTOR // reals.count)
        limits = [
            splat(builder, reals, context.cast(builder, value, kind, kinds[0].dtype))
            for value, kind in zip(cgutils.unpack_tuple(builder, args[5]), kinds[5].types, strict=True)
        ]
        systems, solutions = (
            Rows(context, builder, kinds[k], args[k], start, vectors) for k, start in ((0, lane), (3, first))
        )
        one, two = ir.Constant(n.type, 1), ir.Constant(n.type, 2)

        def row(i: Any) -> Any:
            return builder.udiv(builder.mul(i, builder.add(i, one)), two)

        b = row(n)
        whole = builder.mul(builder.udiv(n, ir.Constant(n.type, TOGETHER)), ir.Constant(n.type, TOGETHER))
        for first, end, together in ((ir.Constant(n.type, 0), whole, TOGETHER), (whole, n, 1)):
            step = ir.Constant(n.type, together)
            with cgutils.for_range_slice(builder, first, end, step, inc=True) as (i, _):
                _eliminate(builder, systems, row, b, (i, together), limits)
        with cgutils.for_range(builder, n) as rows:
            i = builder.sub(builder.sub(n, one), rows.index)
            value = Value(builder, systems.load(builder.add(b, i)))
            value.set(each(builder.fmul, value.get(), systems.load(builder.add(row(i), i))))
            with cgutils.for_range_slice(builder, builder.add(i, one), n, one, inc=True) as (k, _):
                product = each(builder.fmul, systems.load(builder.add(row(k), i)), solutions.load(k))
                value.set(each(builder.fsub, value.get(), product))
            solutions.store(i, value.get())
        return context.get_dummy_value()

    return signature, generate


def _eliminate(builder: Any, systems: Rows, row: Any, b: Any, block: tuple[Any, int], limits: list[Any]) -> None:
    """Some rows of `solve`, from the first on: their sums side by side; `limits` are its bounds in all lanes."""
    first, together = block
    rows = [builder.add(first, ir.Constant(first.type, k)) for k in range(together)]
    with cgutils.for_range(builder, first) as columns:
        _reduce(builder, systems, [row(i) for i in rows], row(columns.index), columns.index)
    for i in rows:
        with cgutils.for_range_slice(builder, first, i, ir.Constant(first.type, 1), inc=True) as (j, _):
            _reduce(builder, systems, [row(i)], row(j), j)
        _finish(builder, systems, row, b, i, limits)


def _reduce(builder: Any, systems: Rows, starts: list[Any], other: Any, j: Any) -> None:
    """Entry j of some rows, which begin at `starts`, less the products of earlier entries with those of row j."""
    entries = [Value(builder, systems.load(builder.add(start, j))) for start in starts]
    with cgutils.for_range(builder, j) as earlier:
        shared = systems.load(builder.add(other, earlier.index))
        for start, entry in zip(starts, entries, strict=True):
            product = each(builder.fmul, systems.load(builder.add(start, earlier.index)), shared)
            entry.set(each(builder.fsub, entry.get(), product))
    for start, entry in zip(starts, entries, strict=True):
        systems.store(builder.add(start, j), entry.get())


def _finish(builder: Any, systems: Rows, row: Any, b: Any, i: Any, limits: list[Any]) -> None:
    """Row i once its entries are reduced: its pivot, and what it is in terms of the rows before."""
    start = row(i)
    ridge, least, share = limits
    diagonal = [builder.fadd(x, ridge) for x in systems.load(builder.add(start, i))]
    pivot = Value(builder, diagonal)
    right = Value(builder, systems.load(builder.add(b, i)))
    with cgutils.for_range(builder, i) as columns:
        j = columns.index
        z = systems.load(builder.add(start, j))
        w = each(builder.fmul, z, systems.load(builder.add(row(j), j)))
        pivot.set(each(builder.fsub, pivot.get(), each(builder.fmul, z, w)))
        right.set(each(builder.fsub, right.get(), each(builder.fmul, w, systems.load(builder.add(b, j)))))
        systems.store(builder.add(start, j), w)
    floored = [_larger(builder, x, least) for x in pivot.get()]
    floored = [_larger(builder, x, builder.fmul(y, share)) for x, y in zip(floored, diagonal, strict=True)]
    unit = ir.Constant(share.type, [1.0] * share.type.count)
    systems.store(builder.add(start, i), [builder.fdiv(unit, x) for x in floored])
    systems.store(builder.add(b, i), right.get())


def _larger(builder: Any, first: Any, second: Any) -> Any:
    """Lanes of `first` where these are larger, else of `second`."""
    return builder.select(builder.fcmp_ordered(">", first, second), first, second)
