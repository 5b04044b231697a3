"""Rows of a table of reals that a lane's contexts name: their sum, and what is taken from each of them.

A row is VECTOR numbers, in registers at once. `sum_rows` and `take_from_rows` as they stand here are what is meant, and
compiled code has the same operations in the same order.
"""

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from hybridcodec.machine.vectors import Rows, Value, each, vector_of

VECTOR: Final = 16
"""Numbers of a row."""

F32 = NDArray[np.float32]
U64 = NDArray[np.uint64]


def sum_rows(table: F32, places: U64, lane: int, out: F32) -> None:
    """Write the sum of the rows places[lane] of `table` (rows, VECTOR) to out[lane], from the first place on."""
    total = table[places[lane, 0]].copy()
    for place in places[lane, 1:]:
        total += table[place]
    out[lane] = total


def take_from_rows(table: F32, places: U64, lane: int, move: F32) -> None:
    """Subtract move[lane] from each of the rows places[lane] of `table`, which are all others."""
    for place in places[lane]:
        table[place] -= move[lane]


@overload(sum_rows)
def _compiled_sum(table: Any, places: Any, lane: Any, out: Any) -> Any:  # noqa: ARG001 - numba's protocol
    def compiled(table: Any, places: Any, lane: Any, out: Any) -> None:
        _sum_vectors(table, places, lane, out)  # type: ignore[call-arg]  # numba adds the first

    return compiled


@overload(take_from_rows)
def _compiled_take(table: Any, places: Any, lane: Any, move: Any) -> Any:  # noqa: ARG001
    def compiled(table: Any, places: Any, lane: Any, move: Any) -> None:
        _take_vectors(table, places, lane, move)  # type: ignore[call-arg]

    return compiled


@intrinsic
def _sum_vectors(typing: Any, table: Any, places: Any, lane: Any, out: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        rows, moves, lane, place, count = _operands(context, builder, signature.args, args)
        total = Value(builder, rows.load(place(ir.Constant(lane.type, 0))))
        with cgutils.for_range_slice(
            builder, ir.Constant(lane.type, 1), count, ir.Constant(lane.type, 1), inc=True
        ) as (j, _):
            total.set(each(builder.fadd, total.get(), rows.load(place(j))))
        moves.store(lane, total.get())
        return context.get_dummy_value()

    return types.void(table, places, lane, out), generate


@intrinsic
def _take_vectors(typing: Any, table: Any, places: Any, lane: Any, move: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        rows, moves, lane, place, count = _operands(context, builder, signature.args, args)
        moved = moves.load(lane)
        with cgutils.for_range(builder, count) as loop:
            row = place(loop.index)
            rows.store(row, each(builder.fsub, rows.load(row), moved))
        return context.get_dummy_value()

    return types.void(table, places, lane, move), generate


def _operands(context: Any, builder: Any, kinds: Any, args: Any) -> tuple[Rows, Rows, Any, Any, Any]:
    """Return rows of the table, rows by lane, the lane, what gives its place of a number, and how many it has."""
    reals = vector_of(context, kinds[0].dtype)
    lane = context.cast(builder, args[2], kinds[2], types.intp)
    first = ir.Constant(lane.type, 0)
    rows, moves = (Rows(context, builder, kinds[k], args[k], first, [reals] * (VECTOR // reals.count)) for k in (0, 3))
    array = context.make_array(kinds[1])(context, builder, args[1])

    def place(j: Any) -> Any:
        return builder.load(cgutils.get_item_pointer(context, builder, kinds[1], array, [lane, j]))

    return rows, moves, lane, place, cgutils.unpack_tuple(builder, array.shape)[1]
