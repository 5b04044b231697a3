"""What `container/BITSTREAM.md` says of a tile of a photograph before anything adapts, in plain Python.

Planes, features, network and frequencies of residual coder 6; `reference_adaptive` has what is made of them.
Slow, without wavefront arrays, numba or constriction. Numbers that the document gives are written out again here.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from reference_coder import ReferenceDecoder, naturals

LAG = 3
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


def ratio(difference: int, scale: int) -> int:
    """Return difference / scale in 1/128, within the limit, by the reciprocal of the scale."""
    reciprocal = (128 * 4096 + scale // 2) // scale
    return min(max((difference * reciprocal + 2048) >> 12, -LIMIT), LIMIT)


class ReferenceTile(ABC):
    """One tile while it is decoded; planes are in coding order."""

    def __init__(self, tensors: Mapping[str, NDArray[Any]], base: NDArray[Any], channels: int, top: int) -> None:
        self.tensors, self.base, self.channels, self.top = tensors, base.tolist(), channels, top
        self.height, self.width = base.shape[1:]
        self.samples: dict[tuple[int, int, int], int] = {}
        self.errors: dict[tuple[int, int, int, int], int] = {}
        self.scales = [[FLOOR] * 3 for _ in range(self.height)]

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

    @abstractmethod
    def forecast(self, channel: int, y: int, x: int) -> Forecast:
        """Foretell a sub-pixel whose causal neighbours are known."""

    @abstractmethod
    def settle(self, channel: int, y: int, x: int, predictions: list[int]) -> None:
        """Note the errors of all experts once a sub-pixel is read."""

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

    def steps(self) -> list[list[tuple[int, int]]]:
        """The positions (y, x) of each wavefront step."""
        last = self.width + LAG * (self.height - 1)
        return [[(y, t - LAG * y) for y in range(self.height) if 0 <= t - LAG * y < self.width] for t in range(last)]


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
