"""The decoder of a residual tile that `container/BITSTREAM.md` describes: one sub-pixel at a time, in plain Python.

Slow, without wavefront arrays, numba or constriction. Numbers that the document gives are written out again here.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from reference_coder import ReferenceDecoder, naturals

LAG, FRACTION, RIDGE, PIVOT = 3, 16, 10.0, 1e-6
CHUNK = 3
NEAR = [(0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0), (-1, 2), (-1, -2), (-2, 1), (-2, -1)]
ERROR_WEIGHTS = [16, 16, 10, 10, 6, 6]
AROUND = [(0, 0), (-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)]
FLOOR, MAX_SCALE, LIMIT = 10, 8191, 1023
BINS, COMPONENTS = 32, 3


class Forecast(NamedTuple):
    """What is known of a sub-pixel before it is read: expectations in 1/16, frequencies, window, log2 of bin width."""

    predictions: list[int]
    row: list[int]
    first: int
    bits: int


class Regression:
    """One least-squares expert of one channel."""

    def __init__(self, context: NDArray[Any], forget: float) -> None:
        self.context, self.forget = context.tolist(), forget
        n = len(self.context)
        self.nothing = np.zeros(n * (n + 1) // 2 + n)
        self.products: dict[tuple[int, int], Any] = {}
        self.rows: dict[tuple[int, int], Any] = {}
        self.sums: dict[tuple[int, int], Any] = {}
        self.weights: dict[int, list[float]] = {}
        self.inputs: dict[int, tuple[list[float], float]] = {}

    def predict(self, tile: "ReferenceTile", channel: int, y: int, x: int) -> int:
        """Return the prediction in 1 / FRACTION; keeps what `update` needs."""

        def start(plane: int) -> float:
            return 0.5 * (tile.sample(plane, y, x - 1) + tile.sample(plane, y - 1, x))

        v = [tile.sample(p, y + dy, x + dx) - start(p) for p, dy, dx in self.context]
        self.inputs[y] = v, start(channel)
        if x % CHUNK == 0:
            self.begin(y, x // CHUNK)
            self.weights[y] = solve(self.sums[y, x // CHUNK].tolist(), len(v))
        value = start(channel)
        for weight, regressor in zip(self.weights[y], v, strict=True):
            value += weight * regressor
        return int(min(max(math.floor(value * FRACTION + 0.5), 0), tile.top * FRACTION))

    def begin(self, y: int, c: int) -> None:
        """Sum up what row y knows when it begins chunk c."""
        f, f3 = self.forget, self.forget * self.forget * self.forget
        f5 = f3 * f * f
        f9 = f5 * f3 * f
        z0, z1, z2 = (self.products.get((y, CHUNK * (c - 1) + k), self.nothing) for k in range(CHUNK))
        self.rows[y, c] = z2 + f * (z1 + f * z0) + f3 * self.rows.get((y, c - 1), self.nothing)
        above = self.sums.get((y - 1, c), self.nothing)
        near, far, further = (self.seen(y - 1 - k, c + k) for k in range(3))
        self.sums[y, c] = f * (self.rows[y, c] + above + near) + f5 * far + f9 * further

    def seen(self, y: int, c: int) -> Any:
        """Products of a chunk, seen from its left end."""
        z0, z1, z2 = (self.products.get((y, CHUNK * c + k), self.nothing) for k in range(CHUNK))
        return z0 + self.forget * (z1 + self.forget * z2)

    def update(self, y: int, x: int, sample: int) -> None:
        """Add the position whose sample is known now."""
        v, start = self.inputs[y]
        target = sample - start
        products = [v[i] * v[j] for i in range(len(v)) for j in range(i + 1)] + [v[i] * target for i in range(len(v))]
        self.products[y, x] = np.array(products)


def solve(sums: list[float], n: int) -> list[float]:
    """Return the weights, by LDL^T in the order that the format fixes."""
    a = [sums[i * (i + 1) // 2 : i * (i + 1) // 2 + i + 1] for i in range(n)]
    right, inverse = sums[-n:], [0.0] * n
    for i in range(n):
        for j in range(i):
            for k in range(j):
                a[i][j] -= a[i][k] * a[j][k]
        a[i][i] += RIDGE
        for j in range(i):
            z = a[i][j]
            a[i][j] = z * inverse[j]
            a[i][i] -= z * a[i][j]
            right[i] -= a[i][j] * right[j]
        inverse[i] = 1.0 / max(a[i][i], PIVOT)
    weights = [0.0] * n
    for i in range(n - 1, -1, -1):
        weights[i] = right[i] * inverse[i]
        for k in range(i + 1, n):
            weights[i] -= a[k][i] * weights[k]
    return weights


def ratio(difference: int, scale: int) -> int:
    """Return difference / scale in 1/128, within the limit, by the reciprocal of the scale."""
    reciprocal = (128 * 4096 + scale // 2) // scale
    return min(max((difference * reciprocal + 2048) >> 12, -LIMIT), LIMIT)


class ReferenceTile:
    """One tile while it is decoded; planes are in coding order."""

    def __init__(self, tensors: Mapping[str, NDArray[Any]], base: NDArray[Any], channels: int, top: int) -> None:
        self.tensors, self.base, self.channels, self.top = tensors, base.tolist(), channels, top
        self.height, self.width = base.shape[1:]
        self.samples: dict[tuple[int, int, int], int] = {}
        self.errors: dict[tuple[int, int, int, int], int] = {}
        self.scales = [[FLOOR] * 3 for _ in range(self.height)]
        self.experts = [
            [Regression(tensors[f"{c}.context.{e}"], int(f) / 256) for e, f in enumerate(tensors[f"{c}.forgets"])]
            for c in range(channels)
        ]

    def sample(self, plane: int, y: int, x: int) -> int:
        """A sample or what stands for it outside the tile; planes 3 to 5 are the base picture."""
        if plane >= 3 or plane >= self.channels:
            return int(self.base[plane % 3][min(max(y, 0), self.height - 1)][min(max(x, 0), self.width - 1)])
        if y < 0 or (x < 0 and y == 0):
            return self.sample(3 + plane, y, x)
        return self.samples[plane, y - 1, 0] if x < 0 else self.samples[plane, y, min(x, self.width - 1)]

    def error(self, expert: int, channel: int, y: int, x: int) -> int:
        """Return how far an expert was from a sub-pixel that is read."""
        if y < 0 or (x < 0 and y == 0) or channel >= self.channels:
            return 0
        return (
            self.errors[expert, channel, y - 1, 0] if x < 0 else self.errors[expert, channel, y, min(x, self.width - 1)]
        )

    def forecast(self, channel: int, y: int, x: int) -> Forecast:
        """Foretell a sub-pixel whose causal neighbours are known."""
        experts = self.experts[channel]
        count = len(experts)
        predictions = [expert.predict(self, channel, y, x) for expert in experts]
        centre = (2 * sum(predictions) + count) // (2 * count)
        near = [[self.error(e, channel, y + dy, x + dx) for dy, dx in NEAR[:6]] for e in range(count + 1)]
        local = sum(w * abs(error) for w, error in zip(ERROR_WEIGHTS, near[count], strict=True)) >> 6
        scale = self.scales[y][channel] = min(local + FLOOR, MAX_SCALE)
        features = self.features(channel, y, x, [*predictions, centre], scale, near)
        row, first, bits = self.row(channel, self.network(channel, features), centre, scale)
        return Forecast([*predictions, centre], row, first, bits)

    def features(
        self, channel: int, y: int, x: int, predictions: list[int], scale: int, near: list[list[int]]
    ) -> list[int]:
        """Return what the network of a channel is told of a sub-pixel."""
        centre = predictions[-1]
        out = [ratio(16 * self.sample(channel, y + dy, x + dx) - centre, scale) for dy, dx in NEAR]
        for error in near[-1]:
            out += [ratio(error, scale), abs(ratio(error, scale))]
        out.append(int(self.tensors["logs"][scale]))
        for prediction, errors in zip(predictions[:-1], near[:-1], strict=True):
            total = sum(abs(error) for error in errors)
            out += [ratio(prediction - centre, scale), ratio((total * 43 >> 8) - scale, scale)]
            out.append(ratio(sum(errors[:4]) >> 2, scale))
        out += [ratio(16 * self.sample(3 + channel, y + dy, x + dx) - centre, scale) for dy, dx in AROUND]
        last = len(near) - 1
        for d in range(3):
            if d != channel:
                out += [ratio(self.error(last, d, y + dy, x + dx), self.scales[y][d]) for dy, dx in NEAR[:4]]
        for d in range(channel):
            error = self.error(last, d, y, x)
            own = ratio(error, self.scales[y][d])
            delta = 16 * (self.sample(d, y, x) - self.sample(3 + d, y, x))
            out += [own, abs(own), ratio(error, scale), ratio(delta, scale)]
        return [*out, 256 * centre // max(16 * self.top, 1) - 128]

    def network(self, channel: int, features: list[int]) -> list[int]:
        """Return logits, means and log scales of the components."""

        def product(name: str, x: list[int], shift: int) -> list[int]:
            weights = self.tensors[f"{channel}.{name}"].astype(np.int64)
            bias = self.tensors.get(f"{channel}.b{name[1]}", np.zeros(len(weights), np.int64))
            sums = (weights * np.array(x, np.int64)).sum(1) + bias + (1 << (shift - 1))
            return [int(s) >> shift for s in sums]

        def active(values: list[int]) -> list[int]:
            return [min(max(v, v >> 3, -4095), 4095) for v in values]

        h = active(product("w1", features, 10))
        g = active(product("w2", h, 10))
        out = product("w3", [a + b for a, b in zip(h, g, strict=True)], 9)
        shortcut = product("linear", features, 9)[0]
        out = [v + (shortcut if COMPONENTS <= k < 2 * COMPONENTS else 0) for k, v in enumerate(out)]
        return [min(max(v, -8192), 8192) for v in out]

    def row(self, channel: int, out: list[int], centre: int, scale: int) -> tuple[list[int], int, int]:
        """Return frequencies, the first value of their window, and log2 of the width of its bins."""
        tensors, top = self.tensors, self.top
        exponentials, cumulative = tensors["exponentials"], tensors[f"{channel}.cumulative"]
        raw = [int(exponentials[min(max(out[:3]) - v, len(exponentials) - 1)]) for v in out[:3]]
        weights = [(v << 12) // sum(raw) for v in raw]
        weights[0] = 4096 - weights[1] - weights[2]
        means = [4 * centre + ((v * scale) >> 6) for v in out[3:6]]
        steps = [((v + 2 * int(tensors["logs"][scale])) >> 3) + 104 for v in out[6:]]
        steps = [min(max(s, 0), len(tensors["scales"]) - 1) for s in steps]
        widths, inverses = ([int(tensors[name][s]) for s in steps] for name in ("scales", "inverses"))
        middle = (sum(w * m for w, m in zip(weights, means, strict=True)) >> 12) + 32
        width = sum(w * m for w, m in zip(weights, widths, strict=True)) >> 12
        b = 0
        while (16 * 64 << b) * 4 < 17 * width and (BINS << b) <= top:
            b += 1
        first = max(0, min((middle >> 6) - (BINS // 2 << b), top + 1 - (BINS << b)))
        uppers = []
        for j in range(BINS + 1):
            value = first + (j << b)
            mass = 0 if value <= 0 else 1 << 28
            if 0 < value <= top:
                z = [(((64 * value - 32 - m) * i) >> 14) + 1536 for m, i in zip(means, inverses, strict=True)]
                mass = sum(w * int(c[min(max(at, 0), 3072)]) for w, c, at in zip(weights, cumulative, z, strict=True))
            uppers.append((mass * (65536 - BINS - 2) >> 28) + j + 1)
        return [high - low for low, high in zip([0, *uppers], [*uppers, 65536], strict=True)], first, b

    def settle(self, channel: int, y: int, x: int, predictions: list[int]) -> None:
        """Note the errors of all experts once a sub-pixel is read."""
        sample = self.samples[channel, y, x]
        for e, prediction in enumerate(predictions):
            self.errors[e, channel, y, x] = 16 * sample - prediction
        for expert in self.experts[channel]:
            expert.update(y, x, sample)

    def steps(self) -> list[list[tuple[int, int]]]:
        """The positions (y, x) of each wavefront step."""
        last = self.width + LAG * (self.height - 1)
        return [[(y, t - LAG * y) for y in range(self.height) if 0 <= t - LAG * y < self.width] for t in range(last)]


def decode_tile(
    payload: bytes, tensors: Mapping[str, NDArray[Any]], base: NDArray[Any], channels: int, top: int
) -> NDArray[np.int32]:
    """Return the planes (channels, H, W) of a tile from its payload and base picture (3, H, W), in coding order."""
    tile, coder = ReferenceTile(tensors, base, channels, top), ReferenceDecoder(payload)
    for places in tile.steps():
        for channel in range(channels):
            decode_step(tile, coder, channel, places)
    if not coder.used_up():
        raise ValueError("corrupt")
    planes = np.zeros((channels, tile.height, tile.width), np.int32)
    for place, sample in tile.samples.items():
        planes[place] = sample
    return planes


def decode_step(tile: ReferenceTile, coder: ReferenceDecoder, channel: int, places: list[tuple[int, int]]) -> None:
    """Read one channel of one step: all columns, then all low bits, then all escapes."""
    forecasts = [tile.forecast(channel, y, x) for y, x in places]
    columns = [coder.symbol(forecast.row) for forecast in forecasts]
    values = [f.first + ((column - 1) << f.bits) for column, f in zip(columns, forecasts, strict=True)]
    for i, forecast in enumerate(forecasts):
        values[i] += coder.bits(forecast.bits) if 0 < columns[i] <= BINS else 0
    escaped = [i for i, column in enumerate(columns) if column in (0, BINS + 1)]
    for i, away in zip(escaped, naturals(coder, len(escaped)), strict=True):
        first, after = forecasts[i].first, forecasts[i].first + (BINS << forecasts[i].bits)
        values[i] = first - 1 - away if columns[i] == 0 else after + away
    for (y, x), value, forecast in zip(places, values, forecasts, strict=True):
        tile.samples[channel, y, x] = value
        tile.settle(channel, y, x, forecast.predictions)
