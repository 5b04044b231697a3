"""Symbols by their bounds: what a kernel notes where it knows one symbol's place, and makes no row for all the others.

Where `coder` takes whole rows, this takes [below, above), in 2 ** -BOUND_BITS of the range, as `twin` reads it; a coder
that is handed the notes writes the same words as for the rows that these bounds are of. As for `twin`, the kernels here
are the same traversal's other half: numbers and naturals are noted as they are read there.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.coder import EntropyError
from hybridcodec.entropy.twin import BOUND_BITS
from hybridcodec.machine.kernels import kernel

WHOLE: Final = 1 << BOUND_BITS
"""The upper bound of a row's last symbol; the lower one of its first is 0."""
_HALF: Final = WHOLE // 2

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]


class Notes(NamedTuple):
    """What a kernel noted.

    Attributes:
        bounds: (n, 2) of symbols, in the order of the stream.
        used: (1,) how many there are; more than n where there was no room.
    """

    bounds: I32
    used: I64


def notes_for(symbols: int) -> Notes:
    """Return room for so many symbols."""
    return Notes(np.empty((symbols, 2), np.int32), np.zeros(1, np.int64))


def take_notes(notes: Notes) -> I32:
    """Return the bounds (count, 2) that were noted, and begin anew: they hold until the next is noted."""
    count = int(notes.used[0])
    assert count <= len(notes.bounds), f"a kernel noted {count} symbols, there was room for {len(notes.bounds)}"
    notes.used[0] = 0
    return notes.bounds[:count]


@kernel(nogil=True)
def note(notes: Notes, below: int | np.int64, above: int | np.int64) -> None:
    """Note a symbol."""
    at = notes.used[0]
    if at < len(notes.bounds):
        notes.bounds[at, 0], notes.bounds[at, 1] = below, above
    notes.used[0] = at + 1


@kernel(nogil=True)
def note_number(notes: Notes, number: int, bits: int) -> None:
    """Note a number of `bits` bits, 0 to 62; see `twin.read_number`."""
    for place in range(bits - 1, -1, -1):
        if (number >> place) & 1:
            note(notes, _HALF, WHOLE)
        else:
            note(notes, 0, _HALF)


@kernel()
def _are_bounds(bounds: I32) -> bool:
    for i in range(len(bounds)):
        below, above = bounds[i, 0], bounds[i, 1]
        inner = above < WHOLE if below > 0 else above < WHOLE - 1
        last = above == WHOLE and below > 1
        if below < 0 or above <= below or not (inner or last):
            return False
    return True


def check_bounds(bounds: I32) -> None:
    """Raise EntropyError where these are no bounds of symbols of rows, each of which has another below or above it."""
    if bounds.ndim != 2 or bounds.shape[1] != 2 or bounds.dtype != np.int32:
        raise EntropyError(f"bounds must be int32 (n, 2), found {bounds.dtype} {bounds.shape}")
    if not _are_bounds(bounds):
        raise EntropyError(f"bounds of symbols must rise, from 0 to at most {WHOLE}")
