"""Ways through the content: which matches are taken. Each returns True when all is written, False where it differs."""

from typing import Final

from hybridcodec.keeping.deflating.blocks import flush, note
from hybridcodec.keeping.deflating.matching import ahead, insert, longest, near
from hybridcodec.keeping.deflating.work import AHEAD, AT, FILTERED, LAZY, LEAST, MOST, PLACE, Work
from hybridcodec.machine.kernels import kernel

_SHORT, _TOO_FAR = 5, 4096
_NONE: Final = LEAST - 1


@kernel(nogil=True)
def quickly(work: Work) -> bool:
    """Take every match (levels 1 to 3)."""
    content, plan, state, heads, chains = work.content, work.plan, work.state, work.heads, work.chains
    symbols, counts, size = work.symbols, work.counts, work.size[0]
    while True:
        known = ahead(state, plan, size, AHEAD)
        if known == 0:
            return flush(work, True)
        before = insert(content, plan, heads, chains, state[PLACE]) if known >= LEAST else 0
        length = longest(content, state, plan, chains, before, _NONE) if near(state, plan, before) else 0
        if length >= LEAST:
            full = note(symbols, counts, state, state[PLACE] - state[AT], length - LEAST)
            if length <= plan[LAZY] and known - length >= LEAST:
                for step in range(1, length):
                    insert(content, plan, heads, chains, state[PLACE] + step)
            state[PLACE] += length
        else:
            full = note(symbols, counts, state, 0, content[state[PLACE]])
            state[PLACE] += 1
        if full and not flush(work, False):
            return False


@kernel(nogil=True)
def lazily(work: Work) -> bool:
    """Take a match unless the next position has a longer one (levels 4 to 9)."""
    content, plan, state, heads, chains = work.content, work.plan, work.state, work.heads, work.chains
    symbols, counts, size = work.symbols, work.counts, work.size[0]
    length, start, waiting = _NONE, 0, False
    while True:
        known = ahead(state, plan, size, AHEAD)
        if known == 0:
            if waiting:
                note(symbols, counts, state, 0, content[state[PLACE] - 1])
            return flush(work, True)
        before = insert(content, plan, heads, chains, state[PLACE]) if known >= LEAST else 0
        last, last_start, length = length, start, _NONE
        if last < plan[LAZY] and near(state, plan, before):
            length = longest(content, state, plan, chains, before, last)
            start = state[AT]
            far = length == LEAST and state[PLACE] - start > _TOO_FAR
            if length <= _SHORT and (plan[FILTERED] or far):
                length = _NONE
        full = False
        if last >= LEAST and length <= last:
            full = note(symbols, counts, state, state[PLACE] - 1 - last_start, last - LEAST)
            for step in range(1, min(last - 1, known - LEAST + 1)):
                insert(content, plan, heads, chains, state[PLACE] + step)
            state[PLACE] += last - 1
            length, waiting = _NONE, False
        else:
            full = waiting and note(symbols, counts, state, 0, content[state[PLACE] - 1])
            if full and not flush(work, False):
                return False
            full, waiting = False, True
            state[PLACE] += 1
        if full and not flush(work, False):
            return False


@kernel(nogil=True)
def by_runs(work: Work) -> bool:
    """Take matches of distance 1 alone (strategy 3)."""
    content, plan, state, size = work.content, work.plan, work.state, work.size[0]
    symbols, counts = work.symbols, work.counts
    while True:
        known = ahead(state, plan, size, MOST + 1)
        if known == 0:
            return flush(work, True)
        place, length = state[PLACE], 0
        if known >= LEAST and place > 0:
            while length < min(MOST, known) and content[place + length] == content[place - 1]:
                length += 1
        if length >= LEAST:
            full = note(symbols, counts, state, 1, length - LEAST)
        else:
            full, length = note(symbols, counts, state, 0, content[place]), 1
        state[PLACE] += length
        if full and not flush(work, False):
            return False


@kernel(nogil=True)
def by_bytes(work: Work) -> bool:
    """Take no matches (strategy 2)."""
    content, plan, state, size = work.content, work.plan, work.state, work.size[0]
    symbols, counts = work.symbols, work.counts
    while True:
        if ahead(state, plan, size, 1) == 0:
            return flush(work, True)
        full = note(symbols, counts, state, 0, content[state[PLACE]])
        state[PLACE] += 1
        if full and not flush(work, False):
            return False
