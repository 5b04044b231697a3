"""Tiles of the residual, in either direction.

Both walk the wavefront once, compiled (`steps`): at each step and for each channel they forecast a mixture per lane,
write or read the samples, and settle them into the state that later forecasts use. The encoder takes some steps at a
time and then writes their rows; a decoder reads within. Channels go in the order G, R, B, so that the later ones see
the earlier ones of their pixel.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy import BitReader, Coder, code_bits, code_naturals
from hybridcodec.entropy.twin import FAULT
from hybridcodec.errors import CorruptFileError
from hybridcodec.residual.regression import mixture, steps
from hybridcodec.residual.regression.reading import OUTSIDE, Stream
from hybridcodec.residual.regression.state import ChannelState, Tile
from hybridcodec.residual.regression.steps import Record
from hybridcodec.residual.regression.wavefront import Span

I32 = NDArray[np.int32]

BATCH: Final = 8192
"""Rows that an encoder computes before it writes them, about."""
STRIDE: Final = 64
"""Steps that a decoder takes before it tells of its progress."""

_NOTHING: Final = Stream(np.zeros(5, np.uint64), np.zeros(0, np.uint32))
_NO_RECORD: Final = Record(*(np.zeros((0, 0), np.int32) for _ in range(3)))


def walk(tile: Tile) -> Iterator[tuple[int, ChannelState, int, int]]:
    """Step through a tile whose samples are known, up to the features: (step, channel, low, high) before each settles.

    For training: `state.lanes` and `tile.shared` hold what a decoder would know, and the samples.
    """
    assert len(tile.known)
    for t in tile.steps():
        low, high = tile.lanes(t)
        for state in tile.states[: tile.channels]:
            span = Span(t, low, high)
            steps.describe(tile.shared, state, span)
            tile.shared.samples[state.number, t, low:high] = tile.known[state.number, t, low:high]
            yield t, state, low, high
            steps.settle(tile.shared, state, span)


class Walked(Protocol):
    """A tile as `encode_tile` and `decode_tile` see it: that of `regression`, or of a room that forecasts otherwise."""

    working: Any
    known: I32
    channels: int
    height: int
    top: int

    def samples(self) -> I32:
        """(3, H, W) samples in coding order, complete once all steps were taken."""

    def steps(self) -> range:
        """Its steps, with the lead."""


Advance = Callable[[Any, I32, Stream, Record, int, int], None]
"""Takes steps of a tile: `steps.advance`."""


def encode_tile(
    tile: Walked, coder: Coder, progress: Callable[[], None] | None = None, advance: Advance = steps.advance
) -> None:
    """Write all samples of `tile`; `progress` is called once a step."""
    assert len(tile.known)
    record, whole = _record(tile), tile.steps()
    for begin in range(whole.start, whole.stop, _batch(tile)):
        end = min(begin + _batch(tile), whole.stop)
        advance(tile.working, tile.known, _NOTHING, record, begin, end)
        _write_samples(coder, record, (end - begin) * tile.channels)
        _tell(progress, end - begin)


def decode_tile(
    tile: Walked,
    reader: BitReader,
    progress: Callable[[], None] | None = None,
    advance: Advance = steps.advance,
    count: int | None = None,
) -> bool:
    """Read the samples of `tile`; `progress` is called once a step.

    Returns whether all were read; with a `count`, no more steps are taken.

    Raises:
        CorruptFileError: the stream decodes to impossible samples, or ends before them.
        MismatchError: a second decoder reads other symbols under the same rows.
    """
    stream, whole, second = Stream(reader.state, reader.words), tile.steps(), reader.second
    record, stride = (_NO_RECORD, STRIDE) if second is None else (_record(tile), _batch(tile))
    stop = whole.stop if count is None else min(whole.start + count, whole.stop)
    for begin in range(whole.start, stop, stride):
        end = min(begin + stride, stop)
        advance(tile.working, tile.known, stream, record, begin, end)
        if reader.state[FAULT] == OUTSIDE:
            raise CorruptFileError(f"a residual sample lies outside [0, {tile.top}]")
        reader.flush()
        if second is not None:
            _write_samples(second, record, (end - begin) * tile.channels)
        _tell(progress, end - begin)
    return stop == whole.stop


def _tell(progress: Callable[[], None] | None, count: int) -> None:
    if progress is not None:
        for _ in range(count):
            progress()


def _batch(tile: Walked) -> int:
    """Steps of a tile that an encoder takes at a time."""
    calls: int = tile.channels * tile.height
    return max(1, BATCH // calls)


def _record(tile: Walked) -> Record:
    calls = _batch(tile) * tile.channels
    n = calls * tile.height
    return Record(np.empty((n, mixture.COLUMNS), np.int32), np.empty((5, n), np.int32), np.empty((2, calls), np.int32))


def _write_samples(coder: Coder, record: Record, count: int) -> None:
    """What was recorded of `count` calls, in the order in which a decoder reads it."""
    calls, written = record.calls[:, :count], 0
    for call in [*np.flatnonzero(calls[1]).tolist(), count - 1]:
        end, left = int(calls[0, call]), int(calls[1, call])
        coder.code(record.rows[written:end], record.symbols[0, written:end])
        columns, first, bits, known, least = record.symbols[:, int(calls[0, call - 1]) if call else 0 : end]
        if left & mixture.REFINED and end > written:
            counts = np.empty(len(columns), np.int64)
            mixture.count_low_bits(columns, bits, counts)
            code_bits(coder, known - least, counts)
        if left & mixture.ESCAPED and end > written:
            away = np.empty(len(columns), np.int64)
            escapes = mixture.distances(columns, first, bits, known, away)
            code_naturals(coder, away[:escapes], escapes)
        written = end
