"""Products of small integers by the matrix unit of newer x86 processors: 16 pixels by 32 outputs, 64 inputs at a time.

It multiplies bytes, so inputs of 16 bits come as two planes, of their high bytes with the sign and of their low bytes
without; what both give is put together as 256 times the one plus the other. Every sum is the same integer as in
`blocks`, which all other processors use: no sum leaves 32 bits (proven when a model loads), and sums wrap alike.

A process must ask the system for the unit once. Kernels call `begin` before they use it and `end` afterwards.

Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18 ("Programming with AMX").
"""

from __future__ import annotations

import ctypes
import platform
import sys
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.registry import cpu_target
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel

PIXELS: Final = 16
"""Pixels of a block."""
OUTPUTS: Final = 32
"""Outputs of a block: two tiles of weights."""
INPUTS: Final = 64
"""Inputs that are multiplied at a time: bytes of a row of a tile."""
TILE: Final = 1024
"""Bytes of a tile: 16 rows."""

_ASK: Final = 158, 0x1023, 18
"""The system call `arch_prctl`, its request for a part of the processor's state, and the number of that of tiles."""
_BYTE: Final = ir.IntType(8)
_SIZE: Final = ir.IntType(64)

I8 = NDArray[np.int8]
I16 = NDArray[np.int16]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]
Line = tuple[int, int, int, int, int]
"""First input of a row of outputs, from one pixel to the next, from one row of a neighbourhood to the next; rows of it,
tiles of each."""
Place = tuple[int, int, int, int, int, int, int, int, int]
"""First byte of the weights; first output; what a `Line` has; first sum, from one pixel to the next."""


@cache
def available() -> bool:
    """Tell whether kernels are compiled for a processor with this unit, and the system lets this process have it."""
    triple, _, features = cpu_target.target_context.codegen().magic_tuple()
    if not (triple.startswith("x86_64") and {"+amx-int8", "+amx-tile"} <= set(features.split(","))):
        return False
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return False
    return bool(ctypes.CDLL(None).syscall(*map(ctypes.c_long, _ASK)) == 0)


class Room(NamedTuple):
    """What a kernel works in.

    Attributes:
        high: high bytes of inputs.
        low: low bytes of them.
        parts: sums of a block by bytes, (PIXELS, 2, OUTPUTS).
    """

    high: I8
    low: U8
    parts: I32

    @classmethod
    def of(cls, values: int, step: int) -> Room:
        """Return room for so many values that are `step` apart from one pixel to the next."""
        size = values + PIXELS * step + INPUTS  # blocks of narrow pictures read beyond, and nothing comes of it
        return cls(np.empty(size, np.int8), np.empty(size, np.uint8), np.empty((PIXELS, 2, OUTPUTS), np.int32))


