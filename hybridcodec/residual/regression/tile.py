"""Tiles of the residual, in either direction.

Both walk the wavefront once, compiled (`steps`): at each step and for each channel they forecast a mixture per lane,
write or read the samples, and settle them into the state that later forecasts use. The encoder takes some steps at a
time, notes what codes their samples, and then writes that; a decoder reads within. Channels go in the order G, R, B, so
that the later ones see the earlier ones of their pixel.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy import BitReader, BoundsCoder
from hybridcodec.entropy.bounds import Notes, notes_for, take_notes
from hybridcodec.entropy.twin import FAULT
from hybridcodec.errors import CorruptFileError
from hybridcodec.residual.regression import steps
from hybridcodec.residual.regression.reading import OUTSIDE, Stream
from hybridcodec.residual.regression.state import ChannelState, Tile
from hybridcodec.residual.regression.wavefront import Span
from hybridcodec.residual.regression.writing import MOST

I32 = NDArray[np.int32]

BATCH: Final = 8192
"""Samples that an encoder notes before it writes them, about."""
STRIDE: Final = 64
"""Steps that a decoder takes before it tells of its progress."""

_NOTHING: Final = Stream(np.zeros(5, np.uint64), np.zeros(0, np.uint32))
_NO_NOTES: Final = notes_for(0)


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


Advance = Callable[[Any, I32, Stream, Notes, int, int], None]
"""Takes steps of a tile: `steps.advance`."""


def encode_tile(
    tile: Walked, coder: BoundsCoder, progress: Callable[[], None] | None = None, advance: Advance = steps.advance
) -> None:
    """Write all samples of `tile`; `progress` is called once a step."""
    assert len(tile.known)
    whole, stride = tile.steps(), _batch(tile)
    notes = _notes(tile, stride)
    for begin in range(whole.start, whole.stop, stride):
        end = min(begin + stride, whole.stop)
        advance(tile.working, tile.known, _NOTHING, notes, begin, end)
        coder.code_bounds(take_notes(notes))
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
        MismatchError: a second decoder reads other symbols between the same bounds.
    """
    stream, whole, second = Stream(reader.state, reader.words), tile.steps(), reader.second
    stride = STRIDE if second is None else _batch(tile)
    notes = _NO_NOTES if second is None else _notes(tile, stride)
    stop = whole.stop if count is None else min(whole.start + count, whole.stop)
    for begin in range(whole.start, stop, stride):
        end = min(begin + stride, stop)
        advance(tile.working, tile.known, stream, notes, begin, end)
        if reader.state[FAULT] == OUTSIDE:
            raise CorruptFileError(f"a residual sample lies outside [0, {tile.top}]")
        reader.flush()
        if second is not None:
            second.code_bounds(take_notes(notes))
        _tell(progress, end - begin)
    return stop == whole.stop


def _tell(progress: Callable[[], None] | None, count: int) -> None:
    if progress is not None:
        for _ in range(count):
            progress()


def _batch(tile: Walked) -> int:
    """Steps of a tile that an encoder takes at a time."""
    samples: int = tile.channels * tile.height
    return max(1, BATCH // samples)


def _notes(tile: Walked, count: int) -> Notes:
    """Return room for what codes the samples of so many steps."""
    return notes_for(count * tile.channels * tile.height * MOST)
