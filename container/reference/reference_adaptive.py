"""The decoder of residual coder 6 that `container/BITSTREAM.md` describes: one sub-pixel at a time, in plain Python.

It takes planes, features, network and frequencies from `reference_residual`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from reference_coder import ReferenceDecoder
from reference_least_squares import CHUNK
from reference_residual import ERROR_WEIGHTS, FLOOR, MAX_SCALE, NEAR, Forecast, ReferenceTile, decode_step

F = np.float32
SIZES = [81, 32, 200, 64, 128, 200]
PARTS = 16
RATES = ["layer", "linear", "first", "second", "guard", "offset", "keep", "offset_guard", "start"]


PHASES = 4


class Expert:
    """Weighted least squares of one channel in float32."""

    def __init__(self, settings: list[int]) -> None:
        forget, ridge, self.floor, self.own = settings
        self.f, self.ridge = F(forget) / F(256), F(ridge) / F(1024)
        self.products: dict[tuple[int, int], Any] = {}
        self.rows: dict[tuple[int, int], Any] = {}
        self.sums: dict[tuple[int, int], Any] = {}
        self.weights: dict[int, list[Any]] = {}
        self.inputs: dict[int, tuple[list[Any], Any]] = {}

    def predict(self, v: list[Any], start: Any, place: tuple[int, int], top: int) -> int:
        """Return the prediction in 1/16 from regressors and the plain prediction."""
        y, x = place
        self.inputs[y] = v, start
        if x % CHUNK == 0:
            self.begin(y, x // CHUNK, len(v))
            self.weights[y] = solve(list(self.sums[y, x // CHUNK]), len(v), self.ridge)
        value = start
        for weight, regressor in zip(self.weights[y], v, strict=True):
            value = value + weight * regressor
        rounded = np.floor(value * F(16) + F(0.5))
        return int(min(rounded, F(16 * top))) if rounded > 0 else 0

    def begin(self, y: int, c: int, n: int) -> None:
        """Sum up what row y knows when it begins chunk c."""
        nothing, f = np.zeros(n * (n + 1) // 2 + n, np.float32), self.f
        f3 = f * f * f
        f5 = f3 * f * f
        f9 = f5 * f3 * f

        def seen(y: int, c: int) -> Any:
            z0, z1, z2 = (self.products.get((y, CHUNK * c + k), nothing) for k in range(CHUNK))
            return z0 + f * (z1 + f * z2)

        z0, z1, z2 = (self.products.get((y, CHUNK * (c - 1) + k), nothing) for k in range(CHUNK))
        self.rows[y, c] = z2 + f * (z1 + f * z0) + f3 * self.rows.get((y, c - 1), nothing)
        near = self.rows[y, c] + self.sums.get((y - 1, c), nothing) + seen(y - 1, c)
        self.sums[y, c] = f * near + f5 * seen(y - 2, c + 1) + f9 * seen(y - 3, c + 2)

    def update(self, place: tuple[int, int], sample: int, around: int, error: int) -> None:
        """Add a place whose sample is known now, with the errors of this expert around it and its own."""
        v, start = self.inputs[place[0]]
        factor = F(2048) / F(around + self.floor + self.own * abs(error))
        scaled, target = [regressor * factor for regressor in v], (F(sample) - start) * factor
        products = [scaled[i] * scaled[j] for i in range(len(v)) for j in range(i + 1)] + [s * target for s in scaled]
        self.products[place] = np.array(products, np.float32)


def solve(sums: list[Any], n: int, ridge: Any) -> list[Any]:
    """Return the weights, by LDL^T in the order that the format fixes."""
    a = [sums[i * (i + 1) // 2 : i * (i + 1) // 2 + i + 1] for i in range(n)]
    right, inverse, weights = sums[-n:], [F(0)] * n, [F(0)] * n
    for i in range(n):
        for j in range(i):
            for k in range(j):
                a[i][j] = a[i][j] - a[i][k] * a[j][k]
        a[i][i] = a[i][i] + ridge
        least = a[i][i] * F(2.0**-20)
        for j in range(i):
            z = a[i][j]
            a[i][j] = z * inverse[j]
            a[i][i] = a[i][i] - z * a[i][j]
            right[i] = right[i] - a[i][j] * right[j]
        inverse[i] = F(1) / max(a[i][i], ridge, least)
    for i in range(n - 1, -1, -1):
        weights[i] = right[i] * inverse[i]
        for k in range(i + 1, n):
            weights[i] = weights[i] - a[k][i] * weights[k]
    return weights


class Phased:
    """Four experts, one for each phase of places: row even or odd, column even or odd."""

    def __init__(self, settings: list[int]) -> None:
        self.parts = [Expert(settings) for _ in range(PHASES)]

    def predict(self, v: list[Any], start: Any, place: tuple[int, int], top: int) -> int:
        """Return the prediction of the expert of this place's phase; all four begin chunks."""
        found = [part.predict(v, start, place, top) for part in self.parts]
        return found[phase_of(place)]

    def update(self, place: tuple[int, int], sample: int, around: int, error: int) -> None:
        """Add a place to those of its phase."""
        self.parts[phase_of(place)].update(place, sample, around, error)


