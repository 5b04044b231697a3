"""The decoder of a wide tile that `container/BITSTREAM.md` describes, "Residual coder 2": one sample at a time.

Slow, without wavefront arrays or numba. Numbers that the document gives are written out again here.
"""

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from reference_coder import ReferenceDecoder
from reference_least_squares import CHUNK, LeastSquares, solve

ALONE = [(6, 0, 0.5), (12, 0, 0.75), (24, 0, 0.75), (36, 0, 0.92)]
AMONG = [(6, 0, 0.5), (24, 0, 0.75), (36, 0, 0.92), (6, 5, 0.55), (12, 9, 0.8), (20, 9, 0.92)]
BESIDE = [(0, 0), (0, 1), (1, 0), (0, -1), (-1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)]
NEAR = [(0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0), (-1, 2), (-1, -2), (-2, 1), (-2, -1)]
NEAR_WEIGHTS = [10, 10, 6, 6, 4, 4, 3, 3, 3, 3]
TO_SCALE = 1.0 / (3328 * 1.386)
THIRD = 1.0 / 3.0


def decode_tile(
    payload: bytes, shape: tuple[int, int, int], top: int, reference: NDArray[Any] | None = None
) -> NDArray[np.int32]:
    """Return the values (h, w, C) of a tile; `reference` (h, w, C) are those of the picture before."""
    height, width, count = shape
    decoder, channels = ReferenceDecoder(payload), []
    before = [] if reference is None else [reference[:, :, c] for c in range(count)]
    for _ in range(count):
        kind, least, largest = decoder.bits(2), decoder.bits(16), decoder.bits(16)
        if kind > 2 or not least <= largest <= top:
            raise ValueError("corrupt")
        values = [least, *flagged(decoder, least, largest, kind)]
        codes = list(range(len(values))) if kind == 2 else [value - least for value in values]
        if len(values) == 1:
            channels.append(np.full((height, width), least))
            continue
        start = decoder.bits(16)
        if start > codes[-1]:
            raise ValueError("corrupt")
        known = [*channels[::-1], *before][:3]
        found = Channel(decoder, codes, start, known, height, width).decode()
        back = dict(zip(codes, values, strict=True))
        channels.append(np.array([[back[found[y, x]] for x in range(width)] for y in range(height)]))
    if not decoder.used_up():
        raise ValueError("corrupt")
    return np.stack(channels, 2).astype(np.int32)


def flagged(decoder: ReferenceDecoder, least: int, largest: int, kind: int) -> list[int]:
    """Return the values above the least that occur."""
    if kind == 0:
        return list(range(least + 1, largest + 1))
    chance, n, h, found = [0.5] * 256, [1.5] * 256, 1, []
    for value in range(least + 1, largest):
        b = question(decoder, clip(65536.0 * chance[h], 4, 65532))
        chance[h] += (b - chance[h]) / n[h]
        n[h] = min(n[h] + 1, 255.0)
        h = (2 * h + b) % 256
        found += [value] * b
    return [*found, largest] if largest > least else []


def question(decoder: ReferenceDecoder, odds: float) -> int:
    """Read the answer to a question."""
    return decoder.symbol([65536 - int(odds), int(odds)])


def clip(value: float, low: float, high: float) -> float:
    """Nearest number within [low, high]."""
    return min(max(value, low), high)


def bounded(value: float, most: int) -> int:
    """A class: an integer from 0 to `most`."""
    return int(min(max(value, 0), most))


def nearest(count: int) -> list[tuple[int, int, int]]:
    """The nearest places of plane 0."""
    places = [(dy, dx) for dy in range(-4, 1) for dx in range(-4, 5) if (dy == 0 and dx < 0) or (dy and dx < -3 * dy)]
    places.sort(key=lambda place: (place[0] ** 2 + place[1] ** 2, -place[0], place[1]))
    return [(0, dy, dx) for dy, dx in places[:count]]


