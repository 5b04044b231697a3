"""A tile from its first pixel to its last: one traversal that writes what is there, or reads what becomes of it."""

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.bits import FAULT, ROOM, BitReader, BitWriter, Stream
from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.lanes import apart
from hybridcodec.machine.threads import Tick
from hybridcodec.modes import Backend
from hybridcodec.residual.index import literal, questions
from hybridcodec.residual.index.literal import Spreads, code_literal, new_spreads
from hybridcodec.residual.index.mixing import INPUTS, UNKNOWN, Mixer
from hybridcodec.residual.index.picture import (
    ABOVE,
    HIT,
    MARGIN,
    NEW,
    Picture,
    enter_row,
    look_around,
    new_picture,
    settle,
    step,
    to_colours,
    to_values,
)
from hybridcodec.residual.index.proposals import (
    ABSENT,
    MOST,
    SOURCES,
    SURROUNDINGS,
    Memory,
    Proposals,
    propose,
    remember,
    surround,
)
from hybridcodec.residual.index.questions import ASKED, ask, is_uniform

MOST_SLOTS: Final = 20
MOST_COUNTERS: Final = 20
MOST_LINES: Final = 18
"""Largest k of hash tables of 2^k."""
LEAST_SIZE: Final = 10
"""Least k of a tile of 2^k pixels."""

_FIRST_WEIGHT: Final = 16384
_LITERALS: Final = questions.SETS

I32 = NDArray[np.int32]
Int: TypeAlias = Any


def encode(values: I32, bits: int, tick: Tick) -> bytes:
    """Return the payload of values (h, w, C) of `bits` bits; `tick` is called once a row."""
    height, width, channels = values.shape
    picture = new_picture(height, width)
    to_colours(values, picture.colours)
    writer = BitWriter(_room(width, channels, bits))
    _code(writer, picture, (channels, bits), tick)
    return writer.finish()


def decode(payload: bytes, shape: tuple[int, int, int], bits: int, tick: Tick, backend: Backend) -> I32:
    """Return the values of a tile of this shape (h, w, C); raises EntropyError, and MismatchError as `BitReader`."""
    height, width, channels = shape
    picture = new_picture(height, width)
    reader = BitReader(payload, backend, _room(width, channels, bits))
    _code(reader, picture, (channels, bits), tick)
    reader.finish()
    return to_values(picture.colours, channels)


def _room(width: int, channels: int, bits: int) -> int:
    """Decisions between two calls of the kernel, at most."""
    return max(ROOM, width * _most_decisions(channels, bits))


def _most_decisions(channels: int, bits: int) -> int:
    return 1 + ASKED + channels * bits


def _code(coder: BitWriter | BitReader, picture: Picture, shape: tuple[int, int], tick: Tick) -> None:
    height, width = len(picture.colours) - ABOVE, len(picture.heights)
    stream = Stream(coder.state, coder.words, coder.record)
    mixer, memory, found, spreads = new_state(height * width)
    rows = max(1, ROOM // (width * _most_decisions(*shape)))
    for first in range(0, height, rows):
        last = min(first + rows, height)
        code_rows(stream, mixer, memory, found, spreads, picture, shape, (first + ABOVE, last + ABOVE))
        coder.flush()
        for _ in range(first, last):
            tick()


def new_state(pixels: int) -> tuple[Mixer, Memory, Proposals, Spreads]:
    """Return all that learns, for a tile of so many pixels, having learned nothing."""
    size = max(LEAST_SIZE, (pixels - 1).bit_length())
    slots, counters, lines = min(size, MOST_SLOTS), min(size + 1, MOST_COUNTERS), min(size - 1, MOST_LINES)
    weights = np.full((questions.SETS + literal.SETS, INPUTS), _FIRST_WEIGHT, np.int32)
    mixer = Mixer(
        np.full((1 << counters) + (16 << lines), UNKNOWN, np.uint32),
        apart(weights),
        apart(np.zeros(INPUTS, np.int64)),
        apart(np.zeros(INPUTS, np.int64)),
        np.uint64(64 - counters),
        1 << counters,
        np.uint64(64 - lines),
    )
    reliability = apart(np.full((SOURCES, MOST + 1), 1 << 15, np.int32))
    memory = Memory(np.zeros((SURROUNDINGS, 1 << slots), np.uint64), reliability, np.uint64(64 - slots))
    hashes, proposed = np.zeros(SURROUNDINGS, np.uint64), np.zeros(SOURCES, np.int64)
    found = Proposals(apart(hashes), *(apart(proposed) for _ in range(5)))
    return mixer, memory, found, new_spreads()


@kernel(nogil=True)
def code_rows(
    stream: Stream,
    mixer: Mixer,
    memory: Memory,
    found: Proposals,
    spreads: Spreads,
    picture: Picture,
    shape: tuple[Int, Int],
    rows: tuple[Int, Int],
) -> None:
    """Code the rows from rows[0] up to rows[1] of a picture's colours; `shape` is (channels, bits)."""
    colours = picture.colours
    for y in range(rows[0], rows[1]):
        if stream.state[FAULT]:
            return
        enter_row(picture, y)
        before, above = picture.outcomes[y & 1], picture.outcomes[1 - (y & 1)]
        for x in range(MARGIN, MARGIN + len(picture.heights)):
            colour, known_not = np.int64(colours[y, x]), np.int64(ABSENT)
            if step(picture, y, x):
                known_not = np.int64(colours[y, x - 1])
                if is_uniform(stream, mixer, picture, y, x, int(colour == known_not)):
                    settle(picture, y, x, known_not, HIT)
                    continue
            near = look_around(colours, y, x)
            surround(colours, y, x, near, found.hashes)
            count = propose(memory, near, known_not, found)
            events = before[x - MARGIN + 1] + above[x - MARGIN + 2] + above[x - MARGIN + 3]
            outcome, named = ask(stream, mixer, found, near, count, (events, int(known_not != ABSENT)), colour)
            if outcome == NEW:
                named = code_literal(stream, mixer, spreads, near, shape, _LITERALS, colour)
            remember(memory, found, known_not, named)
            settle(picture, y, x, named, outcome)
