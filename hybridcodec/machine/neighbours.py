"""Sums and quotients of neighbours: what most features are, several vectors of lanes without a loop between.

Neighbour (dy, dx) of lane q at step t stands at plane[t + dx + lag * dy, q + dy] of a skewed plane. Where numba's loops
would go over the lanes once a neighbour, compiled code goes over the neighbours, VECTOR lanes at a time, and holds in
registers what they share. Lanes are taken in whole vectors; integers are of 32 bits, and products stay below 2^31.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from hybridcodec.machine.vectors import Rows, Value, splat

VECTOR: Final = 16
"""Lanes that are worked on at a time."""
RECIPROCAL_BITS: Final = 12
"""Reciprocals are in 2 ** -RECIPROCAL_BITS."""

_WORD: Final = ir.IntType(32)
_VECTOR: Final = ir.VectorType(_WORD, VECTOR)

I32 = NDArray[np.int32]
Place = tuple[int, int, int, int]
"""Step, lag of a row behind the row above it, first lane, lane after the last."""


def divide(plane: I32, near: I32, reciprocals: I32, limit: int, place: Place, out: I32) -> None:
    """Write neighbours times `reciprocals` (lanes,), rounded and within the limit, to out (n, lanes).

    `plane` is (steps, lanes), `near` (n, 2): dy, dx.
    """
    divide_beside(plane, near, (1, np.zeros_like(reciprocals)), reciprocals, limit, place, out)


def divide_both(plane: I32, near: I32, reciprocals: I32, limit: int, place: Place, out: I32) -> None:
    """As `divide`, to out (2 n, lanes): each row is followed by its magnitudes."""
    out, here = out[: 2 * len(near)], slice(*place[2:])
    divide(plane, near, reciprocals, limit, place, out[::2])
    out[1::2, here] = np.abs(out[::2, here])


def divide_beside(
    plane: I32, near: I32, less: tuple[int, I32], reciprocals: I32, limit: int, place: Place, out: I32
) -> None:  # fmt: skip
    """As `divide`, of neighbours times a factor, less (lanes,)."""
    t, lag, begin, end = place
    for k, (dy, dx) in enumerate(near):
        values = plane[t + dx + lag * dy, begin + dy : end + dy].astype(np.int64) * less[0] - less[1][begin:end]
        rounded = values * reciprocals[begin:end] + (1 << (RECIPROCAL_BITS - 1)) >> RECIPROCAL_BITS
        out[k, begin:end] = rounded.clip(-limit, limit)


def add_up(plane: I32, near: I32, place: Place, out: I32) -> None:
    """Write the sum of neighbours to out (lanes,)."""
    t, lag, begin, end = place
    out[begin:end] = sum(plane[t + dx + lag * dy, begin + dy : end + dy] for dy, dx in near)


def add_magnitudes(plane: I32, near: I32, weights: I32, place: Place, out: I32) -> None:
    """As `add_up`, of their magnitudes, by weights (n,)."""
    t, lag, begin, end = place
    pairs = zip(near, weights, strict=False)
    out[begin:end] = sum(w * np.abs(plane[t + dx + lag * dy, begin + dy : end + dy]) for (dy, dx), w in pairs)


@overload(divide)
def _compiled_divide(plane: Any, near: Any, reciprocals: Any, limit: Any, place: Any, out: Any) -> Any:  # noqa: ARG001
    def compiled(plane: Any, near: Any, reciprocals: Any, limit: Any, place: Any, out: Any) -> None:
        _quotients(plane, near, place, out, reciprocals, limit)  # type: ignore[call-arg]  # numba adds the first

    return compiled


@overload(divide_both)
def _compiled_both(plane: Any, near: Any, reciprocals: Any, limit: Any, place: Any, out: Any) -> Any:  # noqa: ARG001
    def compiled(plane: Any, near: Any, reciprocals: Any, limit: Any, place: Any, out: Any) -> None:
        _both(plane, near, place, out, reciprocals, limit)  # type: ignore[call-arg]

    return compiled


@overload(divide_beside)
def _compiled_beside(
    plane: Any,  # noqa: ARG001 - as all of these, for the signature alone
    near: Any,  # noqa: ARG001
    less: Any,  # noqa: ARG001
    reciprocals: Any,  # noqa: ARG001
    limit: Any,  # noqa: ARG001
    place: Any,  # noqa: ARG001
    out: Any,  # noqa: ARG001
) -> Any:
    def compiled(plane: Any, near: Any, less: Any, reciprocals: Any, limit: Any, place: Any, out: Any) -> None:
        _beside(plane, near, place, out, reciprocals, limit, less)  # type: ignore[call-arg]

    return compiled


@overload(add_up)
def _compiled_sum(plane: Any, near: Any, place: Any, out: Any) -> Any:  # noqa: ARG001
    def compiled(plane: Any, near: Any, place: Any, out: Any) -> None:
        _sum(plane, near, place, out)  # type: ignore[call-arg]

    return compiled


@overload(add_magnitudes)
def _compiled_magnitudes(plane: Any, near: Any, weights: Any, place: Any, out: Any) -> Any:  # noqa: ARG001
    def compiled(plane: Any, near: Any, weights: Any, place: Any, out: Any) -> None:
        _weighted_sum(plane, near, place, out, weights)  # type: ignore[call-arg]

    return compiled


@intrinsic
def _quotients(typing: Any, plane: Any, near: Any, place: Any, out: Any, by: Any, limit: Any) -> Any:  # noqa: ARG001
    return types.void(plane, near, place, out, by, limit), _generate_quotients


@intrinsic
def _both(typing: Any, plane: Any, near: Any, place: Any, out: Any, by: Any, limit: Any) -> Any:  # noqa: ARG001
    return types.void(plane, near, place, out, by, limit), lambda *given: _generate_quotients(*given, magnitudes=True)


@intrinsic
def _beside(
    typing: Any,  # noqa: ARG001 - numba's protocol
    plane: Any,
    near: Any,
    place: Any,
    out: Any,
    by: Any,
    limit: Any,
    less: Any,
) -> Any:
    return types.void(plane, near, place, out, by, limit, less), _generate_quotients


@intrinsic
def _sum(typing: Any, plane: Any, near: Any, place: Any, out: Any) -> Any:  # noqa: ARG001
    return types.void(plane, near, place, out), _generate_sum


@intrinsic
def _weighted_sum(typing: Any, plane: Any, near: Any, place: Any, out: Any, weights: Any) -> Any:  # noqa: ARG001
    return types.void(plane, near, place, out, weights), _generate_sum


class _Arguments:
    """What an intrinsic of these is given: plane, near, place, out, and more; at last what a tuple of two holds."""

    def __init__(self, context: Any, builder: Any, signature: Any, args: Any) -> None:
        self.context, self.builder, self.kinds, self.values = context, builder, tuple(signature.args), tuple(args)
        if len(args) > 6:
            self.kinds += tuple(self.kinds[6].types)
            self.values += tuple(cgutils.unpack_tuple(builder, args[6]))
        numbers = zip(cgutils.unpack_tuple(builder, args[2]), self.kinds[2].types, strict=True)
        self._t, self._lag, self._begin, self._end = (context.cast(builder, n, k, types.intp) for n, k in numbers)
        self._count = cgutils.unpack_tuple(builder, self._array(1).shape)[0]

    def vectors(self, begin: Callable[[Any], Callable[[Any, Any], None]], end: Callable[[Any], None]) -> None:
        """Generate, of each vector: `begin` with its lane, what that returns with each neighbour's number and value."""
        builder, step = self.builder, ir.Constant(self._begin.type, VECTOR)
        with cgutils.for_range_slice(builder, self._begin, self._end, step, inc=True) as (lane, _):
            take = begin(lane)
            with cgutils.for_range(builder, self._count) as loop:
                take(loop.index, self._neighbour(loop.index, lane))
            end(lane)

    def _neighbour(self, k: Any, lane: Any) -> Any:
        builder = self.builder
        dy, dx = (builder.sext(self.item(1, k, ir.Constant(k.type, column)), k.type) for column in (0, 1))
        row = builder.add(builder.add(self._t, dx), builder.mul(self._lag, dy))
        return self.rows(0, builder.add(lane, dy)).load(row)[0]

    def _array(self, k: int) -> Any:
        return self.context.make_array(self.kinds[k])(self.context, self.builder, self.values[k])

    def _pointer(self, k: int, *index: Any) -> Any:
        return cgutils.get_item_pointer(self.context, self.builder, self.kinds[k], self._array(k), index)

    def rows(self, k: int, lane: Any) -> Rows:
        """The lanes of an argument with rows."""
        return Rows(self.context, self.builder, self.kinds[k], self.values[k], lane, [_VECTOR])

    def lanes(self, k: int, lane: Any) -> Any:
        """Where the lanes of an argument of one row are."""
        return self.builder.bitcast(self._pointer(k, lane), _VECTOR.as_pointer())

    def item(self, k: int, *index: Any) -> Any:
        """A number of an argument."""
        return self.builder.load(self._pointer(k, *index))

    def number(self, k: int) -> Any:
        """An argument, in all lanes."""
        word = self.context.cast(self.builder, self.values[k], self.kinds[k], types.int32)
        return splat(self.builder, _VECTOR, word)


