"""Taking turns at Python's lock: threads whose kernels end while another thread runs Python code wait here, awake.

A thread that waits for Python's lock sleeps, and waking it takes as long as the work of a step. Here it looks again and
again instead, for a while: a turn is a hint, and whoever does not get one goes on and waits for the lock as ever.
"""

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

PATIENCE: Final = 1 << 17
"""Looks before a thread goes on without a turn: a hundred microseconds or two."""

Turn = NDArray[np.int64]


def new_turn() -> Turn:
    """What threads share that take turns: one number, 1 while one of them runs Python code."""
    return np.zeros(1, np.int64)


def take(turn: Turn) -> None:
    """Wait for one's turn, at the end of a kernel; a single thread of plain Python need not."""
    turn[0] = 1


def leave(turn: Turn) -> None:
    """Let others have it."""
    turn[0] = 0


@overload(take)
def _compiled_take(turn: Any) -> Any:  # noqa: ARG001 - numba's protocol
    def compiled(turn: Any) -> None:
        looks = 0
        while looks < PATIENCE and (_look(turn) != 0 or _exchange(turn, 1) != 0):  # type: ignore[call-arg]
            looks += 1

    return compiled


@overload(leave)
def _compiled_leave(turn: Any) -> Any:  # noqa: ARG001 - numba's protocol
    def compiled(turn: Any) -> None:
        _exchange(turn, 0)  # type: ignore[call-arg]  # numba adds the first

    return compiled


@intrinsic
def _exchange(typing: Any, turn: Any, value: Any) -> Any:  # noqa: ARG001
    """Write `value` into turn[0] and return what was there, as one step that no other thread comes between."""
    signature = types.int64(turn, value)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = context.cast(builder, args[1], signature.args[1], types.int64)
        return builder.atomic_rmw("xchg", _place(context, builder, signature, args), value, "seq_cst")

    return signature, generate


@intrinsic
def _look(typing: Any, turn: Any) -> Any:  # noqa: ARG001
    """Read turn[0] as it is now; unlike `_exchange`, this does not disturb others that look."""
    signature = types.int64(turn)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load_atomic(_place(context, builder, signature, args), "seq_cst", 8)

    return signature, generate


def _place(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Pointer to turn[0]."""
    array = context.make_array(signature.args[0])(context, builder, args[0])
    zero = ir.Constant(context.get_value_type(types.intp), 0)
    return cgutils.get_item_pointer(context, builder, signature.args[0], array, [zero])
