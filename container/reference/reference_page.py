"""The coder of bilevel pages that `container/BITSTREAM.md` describes, "page": slow, obvious, on its own."""

from bisect import bisect_left
from functools import cache

import numpy as np
from reference_coder import ReferenceDecoder

MASK = (1 << 64) - 1
REACH = 3071
NEIGHBOURHOODS = (  # pixels of the own row, then left and right of the rows above, the nearest first
    (2, (1, 1), (0, 0)),
    (4, (2, 2), (1, 1)),
    (4, (3, 3), (2, 2)),
    (5, (4, 4), (3, 3), (0, 1)),
    (5, (4, 4), (4, 4), (2, 2), (0, 1)),
    (6, (5, 5), (5, 4), (4, 4), (2, 2)),
    (7, (6, 6), (5, 5), (5, 5)),
    (16, (5, 14)),
    (),
    (3, (2, 2), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1)),
    (10, (8, 8), (1, 1)),
    (4, (2, 5), (2, 6), (2, 5), (0, 3)),
    (5, (6, 1), (6, 1), (5, 0), (4, 0)),
    (3, (3, 3), (4, 4), (3, 3)),
    (),
    (),
    (),
    (2, (1, 6), (0, 6), (0, 6), (1, 4), (0, 3)),
)


@cache
def squash() -> list[int]:
    """Chances of the distances from -REACH to REACH."""
    upper, power = [], 1 << 60
    for _ in range(REACH + 1):
        upper.append(min(((1 << 77) + (1 << 60) + power) // (2 * ((1 << 60) + power)), 65535))
        power = power * 1148426689630428643 >> 60
    return [65536 - chance for chance in upper[:0:-1]] + upper


@cache
def stretch(k: int) -> int:
    """Distance of one of 4096 bins of chances."""
    return clip(bisect_left(squash(), 16 * k + 8) - REACH, -2047, 2047)


def clip(value: int, least: int, most: int) -> int:
    """Return the value, or the bound that it exceeds."""
    return min(max(value, least), most)


def pace(count: int) -> int:
    """How fast a counter learns."""
    return 131072 // (2 * count + 3)


def hashed(key: int, context: int, bits: int) -> int:
    """H of the document."""
    mixed = (key + context * 0x3F58476D1CE4E5B9) * 0x1E3779B97F4A7C15 & MASK
    return ((mixed ^ mixed >> 29) * 0x3F58476D1CE4E5B9 & MASK) >> (64 - bits)


def number(pixels: list[int]) -> int:
    """A number of bits, the highest first."""
    value = 0
    for pixel in pixels:
        value = 2 * value + pixel
    return value


def run(pixels: list[int]) -> int:
    """How many are alike from the first on."""
    return next((i for i, pixel in enumerate(pixels) if pixel != pixels[0]), len(pixels))


class Tile:
    """Everything that adapts while a tile is read."""

    def __init__(self, payload: bytes, height: int, width: int) -> None:
        if not payload or payload[0] > 3:
            raise ValueError("corrupt")
        self.similar = Similar(self) if payload[0] & 1 else None
        self.inverted = payload[0] >> 1
        self.decoder = ReferenceDecoder(payload[1:])
        self.height, self.width = height, width
        self.bits = clip((height * width).bit_length() - 3, 16, 21)
        self.pixels = np.zeros((height, width), np.int64)
        self.y = self.x = 0
        self.quiet: dict[tuple[int, ...], int] = {}
        self.counters: dict[tuple[int, int], tuple[int, int, int]] = {}
        self.meanings: dict[tuple[int, int], int] = {}
        self.weights: dict[tuple[int, int], list[int]] = {}
        self.corrections: dict[tuple[int, int], list[int]] = {}

    def pixel(self, y: int, x: int) -> int:
        """A pixel that is read already, 0 outside of the tile."""
        inside = 0 <= y < self.height and 0 <= x < self.width
        return int(self.pixels[y, x]) if inside and (y, x) < (self.y, self.x) else 0

    def row(self, above: int, left: int, right: int) -> list[int]:
        """Pixels of a row, seen from the one at hand."""
        return [self.pixel(self.y - above, self.x + dx) for dx in range(left, right + 1)]

    def column(self, dx: int, count: int) -> list[int]:
        """Pixels above, from the top."""
        return [self.pixel(self.y - k, self.x + dx) for k in range(count, 0, -1)]

    def bit(self, odds: int) -> int:
        """Read a bit under odds."""
        return self.decoder.symbol((65536 - odds, odds))

    def put(self, pixel: int) -> None:
        """Take the pixel at hand, and go on to the next."""
        self.pixels[self.y, self.x] = pixel
        self.x += 1

    def read(self) -> np.ndarray:
        """Return the values (height, width) of the tile."""
        for y in range(self.height):
            self.y, self.x = y, 0
            while self.x < self.width:
                end = min(self.x + 32, self.width)
                self.quiet_start(end - self.x)
                while self.x < end:
                    self.put(self.one_pixel())
        if not self.decoder.used_up():
            raise ValueError("corrupt")
        return self.pixels ^ self.inverted

    def adapted(self, key: tuple[int, ...], first: int, speed: int) -> int:
        """Read a bit of a quiet block."""
        chance = self.quiet.get(key, first)
        bit = self.bit(clip(chance >> 6, 1, 65535))
        self.quiet[key] = chance + (((1 << 22) - 1) * bit - chance >> speed)
        return bit

    def quiet_start(self, count: int) -> None:
        """Read the first pixels of a quiet block."""
        colour = self.pixel(self.y, self.x - 1)

        def all_alike(*pixels: list[int]) -> int:
            return int(all(pixel == colour for some in pixels for pixel in some))

        if not all_alike(self.row(1, -15, 46), self.row(2, -15, 46), self.row(0, -8, -1)):
            return
        around = (
            all_alike(self.row(0, -32, -1)),
            all_alike(self.row(3, -15, 46), self.row(4, -15, 46)),
            all_alike(self.row(5, -15, 46), self.row(6, -15, 46)),
            all_alike(self.row(0, -62, -33)),
        )
        if self.adapted((colour, *around), (1 << 22) * 31 // 32, 7):
            other = count
        else:
            chances = ((i, (1 << 22) // (33 - i)) for i in range(count - 1))
            other = next((i for i, chance in chances if self.adapted((colour, i), chance, 6)), count - 1)
        for _ in range(other):
            self.put(colour)
        if other < count:
            self.put(1 - colour)

    def keys(self) -> list[int]:
        """Keys of the contexts."""
        found = []
        for own, *above in (shape or (0,) for shape in NEIGHBOURHOODS):
            rows = [self.row(k + 1, -left, right) for k, (left, right) in enumerate(above)]
            found.append(number(sum(rows, self.row(0, -own, -1))))
        found[6] += 0x56E8FEB86659FD93 * number(self.row(4, -3, 3) + self.row(5, -1, 1))
        found[8] = number(self.column(0, 20) + self.column(-1, 6) + self.column(1, 6) + self.row(0, -3, -1))
        left, above, after = self.row(0, -30, -1)[::-1], self.row(1, -15, -1)[::-1], self.row(1, 0, 14)
        near = self.row(0, -1, -1) + self.row(1, -1, 1) + self.row(2, -1, 1)
        found[14] = ((run(left) * 32 + run(above)) * 32 + run(after) << 7) + number(near)
        found[15] = number(self.column(0, 12) + self.column(-1, 12) + self.column(1, 12) + self.row(0, -2, -1))
        up = self.column(0, 31)[::-1]
        first = run(up)
        second = run(up[first:][:15])
        sides = run(self.column(1, 31)[::-1]) * 32 + run(self.column(-1, 31)[::-1])
        found[16] = ((first * 32 + second) * 1024 + sides << 5) + number(self.row(0, -2, -1) + self.row(1, -1, 1))
        return found

    def one_pixel(self) -> int:
        """Read a pixel by all that is known around it."""
        keys = self.keys()
        places = [(k, key if k < 3 else hashed(key, k, self.bits)) for k, key in enumerate(keys)]
        counters = [self.counters.get(place, (1 << 18, 0, 1)) for place in places]
        meanings = [self.meanings.get((k, counters[k][2]), 1 << 15) for k in range(18)]
        inputs = [stretch(chance >> 7) * (count > 0) for chance, count, _ in counters]
        inputs += [((chance >> 8) - 1024) * min(count, 30) >> 5 for chance, count, _ in counters]
        inputs += [stretch(meanings[k] >> 4) * (counters[k][1] > 0) for k in range(18)] + [102]
        similarity = 0
        if self.similar:
            similarity, more = self.similar.recall()
            inputs += more
        met = sum(counters[k][1] > 2 for k in range(3, 7))
        sets = [(0, keys[0]), (1, 54 * met + similarity), (2, keys[1] & 1023)]
        first = [2912] * 18 + [0] * 18 + [1456] * 18 + [0] + [3932] * 7
        weights = [self.weights.setdefault(chosen, first[: len(inputs)]) for chosen in sets]
        sums = [sum(w * i for w, i in zip(row, inputs, strict=True)) for row in weights]
        distances = [clip(total >> 16, -REACH, REACH) for total in sums]
        mean = sum(distances) // 3
        place, part = mean + REACH >> 8, mean + REACH & 255
        start = [squash()[min(256 * i, 2 * REACH)] for i in range(26)]
        chosen = [sets[2], (3, 32 * similarity + (keys[0] & 31))]
        tables = [self.corrections.setdefault(row, list(start)) for row in chosen]
        said = [table[place] * (256 - part) + table[place + 1] * part >> 8 for table in tables]
        expected = squash()[mean + REACH]
        bit = self.bit(clip(2 * expected + sum(said) + 2 >> 2, 1, 65535))
        for row, distance in zip(weights, distances, strict=True):
            step = 10 * (131072 * bit - squash()[distance + REACH] - expected >> 1)
            row[:] = [
                clip(w + (step * i + (1 << 19) >> 20), -(1 << 20), 1 << 20) for w, i in zip(row, inputs, strict=True)
            ]
        for table in tables:
            table[place] += (65535 * bit - table[place]) * (256 - part) >> 14
            table[place + 1] += (65535 * bit - table[place + 1]) * part >> 14
        for k, (chance, count, history) in enumerate(counters):
            self.meanings[k, history] = meanings[k] + (65535 * bit - meanings[k] >> 7)
            goal = (1 << 19) - 75 if bit else 75
            longer = 2 * history + bit
            self.counters[places[k]] = (
                chance + ((goal - chance) * pace(count) + (1 << 15) >> 16),
                min(count + 1, 255),
                longer if longer < 16 else (longer & 7) + 8,
            )
        if self.similar:
            self.similar.remember(bit)
        return bit


class Similar:
    """Earlier places that look alike."""

    def __init__(self, tile: Tile) -> None:
        self.tile = tile
        self.buckets: dict[tuple[int, int], list[int]] = {}
        self.chances: dict[tuple[int, ...], tuple[int, int]] = {}
        self.found: list[tuple[int, int]] = []  # agreement, number
        self.chosen: list[tuple[int, ...]] = []
        self.signed: list[tuple[int, int]] = []

    @property
    def stride(self) -> int:
        """S of the document."""
        return 32 * (-(-self.tile.width // 32) + 2)

    @property
    def here(self) -> int:
        """Number of the pixel at hand."""
        return self.stride * self.tile.y + self.tile.x + 32

    def pixel(self, place: int) -> int:
        """K of the document."""
        return self.tile.pixel(place // self.stride, place % self.stride - 32)

    def around(self, place: int) -> list[int]:
        """The 142 pixels that are compared."""
        found = [self.pixel(place + dx) for dx in range(-7, 0)]
        return found + [self.pixel(place - k * self.stride + dx) for k in range(1, 10) for dx in range(-7, 8)]

    def sign(self) -> None:
        """Find the buckets of the pixel at hand."""
        row = self.tile.row
        fine = number(sum((row(k, -5, 5) for k in range(1, 5)), row(0, -5, -1)))
        coarse: list[int] = []
        for k in range(2, 9, 2):
            own, below = row(k, -7, 7), row(k - 1, -7, 7)
            left = [0, *own]
            coarse += [own[i] & (left[i] | below[i]) * (i % 2 == 0) for i in range(15)]
        coarse += row(0, -3, -3) + row(0, -1, -1)
        self.signed = [(0, hashed(fine, 21, 18)), (1, hashed(number(coarse), 22, 18))] if fine else []

    def search(self) -> None:
        """Find the two places that agree most."""
        behind, self.found = [place + 1 for _, place in self.found], []
        for s, bucket in enumerate(self.signed):
            proposed = [(place, 0) for place in self.buckets.get(bucket, [])] + [(n, 1) for n in behind[s : s + 1]]
            for place, bonus in proposed:
                if place in [n for _, n in self.found]:
                    continue
                ours, theirs = self.around(self.here), self.around(place)
                agreed = bonus + sum(a == b for a, b in zip(ours, theirs, strict=True))
                at = next((i for i, (most, _) in enumerate(self.found) if agreed > most), len(self.found))
                self.found = [*self.found[:at], (agreed, place), *self.found[at:]][:2]

    def recall(self) -> tuple[int, list[int]]:
        """Return similarity and the seven inputs."""
        self.sign()
        self.search()
        stride, here, similarity, vote = self.stride, self.here, 0, 0
        inputs, self.chosen = [0] * 7, []
        row, above = self.tile.row(0, -2, -1), self.tile.row(1, -1, 1)
        near = row[1] + 2 * above[1] + 4 * above[2] + 8 * above[0] + 16 * row[0]
        for m, (agreed, place) in enumerate(self.found):
            few = [self.pixel(place + d) for d in (0, 1, stride, -1, -stride, stride - 1, stride + 1)]
            many = few + [self.pixel(place + d) for d in (-stride - 1, -stride + 1, 2, 2 * stride)]
            known = int(place // stride + 1 < here // stride)
            step, rough = clip((agreed - 118) // 3, 0, 12), clip((agreed - 130) // 7, 0, 3)
            self.chosen.append((0, m, step, known, number(few), near & 7))
            self.chosen.append((1, m, number(many), near, rough, known))
            first, second = (self.chances.get(key, (1 << 21, 0))[0] for key in self.chosen[-2:])
            inputs[3 * m : 3 * m + 3] = stretch(first >> 10), stretch(second >> 10), (first >> 11) - 1024
            vote = 3 * vote + 1 + few[0]
            if m == 0:
                similarity = 1 + (2 * step + known) * 2 + few[0]
        if self.found:
            close = row[1] + 2 * row[0] + 4 * above[2] + 8 * above[1] + 16 * above[0]
            self.chosen.append((2, similarity, vote, close))
            inputs[6] = stretch(self.chances.get(self.chosen[-1], (1 << 21, 0))[0] >> 10)
        return similarity, inputs

    def remember(self, bit: int) -> None:
        """Take in the pixel that `recall` was about."""
        goal = (1 << 22) - 600 if bit else 600
        for key in self.chosen:
            chance, count = self.chances.get(key, (1 << 21, 0))
            self.chances[key] = chance + ((goal - chance) * pace(count) >> 16), min(count + 1, 60)
        for bucket in self.signed:
            self.buckets[bucket] = [self.here, *self.buckets.get(bucket, [])][:4]


def decode_tile(payload: bytes, height: int, width: int) -> np.ndarray:
    """Return the values (height, width) of a tile.

    Raises:
        ValueError: the payload is no tile, or not used up.
    """
    return Tile(payload, height, width).read()
