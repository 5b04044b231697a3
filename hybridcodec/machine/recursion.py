"""Sums of products that fade with distance, lanes side by side: what the systems of `elimination` are made of.

Where `least_squares` says what the sums are, this brings them up to date, VECTOR lanes at a time, in the order of
operations that the format fixes: `accumulate` as it stands here is that order, and compiled code runs it in registers.
"""

from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload
from numpy.typing import DTypeLike, NDArray

from hybridcodec.machine.elimination import VECTOR
from hybridcodec.machine.lanes import apart, zeros
from hybridcodec.machine.vectors import Rows, Vectors, each, shuffled, splat, vector_of

REACH: Final = 3
"""Lanes above that a lane's sums hear of."""

Reals = NDArray[Any]


class Room(NamedTuple):
    """Working memory, apart so that the sums lie close together: a solution goes over them again and again.

    Attributes:
        sums: (m or more, VECTOR) of some lanes.
        seam: (m or more, 1 + REACH) of each sum, what the next lanes need of these, or zeros.
    """

    sums: Reals
    seam: Reals


def room_for(count: int, dtype: DTypeLike = np.float64) -> Room:
    """Return room for so many sums."""
    return Room(zeros((count, VECTOR), 0, dtype), apart(np.zeros((count, 1 + REACH), dtype)))


def accumulate(history: Reals, sums: Reals, room: Room, n: int, lane: int, forget: float | np.float32) -> None:
    """Bring the sums of lanes [lane, lane + VECTOR) to the chunk that begins; also to room.sums.

    All arrays are float64, or all are float32; so is what is computed.

    Args:
        history: (3, n + 1, lanes) both sides of the products, at the three columns of the chunk that was coded.
        sums: (m, 2, VECTOR) of these lanes: R of the chunk before, and the sum itself; m products of n sides with each
            other and with the last.
        room: its seam is what the call for the lanes above left there, or zeros.
        n: sides.
        lane: the first lane.
        forget: weight per step of distance.
    """
    f = history.dtype.type(forget)
    f3 = f * f * f
    f5 = f3 * f * f
    f9 = f5 * f3 * f
    s = slice(lane, lane + VECTOR)
    for i in range(n + 1):
        for j in range(min(i + 1, n)):
            k = i * (i + 1) // 2 + j
            z0, z1, z2 = (history[p, i, s] * history[p, j, s] for p in range(3))
            seen = np.concatenate([room.seam[k, 1:], z0 + f * (z1 + f * z2)])  # from lane - 3
            before = np.concatenate([room.seam[k, :1], sums[k, 1]])  # from lane - 1
            row = z2 + f * (z1 + f * z0) + f3 * sums[k, 0]
            out = f * (row + before[:-1] + seen[2:-1]) + f5 * seen[1:-2] + f9 * seen[:-3]
            room.seam[k, 0], room.seam[k, 1:] = before[-1], seen[-REACH:]
            sums[k, 0], sums[k, 1], room.sums[k] = row, out, out


@overload(accumulate)
def _compiled_accumulate(history: Any, sums: Any, room: Any, n: Any, lane: Any, forget: Any) -> Any:  # noqa: ARG001
    def compiled(history: Any, sums: Any, room: Any, n: Any, lane: Any, forget: Any) -> None:
        sides = (history[0], history[1], history[2])
        _accumulate_vectors(sides, (sums[:, 0], sums[:, 1]), (room.sums, room.seam), n, lane, forget)  # type: ignore[call-arg]

    return compiled