def pack_tiles(weights: NDArray[np.integer[Any]]) -> I8:
    """Return weights (out, rows, inputs of a row), of 8 bits, as blocks read them, flat; zeros are added."""
    n, rows, inputs = weights.shape
    tiles = -(-inputs // INPUTS)
    padded = np.zeros((-(-n // OUTPUTS) * OUTPUTS, rows, tiles * INPUTS), np.int8)
    padded[:n, :, :inputs] = weights
    split = padded.reshape(-1, 2, OUTPUTS // 2, rows, tiles, INPUTS // 4, 4)  # (block, tile, out, row, at, four, 4)
    return np.ascontiguousarray(split.transpose(0, 3, 4, 1, 5, 2, 6)).reshape(-1)


@kernel(nogil=True)
def split_bytes(values: I16, high: I8, low: U8) -> None:
    """Write the two bytes of each value (n,) into planes of n or more."""
    for k in range(len(values)):
        high[k], low[k] = values[k] >> 8, values[k] & 255


def begin() -> None:
    """Prepare the unit, in a kernel."""


def end() -> None:
    """Let go of the unit, in a kernel."""


def multiply(layer: tuple[I8, I32, I32], high: I8, low: U8, parts: I32, sums: I32, place: Place) -> None:
    """Write floor((w * x + bias) / 2 ** shift) of PIXELS pixels and OUTPUTS outputs: what is meant.

    Compiled code has `_multiply_tiles` in its place.

    Args:
        layer: weights of `pack_tiles`, bias and shift of all outputs.
        high: high bytes of inputs, flat; a neighbourhood is some rows of inputs, each row `place` apart.
        low: low bytes of them.
        parts: room for (PIXELS, 2, OUTPUTS): sums of the high bytes, then of the low ones.
        sums: receives the block, flat, one pixel after the other.
        place: see `Place`.
    """
    weights, bias, shift = layer
    weight, output, first, step, pitch, rows, tiles, at, apart = place
    parts[:] = 0
    for row in range(rows):
        for tile in range(tiles):
            begin = weight + (row * tiles + tile) * 2 * TILE
            block = weights[begin : begin + 2 * TILE].reshape(2, INPUTS // 4, OUTPUTS // 2, 4).transpose(1, 3, 0, 2)
            for pixel in range(PIXELS):
                x = first + pixel * step + row * pitch + tile * INPUTS
                for part, plane in enumerate((high, low)):
                    parts[pixel, part] += plane[x : x + INPUTS].astype(np.int32) @ block.reshape(INPUTS, OUTPUTS)
    chosen = slice(output, output + OUTPUTS)
    for pixel in range(PIXELS):
        total = (parts[pixel, 0] << 8) + parts[pixel, 1] + bias[chosen]
        sums[at + pixel * apart :][:OUTPUTS] = total >> shift[chosen]


@kernel(nogil=True)
def multiply_row(layer: tuple[I8, I32, I32], room: Room, line: Line, width: int, sums: I32) -> None:
    """Write floor((w * x + bias) / 2 ** shift) of the pixels of a row, (width or PIXELS, outputs or more).

    Args:
        layer: weights of `pack_tiles`, bias and shift of all outputs.
        room: with the bytes of the inputs.
        line: see `Line`.
        width: pixels.
        sums: receives them.
    """
    first, step, pitch, rows, tiles = line
    flat, columns = sums.reshape(-1), sums.shape[1]
    for output in range(0, columns, OUTPUTS):
        weight = output // OUTPUTS * rows * tiles * 2 * TILE
        for start in range(0, width, PIXELS):
            pixel = max(min(start, width - PIXELS), 0)  # the last block begins earlier, and does some twice
            at, x = pixel * columns + output, first + pixel * step
            place = weight, output, x, step, pitch, rows, tiles, at, columns
            multiply(layer, room.high, room.low, room.parts, flat, place)


@overload(begin)
def _compiled_begin() -> Any:
    return lambda: _begin()  # type: ignore[call-arg]  # numba adds the first


@overload(end)
def _compiled_end() -> Any:
    return lambda: _end()  # type: ignore[call-arg]


@overload(multiply)
def _compiled(layer: Any, high: Any, low: Any, parts: Any, sums: Any, place: Any) -> Any:  # noqa: ARG001 - numba's
    def compiled(layer: Any, high: Any, low: Any, parts: Any, sums: Any, place: Any) -> None:
        weights, bias, shift = layer
        _multiply_tiles(weights, high, low, parts, place)  # type: ignore[call-arg]  # numba adds the first
        _join(bias, shift, parts, sums, place)

    return compiled


@intrinsic
def _begin(typing: Any) -> Any:  # noqa: ARG001
    """Configure eight tiles of 16 rows of 64 bytes."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ARG001
        told = bytearray(64)
        told[0] = 1
        told[16:32], told[48:56] = INPUTS.to_bytes(2, "little") * 8, bytes([PIXELS]) * 8
        given = cgutils.global_constant(builder, "tiles", ir.Constant(ir.ArrayType(_BYTE, 64), told))
        _call(builder, "ldtilecfg", [builder.bitcast(given, _BYTE.as_pointer())])
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def _end(typing: Any) -> Any:  # noqa: ARG001
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ARG001
        _call(builder, "tilerelease", [])
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def _multiply_tiles(typing: Any, weights: Any, high: Any, low: Any, parts: Any, place: Any) -> Any:  # noqa: ARG001
    """The parts of `multiply`: tiles 0 and 1 sum high bytes, 2 and 3 low ones; 4 and 5 hold inputs, 6 and 7 weights."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        weight, _, first, step, pitch, rows, tiles, *_ = _numbers(context, builder, signature.args[4], args[4])
        arrays = (_data(context, builder, signature, args, k) for k in range(4))
        weights, high, low, parts = (builder.bitcast(array, _BYTE.as_pointer()) for array in arrays)
        for tile in range(4):
            _call(builder, "tilezero", [_BYTE(tile)])
        with cgutils.for_range(builder, rows) as row:
            line = builder.add(first, builder.mul(row.index, pitch))
            block = builder.add(weight, builder.mul(builder.mul(row.index, tiles), _SIZE(2 * TILE)))
            with cgutils.for_range(builder, tiles) as tile:
                x = builder.add(line, builder.mul(tile.index, _SIZE(INPUTS)))
                w = builder.add(block, builder.mul(tile.index, _SIZE(2 * TILE)))
                halves = [(weights, at, _SIZE(INPUTS)) for at in (w, builder.add(w, _SIZE(TILE)))]
                sources = [(high, x, step), (low, x, step), *halves]
                for number, (array, at, apart) in enumerate(sources, 4):
                    _call(builder, "tileloadd64", [_BYTE(number), builder.gep(array, [at]), apart])
                for total, name, inputs in ((0, "tdpbssd", 4), (2, "tdpbusd", 5)):
                    for part in range(2):
                        _call(builder, name, [_BYTE(total + part), _BYTE(inputs), _BYTE(6 + part)])
        for tile in range(4):
            target = builder.gep(parts, [_SIZE(tile * INPUTS)])
            _call(builder, "tilestored64", [_BYTE(tile), target, _SIZE(4 * INPUTS)])
        return context.get_dummy_value()

    return types.void(weights, high, low, parts, place), generate


@intrinsic
def _join(typing: Any, bias: Any, shift: Any, parts: Any, sums: Any, place: Any) -> Any:  # noqa: ARG001
    """The sums of `multiply` from their parts, 16 lanes at a time."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _, output, *_, at, apart = _numbers(context, builder, signature.args[4], args[4])
        arrays = [_data(context, builder, signature, args, k) for k in range(4)]
        lanes = ir.VectorType(ir.IntType(32), OUTPUTS // 2)

        def place_of(array: Any, index: Any) -> Any:
            return builder.bitcast(builder.gep(array, [index]), lanes.as_pointer())

        def load(number: int, index: Any) -> Any:
            return builder.load(place_of(arrays[number], index), align=4)

        halves = [(half, builder.add(output, _SIZE(half))) for half in (0, OUTPUTS // 2)]
        fixed = [(half, load(0, index), load(1, index)) for half, index in halves]
        by = ir.Constant(lanes, [8] * lanes.count)
        with cgutils.for_range(builder, _SIZE(PIXELS)) as pixel:
            part = builder.mul(pixel.index, _SIZE(2 * OUTPUTS))
            target = builder.add(at, builder.mul(pixel.index, apart))
            for half, plus, shifts in fixed:
                high, low = (load(2, builder.add(part, _SIZE(start + half))) for start in (0, OUTPUTS))
                total = builder.add(builder.add(builder.shl(high, by), low), plus)
                found = place_of(arrays[3], builder.add(target, _SIZE(half)))
                builder.store(builder.ashr(total, shifts), found, align=4)
        return context.get_dummy_value()

    return types.void(bias, shift, parts, sums, place), generate


def _numbers(context: Any, builder: Any, kind: Any, value: Any) -> list[Any]:
    numbers = zip(cgutils.unpack_tuple(builder, value), kind.types, strict=True)
    return [context.cast(builder, number, each, types.int64) for number, each in numbers]


def _data(context: Any, builder: Any, signature: Any, args: Any, number: int) -> Any:
    """Return where an array that is given begins."""
    return context.make_array(signature.args[number])(context, builder, args[number]).data


def _call(builder: Any, name: str, given: list[Any]) -> None:
    kind = ir.FunctionType(ir.VoidType(), [value.type for value in given])
    builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.x86.{name}"), given)
