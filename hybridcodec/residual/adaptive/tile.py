"""Tiles of the residual, in either direction.

Both walk the wavefront once, compiled (`steps`): at each step and for each channel they forecast a mixture per lane,
write or read the samples, and settle them into the state that later forecasts use. The encoder takes some steps at a
time, notes what codes their samples, and then writes that; a decoder reads within. Channels go in the order G, R, B, so
that the later ones see the earlier ones of their pixel.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy import BitReader, BoundsCoder
from hybridcodec.entropy.bounds import Notes, notes_for, take_notes
from hybridcodec.entropy.twin import FAULT
from hybridcodec.errors import CorruptFileError
from hybridcodec.residual.adaptive.reading import OUTSIDE, Stream
from hybridcodec.residual.adaptive.state import Tile
from hybridcodec.residual.adaptive.steps import advance
from hybridcodec.residual.adaptive.writing import MOST

I32 = NDArray[np.int32]

BATCH: Final = 16384
"""Samples that an encoder notes before it writes them, about."""
STRIDE: Final = 64
"""Steps that a decoder takes before it tells of its progress."""

_NOTHING: Final = Stream(np.zeros(5, np.uint64), np.zeros(0, np.uint32))
_NO_NOTES: Final = notes_for(0)


def encode_tile(tile: Tile, coder: BoundsCoder, progress: Callable[[], None] | None = None) -> None:
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
    tile: Tile, reader: BitReader, progress: Callable[[], None] | None = None, count: int | None = None
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


def _batch(tile: Tile) -> int:
    """Steps of a tile that an encoder takes at a time."""
    samples: int = tile.channels * tile.height
    return max(1, BATCH // samples)


def _notes(tile: Tile, count: int) -> Notes:
    """Return room for what codes the samples of so many steps."""
    return notes_for(count * tile.channels * tile.height * MOST)
