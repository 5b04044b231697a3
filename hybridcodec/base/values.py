"""Entropy coding of latents: the same traversal writes and reads.

Symbols are y - mean rounded (Minnen et al. 2018, section 2), so one table per scale serves every mean. Values beyond a
table's range go as the escape symbol and their excess as a natural number: nothing is ever clipped.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy import PRECISION, BoundsCoder, Coder, code_naturals, least_bits, least_bytes
from hybridcodec.entropy.bounds import WHOLE, Notes, note, notes_for, take_notes
from hybridcodec.entropy.escape import note_naturals
from hybridcodec.errors import CorruptFileError
from hybridcodec.machine.kernels import kernel

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
F32 = NDArray[np.float32]

ROWS: Final = 1 << 14
"""Symbols per call of the coder: bounds its memory, and is part of the format, since escapes follow each call."""
MOST_NOTES: Final = 63
"""Symbols of the coder that a natural number takes at most."""
LARGEST: Final = 1 << 24
"""A symbol of this magnitude cannot come from 8-bit samples: the stream is damaged."""


def quantise(y: F32, mean: I32 | I64, steps: int) -> I64:
    """Return the symbols: y - mean, rounded to whole steps; `mean` is in 1 / steps."""
    symbols: I64 = np.rint(y - mean.astype(np.float32) / steps).astype(np.int64)
    return symbols


def require_bytes(payload: bytes, counts: tuple[tuple[int, I32], ...]) -> None:
    """Raise CorruptFileError where a payload is too short for so many values under these tables, whatever they are."""
    bits = sum(n * least_bits(int(t.max()), t.shape[1]) for n, t in counts)
    if len(payload) < least_bytes(bits):
        raise CorruptFileError(f"a base tile takes at least {least_bytes(bits)} bytes, found {len(payload)}")


def code_values(coder: Coder, tables: I32, rows: I64, values: I64 | None) -> I64:
    """Code one integer per entry of `rows`, the tables' row numbers, and return the integers."""
    coded = [
        _code_run(coder, tables[rows[at : at + ROWS]], None if values is None else values[at : at + ROWS])
        for at in range(0, len(rows), ROWS)
    ]
    return np.concatenate(coded) if coded else np.empty(0, np.int64)


def write_values(coder: BoundsCoder, tables: I32, rows: I64, values: I64) -> None:
    """As `code_values`, of values that are known: the same stream, of which no row is looked at as a whole."""
    reach = tables.shape[1] // 2 - 1
    bounds = _bounds(tables)
    for at in range(0, len(rows), ROWS):
        run = values[at : at + ROWS]
        escaped = run[np.abs(run) > reach]
        notes = notes_for(len(run) + MOST_NOTES * len(escaped))
        _note_symbols(notes, bounds, rows[at : at + ROWS], run)
        note_naturals(notes, 2 * (np.abs(escaped) - reach - 1) + (escaped < 0))
        coder.code_bounds(take_notes(notes))


def _bounds(tables: I32) -> I32:
    """Return the bounds of all symbols of tables, (rows, columns + 1); see `bounds`."""
    columns = tables.shape[1]
    below = np.cumsum(tables[:, :-1], axis=1, dtype=np.int64)
    inner = (below * (WHOLE - columns) >> PRECISION) + np.arange(1, columns)
    return np.pad(inner, ((0, 0), (1, 1)), constant_values=(0, WHOLE)).astype(np.int32)


@kernel(nogil=True)
def _note_symbols(notes: Notes, bounds: I32, rows: I64, values: I64) -> None:
    """Note values, and the last symbol for those that a table has no other for."""
    escape = bounds.shape[1] - 2
    reach = escape // 2
    for i in range(len(rows)):
        symbol = values[i] + reach
        if symbol < 0 or symbol >= escape:
            symbol = escape
        note(notes, bounds[rows[i], symbol], bounds[rows[i], symbol + 1])


def _code_run(coder: Coder, frequencies: I32, values: I64 | None) -> I64:
    escape = frequencies.shape[1] - 1
    reach = escape // 2
    symbols, excess = None, None
    if values is not None:
        outside = np.abs(values) > reach
        symbols = np.where(outside, escape, values + reach).astype(np.int32)
        excess = 2 * (np.abs(values[outside]) - reach - 1) + (values[outside] < 0)
    symbols = coder.code(frequencies, symbols)
    found: I64 = symbols.astype(np.int64) - reach
    escaped = np.flatnonzero(symbols == escape)
    naturals = code_naturals(coder, excess, len(escaped))
    if naturals.size and int(naturals.max()) >= LARGEST:
        raise CorruptFileError("a base tile holds a latent that no picture can have")
    magnitude = (naturals >> 1) + reach + 1
    found[escaped] = np.where(naturals & 1, -magnitude, magnitude)
    return found
