"""Matches: which earlier positions begin with the same three bytes, and which of them goes on longest.

zlib moves its window when three quarters are used, and forgets what lay before it; the first byte of the window is
never found. Both decide which matches there are, so the window's begin is kept, though nothing is moved here.
"""

from hybridcodec.keeping.deflating.work import (
    AHEAD,
    AT,
    BASE,
    CHAIN,
    FILLED,
    GOOD,
    LENGTH,
    MASK,
    MOST,
    NICE,
    PLACE,
    SHIFT,
    WINDOW,
    Bytes,
    Numbers,
    Places,
)
from hybridcodec.machine.kernels import kernel


@kernel(nogil=True)
def ahead(state: Numbers, plan: Numbers, size: int, needed: int) -> int:
    """Return how many bytes are known from the position on, after filling the window where they are too few."""
    window = plan[WINDOW]
    while state[FILLED] - state[PLACE] < needed:
        if state[PLACE] - state[BASE] >= 2 * window - AHEAD:
            state[BASE] += window
        if state[FILLED] == size:
            break
        state[FILLED] = min(size, state[BASE] + 2 * window)
    return int(state[FILLED] - state[PLACE])


@kernel(nogil=True)
def insert(content: Bytes, plan: Numbers, heads: Places, chains: Places, place: int) -> int:
    """Note a position, and return the last one before it with the same hash, plus 1; 0 for none."""
    shift = plan[SHIFT]
    value = (int(content[place]) << 2 * shift ^ int(content[place + 1]) << shift ^ int(content[place + 2])) & plan[MASK]
    before = heads[value]
    chains[place & (plan[WINDOW] - 1)] = before
    heads[value] = place + 1
    return int(before)


@kernel(nogil=True)
def near(state: Numbers, plan: Numbers, before: int) -> bool:
    """Tell whether a position, plus 1, is one that a match may begin at."""
    distance = state[PLACE] - (before - 1)
    return bool(before > 0 and before - 1 > state[BASE] and distance <= plan[WINDOW] - AHEAD)


@kernel(nogil=True)
def longest(content: Bytes, state: Numbers, plan: Numbers, chains: Places, before: int, least: int) -> int:
    """Return the length of the longest match at the position, `least` where none is longer; keep where it begins.

    Args:
        content: with zeros behind it.
        state: position, window, and then the match.
        plan: of the level.
        chains: of positions with the same hash.
        before: the nearest candidate, plus 1.
        least: length of the match one position before, or 2.
    """
    place = state[PLACE]
    known = state[FILLED] - place
    tries = plan[CHAIN] >> 2 if least >= plan[GOOD] else plan[CHAIN]
    enough = min(plan[NICE], known)
    limit = max(place - (plan[WINDOW] - AHEAD), state[BASE])
    best, candidate = least, before - 1
    while True:
        if (
            content[candidate + best] == content[place + best]
            and content[candidate + best - 1] == content[place + best - 1]
            and content[candidate] == content[place]
            and content[candidate + 1] == content[place + 1]
        ):
            length = 2
            while length < MOST and content[candidate + length] == content[place + length]:
                length += 1
            if length > best:
                state[AT], best = candidate, length
                if length >= enough:
                    break
        candidate = chains[candidate & (plan[WINDOW] - 1)] - 1
        tries -= 1
        if candidate <= limit or tries == 0:
            break
    state[LENGTH] = min(best, known)
    return int(state[LENGTH])
