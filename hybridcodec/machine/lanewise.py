"""What is done to each lane by itself, compiled to vectors of lanes whatever arrays lie beside each other.

numba's loops over lanes become vectors where LLVM can prove, or finds when it runs, that what a loop writes is not what
it reads; with several rows in play it often cannot, and then a loop goes lane by lane. A function of `lanewise` is
written in terms of values that are arrays of NumPy when Python runs it, and vectors of LANES lanes when it is compiled:
operators, and what stands below. Integers have 32 bits and wrap, unless they are `wide`; reals have those of their
type, and every operation is rounded by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload

from hybridcodec.machine.vectors import splat

LANES: Final = 16
"""Lanes of a vector."""

_BITS: Final = ir.VectorType(ir.IntType(1), LANES)
_WORDS: Final = ir.VectorType(ir.IntType(32), LANES)
_WIDE: Final = ir.VectorType(ir.IntType(64), LANES)
_FLOATS: Final = ir.VectorType(ir.FloatType(), LANES)
_DOUBLES: Final = ir.VectorType(ir.DoubleType(), LANES)

Work = Callable[..., Any]


class Lanes:
    """A vector of LANES integers, reals or truth values in compiled code."""

    def __init__(self, builder: Any, value: Any) -> None:
        """Hold an LLVM value."""
        self._builder, self.value = builder, value

    @property
    def _real(self) -> bool:
        return self.value.type in (_FLOATS, _DOUBLES)

    def like(self, other: Any) -> Any:
        """Return a vector as it is, and a number as one of this kind, as LLVM knows them."""
        if isinstance(other, Lanes):
            assert other.value.type == self.value.type, f"{other.value.type} is no {self.value.type}"
            return other.value
        return ir.Constant(self.value.type, [float(other) if self._real else int(other)] * LANES)

    def _made(self, value: Any) -> Lanes:
        return Lanes(self._builder, value)

    def _combined(self, whole: str, real: str, first: Any, second: Any) -> Lanes:
        return self._made(getattr(self._builder, real if self._real else whole)(self.like(first), self.like(second)))

    def __add__(self, other: Any) -> Lanes:
        return self._combined("add", "fadd", self, other)

    def __sub__(self, other: Any) -> Lanes:
        return self._combined("sub", "fsub", self, other)

    def __rsub__(self, other: Any) -> Lanes:
        return self._combined("sub", "fsub", other, self)

    def __mul__(self, other: Any) -> Lanes:
        return self._combined("mul", "fmul", self, other)

    def __neg__(self) -> Lanes:
        return self._made(self._builder.fneg(self.value) if self._real else self._builder.neg(self.value))

    def __truediv__(self, other: Any) -> Lanes:
        assert self._real, "integers are not divided"
        return self._made(self._builder.fdiv(self.value, self.like(other)))

    def __rtruediv__(self, other: Any) -> Lanes:
        assert self._real, "integers are not divided"
        return self._made(self._builder.fdiv(self.like(other), self.value))

    def __rshift__(self, other: Any) -> Lanes:
        return self._made(self._builder.ashr(self.value, self.like(other)))

    def __lshift__(self, other: Any) -> Lanes:
        return self._made(self._builder.shl(self.value, self.like(other)))

    def __rlshift__(self, other: Any) -> Lanes:
        return self._made(self._builder.shl(self.like(other), self.value))

    def __and__(self, other: Any) -> Lanes:
        return self._made(self._builder.and_(self.value, self.like(other)))

    def __gt__(self, other: Any) -> Lanes:
        return self._compared(">", other)

    def __lt__(self, other: Any) -> Lanes:
        return self._compared("<", other)

    def __ge__(self, other: Any) -> Lanes:
        return self._compared(">=", other)

    def __le__(self, other: Any) -> Lanes:
        return self._compared("<=", other)

    __radd__, __rmul__ = __add__, __mul__

    def _compared(self, how: str, other: Any) -> Lanes:
        compare = self._builder.fcmp_ordered if self._real else self._builder.icmp_signed
        return self._made(compare(how, self.value, self.like(other)))

    def chosen(self, yes: Any, no: Any) -> Lanes:
        """Return `yes` where this is true and `no` elsewhere."""
        one = yes if isinstance(yes, Lanes) else no
        return self._made(self._builder.select(self.value, one.like(yes), one.like(no)))

    def cast(self, operation: str, kind: Any) -> Lanes:
        """Return what an operation of LLVM makes of this."""
        return self._made(getattr(self._builder, operation)(self.value, kind))

    def floored(self) -> Lanes:
        """Round reals down."""
        kind = ir.FunctionType(self.value.type, [self.value.type])
        name = f"llvm.floor.v{LANES}f{32 if self.value.type == _FLOATS else 64}"
        function = cgutils.get_or_insert_function(self._builder.module, kind, name)
        return self._made(self._builder.call(function, [self.value]))


def where(condition: Any, yes: Any, no: Any) -> Any:
    """Return `yes` where a condition is true and `no` elsewhere; one of them is a value of lanes."""
    return condition.chosen(yes, no) if isinstance(condition, Lanes) else np.where(condition, yes, no)


def within(value: Any, low: Any, high: Any) -> Any:
    """Return a value, `low` where it is less, and `high` where it is not less than that, or is no number."""
    capped = where(value < high, value, high)
    return where(capped > low, capped, low)


def truth(value: Any) -> Any:
    """Return 1 where something is true, else 0."""
    return value.cast("zext", _WORDS) if isinstance(value, Lanes) else value.astype(np.int32)


def wide(value: Any) -> Any:
    """Return integers with 64 bits."""
    return value.cast("sext", _WIDE) if isinstance(value, Lanes) else value.astype(np.int64)


def narrow(value: Any) -> Any:
    """Return the low 32 bits of wide integers."""
    return value.cast("trunc", _WORDS) if isinstance(value, Lanes) else value.astype(np.int32)


def real(value: Any) -> Any:
    """Return integers as float32, rounded."""
    return value.cast("sitofp", _FLOATS) if isinstance(value, Lanes) else value.astype(np.float32)


def double(value: Any) -> Any:
    """Return integers as float64."""
    return value.cast("sitofp", _DOUBLES) if isinstance(value, Lanes) else value.astype(np.float64)


def whole(value: Any) -> Any:
    """Return the integers of 32 bits that reals are, without what is behind the point."""
    return value.cast("fptosi", _WORDS) if isinstance(value, Lanes) else value.astype(np.int32)


def floor(value: Any) -> Any:
    """Round reals down."""
    return value.floored() if isinstance(value, Lanes) else np.floor(value)


def lanewise(work: Work) -> Callable[[int, int, Any, Any], None]:
    """Return what does `work` on whole vectors of lanes.

    It takes the first lane, the lane after the last, a multiple of LANES beyond it, a tuple of what `work` is given,
    rows (lanes,) or numbers, and a tuple of rows that receive the values that `work` returns.
    """

    def run(begin: int, end: int, given: Any, out: Any) -> None:
        here = slice(begin, end)
        found = work(*(each[here] if isinstance(each, np.ndarray) else each for each in given))
        for row, values in zip(out, found, strict=True):
            row[here] = values

    vectors = _vectors(work)

    @overload(run)
    def compiled(begin: Any, end: Any, given: Any, out: Any) -> Any:  # noqa: ARG001 - numba's protocol
        def each(begin: Any, end: Any, given: Any, out: Any) -> None:
            vectors(begin, end, given, out)

        return each

    return run


def _vectors(work: Work) -> Any:
    """Return the intrinsic that does `work`."""

    @intrinsic
    def vectors(typing: Any, begin: Any, end: Any, given: Any, out: Any) -> Any:  # noqa: ARG001
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            kinds = signature.args
            low, high = (context.cast(builder, args[k], kinds[k], types.intp) for k in (0, 1))
            rows = _Rows(context, builder)
            with cgutils.for_range_slice(builder, low, high, ir.Constant(low.type, LANES), inc=True) as (lane, _):
                values = zip(kinds[2].types, cgutils.unpack_tuple(builder, args[2]), strict=True)
                found = work(*(rows.load(kind, value, lane) for kind, value in values))
                targets = zip(kinds[3].types, cgutils.unpack_tuple(builder, args[3]), found, strict=True)
                for kind, array, lanes in targets:
                    builder.store(lanes.value, rows.pointer(kind, array, lane), align=kind.dtype.bitwidth // 8)
            return context.get_dummy_value()

        return types.void(begin, end, given, out), generate

    return vectors


class _Rows:
    """Rows of lanes in memory."""

    def __init__(self, context: Any, builder: Any) -> None:
        self._context, self._builder = context, builder

    def pointer(self, kind: Any, value: Any, lane: Any) -> Any:
        """Where the lanes of a row begin."""
        array = self._context.make_array(kind)(self._context, self._builder, value)
        item = cgutils.get_item_pointer(self._context, self._builder, kind, array, [lane])
        return self._builder.bitcast(item, ir.VectorType(self._context.get_value_type(kind.dtype), LANES).as_pointer())

    def load(self, kind: Any, value: Any, lane: Any) -> Lanes:
        """The lanes of a row, or a number in all of them: integers of 32 bits, or reals of their type."""
        if isinstance(kind, types.Array):
            loaded = self._builder.load(self.pointer(kind, value, lane), align=kind.dtype.bitwidth // 8)
            return Lanes(self._builder, loaded)
        number = types.int32 if isinstance(kind, types.Integer) else kind
        single = self._context.cast(self._builder, value, kind, number)
        vector = ir.VectorType(self._context.get_value_type(number), LANES)
        return Lanes(self._builder, splat(self._builder, vector, single))
