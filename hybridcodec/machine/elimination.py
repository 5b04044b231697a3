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
"""Rows, and columns of them, whose sums compiled code has side by side."""

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
    """Some rows of `solve`, from the first on, side by side; `limits` are its bounds in all lanes."""
    first, together = block
    rows = [builder.add(first, _number(first, k)) for k in range(together)]
    starts = [row(i) for i in rows]
    whole = builder.and_(first, _number(first, -TOGETHER))
    with cgutils.for_range_slice(builder, _number(first, 0), whole, _number(first, TOGETHER), inc=True) as (j, _):
        others = [builder.add(j, _number(j, k)) for k in range(TOGETHER)]
        step = 2 if len(systems.load(b)) > 1 else TOGETHER  # as many sums as there are registers for
        for k in range(0, TOGETHER, step):
            _reduce(builder, systems, starts, [row(other) for other in others[k : k + step]], others[k])
    with cgutils.for_range_slice(builder, whole, first, _number(first, 1), inc=True) as (j, _):
        _reduce(builder, systems, starts, [row(j)], j)
    _finish(builder, systems, row, b, rows, limits)


def _number(like: Any, value: int) -> Any:
    return ir.Constant(like.type, value)


def _reduce(builder: Any, systems: Rows, starts: list[Any], others: list[Any], j: Any) -> None:
    """Entries from j on of some rows, which begin at `starts`, less products of earlier entries with those of `others`.

    `others` are where the rows j, j + 1, and so on begin, which are finished.
    """
    places = [[builder.add(start, builder.add(j, _number(j, k))) for k in range(len(others))] for start in starts]
    entries = [[Value(builder, systems.load(place)) for place in of] for of in places]
    with cgutils.for_range(builder, j) as earlier:
        shared = [systems.load(builder.add(other, earlier.index)) for other in others]
        for start, of in zip(starts, entries, strict=True):
            own = systems.load(builder.add(start, earlier.index))
            for entry, factor in zip(of, shared, strict=True):
                _subtract(builder, entry, own, factor)
    for k, other in enumerate(others):
        for earlier in range(k):
            factor = systems.load(builder.add(other, builder.add(j, _number(j, earlier))))
            for of in entries:
                _subtract(builder, of[k], of[earlier].get(), factor)
    for places_of, of in zip(places, entries, strict=True):
        for place, entry in zip(places_of, of, strict=True):
            systems.store(place, entry.get())


def _subtract(builder: Any, value: Value, first: list[Any], second: list[Any]) -> None:
    """Take a product from a value."""
    value.set(each(builder.fsub, value.get(), each(builder.fmul, first, second)))


def _finish(builder: Any, systems: Rows, row: Any, b: Any, rows: list[Any], limits: list[Any]) -> None:
    """Rows whose entries before the first of them are reduced: the others, their pivots, and what they are of these."""
    ridge, least, share = limits
    starts, before, count = [row(i) for i in rows], rows[0], range(len(rows))
    diagonals = [
        [builder.fadd(x, ridge) for x in systems.load(builder.add(start, i))]
        for start, i in zip(starts, rows, strict=True)
    ]
    pivots = [Value(builder, diagonal) for diagonal in diagonals]
    rights = [Value(builder, systems.load(builder.add(b, i))) for i in rows]
    inner = [[Value(builder, systems.load(builder.add(starts[k], rows[j]))) for j in range(k)] for k in count]
    with cgutils.for_range(builder, before) as columns:
        j = columns.index
        inverse, right = systems.load(builder.add(row(j), j)), systems.load(builder.add(b, j))
        z = [systems.load(builder.add(start, j)) for start in starts]
        w = [each(builder.fmul, own, inverse) for own in z]
        for k in count:
            for other in range(k):
                _subtract(builder, inner[k][other], z[k], w[other])
            _subtract(builder, pivots[k], z[k], w[k])
            _subtract(builder, rights[k], w[k], right)
            systems.store(builder.add(starts[k], j), w[k])
    inverses: list[Any] = []
    scaled: list[list[Any]] = []
    for k in count:
        scaled.append([])
        for other in range(k):
            for earlier in range(other):
                _subtract(builder, inner[k][other], inner[k][earlier].get(), scaled[other][earlier])
        for other in range(k):
            z_own = inner[k][other].get()
            scaled[k].append(each(builder.fmul, z_own, inverses[other]))
            _subtract(builder, pivots[k], z_own, scaled[k][other])
            _subtract(builder, rights[k], scaled[k][other], rights[other].get())
            systems.store(builder.add(starts[k], rows[other]), scaled[k][other])
        floored = [_larger(builder, x, least) for x in pivots[k].get()]
        floored = [_larger(builder, x, builder.fmul(y, share)) for x, y in zip(floored, diagonals[k], strict=True)]
        unit = ir.Constant(share.type, [1.0] * share.type.count)
        inverses.append([builder.fdiv(unit, x) for x in floored])
        systems.store(builder.add(starts[k], rows[k]), inverses[k])
        systems.store(builder.add(b, rows[k]), rights[k].get())


def _larger(builder: Any, first: Any, second: Any) -> Any:
    """Lanes of `first` where these are larger, else of `second`."""
    return builder.select(builder.fcmp_ordered(">", first, second), first, second)
