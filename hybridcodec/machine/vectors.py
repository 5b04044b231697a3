"""Lanes of arrays in registers: what LLVM is asked for, in the terms of `pairs` and `elimination`.

numba compiles loops over lanes one after the other, each from memory to memory; these hold a value of several lanes in
registers while an inner loop changes it. For use inside `numba.extending.intrinsic`.
"""

from collections.abc import Callable
from typing import Any, Final

from llvmlite import ir
from numba.core import cgutils

LINE: Final = 64
"""Bytes of a vector."""

Vectors = list[Any]
"""Values of some lanes: LLVM vectors, side by side."""


def each(operation: Callable[[Any, Any], Any], first: Vectors, second: Vectors) -> Vectors:
    """Apply an operation of the builder to all lanes."""
    return [operation(x, y) for x, y in zip(first, second, strict=True)]


def vector_of(context: Any, kind: Any) -> Any:
    """Return the LLVM type of a vector of numba's numbers `kind`, LINE bytes long."""
    return ir.VectorType(context.get_value_type(kind), 8 * LINE // kind.bitwidth)


def splat(builder: Any, kind: Any, value: Any) -> Any:
    """Return a vector of the LLVM type `kind` with one number in all lanes."""
    nothing = ir.Constant(kind, ir.Undefined)
    single = builder.insert_element(nothing, value, ir.Constant(ir.IntType(32), 0))
    return shuffled(builder, single, nothing, [0] * kind.count)


def shuffled(builder: Any, first: Any, second: Any, mask: list[int]) -> Any:
    """Return the lanes of two vectors, one after the other, that `mask` names."""
    return builder.shuffle_vector(first, second, ir.Constant(ir.VectorType(ir.IntType(32), len(mask)), mask))


def transposed(builder: Any, rows: Vectors) -> Vectors:
    """Return the columns of as many vectors as each has lanes, a power of two: blocks change places, then halves."""
    rows, count = list(rows), len(rows)
    step = count // 2
    while step > 0:
        stay = [j - step + count if j & step else j for j in range(count)]
        move = [j + count if j & step else j + step for j in range(count)]
        for i in range(count):
            if not i & step:
                pair = rows[i], rows[i + step]
                rows[i], rows[i + step] = (shuffled(builder, *pair, mask) for mask in (stay, move))
        step //= 2
    return rows


class Value:
    """Lanes that a loop changes."""

    def __init__(self, builder: Any, start: Vectors) -> None:
        """Reserve registers, and put `start` there."""
        self._builder, self._pointers = builder, [cgutils.alloca_once(builder, vector.type) for vector in start]
        self.set(start)

    def get(self) -> Vectors:
        """What the lanes are now."""
        return [self._builder.load(pointer) for pointer in self._pointers]

    def set(self, values: Vectors) -> None:
        """Change them."""
        for pointer, value in zip(self._pointers, values, strict=True):
            self._builder.store(value, pointer)


class Rows:
    """Some lanes of the rows of an array (rows, lanes)."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any, lane: Any, vectors: list[Any]) -> None:
        """Describe them.

        Args:
            context: of the code that is generated.
            builder: of the same.
            kind: numba's type of the array.
            value: the array.
            lane: the first of the lanes.
            vectors: LLVM types, one beside the other, that hold them.
        """
        self._context, self._builder, self._kind, self._lane, self._vectors = context, builder, kind, lane, vectors
        self._array = context.make_array(kind)(context, builder, value)
        self._bytes: int = kind.dtype.bitwidth // 8

    def _pointers(self, row: Any) -> Vectors:
        pointers, before = [], 0
        for vector in self._vectors:
            lane = self._builder.add(self._lane, ir.Constant(self._lane.type, before))
            item = cgutils.get_item_pointer(self._context, self._builder, self._kind, self._array, [row, lane])
            pointers.append(self._builder.bitcast(item, vector.as_pointer()))
            before += vector.count
        return pointers

    def load(self, row: Any) -> Vectors:
        """The lanes of a row."""
        return [self._builder.load(pointer, align=self._bytes) for pointer in self._pointers(row)]

    def store(self, row: Any, values: Vectors) -> None:
        """Write the lanes of a row."""
        for pointer, value in zip(self._pointers(row), values, strict=True):
            self._builder.store(value, pointer, align=self._bytes)
