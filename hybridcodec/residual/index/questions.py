"""What is asked of a pixel: is it as all around it, is it this proposal, or that; answers are mixed from counters."""

from typing import Any, Final, TypeAlias

import numpy as np

from hybridcodec.entropy.bits import Stream
from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.index.mixing import Mixer, decide, hashed
from hybridcodec.residual.index.picture import HIT, MARGIN, MISSED, NEW, Around, Picture
from hybridcodec.residual.index.proposals import MOST, SURROUNDINGS, Proposals

ASKED: Final = 8
"""Proposals that are asked for, at most."""
SETS: Final = 8 + 12 + 16 * ASKED + 3 * 80
"""Sets of weights: those of a uniform place, two ways to choose, then those of a proposal."""

_UNIFORM_LIMIT: Final = 1000
_LIMIT: Final = 60
_DOUBTFUL: Final = 256

Int: TypeAlias = Any


@kernel(inline="always")
def _bits(number: Int, most: Int) -> Int:
    """How often a number can be halved until it is 0, at most `most` times."""
    count = 0
    while number > 0 and count < most:
        number, count = number >> 1, count + 1
    return count


@kernel(nogil=True, forceinline=True)
def is_uniform(stream: Stream, mixer: Mixer, picture: Picture, y: Int, x: Int, same: Int) -> Int:
    """Write or read whether a pixel amid one colour has it too."""
    column, colour = x - MARGIN, np.uint64(picture.colours[y, x - 1])
    height = picture.heights[column]
    length, tall = _bits(picture.runs[3] >> 4, 7), _bits(height >> 4, 7)
    quiet = _bits(picture.runs[4], 10)
    above = picture.outcomes[1 - (y & 1)]
    events = min(above[column + 1] + above[column + 2] + above[column + 3] + above[column + 4], 7)
    places, shift = mixer.places, mixer.shift
    places[0] = hashed(hashed(np.uint64(301), colour), length << 4 | tall) >> shift
    places[1] = hashed(hashed(np.uint64(302), min(height, 200)), quiet) >> shift
    places[2] = hashed(hashed(np.uint64(303), colour), column) >> shift
    places[3] = hashed(hashed(np.uint64(304), events << 4 | tall), quiet) >> shift
    return decide(stream, mixer, tall, 8 + quiet, 4, 0, _UNIFORM_LIMIT, same)


@kernel(nogil=True, forceinline=True)
def ask(
    stream: Stream, mixer: Mixer, found: Proposals, near: Around, count: Int, scene: tuple[Int, Int], colour: Int
) -> tuple[Int, Int]:
    """Write or read which of `count` proposals is the pixel's colour.

    Args:
        stream: to write to or read from.
        mixer: of the tile.
        found: the proposals.
        near: colours around the pixel.
        count: how many proposals there are.
        scene: how much was new around the pixel, 0 to 6; whether it is known not to be uniform.
        colour: to be written.

    Returns:
        What became of the pixel, and its colour where that is not NEW.
    """
    events, surprising = scene
    equal = _equal(near)
    for rank in range(min(count, ASKED)):
        if found.votes[rank] < _DOUBTFUL:
            break
        candidate, sources = found.candidates[rank], found.sources[rank]
        strongest = _strongest(found, sources)
        vote = min(max(found.votes[rank] >> 10, 0), 15)
        salt = np.uint64((rank + ASKED * surprising) * 7)
        same = int(candidate == near.w) | int(candidate == near.n) << 1
        same |= int(candidate == near.nw) << 2 | int(candidate == near.ne) << 3
        places, shift = mixer.places, mixer.shift
        places[0] = hashed(salt + np.uint64(1), sources) >> shift
        places[1] = hashed(hashed(salt + np.uint64(2), strongest), count) >> shift
        places[2] = hashed(hashed(salt + np.uint64(3), equal), same) >> shift
        places[3] = hashed(hashed(hashed(salt + np.uint64(4), near.w), near.n), candidate) >> shift
        places[4] = hashed(hashed(salt + np.uint64(5), vote << 4 | events), strongest) >> shift
        places[5] = hashed(hashed(salt + np.uint64(6), found.hashes[2] >> np.uint64(20)), candidate) >> shift
        places[6] = hashed(hashed(hashed(salt + np.uint64(8), equal), sources), events) >> shift
        first, second = 20 + 16 * rank + vote, 20 + 16 * ASKED + 80 * min(rank, 2) + strongest
        if decide(stream, mixer, first, second, 7, 0, _LIMIT, int(candidate == colour)):
            return (MISSED if rank else HIT), candidate
    return NEW, 0


@kernel(inline="always")
def _strongest(found: Proposals, sources: Int) -> Int:
    """Which is the largest surrounding that made a proposal, and its confidence: 0 for none, else 1 to 63."""
    for k in range(SURROUNDINGS):
        if sources >> k & 1:
            return k * (MOST + 1) + found.confidence[k]
    return 0


@kernel(inline="always")
def _equal(near: Around) -> Int:
    """Which neighbours are equal, in nine bits."""
    pairs = int(near.w == near.n) | int(near.w == near.nw) << 1 | int(near.n == near.ne) << 2
    pairs |= int(near.w == near.ww) << 3 | int(near.n == near.nn) << 4 | int(near.nw == near.n) << 5
    return pairs | int(near.ne == near.nee) << 6 | int(near.nw == near.nww) << 7 | int(near.w == near.ne) << 8
