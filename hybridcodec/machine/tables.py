"""Rows of a table of reals that a lane's contexts name: their sum, and what is taken from each of them.

A row is VECTOR numbers, in registers at once, and so are VECTOR lanes: `transpose` goes from the one to the other. The
functions as they stand here are what is meant, and compiled code has the same operations in the same order.
"""

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from hybridcodec.machine.vectors import Rows, Value, each, transposed, vector_of

VECTOR: Final = 16
"""Numbers of a row."""

F32 = NDArray[np.float32]
U64 = NDArray[np.uint64]


def sum_rows(table: F32, places: U64, lane: int, out: F32) -> None:
    """Write sums of rows of `table` (rows, VECTOR), from the first place on, to out (VECTOR, VECTOR).

    Row j of `out` is the sum of the rows places[lane + j].
    """
    for j in range(VECTOR):
        total = table[places[lane + j, 0]].copy()
        for place in places[lane + j, 1:]:
            total += table[place]
        out[j] = total


def take_from_rows(table: F32, places: U64, lane: int, move: F32) -> None:
    """Subtract move[j] from each of the rows places[lane + j] of `table`, which are all others, for each j in turn."""
    for j in range(VECTOR):
        for place in places[lane + j]:
            table[place] -= move[j]


def transpose(block: F32, out: F32) -> None:
    """Write the columns of a block (VECTOR, VECTOR) as rows to `out`, which may be the block itself."""
    out[:] = block.T.copy()


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


@overload(transpose)
def _compiled_transpose(block: Any, out: Any) -> Any:  # noqa: ARG001
    def compiled(block: Any, out: Any) -> None:
        _transpose_vectors(block, out)  # type: ignore[call-arg]

    return compiled


@intrinsic
def _sum_vectors(typing: Any, table: Any, places: Any, lane: Any, out: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        rows, sums, place, count = _operands(context, builder, signature.args, args)
        with cgutils.for_range(builder, ir.Constant(count.type, VECTOR)) as lanes:
            first, one = (ir.Constant(count.type, k) for k in (0, 1))
            total = Value(builder, rows.load(place(lanes.index, first)))
            with cgutils.for_range_slice(builder, one, count, one, inc=True) as (j, _):
                total.set(each(builder.fadd, total.get(), rows.load(place(lanes.index, j))))
            sums.store(lanes.index, total.get())
        return context.get_dummy_value()

    return types.void(table, places, lane, out), generate


@intrinsic
def _take_vectors(typing: Any, table: Any, places: Any, lane: Any, move: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        rows, moves, place, count = _operands(context, builder, signature.args, args)
        with cgutils.for_range(builder, ir.Constant(count.type, VECTOR)) as lanes:
            moved = moves.load(lanes.index)
            with cgutils.for_range(builder, count) as loop:
                row = place(lanes.index, loop.index)
                rows.store(row, each(builder.fsub, rows.load(row), moved))
        return context.get_dummy_value()

    return types.void(table, places, lane, move), generate


@intrinsic
def _transpose_vectors(typing: Any, block: Any, out: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        given, turned = (
            _rows_of(context, builder, kind, array) for kind, array in zip(signature.args, args, strict=True)
        )
        numbers = [ir.Constant(ir.IntType(64), k) for k in range(VECTOR)]
        found = transposed(builder, [given.load(k)[0] for k in numbers])
        for k, row in zip(numbers, found, strict=True):
            turned.store(k, [row])
        return context.get_dummy_value()

    return types.void(block, out), generate


def _rows_of(context: Any, builder: Any, kind: Any, array: Any) -> Rows:
    """Return the rows of an array (rows, VECTOR)."""
    first = ir.Constant(ir.IntType(64), 0)
    return Rows(context, builder, kind, array, first, [vector_of(context, kind.dtype)])


def _operands(context: Any, builder: Any, kinds: Any, args: Any) -> tuple[Rows, Rows, Any, Any]:
    """Return rows of the table, rows by lane, what gives a lane's place of a number, and how many it has."""
    lane = context.cast(builder, args[2], kinds[2], types.intp)
    rows, moves = (_rows_of(context, builder, kinds[k], args[k]) for k in (0, 3))
    array = context.make_array(kinds[1])(context, builder, args[1])

    def place(by: Any, j: Any) -> Any:
        return builder.load(cgutils.get_item_pointer(context, builder, kinds[1], array, [builder.add(lane, by), j]))

    return rows, moves, place, cgutils.unpack_tuple(builder, array.shape)[1]
