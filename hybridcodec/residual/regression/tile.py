"""Tiles of the residual, in either direction.

Both walk the wavefront once: at each step and for each channel they forecast a frequency row per lane, have the coder
write or read the symbols, and settle the samples into the state that later forecasts use. The encoder, which knows the
samples, takes many steps at a time and then writes; the decoder reads step by step, of several tiles side by side.
Channels go in the order G, R, B, so that the later ones see the earlier ones of their pixel.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy import Coder, code_bits, code_naturals
from hybridcodec.errors import CorruptFileError
from hybridcodec.machine.turns import Turn, leave, new_turn
from hybridcodec.residual.regression import mixture, steps
from hybridcodec.residual.regression.state import ChannelState, Stack, Tile
from hybridcodec.residual.regression.wavefront import Span

I32 = NDArray[np.int32]

BATCH: Final = 2048
"""Rows that an encoder computes before it writes them, about."""


def walk(tile: Tile) -> Iterator[tuple[int, ChannelState, int, int]]:
    """Step through a tile whose samples are known, up to the features: (step, channel, low, high) before each settles.

    For training: `state.lanes` and `tile.shared` hold what a decoder would know, and the samples.
    """
    assert tile.known is not None
    for t in tile.steps():
        low, high = tile.lanes(t)
        for state in tile.states:
            span = Span(t, low, high, 0)
            steps.describe(tile.shared, state, span)
            tile.shared.samples[state.number, t, low:high] = tile.known[state.number, t, low:high]
            yield t, state, low, high
            steps.settle(tile.shared, state, span)


def encode_tile(tile: Tile, coder: Coder, progress: Callable[[], None] | None = None) -> None:
    """Write all samples of `tile`; `progress` is called once a step."""
    assert tile.known is not None
    whole, calls_a_step = tile.steps(), len(tile.states)
    batch = max(1, BATCH // (calls_a_step * tile.height))
    size = batch * calls_a_step * tile.height
    rows, symbols = np.empty((size, mixture.COLUMNS), np.int32), np.empty((5, size), np.int32)
    for begin in range(whole.start, whole.stop, batch):
        end = min(begin + batch, whole.stop)
        calls = np.empty((2, (end - begin) * calls_a_step), np.int32)
        steps.advance_known(tile.working, tile.known, begin, end, rows, symbols, calls)
        _write_samples(coder, rows, symbols, calls, tile.top)
        if progress is not None:
            for _ in range(begin, end):
                progress()


def decode_tiles(
    stack: Stack, coders: Sequence[Coder], progress: Callable[[], None] | None = None, turn: Turn | None = None
) -> None:
    """Read all samples of the tiles of `stack`, each from its own stream.

    Args:
        stack: the tiles, and what they are coded above.
        coders: one a tile.
        progress: called once a step.
        turn: what threads share that decode at the same time.

    Raises:
        CorruptFileError: a stream decodes to impossible samples.
    """
    turn = new_turn() if turn is None else turn
    try:
        _read_steps(stack, coders, progress, turn)
    finally:
        leave(turn)
    for k in range(stack.count):
        samples = stack.samples(k)[: stack.channels]
        if int(samples.min()) < 0 or int(samples.max()) > stack.top:
            raise CorruptFileError(f"a residual sample lies outside [0, {stack.top}]")


def _read_steps(stack: Stack, coders: Sequence[Coder], progress: Callable[[], None] | None, turn: Turn) -> None:
    last = steps.Call(0, steps.NOTHING, 0, 0)
    for t in stack.steps():
        low, high = stack.lanes(t)
        rows = np.empty((stack.count * (high - low), mixture.COLUMNS), np.int32)
        for c, state in enumerate(stack.states):
            coming = steps.Call(c, t, low, high)
            steps.advance(stack.working, turn, last, coming, rows)
            window, values = state.lanes.window, stack.shared.samples[state.number, t]
            for k, coder in enumerate(coders):
                lanes = slice(k * stack.pitch + low, k * stack.pitch + high)
                own = rows[k * (high - low) : (k + 1) * (high - low)]
                _read_samples(coder, own, window[1, lanes], window[2, lanes], stack.top, values[lanes])
            last = coming
        if progress is not None:
            progress()


def _read_samples(coder: Coder, rows: I32, first: I32, bits: I32, top: int, values: I32) -> None:
    """One sample per row, into `values`: its column, then what the column leaves open."""
    columns = coder.code(rows, None)
    left = mixture.from_columns(columns, first, bits, values)
    if left & mixture.REFINED:
        _refine(coder, None, columns, bits, values)
    if left & mixture.ESCAPED:
        _escape(coder, None, columns, first, bits, values, top)


def _write_samples(coder: Coder, rows: I32, symbols: I32, calls: I32, top: int) -> None:
    """What `advance_known` found, in the order in which `_read_samples` reads it."""
    written = 0
    for call in [*np.flatnonzero(calls[1]).tolist(), calls.shape[1] - 1]:
        end, left = int(calls[0, call]), int(calls[1, call])
        coder.code(rows[written:end], symbols[0, written:end])
        columns, first, bits, known, values = symbols[:, int(calls[0, call - 1]) if call else 0 : end]
        if left & mixture.REFINED and end > written:
            _refine(coder, known, columns, bits, values)
        if left & mixture.ESCAPED and end > written:
            _escape(coder, known, columns, first, bits, values, top)
        written = end


def _refine(coder: Coder, known: I32 | None, columns: I32, bits: I32, values: I32) -> None:
    """Code the low bits of the values that fell into bins of more than one."""
    counts = np.empty(len(columns), np.int64)
    mixture.count_low_bits(columns, bits, counts)
    values += code_bits(coder, None if known is None else known - values, counts)


def _escape(coder: Coder, known: I32 | None, columns: I32, first: I32, bits: I32, values: I32, top: int) -> None:
    """Code the distance of values outside the window."""
    away = np.empty(len(columns), np.int64)
    count = mixture.distances(columns, first, bits, values if known is None else known, away)
    found = code_naturals(coder, None if known is None else away[:count], count)
    if not mixture.place_escapes(columns, first, bits, found, top, values):
        raise CorruptFileError(f"a residual sample lies outside [0, {top}]")
