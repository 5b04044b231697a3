"""One sample: what its surroundings look like, and the questions that find it.

Its range is bisected along the quantiles of the blend of all experts, until a single value that occurs is left.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.bits import Stream
from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.wide.decision import decide, distribute, logarithm
from hybridcodec.residual.wide.model import CENTRE, DEPTHS, HERE, HIGH, LOW, NODES, Desk

TREE: Final = 7
"""Levels of questions that are told apart by all answers so far."""
MIDDLE: Final = 24
"""Questions after which the range is halved, not the mass."""
MOST: Final = MIDDLE + 18
"""No sample takes more questions."""

_FAR: Final = 1e-7

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]


@kernel(nogil=True, error_model="numpy", forceinline=True)
def _split(low: int, high: int, centre: float, scale: float, mass: float, width: float, table: F64) -> int:
    """The value to ask for, of a range [low, high) that the blend gives a mass around `mass`."""
    if width > _FAR:
        t = int(np.ceil(centre + scale * logarithm(mass / (1.0 - mass), table)))
    elif centre < low:
        t = low + max(1, (high - low) // 4)
    elif centre > high:
        t = high - max(1, (high - low) // 4)
    else:
        t = (low + high) // 2
    return min(max(t, low + 1), high - 1)


@kernel(nogil=True, error_model="numpy", forceinline=True)
def code_value(stream: Stream, desk: Desk, scale: float, spread: int, flat: int, value: int) -> int:
    """Write or read one sample, whose logistics stand in the room.

    Args:
        stream: of the tile.
        desk: of the channel.
        scale: of the blend.
        spread: its class.
        flat: how many neighbours are the same.
        value: the sample, when writing.

    Returns:
        A place from which on one value occurs that the sample may be: itself.
    """
    room, occurring, blend = desk.room, desk.occurring, desk.logistics - 1
    centre = room[CENTRE, blend]
    low, high, depth, node = 0, len(occurring) - 1, 0, 1
    for i in range(desk.logistics):
        room[LOW, i], room[HIGH, i] = 0.0, 1.0
    for asked in range(MOST):
        if occurring[high] - occurring[low] <= 1:
            break
        if asked < MIDDLE:
            least, most = room[LOW, blend], room[HIGH, blend]
            t = _split(low, high, centre, scale, 0.5 * (least + most), most - least, desk.tables)
        else:
            t = (low + high) // 2
        distribute(desk, float(t))
        bit = int(value >= t)
        if occurring[t] == occurring[low]:
            bit = 1
        elif occurring[t] == occurring[high]:
            bit = 0
        else:
            at = node if depth < TREE else min((1 << TREE) + depth, NODES - 1)
            second = NODES + spread * DEPTHS + min(depth, DEPTHS - 1)
            bit = decide(stream, desk, at, second, flat, bit)
            if depth < TREE:
                node = 2 * node + bit
            depth += 1
        if bit:
            low = t
        else:
            high = t
        edge = LOW if bit else HIGH
        for i in range(desk.logistics):
            room[edge, i] = room[HERE, i]
    return low