class Expert(LeastSquares):
    """A least-squares expert that weighs places."""

    def foretell(self, channel: "Channel", y: int, x: int) -> int:
        """Return the prediction in 1/64."""

        def plain(plane: int) -> float:
            return 0.5 * (channel.sample(plane, y, x - 1) + channel.sample(plane, y - 1, x))

        v = [channel.sample(p, y + dy, x + dx) - plain(p) for p, dy, dx in self.context]
        value = start = plain(0)
        self.inputs[y] = v, start
        if x % CHUNK == 0:
            self.begin(y, x // CHUNK)
            self.weights[y] = solve(self.sums[y, x // CHUNK].tolist(), len(v))
        for weight, regressor in zip(self.weights[y], v, strict=True):
            value += weight * regressor
        return int(clip(math.floor(value * 64 + 0.5), 0, 64 * channel.last))

    def settle(self, y: int, x: int, sample: int, g: float) -> None:
        """Add the place whose sample is known now, with its weight."""
        v, start = self.inputs[y]
        v, target = [g * value for value in v], g * (sample - start)
        products = [v[i] * v[j] for i in range(len(v)) for j in range(i + 1)] + [value * target for value in v]
        self.products[y, x] = np.array(products)


class Channel:
    """One channel while it is decoded."""

    def __init__(
        self,
        decoder: ReferenceDecoder,
        codes: list[int],
        start: int,
        known: list[NDArray[Any]],
        height: int,
        width: int,
    ) -> None:
        self.decoder, self.start, self.known, self.height, self.width = decoder, start, known, height, width
        self.last = codes[-1]
        self.below = np.concatenate([[0], np.cumsum(np.isin(np.arange(self.last + 1), codes))]).tolist()
        self.samples: dict[tuple[int, int], int] = {}
        self.errors: dict[tuple[int, int, int], int] = {}
        self.slow = [4.0] * width
        self.experts = [
            Expert(np.array(nearest(own) + self.beside(other)), f) for own, other, f in (AMONG if known else ALONE)
        ]
        self.count = len(self.experts) + 1
        self.questions = Questions(self.count)

    def beside(self, count: int) -> list[tuple[int, int, int]]:
        """Regressors in the known planes."""
        return [(p + 1, dy, dx) for p in range(len(self.known)) for dy, dx in BESIDE[:count]]

    def decode(self) -> dict[tuple[int, int], int]:
        """Return the codes of all places."""
        for t in range(self.width + 3 * (self.height - 1)):
            for y in range(self.height):
                x = t - 3 * y
                if 0 <= x < self.width:
                    self.read(y, x)
        return self.samples

    def sample(self, plane: int, y: int, x: int) -> int:
        """A sample, or what stands for it outside the tile."""
        if plane:
            yy, xx = int(clip(y, 0, self.height - 1)), int(clip(x, 0, self.width - 1))
            return int(self.known[plane - 1][yy, xx])
        if y < 0 or (y == 0 and x < 0):
            return self.start
        return self.samples[y - 1, 0] if x < 0 else self.samples[y, min(x, self.width - 1)]

    def error(self, k: int, y: int, x: int) -> int:
        """An error, or what stands for it outside the tile."""
        if y < 0 or (y == 0 and x < 0):
            return 0
        return self.errors[k, y - 1, 0] if x < 0 else self.errors[k, y, min(x, self.width - 1)]

    def read(self, y: int, x: int) -> None:
        """Read one sample, and let it into all that later ones are foretold from."""
        p = [expert.foretell(self, y, x) for expert in self.experts]
        w, n = self.sample(0, y, x - 1), self.sample(0, y - 1, x)
        p.append(64 * sorted([w, n, w + n - self.sample(0, y - 1, x - 1)])[1])
        K, sums = self.count, []
        for k in range(K + 1):
            terms = zip(NEAR, NEAR_WEIGHTS, strict=True)
            sums.append(sum(weight * abs(self.error(k, y + dy, x + dx)) for (dy, dx), weight in terms))
        scale = [float(total) * TO_SCALE + 0.1 for total in sums]
        inv = [1.0 / value for value in scale]
        m, u = [value * (1.0 / 64) for value in p], [value * value * value for value in inv[:K]]
        one = 1.0 / in_order(u)
        p.append(math.floor(in_order([u[k] * m[k] for k in range(K)]) * one * 64 + 0.5))
        m.append(p[K] * (1.0 / 64))
        rows, spread, flat = self.surroundings(y, x, m, scale[K], inv[K])
        self.questions.prepare(m, inv, [value * one for value in u], rows, spread, flat)
        sample = self.find(m[K], scale[K])
        self.samples[y, x] = sample
        for k in range(K + 1):
            self.errors[k, y, x] = 64 * sample - p[k]
        self.slow[x] = 0.9 * self.slow[x] + 0.0015625 * abs(self.errors[K, y, x])
        for k, expert in enumerate(self.experts):
            expert.settle(y, x, sample, 8.0 * inv[k] / (1.0 + 3.0 * inv[k]))

    def surroundings(self, y: int, x: int, m: list[float], s: float, i: float) -> tuple[list[int], int, int]:
        """Return the rows of counters, the class of the scale, and how many neighbours are the same."""
        w, n, nw, ne, ww, nn, far, farther = (
            self.sample(0, y + dy, x + dx)
            for dy, dx in [(0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0), (-1, 2), (-2, 1)]
        )
        K, centre = self.count, m[self.count]
        flat = sum(value == w for value in (n, nw, ne, ww, nn))
        if flat == 5:
            flat += (far == w) + (farther == w)
        shape = sum((value > centre) << bit for bit, value in enumerate((w, n, nw, ne, 2 * n - nn, 2 * w - ww)))
        spread = bounded(ln(s + 0.02) * 2.885 + 14.0, 23)
        trend = bounded(ln(self.slow[x] * i + 0.001) * 2.164 + 4.0, 8)
        apart = bounded(in_order([abs(m[k] - centre) for k in range(K)]) * i / K * 6.0, 7)
        fraction, j = bounded((centre - math.floor(centre)) * 8.0, 7), i * (1.0 / 64)
        west, north = (bounded(self.error(K, y + dy, x + dx) * j + 3.5, 6) for dy, dx in [(0, -1), (-1, 0)])
        right = bounded(self.error(K, y - 1, x + 1) * j * 0.7 + 2.5, 4)
        rows = [spread, 24 + 4 * shape + min(spread // 6, 3), 280 + (7 * west + north) * 5 + right]
        return [*rows, 525 + 8 * spread + apart, 717 + 9 * flat + trend, 789 + 8 * spread + fraction], spread, flat

    def find(self, centre: float, s: float) -> int:
        """Ask until one code is left, and return it."""
        low, high, asked, below, ask = 0, self.last + 1, 0, self.below, self.questions
        while below[high] - below[low] > 1:
            a, b, t = ask.low[self.count], ask.high[self.count], (low + high) // 2
            if asked < 24 and b - a > 1e-7:
                q = 0.5 * (a + b)
                t = math.ceil(centre + s * ln(q / (1.0 - q)))
            elif asked < 24 and centre < low:
                t = low + max(1, (high - low) // 4)
            elif asked < 24 and centre > high:
                t = high - max(1, (high - low) // 4)
            t = min(max(t, low + 1), high - 1)
            ask.place(t)
            known = below[t] == below[low] or below[t] == below[high]
            answer = int(below[t] == below[low]) if known else ask.answer(self.decoder)
            low, high = (t, high) if answer else (low, t)
            ask.narrow(answer)
            asked += 1
        return next(code for code in range(low, high) if below[code + 1] > below[code])


class Questions:
    """What is known of a sample while it is asked for, and what is learnt from the answers."""

    def __init__(self, experts: int) -> None:
        self.experts = experts
        inputs = -(-(experts + 9) // 8) * 8
        self.first = [0.3 / experts] * experts + [0.2, 0.3] + [0.06] * 6
        self.first += [0.0] * (inputs - len(self.first))
        self.weights: dict[int, list[float]] = {}
        self.curves: dict[tuple[int, int], list[float]] = {}
        self.counters: dict[tuple[int, int], list[float]] = {}

    def prepare(
        self, m: list[float], inv: list[float], share: list[float], rows: list[int], spread: int, flat: int
    ) -> None:
        """Begin with a sample."""
        self.m, self.inv, self.share, self.rows, self.spread, self.flat = m, inv, share, rows, spread, flat
        self.low, self.high = [0.0] * len(m), [1.0] * len(m)
        self.here, self.depth, self.node = list(self.low), 0, 1

    def place(self, t: int) -> None:
        """Say which t is asked for."""
        self.here = [logistic((t - 0.5 - self.m[k]) * self.inv[k]) for k in range(len(self.m))]

    def narrow(self, answer: int) -> None:
        """Let the answer into what is known."""
        if answer:
            self.low = self.here
        else:
            self.high = self.here

    def inputs(self, counters: list[list[float]]) -> list[float]:
        """What is mixed."""
        sides = [
            (high - here + 1e-6, here - low + 1e-6)
            for low, here, high in zip(self.low, self.here, self.high, strict=True)
        ]
        up = in_order([self.share[k] * sides[k][0] for k in range(self.experts)])
        down = in_order([self.share[k] * sides[k][1] for k in range(self.experts)])
        sides += [(up, down), *((chance, 1.0 - chance) for chance, _ in counters)]
        found = [clip(ln(above / below), -7.6, 7.6) for above, below in sides] + [0.3]
        return found + [0.0] * (len(self.first) - len(found))

    def answer(self, decoder: ReferenceDecoder) -> int:
        """Read an answer, and learn from it."""
        question_ = self.node if self.depth < 7 else min(128 + self.depth, 159)
        second = 160 + 8 * self.spread + min(self.depth, 7)
        sets = [self.weights.setdefault(r, list(self.first)) for r in (question_, second, 352 + self.rows[4] - 717)]
        counters = [self.counters.setdefault((row, question_), [0.5, 0.0]) for row in self.rows]
        straight = [logistic((r - 16) / 2) for r in range(33)]
        curve = self.curves.setdefault((question_, self.flat), straight)
        inputs = self.inputs(counters)
        said = [strands(weights, inputs) for weights in sets]
        mean = (said[0] + said[1] + said[2]) * THIRD
        p, at = logistic(mean), clip(mean, -7.99, 7.99) * 2.0 + 16.0
        r, h = int(at), at - int(at)
        c = curve[r] * (1.0 - h) + curve[r + 1] * h
        b = question(decoder, clip((p + 0.3 * (c - p)) * 65536.0, 4, 65532))
        for weights, one in zip(sets, said, strict=True):
            e = 0.003 * ((b - p) + (b - logistic(one)))
            for i, value in enumerate(inputs):
                weights[i] += e * value
        curve[r] += (b - curve[r]) * (0.01 * (1.0 - h))
        curve[r + 1] += (b - curve[r + 1]) * (0.01 * h)
        for counter in counters:
            counter[0] += (b * 0.999 + 0.0005 - counter[0]) / (counter[1] + 1.6)
            counter[1] = min(counter[1] + 1, 255.0)
        self.node, self.depth = 2 * self.node + b, self.depth + 1
        return b


def strands(weights: list[float], inputs: list[float]) -> float:
    """Sum of weight x input, in eight strands."""
    r = [in_order([weights[i] * inputs[i] for i in range(k, len(inputs), 8)]) for k in range(8)]
    return ((r[0] + r[4]) + (r[2] + r[6])) + ((r[1] + r[5]) + (r[3] + r[7]))


def in_order(values: list[float]) -> float:
    """Sum, one after the other: Python's own `sum` is more exact than the format."""
    total = 0.0
    for value in values:
        total += value
    return total


def exponential(x: Fraction) -> Fraction:
    """exp(x) for x from 0 to 12, to 2^-90 of it."""
    term, total, k = Fraction(1), Fraction(1), 0
    while term > Fraction(1, 1 << 100):
        k += 1
        term = Fraction(round(term * x / k * (1 << 130)), 1 << 130)
        total += term
    return total


def natural(x: Fraction) -> Fraction:
    """The logarithm of x from 1 to 2, to 2^-90."""
    y = (x - 1) / (x + 1)
    total, power, k = Fraction(0), y, 1
    while power > Fraction(1, 1 << 100):
        total, k = total + power / k, k + 2
        power = Fraction(round(power * y * y * (1 << 130)), 1 << 130)
    return 2 * total


def multiple(x: Fraction) -> float:
    """The multiple of 2^-40 that is nearest to x."""
    return math.floor(x * (1 << 40) + Fraction(1, 2)) / (1 << 40)


UPPER = [exponential(Fraction(r, 32)) for r in range(385)]
A = [
    multiple(1 / (1 + UPPER[384 - r])) if r < 384 else multiple(UPPER[r - 384] / (1 + UPPER[r - 384]))
    for r in range(769)
]
A.append(A[-1])
B = [multiple(natural(1 + Fraction(2 * r + 1, 2048))) for r in range(1024)]
L = multiple(natural(Fraction(2)))


def logistic(z: float) -> float:
    """1 / (1 + exp(-z)), by its table."""
    at = (clip(z, -12.0, 12.0) + 12.0) * 32.0
    return A[int(at)] + (at - int(at)) * (A[int(at) + 1] - A[int(at)])


def ln(x: float) -> float:
    """The logarithm, by its table."""
    mantissa, exponent = math.frexp(x)
    return (exponent - 1) * L + B[int((2 * mantissa - 1) * 1024)]
