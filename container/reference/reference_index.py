"""The coder of screens that `container/BITSTREAM.md` describes, "index": slow, obvious, on its own."""

from bisect import bisect_left
from functools import cache

import numpy as np
from reference_coder import ReferenceDecoder

MASK = (1 << 64) - 1
REACH = 2880


@cache
def squashed() -> list[int]:
    """Chances of the logarithms from -REACH to REACH."""
    upper, odds = [], 1 << 32
    for _ in range(REACH + 1):
        upper.append(min((odds << 16) // (odds + (1 << 32)), 65535))
        odds = odds * 257 >> 8
    return [65536 - chance for chance in upper[:0:-1]] + upper


def squash(logarithm: int) -> int:
    """Chance of a logarithm, which is clipped."""
    return squashed()[clip(logarithm, -REACH, REACH) + REACH]


@cache
def stretch(bin_: int) -> int:
    """Logarithm of one of 4096 bins of chances."""
    return bisect_left(squashed(), 16 * bin_ + 8) - REACH


def clip(value: int, least: int, most: int) -> int:
    """Return the value, or the bound that it exceeds."""
    return min(max(value, least), most)


def hashed(first: int, *values: int) -> int:
    """H of the document."""
    for value in values:
        first = (first ^ value) * 0x9E3779B97F4A7C15 & MASK
        first ^= first >> 29
    return first


def length(value: int, most: int) -> int:
    """Bits of a number."""
    return min(value.bit_length(), most)


class Tile:
    """Everything that adapts while a tile is read."""

    def __init__(self, payload: bytes, height: int, width: int, channels: int, top: int) -> None:
        self.decoder = ReferenceDecoder(payload)
        self.height, self.width, self.channels, self.bits = height, width, channels, top.bit_length()
        size = max(10, (height * width - 1).bit_length())
        self.alone, self.lines, self.slots = min(size + 1, 20), min(size - 1, 18), min(size, 20)
        self.counters: dict[object, list[int]] = {}  # chance, answers
        self.checks: dict[int, int] = {}
        self.weights: dict[int, list[int]] = {}
        self.memory: dict[tuple[int, int], tuple[int, int, int]] = {}  # colour, check, confidence
        self.reliability: dict[tuple[int, int], int] = {}
        self.errors: dict[tuple[int, int, int], int] = {}
        self.colours = np.zeros((height, width), np.int64)
        self.outcomes = np.zeros((height, width), np.int64)

    def colour(self, y: int, x: int) -> int:
        """Colour at a place, also outside of the tile."""
        if y < 0:
            return 0
        if x < 0:
            return self.colour(y - 1, 0)
        return int(self.colours[y, min(x, self.width - 1)])

    def outcome(self, y: int, x: int) -> int:
        """What became of a pixel."""
        return int(self.outcomes[y, x]) if y >= 0 and 0 <= x < self.width else 0

    def question(self, names: list[object], given: list[int], sets: tuple[int, int], limit: int) -> int:
        """Read one answer and learn from it."""
        counters = [self.counters.setdefault(name, [1 << 21, 0]) for name in names]
        inputs = [stretch(chance >> 10) if answers else 0 for chance, answers in counters] + [*given, 77]
        weights = [self.weights.setdefault(number, [16384] * 11) for number in sets]
        sums = [sum(a * b for a, b in zip(own, inputs, strict=False)) for own in weights]
        chance = clip(squash(sum(sums) >> 17), 2, 65534)
        bit = self.decoder.symbol([65536 - chance, chance])
        for own, total in zip(weights, sums, strict=True):
            error = 65536 * bit - squash(total >> 16)
            for k, value in enumerate(inputs):
                own[k] = clip(own[k] + ((error * value * 10 + (1 << 17)) >> 18), -(1 << 20), 1 << 20)
        for counter in counters:
            counter[0] += ((4193463 if bit else 840) - counter[0]) * (131072 // (2 * counter[1] + 3)) >> 16
            counter[1] = min(counter[1] + 1, limit)
        return bit

    def alone_at(self, *hashes: int) -> list[object]:
        """Names of counters that stand alone."""
        return [value >> (64 - self.alone) for value in hashes]

    def line(self, value: int) -> int:
        """Number of the line of a hash, which is made if there is none."""
        check, first = value & 0xFFFFFFFF, value >> (64 - self.lines)
        second = first ^ 1
        for number in (first, second):
            if self.checks.get(number, 1 << 31) == check:
                return number
        answers = [self.counters.get((number, 1), [0, 0])[1] for number in (first, second)]
        number = second if answers[1] < answers[0] else first
        self.checks[number] = check
        for k in range(16):
            self.counters.pop((number, k), None)
        return number


def decode_tile(payload: bytes, shape: tuple[int, int, int], top: int) -> np.ndarray:
    """Return the values (h, w, C) of a tile of this shape.

    Raises:
        ValueError: the payload is no tile.
    """
    height, width, channels = shape
    tile = Tile(payload, height, width, channels, top)
    heights = [0] * width
    for y in range(height):
        run, quiet = 8, 0
        for x in range(width):
            w, n = tile.colour(y, x - 1), tile.colour(y - 1, x)
            colour, tile.outcomes[y, x] = _pixel(tile, y, x, (run, quiet, heights[x]))
            tile.colours[y, x] = colour
            run = run + 1 if colour == w else 1
            quiet = quiet + 1 if colour in (w, n) else 0
            heights[x] = min(heights[x] + 1, 255) if colour == n else 0
    shifts = [8 * (channels - 1 - c) for c in range(channels)]
    values = np.stack([tile.colours >> shift & 255 for shift in shifts], axis=2)
    if not tile.decoder.used_up() or values.max() > top:
        raise ValueError("corrupt")
    return values.astype(np.int32)


def _pixel(tile: Tile, y: int, x: int, state: tuple[int, int, int]) -> tuple[int, int]:
    """Read a pixel: its colour and its outcome."""
    w, excluded = tile.colour(y, x - 1), None
    around = [(0, dx) for dx in range(-8, 0)] + [(-1, dx) for dx in range(-3, 6)]
    around += [(-2, dx) for dx in range(-3, 4)] + [(-3, dx) for dx in range(-2, 3)]
    if all(tile.colour(y + dy, x + dx) == w for dy, dx in around):
        if _uniform(tile, y, x, w, state):
            return w, 0
        excluded = w
    hashes = _surroundings(tile, y, x)
    named = _sources(tile, y, x, hashes)
    candidates = _candidates(tile, named, excluded)
    colour, outcome = _ask(tile, y, x, (hashes, named, candidates, excluded))
    if outcome == 2:
        colour = _literal(tile, y, x)
    _remember(tile, hashes, named, (excluded, colour))
    return colour, outcome


def _uniform(tile: Tile, y: int, x: int, w: int, state: tuple[int, int, int]) -> int:
    run, quiet, height = state
    a, b, q = length(run >> 4, 7), length(height >> 4, 7), length(quiet, 10)
    e = min(sum(tile.outcome(y - 1, x + dx) for dx in range(-1, 3)), 7)
    names = tile.alone_at(
        hashed(301, w, 16 * a + b), hashed(302, min(height, 200), q), hashed(303, w, x), hashed(304, 16 * e + b, q)
    )
    return tile.question(names, [], (b, 8 + q), 1000)


def _surroundings(tile: Tile, y: int, x: int) -> list[int]:
    def at(dy: int, *columns: int) -> list[int]:
        return [tile.colour(y + dy, x + dx) for dx in columns]

    two = hashed(1, *at(0, -1), *at(-1, 0))
    four = hashed(two, *at(-1, -1, 1))
    six = hashed(four, *at(0, -2), *at(-2, 0))
    ten = hashed(six, *at(-1, 2, -2), *at(-2, 1), *at(0, -3))
    large = hashed(ten, *at(0, *range(-4, -9, -1)), *at(-1, 3, 4, 5), *at(-2, *range(-3, 4)), *at(-3, *range(-2, 3)))
    row = hashed(7, *at(0, *range(-1, -7, -1)))
    column = hashed(9, *at(-1, 0), *at(-2, 0), *at(-3, 0), *at(0, -1))
    return [large, ten, six, four, two, row, column]


def _sources(tile: Tile, y: int, x: int, hashes: list[int]) -> list[tuple[int | None, int]]:
    """Colour, or None, and confidence of each source."""
    named: list[tuple[int | None, int]] = []
    for k, value in enumerate(hashes):
        colour, check, confidence = tile.memory.get((k, value >> (64 - tile.slots)), (0, 0, 0))
        known = check == value & 0xFFFFFF and confidence > 0
        named.append((colour, confidence) if known else (None, 0))
    return named + [(tile.colour(y + dy, x + dx), 0) for dy, dx in ((0, -1), (-1, 0), (-1, -1), (-1, 1))]


def _candidates(
    tile: Tile, named: list[tuple[int | None, int]], excluded: int | None
) -> list[tuple[int, int, list[int]]]:
    """Colour, votes and sources of each candidate, sorted."""
    found: dict[int, list[int]] = {}
    for k, (colour, _) in enumerate(named):
        if colour is not None and colour != excluded:
            found.setdefault(colour, []).append(k)
    votes = {
        colour: sum(1024 + stretch(tile.reliability.get((k, named[k][1]), 32768) >> 4) for k in sources)
        for colour, sources in found.items()
    }
    return [(colour, votes[colour], found[colour]) for colour in sorted(found, key=lambda colour: -votes[colour])]


def _ask(
    tile: Tile,
    y: int,
    x: int,
    known: tuple[list[int], list[tuple[int | None, int]], list[tuple[int, int, list[int]]], int | None],
) -> tuple[int, int]:
    """Colour and outcome; no colour where the outcome is 2."""
    hashes, named, candidates, excluded = known
    w, n, nw, ne, ww, nn, nee, nww = (
        tile.colour(y + dy, x + dx)
        for dy, dx in ((0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0), (-1, 2), (-1, -2))
    )
    pairs = [(w, n), (w, nw), (n, ne), (w, ww), (n, nn), (nw, n), (ne, nee), (nw, nww), (w, ne)]
    p = sum((a == b) << k for k, (a, b) in enumerate(pairs))
    e = tile.outcome(y, x - 1) + tile.outcome(y - 1, x) + tile.outcome(y - 1, x + 1)
    for i, (colour, votes, sources) in enumerate(candidates[:8]):
        if votes < 256:
            break
        s = 7 * (i if excluded is None else i + 8)
        g = sum(1 << k for k in sources)
        t = 9 * sources[0] + named[sources[0]][1] if sources[0] < 7 else 0
        v = min(votes >> 10, 15)
        u = sum((colour == other) << k for k, other in enumerate((w, n, nw, ne)))
        names = tile.alone_at(
            hashed(s + 1, g),
            hashed(s + 2, t, len(candidates)),
            hashed(s + 3, p, u),
            hashed(s + 4, w, n, colour),
            hashed(s + 5, 16 * v + e, t),
            hashed(s + 6, hashes[2] >> 20, colour),
            hashed(s + 8, p, g, e),
        )
        if tile.question(names, [], (20 + 16 * i + v, 148 + 80 * min(i, 2) + t), 60):
            return colour, min(i, 1)
    return 0, 2


def _remember(
    tile: Tile, hashes: list[int], named: list[tuple[int | None, int]], known: tuple[int | None, int]
) -> None:
    excluded, colour = known
    for k, (name, confidence) in enumerate(named):
        if name is not None and name != excluded:
            chance = tile.reliability.get((k, confidence), 32768)
            target = 65470 if name == colour else 66
            tile.reliability[k, confidence] = chance + ((target - chance) * 328 >> 16)
    for k, value in enumerate(hashes):
        name, confidence = named[k]
        if name == colour:
            kept = (colour, min(confidence + 1, 8))
        elif name is not None and confidence > 1:
            kept = (name, confidence // 2)
        else:
            kept = (colour, 1)
        tile.memory[k, value >> (64 - tile.slots)] = (kept[0], value & 0xFFFFFF, kept[1])


def _literal(tile: Tile, y: int, x: int) -> int:
    near = [tile.colour(y + dy, x + dx) for dy, dx in ((0, -1), (-1, 0), (-1, -1), (-1, 1))]
    off, colour, before = [0, 0, 0], 0, 1
    for turn in range(tile.channels):
        channel = (1, 0, 2, 3)[turn] if tile.channels > 2 else turn
        shift = 8 * (tile.channels - 1 - channel)
        if not (tile.channels > 2 and turn in (1, 2)):
            off = [0, 0, 0]
        value, forecasts = _value(tile, turn, near, (shift, off, before))
        if turn == 0:
            off = [value - forecast for forecast in forecasts]
        colour |= value << shift
        before = hashed(before, value + 1)
    return colour


def _value(tile: Tile, turn: int, near: list[int], known: tuple[int, list[int], int]) -> tuple[int, list[int]]:
    """Value of a channel, and its forecasts."""
    shift, off, before = known
    bits = tile.bits
    west, north, north_west = (colour >> shift & 255 for colour in near[:3])
    median = clip(west + north - north_west, min(west, north), max(west, north))
    forecasts = [clip(plain + by, 0, (1 << bits) - 1) for plain, by in zip((median, west, north), off, strict=True)]
    activity = (abs(west - north_west) + abs(north - north_west) + 1).bit_length() - 1
    errors = [tile.errors.get((k, turn, activity), 1024) for k in range(3)]

    def below(k: int, value: int) -> int:
        return squash((2 * (value - forecasts[k]) - 1) * ((2844 << 20) // errors[k]) >> 16)

    low, lines = 0, [0] * 7
    for j in range(bits):
        if j % 4 == 0:
            node = (1 << j) + (low >> (bits - j))
            contexts = _contexts(near, before, 256 * turn + node, (forecasts[0], activity, off[0]))
            lines = [tile.line(context) for context in contexts]
            within = 1
        half = 1 << (bits - 1 - j)
        given = []
        for k in range(3):
            least, middle, most = below(k, low), below(k, low + half), below(k, low + 2 * half)
            given.append(stretch(((16 * (most - middle) + half) << 12) // (16 * (most - least) + 2 * half)))
        sets = 388 + 8 * turn + bits - 1 - j, 420 + 16 * turn + activity
        bit = tile.question([(line, within) for line in lines], given, sets, 60)
        low, within = low + half * bit, 2 * within + bit
    for k in range(3):
        moved = errors[k] + ((256 * abs(low - forecasts[k]) - errors[k]) >> 5)
        tile.errors[k, turn, activity] = max(moved, 8)
    return low, forecasts


def _contexts(near: list[int], before: int, st: int, known: tuple[int, int, int]) -> list[int]:
    w, n, nw, ne = near
    forecast, activity, off = known
    return [
        hashed(201, before, st),
        hashed(202, hashed(before, w), st),
        hashed(203, before, n, st),
        hashed(204, hashed(before, n, w), st),
        hashed(before, n, w, ne, nw, st),
        hashed(205, 256 * forecast + (activity >> 1), st),
        hashed(207, 65536 * ((forecast + 4) >> 3) + off + 256, st),
    ]
