"""What a tile's kernels start from: arrays that know nothing yet; see `layout`."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.lanes import apart
from hybridcodec.residual.page import layout
from hybridcodec.residual.page.logistic import LIMIT, squash
from hybridcodec.residual.page.matching import FIRST_WEIGHT, NEW, SIMILAR_INPUTS
from hybridcodec.residual.page.model import FIRST_WEIGHTS, FRESH, PLAIN_INPUTS
from hybridcodec.residual.page.rows import across
from hybridcodec.residual.page.traversal import CHANCE_BITS

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]


class State(NamedTuple):
    """The arrays of `layout`, in the order in which kernels take them."""

    counters: I32
    weights: I32
    learned: I32
    work: I64


def new_state(width: int, bits: int, *, matching: bool) -> State:
    """Return the state before the first pixel of a tile, with 2 ** `bits` counters a context."""
    weights = np.zeros((layout.SETS + 1, layout.ROOM if matching else layout.PLAIN_ROOM), np.int32)
    weights[: layout.SETS, : 3 * layout.CONTEXTS] = np.repeat(FIRST_WEIGHTS, layout.CONTEXTS)
    weights[: layout.SETS, PLAIN_INPUTS : PLAIN_INPUTS + SIMILAR_INPUTS * matching] = FIRST_WEIGHT
    work = np.zeros(layout.COLUMNS + width + 2, np.int64)
    work[layout.ACROSS] = across(width)
    work[layout.BLOCK_PLACE] = layout.MARGIN * across(width)
    work[layout.FOLLOWED : layout.TABLES] = -1
    counters, learned = np.full((layout.CONTEXTS, 1 << bits), FRESH, np.int32), _learned(matching=matching)
    return State(counters, apart(weights), apart(learned), apart(work))


def _learned(*, matching: bool) -> I32:
    learned = np.empty(layout.MATCHED if matching else layout.LEARNED, np.int32)
    learned[layout.MEANINGS : layout.CORRECTIONS] = 1 << 15
    likely = squash()[np.minimum(256 * np.arange(layout.BINS + 1), 2 * LIMIT)]
    learned[layout.CORRECTIONS : layout.QUIET] = np.tile(likely, layout.MIDDLE + layout.SIMILARITIES * layout.NEAR)
    learned[layout.QUIET : layout.QUIET + layout.QUIET_PLACES] = (1 << CHANCE_BITS) * 31 // 32
    other = (1 << CHANCE_BITS) // (layout.BLOCK + 1 - np.arange(layout.BLOCK))
    learned[layout.QUIET + layout.QUIET_PLACES : layout.LEARNED] = np.tile(other, 2)
    learned[layout.LEARNED : layout.SEEN] = NEW
    learned[layout.SEEN :] = -1
    return learned