def phase_of(place: tuple[int, int]) -> int:
    """Return the phase of a place, counted from the corner of the tile."""
    return 2 * (place[0] % 2) + place[1] % 2


class Follower:
    """What follows the tile in one channel: the end of its network, and its tables of offsets."""

    def __init__(self, tensors: Mapping[str, NDArray[Any]], channel: int) -> None:
        *numbers, clip, self.samples, drift = tensors["rates"].tolist()
        self.rates = {name: F(number) * F(2.0**-30) for name, number in zip(RATES, numbers, strict=True)}
        self.clip, self.limit = F(clip), F(drift) / F(1024)
        self.start = {name: tensors[f"{channel}.{name}"].astype(np.int64) for name in ("w3", "b3", "linear")}
        self.start["linear"] = self.start["linear"][0]
        self.gradients, self.first, self.second, self.drift = (
            {name: np.zeros(start.shape, np.float32) for name, start in self.start.items()} for _ in range(4)
        )
        self.powers, self.count = [F(1), F(1)], 0
        self.tables = [np.zeros((size, 9), np.float32) for size in SIZES]
        self.power = [self.rates["start"]] * 9

    def moved(self, contexts: list[int], out: list[int]) -> list[int]:
        """Return the outputs with the offsets of a place."""
        total = self.tables[0][contexts[0]]
        for table, context in zip(self.tables[1:], contexts[1:], strict=True):
            total = total + table[context]
        moves = np.clip(np.floor(total * F(256) + F(0.5)), -16384, 16384)
        return [min(max(value + int(move), -8192), 8192) for value, move in zip(out, moves, strict=True)]

    def learn(self, rows: list[int], told: list[dict[str, Any]]) -> None:
        """Take the places of a step, in `rows`, into tables and weights; `told` is what is known of each."""
        slopes = np.array([place["gradients"] for place in told], np.float32)  # (n, 9)
        for k in range(9):
            square = folded(rows, slopes[:, k] * slopes[:, k])
            kept, keep = self.power[k], self.rates["keep"]
            self.power[k] = keep * kept + (F(1) - keep) * square / F(len(rows))
            rate = self.rates["offset"] / np.sqrt(self.power[k] + self.rates["offset_guard"])
            for place, slope in zip(told, slopes[:, k], strict=True):
                for table, context in zip(self.tables, place["contexts"], strict=True):
                    table[context, k] -= rate * slope
        last, inputs = (np.array([place[name] for place in told], np.float32) for name in ("last", "features"))
        for k in range(9):
            self.gradients["b3"][k] += folded(rows, slopes[:, k])
            for r in range(last.shape[1]):
                self.gradients["w3"][k, r] += folded(rows, slopes[:, k] * last[:, r]) * F(1 / 128)
        means = slopes[:, 3] + slopes[:, 4] + slopes[:, 5]
        for r in range(inputs.shape[1]):
            self.gradients["linear"][r] += folded(rows, means * inputs[:, r]) * F(1 / 128)
        self.count += len(rows)
        if self.count >= self.samples:
            self.step()

    def step(self) -> None:
        """Adam's step of all weights that follow."""
        one, (b1, b2), part = F(1), (self.rates["first"], self.rates["second"]), F(1) / F(self.count)
        self.powers, self.count = [self.powers[0] * b1, self.powers[1] * b2], 0
        up1, up2 = one / (one - self.powers[0]), one / (one - self.powers[1])
        for name in self.start:
            g = self.gradients[name] * part
            self.first[name] = b1 * self.first[name] + (one - b1) * g
            self.second[name] = b2 * self.second[name] + (one - b2) * g * g
            rate = self.rates["linear" if name == "linear" else "layer"]
            away = np.sqrt(self.second[name] * up2) + self.rates["guard"]
            moved = self.drift[name] - rate * (self.first[name] * up1) / away
            self.drift[name] = np.clip(moved, -self.limit, self.limit)
            self.gradients[name] = np.zeros_like(g)

    def weights(self, name: str) -> NDArray[np.int64]:
        """Return the integers that the network takes now."""
        unit = F(1 << 17) if name == "b3" else F(1 << 10)
        moved: NDArray[np.int64] = self.start[name] + np.floor(self.drift[name] * unit + F(0.5)).astype(np.int64)
        return moved


