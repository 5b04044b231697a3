"""Products by the matrix unit: against 64-bit integers, compiled where this processor has one, and as plain Python."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hybridcodec.machine import tiles
from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.tiles import OUTPUTS, PIXELS, Room

I16 = NDArray[np.int16]
I32 = NDArray[np.int32]
Layer = tuple[tiles.I8, I32, I32]


@kernel()
def compiled(layer: Layer, x: I16, room: Room, line: tiles.Line, width: int, sums: I32) -> None:
    tiles.begin()
    tiles.split_bytes(x, room.high, room.low)
    tiles.multiply_row(layer, room, line, width, sums)
    tiles.end()


def plain(layer: Layer, x: I16, room: Room, line: tiles.Line, width: int, sums: I32) -> None:
    tiles.split_bytes.py_func(x, room.high, room.low)  # type: ignore[attr-defined]  # numba's
    tiles.multiply_row.py_func(layer, room, line, width, sums)  # type: ignore[attr-defined]


@pytest.mark.parametrize("run", [plain, compiled])
@pytest.mark.parametrize(("rows", "channels", "outputs"), [(1, 2, 3), (3, 24, 33), (3, 64, 64), (5, 6, 32)])
@pytest.mark.parametrize("width", [1, 16, 21])
def test_products_are_those_of_64_bit_integers(run: object, rows: int, channels: int, outputs: int, width: int) -> None:
    if run is compiled and not tiles.available():
        pytest.skip("this processor has no matrix unit, or the system does not let a process have it")
    rng = np.random.default_rng(rows * channels + width)
    inputs, pitch = rows * channels, (width + rows - 1) * channels
    x = rng.integers(-600, 600, (rows, pitch)).astype(np.int16)
    x[:, :2] = -32768, 32767
    weights = rng.integers(-128, 128, (outputs, rows, inputs))
    bias, shift = np.zeros((2, -(-outputs // OUTPUTS) * OUTPUTS), np.int32)
    bias[:outputs], shift[:outputs] = rng.integers(-(1 << 20), 1 << 20, outputs), rng.integers(0, 12, outputs)
    sums = np.full((max(width, PIXELS), len(bias)), 77, np.int32)
    line = 0, channels, pitch, rows, -(-inputs // tiles.INPUTS)
    layer = tiles.pack_tiles(weights), bias, shift
    run(layer, x.reshape(-1), Room.of(x.size, channels), line, width, sums)  # type: ignore[operator]
    for pixel in range(width):
        seen = x[:, pixel * channels :][:, :inputs].astype(np.int64)
        exact = (weights * seen).sum((1, 2)) + bias[:outputs]
        assert np.abs(exact).max() < 1 << 31
        assert np.array_equal(sums[pixel, :outputs], exact >> shift[:outputs])


def test_bytes_give_back_every_value_of_16_bits() -> None:
    values = np.arange(-(1 << 15), 1 << 15).astype(np.int16)
    room = Room.of(len(values), 1)
    tiles.split_bytes(values, room.high, room.low)
    assert np.array_equal(
        room.high[: len(values)].astype(np.int32) * 256 + room.low[: len(values)].astype(np.int32), values
    )


def test_a_generic_processor_has_no_matrix_unit() -> None:
    import os
    import subprocess
    import sys

    program = "from hybridcodec.machine import tiles; print(tiles.available())"
    environment = {**os.environ, "NUMBA_CPU_NAME": "generic", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program]
    assert subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout == "False\n"
