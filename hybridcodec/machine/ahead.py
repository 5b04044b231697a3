"""Asking for memory before it is read: the processor goes on meanwhile, and nothing else comes of it.

Tables of counters are larger than the caches that are near, and where a pixel's counters stand is known only when the
pixel before it is. A kernel that guesses that pixel can ask for them while it still works on it.
"""

from typing import Any, Final

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload

_READ, _NEAREST, _DATA = 0, 3, 1
_NAME: Final = "llvm.prefetch.p0i8"
_BYTE: Final = ir.IntType(8).as_pointer()
_NUMBER: Final = ir.IntType(32)


def ask_for(table: Any, row: Any, place: Any) -> None:
    """Ask for the cache line of table[row, place], in compiled code."""


@overload(ask_for)
def _compiled(table: Any, row: Any, place: Any) -> Any:  # noqa: ARG001 - numba's protocol
    def compiled(table: Any, row: Any, place: Any) -> None:
        _prefetch(table, row, place)  # type: ignore[call-arg]  # numba adds the first

    return compiled


@intrinsic
def _prefetch(typing: Any, table: Any, row: Any, place: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = signature.args[0]
        numbers = [context.cast(builder, args[k], signature.args[k], types.intp) for k in (1, 2)]
        array = context.make_array(kind)(context, builder, args[0])
        pointer = builder.bitcast(cgutils.get_item_pointer(context, builder, kind, array, numbers), _BYTE)
        function = ir.FunctionType(ir.VoidType(), [_BYTE, _NUMBER, _NUMBER, _NUMBER])
        instruction = cgutils.get_or_insert_function(builder.module, function, _NAME)
        builder.call(instruction, [pointer, *map(_NUMBER, (_READ, _NEAREST, _DATA))])
        return context.get_dummy_value()

    return types.void(table, row, place), generate