def folded(rows: list[int], values: Any) -> Any:
    """Return the sum of the values of some rows in the order that the format fixes."""
    parts = np.zeros(PARTS, np.float32)
    for y, value in zip(rows, values, strict=True):
        parts[y % PARTS] += value
    while len(parts) > 1:
        parts = parts[: len(parts) // 2] + parts[len(parts) // 2 :]
    return parts[0]


class AdaptiveTile(ReferenceTile):
    """One tile while it is decoded."""

    def __init__(self, tensors: Mapping[str, NDArray[Any]], base: NDArray[Any], channels: int, top: int) -> None:
        settings = {c: tensors[f"{c}.experts"].tolist() for c in range(channels)}
        super().__init__(tensors, base, channels, top)
        self.adapting = dict(self.tensors)
        self.tensors = self.adapting
        self.regressors = [
            [tensors[f"{c}.context.{e}"].tolist() for e in range(len(settings[c]) - 1)] for c in range(channels)
        ]
        self.blends: list[list[Expert | Phased]] = [[Expert(row) for row in settings[c]] for c in range(channels)]
        for c in range(channels):
            for e, row in enumerate(tensors.get(f"{c}.phased", np.zeros((0, 4), np.int32)).tolist()):
                self.blends[c].append(Phased(row))
                self.regressors[c].append(tensors[f"{c}.phased.{e}"].tolist())
        self.followers = [Follower(tensors, c) for c in range(channels)]
        self.told: dict[tuple[int, int, int], dict[str, Any]] = {}

    def plain(self, plane: int, y: int, x: int) -> int:
        """Return west and north together: twice the plain prediction."""
        return self.sample(plane, y, x - 1) + self.sample(plane, y - 1, x)

    def forecast(self, channel: int, y: int, x: int) -> Forecast:
        """Foretell a sub-pixel whose causal neighbours are known."""
        count = len(self.tensors[f"{channel}.experts"]) - 1
        own = self.blends[channel]
        experts, blend = [*own[:count], *own[count + 1 :]], own[count]
        start, predictions = F(self.plain(channel, y, x)) * F(0.5), []
        for expert, context in zip(experts, self.regressors[channel], strict=True):
            v = [F(2 * self.sample(p, y + dy, x + dx) - self.plain(p, y, x)) * F(0.5) for p, dy, dx in context]
            predictions.append(expert.predict(v, start, (y, x), self.top))
        v = [F(prediction - 8 * self.plain(channel, y, x)) * F(1 / 16) for prediction in predictions]
        centre = blend.predict(v, start, (y, x), self.top)
        everyone = [*predictions[:count], centre, *predictions[count:]]
        near = [[self.error(e, channel, y + dy, x + dx) for dy, dx in NEAR[:6]] for e in range(len(everyone))]
        around = [sum(w * abs(error) for w, error in zip(ERROR_WEIGHTS, errors, strict=True)) for errors in near]
        scale = self.scales[y][channel] = min((around[count] >> 6) + FLOOR, MAX_SCALE)
        features = self.features(channel, y, x, everyone[: count + 1], scale, near[: count + 1])
        contexts = self.contexts(channel, (y, x), features, centre)
        out = self.followers[channel].moved(contexts, self.network(channel, features))
        self.told[channel, y, x] = {
            "contexts": contexts, "out": out, "scale": scale, "centre": centre, "around": around,
            "features": features, "last": self.hidden(channel, features),
        }  # fmt: skip
        row, first, bits = self.row(channel, out, centre, scale)
        return Forecast(everyone, row, first, bits)

    def hidden(self, channel: int, features: list[int]) -> list[int]:
        """Return what the last layer is given."""

        def layer(name: str, x: list[int]) -> list[int]:
            weights, bias = (self.tensors[f"{channel}.{kind}{name}"].astype(np.int64) for kind in "wb")
            values = [int(v) >> 10 for v in (weights * np.array(x, np.int64)).sum(1) + bias + 512]
            return [min(max(v, v >> 3, -4095), 4095) for v in values]

        h = layer("1", features)
        return [a + b for a, b in zip(h, layer("2", h), strict=True)]

    def contexts(self, channel: int, place: tuple[int, int], features: list[int], centre: int) -> list[int]:
        """Return the row of each table of offsets."""
        sign, small, large, coarse, fine = self.tensors["thresholds"].tolist()

        def fifth(e: int) -> int:
            return sum(e > limit for limit in (-large - 1, -small - 1, small, large))

        west, north, diagonal, other = features[10:18:2]
        signs = 0
        for e in (west, north, diagonal, other):
            signs = 3 * signs + (2 if e > sign else 0 if e < -sign else 1)
        tail = len(features) - 1 - 4 * channel
        one = features[tail] if channel > 0 else west
        two = features[tail + 4] if channel > 1 else west if channel == 1 else north
        log = features[22] + 64
        return [
            signs,
            min(centre >> 7, 31),
            (fifth(one) * 5 + fifth(two)) * 8 + min(max(log // coarse, 0), 7),
            (place[0] % 8) * 8 + place[1] % 8,
            min(max(log // fine, 0), 15) * 8 + (centre >> 1) % 8,
            (fifth(diagonal) * 5 + fifth(other)) * 8 + min(max(((features[tail - 8] + 64) >> 7) + 4, 0), 7),
        ]

    def settle(self, channel: int, y: int, x: int, predictions: list[int]) -> None:
        """Note the errors of all experts once a sub-pixel is read, and what it teaches."""
        sample, told = self.samples[channel, y, x], self.told[channel, y, x]
        for e, prediction in enumerate(predictions):
            error = self.errors[e, channel, y, x] = 16 * sample - prediction
            self.blends[channel][e].update((y, x), sample, told["around"][e], error)
        told["gradients"] = self.slopes(channel, told, sample)

    def slopes(self, channel: int, told: dict[str, Any], sample: int) -> list[Any]:
        """Return the gradients of the outputs of a place."""
        tensors, clip, out, scale = self.tensors, self.followers[channel].clip, told["out"], told["scale"]
        shares, means, steps, inverses = self.mixture(out, told["centre"], scale)
        parts = []
        for k in range(3):
            table = tensors[f"{channel}.cumulative"][k].tolist()
            edges = []
            for edge, outside, rest in (
                (64 * sample - 32, sample <= 0, 0),
                (64 * sample + 32, sample >= self.top, 65536),
            ):
                entry = min(max(((edge - means[k]) * inverses[k]) >> 14, -1536), 1536) + 1536
                slope = table[min(entry + 5, 3072)] - table[max(entry - 4, 0)] if 0 < entry < 3072 else 0
                edges.append((rest, F(0), entry) if outside else (table[entry], F(slope), entry))
            parts.append(edges)
        mass = sum(share * (high[0] - low[0]) for share, (low, high) in zip(shares, parts, strict=True))
        p = F(mass) * F(2.0**-28)
        inverse = F(1) / (p * F(65502 / 65536) + F(1.5 / 65536))
        weights, moved, spread = [], [], []
        steep = F(128) / F(9) * F(1 / 65536)
        for k, (low, high) in enumerate(parts):
            share = F(shares[k]) * F(2.0**-12) * inverse
            weights.append(share * (p - F(high[0] - low[0]) * F(1 / 65536)))
            ratio = F(scale) * F(inverses[k]) * F(2.0**-19)
            moved.append(np.clip(share * (ratio * ((high[1] - low[1]) * steep)), -clip, clip))
            above, below = (F(edge[2] - 1536) * F(1 / 128) * (edge[1] * steep) for edge in (high, low))
            inside = 0 <= steps[k] < len(tensors["scales"])
            spread.append(np.clip(share * (above - below), -clip, clip) if inside else F(0))
        return [*weights, *moved, *spread]

    def mixture(self, out: list[int], centre: int, scale: int) -> tuple[list[int], list[int], list[int], list[int]]:
        """Return shares, means, steps of widths before they are clipped, and inverse widths."""
        tensors = self.tensors
        exponentials = tensors["exponentials"]
        raw = [int(exponentials[min(max(out[:3]) - v, len(exponentials) - 1)]) for v in out[:3]]
        shares = [(v << 12) // sum(raw) for v in raw]
        shares[0] = 4096 - shares[1] - shares[2]
        means = [4 * centre + ((v * scale) >> 6) for v in out[3:6]]
        steps = [((v + 2 * int(tensors["logs"][scale])) >> 3) + 104 for v in out[6:]]
        inverses = [int(tensors["inverses"][min(max(s, 0), len(tensors["inverses"]) - 1)]) for s in steps]
        return shares, means, steps, inverses

    def learn(self, channel: int, places: list[tuple[int, int]]) -> None:
        """Let the channel follow the places of a step, which are known now."""
        follower = self.followers[channel]
        follower.learn([y for y, _ in places], [self.told.pop((channel, y, x)) for y, x in places])
        for name in ("w3", "b3", "linear"):
            weights = follower.weights(name)
            self.adapting[f"{channel}.{name}"] = weights[None] if name == "linear" else weights


def decode_tile(
    payload: bytes, tensors: Mapping[str, NDArray[Any]], base: NDArray[Any], channels: int, top: int
) -> NDArray[np.int32]:
    """Return the planes (channels, H, W) of a tile from its payload and base picture (3, H, W), in coding order."""
    tile, coder = AdaptiveTile(tensors, base, channels, top), ReferenceDecoder(payload)
    for places in filter(None, map(sorted, tile.steps())):
        for channel in range(channels):
            decode_step(tile, coder, channel, places)
            tile.learn(channel, places)
    if not coder.used_up():
        raise ValueError("corrupt")
    planes = np.zeros((channels, tile.height, tile.width), np.int32)
    for place, sample in tile.samples.items():
        planes[place] = sample
    return planes