@intrinsic
def _accumulate_vectors(
    typing: Any,  # noqa: ARG001 - numba's protocol
    sides: Any,
    sums: Any,
    room: Any,
    n: Any,
    lane: Any,
    forget: Any,
) -> Any:
    """`accumulate`, operation by operation."""
    signature = types.void(sides, sums, room, n, lane, forget)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        real = kinds[2].dtype.dtype
        reals = vector_of(context, real)
        vectors, edge = [reals] * (VECTOR // reals.count), ir.VectorType(reals.element, 1 + REACH)
        n, lane = (context.cast(builder, args[k], kinds[k], types.intp) for k in (3, 4))
        zero, one, two = (ir.Constant(n.type, number) for number in range(3))
        history, kept = (
            [
                Rows(context, builder, kinds[k].dtype, array, first, vectors)
                for array in cgutils.unpack_tuple(builder, args[k])
            ]
            for k, first in ((0, lane), (1, zero))
        )
        found, seam = cgutils.unpack_tuple(builder, args[2])
        out = Rows(context, builder, kinds[2].dtype, found, zero, vectors)
        edges = Rows(context, builder, kinds[2].dtype, seam, zero, [edge])
        factors = _factors(builder, vectors, context.cast(builder, args[5], kinds[5], real))
        with cgutils.for_range(builder, builder.add(n, one)) as rows:
            i = rows.index
            x = [side.load(i) for side in history]
            start = builder.udiv(builder.mul(i, builder.add(i, one)), two)
            columns = builder.select(builder.icmp_signed("<", i, n), builder.add(i, one), n)
            with cgutils.for_range(builder, columns) as inner:
                y = [side.load(inner.index) for side in history]
                _entry(builder, [each(builder.fmul, *pair) for pair in zip(x, y, strict=True)], factors,
                       (kept[0], kept[1], out, edges), builder.add(start, inner.index))  # fmt: skip
        return context.get_dummy_value()

    return signature, generate


def _factors(builder: Any, vectors: list[Any], forget: Any) -> list[Vectors]:
    """Return f, f3, f5 and f9 in all lanes."""
    f3 = builder.fmul(builder.fmul(forget, forget), forget)
    f5 = builder.fmul(builder.fmul(f3, forget), forget)
    f9 = builder.fmul(builder.fmul(f5, f3), forget)
    return [[splat(builder, kind, factor) for kind in vectors] for factor in (forget, f3, f5, f9)]


def _entry(builder: Any, z: list[Vectors], factors: list[Vectors], places: tuple[Rows, ...], k: Any) -> None:
    """Entry k of `accumulate`, from its products at the three columns."""
    kept_row, kept_sum, out, edges = places
    f, f3, f5, f9 = factors

    def plus(first: Vectors, second: Vectors) -> Vectors:
        return each(builder.fadd, first, second)

    def times(first: Vectors, second: Vectors) -> Vectors:
        return each(builder.fmul, first, second)

    (edge,) = edges.load(k)
    lanes = z[0][0].type.count
    now = plus(z[0], times(f, plus(z[1], times(f, z[2]))))
    row = plus(plus(z[2], times(f, plus(z[1], times(f, z[0])))), times(f3, kept_row.load(k)))
    before = kept_sum.load(k)
    seen = [shuffled(builder, edge, edge, [1] * (lanes - REACH) + [1, 2, 3]), *now]
    above = [shuffled(builder, edge, edge, [0] * lanes), *before]
    near = plus(plus(row, _moved(builder, above, 1)), _moved(builder, seen, 1))
    total = plus(plus(times(f, near), times(f5, _moved(builder, seen, 2))), times(f9, _moved(builder, seen, 3)))
    last = [lanes - 1, *range(2 * lanes - REACH, 2 * lanes)]
    edges.store(k, [shuffled(builder, before[-1], now[-1], last)])
    kept_row.store(k, row)
    kept_sum.store(k, total)
    out.store(k, total)


def _moved(builder: Any, vectors: Vectors, by: int) -> Vectors:
    """Vectors without the first, each lane from `by` lanes above."""
    lanes = vectors[-1].type.count
    mask = list(range(lanes - by, 2 * lanes - by))
    return [shuffled(builder, first, second, mask) for first, second in pairwise(vectors)]