def _generate_quotients(context: Any, builder: Any, signature: Any, args: Any, *, magnitudes: bool = False) -> Any:
    """`divide_beside`, or `divide` without factor and what is subtracted."""
    given = _Arguments(context, builder, signature, args)
    most, factor = given.number(5), given.number(7) if len(args) > 6 else None
    least, half, bits = builder.neg(most), _all(1 << (RECIPROCAL_BITS - 1)), _all(RECIPROCAL_BITS)

    def begin(lane: Any) -> Callable[[Any, Any], None]:
        by, out = builder.load(given.lanes(4, lane), align=4), given.rows(3, lane)
        less = None if factor is None else builder.load(given.lanes(8, lane), align=4)

        def take(k: Any, value: Any) -> None:
            value = value if factor is None else builder.sub(builder.mul(value, factor), less)
            value = builder.ashr(builder.add(builder.mul(value, by), half), bits)
            value = builder.select(builder.icmp_signed(">", value, least), value, least)
            value = builder.select(builder.icmp_signed("<", value, most), value, most)
            row = builder.shl(k, ir.Constant(k.type, 1)) if magnitudes else k
            out.store(row, [value])
            if magnitudes:
                out.store(builder.add(row, ir.Constant(k.type, 1)), [_magnitude(builder, value)])

        return take

    given.vectors(begin, lambda _: None)
    return context.get_dummy_value()


def _generate_sum(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """`add_magnitudes`, or `add_up` without weights."""
    given, total = _Arguments(context, builder, signature, args), Value(builder, [_all(0)])

    def begin(_: Any) -> Callable[[Any, Any], None]:
        total.set([_all(0)])

        def take(k: Any, value: Any) -> None:
            if len(args) > 4:
                value = builder.mul(splat(builder, _VECTOR, given.item(4, k)), _magnitude(builder, value))
            total.set([builder.add(total.get()[0], value)])

        return take

    given.vectors(begin, lambda lane: builder.store(total.get()[0], given.lanes(3, lane), align=4))
    return context.get_dummy_value()


def _magnitude(builder: Any, value: Any) -> Any:
    return builder.select(builder.icmp_signed(">", value, _all(0)), value, builder.neg(value))


def _all(number: int) -> Any:
    return ir.Constant(_VECTOR, [number] * VECTOR)
