"""From a float checkpoint of the hyperprior of any rate to its model files: scales, integer arrays, tables.

The checkpoint is that of `base2/`, whose decoder weights lie on a grid of 8 bits already.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from hybridcodec.base.geometry import LatentGrid
from hybridcodec.base.square import TILE
from hybridcodec.base.units import (
    LARGEST_SCALE,
    MID_GRAY,
    PIXELS_PER_UNIT,
    SAMPLE_STEPS,
    SCALES,
    SMALLEST_SCALE,
)
from hybridcodec.base.variable.analysis import HYPER_SCALE, Analysis
from hybridcodec.base.variable.decoder import WINDOW
from hybridcodec.base.variable.latents import code_latents
from hybridcodec.base.variable.model import VariableModel
from hybridcodec.base.variable.places import passes
from hybridcodec.base.variable.schema import (
    CONTEXT_LIMIT,
    CONTEXT_STEPS,
    FINE_LIMIT,
    FLOAT,
    GAIN_BITS,
    HYPER_LATENTS,
    HYPER_LIMIT,
    HYPER_STEPS,
    INTEGER,
    KNOT,
    KNOTS,
    LATENT_LIMIT,
    LATENT_STEPS,
    LATENTS,
    LOWEST,
    PER_UNIT,
    QUALITIES,
    SEEN_LIMIT,
    SEEN_STEPS,
    STEPS,
    STRAIGHT,
    UNIT_LIMIT,
    WIDTHS,
)
from hybridcodec.train.checkpoint import read_tensors
from hybridcodec.train.data import Crops, Samples
from hybridcodec.train.firing import only_firing
from hybridcodec.train.frequencies import frequencies, gaussian_rows
from hybridcodec.train.network import Chain
from hybridcodec.train.quantised import USUAL, Ends, Limits, QuantisedChain, calibrate, exponent_for, quantile

Arrays = dict[str, NDArray[Any]]
CHECKPOINT_LOW, CHECKPOINT_STEP = -0.4, 0.2
"""Quality t of the checkpoint's first row of gains, and between rows."""
SCALE_STEP: Final = math.log(LARGEST_SCALE / SMALLEST_SCALE) / (SCALES - 1)
MEANS_BY, PARAMETERS_BY = 4.0, 8.0
"""Float contexts read known latents and parameters divided by these."""
PARAMETER_LIMIT: Final = (1 << 16) - 1
OUTPUT_LIMIT: Final = (1 << 13) - 1
"""Of `straight` and `tail`: 512 sample steps to either side."""
WIDE_WEIGHTS: Final = 32767
FINE: Final = Limits(FINE_LIMIT)
SUM_LIMIT: Final = (1 << 16) - 1
"""Of the two halves of a context before their sum is clipped."""
Y_REACH, Z_REACH = 15, 23
PRIOR: Final = 100.0
"""Weight, in symbols, of the distribution that fills what the training pictures leave empty."""
COUNTED: Final = range(32, QUALITIES, 96)
"""Qualities at which tables are learned."""

_BLOCKS = {
    "g_a": {"1": "res4x", "2": "res4y", "4": "res8w", "5": "res8x", "6": "res8y", "7": "res8z"}
    | {"9": "res16x", "10": "res16y", "11": "res16z"},
    "g_s": {"1": "trunk.res16x", "2": "trunk.res16y", "4": "trunk.res8x", "5": "trunk.res8y", "6": "trunk.res8z"}
    | {"8": "tail.res4x", "9": "tail.res4y"},
    "h_s": {"4": "res16"},
}
_LAYERS = {
    "g_a": {"0": "stem", "3": "down8", "8": "down16", "12": "out"},
    "g_s": {"0": "trunk.stem", "3.c": "trunk.up8", "7.c": "trunk.up4", "10": "tail.out"},
    "h_a": {"0": "stem", "2": "down32", "4": "down64"},
    "h_s": {"0.c": "up32", "2.c": "up16", "5": "out"},
}


def schema_name(name: str) -> str:
    """Return what the schema calls a weight or bias of the checkpoint."""
    layer, kind = name.rsplit(".", 1)
    network, _, rest = layer.partition(".")
    if network in ("lin_a", "lin_s"):
        return f"{'lin_a' if network == 'lin_a' else 'straight'}.out.{kind}"
    if network.startswith("ctx_"):
        part = {"y": "known", "p": "hyper", "out": "out"}[rest]
        return f"context{'abc'.index(network[-1]) + 1}.{part}.out.{kind}"
    rest = rest.removeprefix("layers.")
    if (network, rest) == ("g_s", "see"):
        return f"see.out.{kind}"
    number, _, half = rest.partition(".")
    found = _BLOCKS.get(network, {}).get(number)
    found = found + half if found else _LAYERS[network][rest]
    return f"{found if network == 'g_s' else network + '.' + found}.{kind}"


@dataclass(frozen=True)
class Float:
    """A float checkpoint as chains of the schema, and its tables at the checkpoint's rows."""

    chains: Mapping[str, Chain]
    tables: Mapping[str, Tensor]

    @classmethod
    def load(cls, files: Sequence[Path]) -> Float:
        """Read all files of a checkpoint, float or of 8-bit weights with units."""
        raw = {k: v for file in files for k, v in read_tensors(file).items()}
        units = {k: raw.pop(k) for k in sorted(raw) if k.endswith(".unit")}
        for name, unit in units.items():
            weight = name.removesuffix("unit") + "weight"
            raw[weight] = raw[weight].float() * unit
        tables = {k: v.float() for k, v in raw.items() if "." not in k}
        named = {schema_name(k): v.float() for k, v in raw.items() if "." in k}
        networks = INTEGER | FLOAT | {"straight": STRAIGHT}
        chains = {name: Chain(layers).eval() for name, layers in networks.items()}
        for name, chain in chains.items():
            for layer in chain.layers:
                for kind, parameter in zip(("weight", "bias"), chain.layer_parameters(layer.name), strict=True):
                    parameter.data.copy_(named[f"{name}.{layer.name}.{kind}"])
        return cls(chains, tables)

    def row(self, name: str, t: float) -> Tensor:
        """Return a table between its rows; beyond its ends gains of y go on, the others stay."""
        table = self.tables[name]
        x = (t - CHECKPOINT_LOW) / CHECKPOINT_STEP
        inside = min(max(x, 0.0), len(table) - 1.0)
        at = min(int(inside), len(table) - 2)
        found = table[at] + (inside - at) * (table[at + 1] - table[at])
        if name == "log_gain":
            found = (
                found + max(x - inside, 0.0) * (table[-1] - table[-2]) + min(x - inside, 0.0) * (table[1] - table[0])
            )
        return found


@dataclass(frozen=True)
class Examples:
    """From how many crops scales of integers are chosen, and from how many pictures tables are learned."""

    batches: int = 10
    batch: int = 4
    edge: int = 256
    pictures: int = 60


USUAL_EXAMPLES: Final = Examples()


def model_files(
    network: Float, pictures: Sequence[Samples], examples: Examples, more: Sequence[Samples] = ()
) -> tuple[Arrays, Arrays]:
    """Return the arrays of the integer model file and of the analysis file, by pictures, uint8 (H, W, 3) each.

    Units of the analysis that fire on none of the pictures, nor on `more`, are left out.
    """
    crops = Crops(tuple(pictures), examples.edge, 1).batch(examples.batches * examples.batch).float()
    arrays = integer_arrays(network, torch.split(crops, examples.batch)) | gain_arrays(network)
    analysis = only_firing(analysis_arrays(network), [*pictures, *more])
    return arrays | tables(network, arrays, pictures[: examples.pictures]), analysis


def t_of(quality: int) -> float:
    """Return what training calls a quality."""
    return LOWEST + quality / PER_UNIT


def gain_arrays(network: Float) -> Arrays:
    """Return the tables of gains, a row for every KNOT-th quality."""
    rows = [t_of(KNOT * n) for n in range(KNOTS)]
    gain = torch.stack([network.row("log_gain", t) for t in rows]).double()
    hyper = torch.stack([network.row("log_hyper_gain", t) for t in rows]).double()
    one = 1 << GAIN_BITS
    return {
        "gains.inverse": torch.round(one * LATENT_STEPS / STEPS * torch.exp(-gain)).numpy().astype(np.int32),
        "gains.hyper_inverse": torch.round(one * HYPER_STEPS * torch.exp(-hyper)).numpy().astype(np.int32),
        "gains.shift": torch.round(STEPS * gain / SCALE_STEP).numpy().astype(np.int16),
    }


@dataclass
class _Seen:
    """What enters each network, as real values."""

    values: dict[str, list[Tensor]]

    def note(self, name: str, value: Tensor) -> Tensor:
        self.values.setdefault(name, []).append(value)
        return value


@torch.no_grad()
def _run(network: Float, x: Tensor, t: float, seen: _Seen) -> None:
    """Code and draw samples (N, 3, H, W) in units of the networks at one quality, and note what passes."""
    chains = network.chains
    gain = network.row("log_gain", t).exp()[None, :, None, None]
    hyper = network.row("log_hyper_gain", t).exp()[None, :, None, None]
    y = (chains["lin_a"](F.pixel_unshuffle(x, 16)) + chains["g_a"](F.pixel_unshuffle(x, 4))) * gain
    z = torch.round(chains["h_a"](y / HYPER_SCALE) * hyper)
    shift = torch.cat((torch.zeros_like(gain), torch.log(gain) / SCALE_STEP), 1)
    first = chains["h_s"](seen.note("h_s", z / hyper)) + shift
    places = [torch.from_numpy(v.transpose(2, 0, 1))[None] for v in passes(*y.shape[2:])]
    known, parameters = torch.zeros_like(y), first
    for number, place in enumerate(places):
        if number:
            before = first if number < len(places) - 1 else parameters
            parts = [chains[f"context{number}.{part}"] for part in ("known", "hyper", "out")]
            a = parts[0](seen.note(f"context{number}.known", known / MEANS_BY))
            b = parts[1](seen.note(f"context{number}.hyper", first / PARAMETERS_BY))
            parameters = before + parts[2](seen.note(f"context{number}.out", F.relu(a + b)))
        mean = parameters[:, :LATENTS]
        known = torch.where(place, torch.round(y - mean) + mean, known)
    latents = seen.note("latents", known / gain)
    drawn = chains["straight"](latents)
    a, b = chains["trunk"](latents), chains["see"](seen.note("see", F.pixel_unshuffle(drawn, 4)))
    chains["tail"](seen.note("tail", a + b))


def integer_arrays(network: Float, batches: Sequence[Tensor]) -> Arrays:
    """Return the arrays of all integer networks; batches (N, 3, H, W) on 0..255 say which values pass."""
    seen = _Seen({})
    for number, batch in enumerate(batches):
        _run(network, (batch - MID_GRAY) / PIXELS_PER_UNIT, t_of(COUNTED[number % len(COUNTED)]), seen)
    found: Arrays = {}
    for name, grids in _quantised(network, seen):
        found |= grids.arrays(name)
    for name in WIDTHS:  # their sum is clipped to 0 and more by the network that reads it
        assert int(found[f"{name}.known.out.limits"][1]) == SUM_LIMIT
    return found


def _quantised(network: Float, seen: _Seen) -> Iterator[tuple[str, QuantisedChain]]:
    steps = {name: math.log2(n) for name, n in (("mean", STEPS), ("drawn", PIXELS_PER_UNIT * SAMPLE_STEPS))}

    def made(name: str, entering: str, ends: Ends, limits: Limits = USUAL) -> tuple[str, QuantisedChain]:
        return name, calibrate(network.chains[name], seen.values[entering], ends, limits)

    def flat(outputs: int, exponent: float) -> Tensor:
        return torch.full((outputs,), float(exponent))

    parameters = flat(2 * LATENTS, steps["mean"])
    yield made("h_s", "h_s", Ends(int(math.log2(HYPER_STEPS)), HYPER_LIMIT, parameters, PARAMETER_LIMIT), FINE)
    for name, width in WIDTHS.items():
        inner = exponent_for(max(map(quantile, seen.values[f"{name}.out"])), FINE_LIMIT)
        for part, by in (("known", MEANS_BY), ("hyper", PARAMETERS_BY)):
            ends = Ends(int(math.log2(CONTEXT_STEPS * by)), CONTEXT_LIMIT, flat(width, inner), SUM_LIMIT)
            yield made(f"{name}.{part}", f"{name}.{part}", ends, FINE)
        yield made(f"{name}.out", f"{name}.out", Ends(inner, FINE_LIMIT, parameters, PARAMETER_LIMIT), FINE)
    entering, drawn = int(math.log2(LATENT_STEPS)), flat(3, steps["drawn"])
    yield made("straight", "latents", Ends(entering, LATENT_LIMIT, drawn, OUTPUT_LIMIT), Limits(weights=WIDE_WEIGHTS))
    joint = _tail_exponent(network.chains["tail"], seen.values["tail"])
    yield made("trunk", "latents", Ends(entering, LATENT_LIMIT, flat(64, joint), UNIT_LIMIT))
    seen_exponent = int(math.log2(PIXELS_PER_UNIT * SEEN_STEPS))
    yield made("see", "see", Ends(seen_exponent, SEEN_LIMIT, flat(64, joint), UNIT_LIMIT))
    yield made("tail", "tail", Ends(joint, UNIT_LIMIT, drawn, OUTPUT_LIMIT))


@torch.no_grad()
def _tail_exponent(tail: Chain, inputs: Sequence[Tensor]) -> int:
    """Return the exponent of the residual path through `tail`, which begins at its input."""
    largest = 0.0
    for x in inputs:
        along = [x, *(v for layer, v in zip(tail.layers, tail.outputs(x), strict=True) if layer.name.endswith("b"))]
        largest = max(largest, *map(quantile, along))
    return exponent_for(largest)


def analysis_arrays(network: Float) -> Arrays:
    """Return the arrays of the analysis file: weights of 8 bits and a unit per output, float16 for the linear path."""
    found: Arrays = {}
    for name, layers in FLOAT.items():
        for layer in layers:
            weight, bias = (v.detach().float() for v in network.chains[name].layer_parameters(layer.name))
            wide = name == "lin_a"
            unit = torch.ones(len(bias)) if wide else weight.abs().amax((1, 2, 3)).clamp_min(1e-6) / 127
            scaled = weight / unit[:, None, None, None]
            key = f"{name}.{layer.name}"
            found[key + ".weight"] = (
                scaled.numpy().astype(np.float16) if wide else torch.round(scaled).numpy().astype(np.int8)
            )
            found[key + ".unit"], found[key + ".bias"] = unit.numpy(), bias.numpy().copy()
    return found


def tables(network: Float, arrays: Arrays, pictures: Sequence[Samples]) -> Arrays:
    """Return the frequency tables, learned from pictures, uint8 (H, W, 3), at every quality of COUNTED."""
    scale = np.exp(np.linspace(math.log(SMALLEST_SCALE), math.log(LARGEST_SCALE), SCALES))
    y_counts = PRIOR * gaussian_rows(scale, Y_REACH)
    z_tables = _z_tables(network)
    flat = {"tables.y": frequencies(y_counts), "tables.z": z_tables}
    model, analysis = VariableModel.from_tensors(arrays | flat), Analysis.from_tensors(analysis_arrays(network))

    def count(table: NDArray[np.int32], rows: NDArray[np.int64], values: NDArray[np.int64] | None) -> NDArray[np.int64]:
        assert values is not None
        if len(table) == SCALES:
            reach = y_counts.shape[1] // 2 - 1
            columns = np.where(np.abs(values) > reach, y_counts.shape[1] - 1, values + reach)
            np.add.at(y_counts, (rows, columns), 1.0)
        return values

    for number, picture in enumerate(pictures):
        grid = LatentGrid(picture.shape[0], picture.shape[1], TILE)
        y = analysis.latents(picture, WINDOW)
        for quality in COUNTED[number % 2 :: 2]:
            gains = model.gains(quality)
            for area in grid.tiles:
                latents = analysis.at(y[area], gains)
                code_latents(count, model, gains, latents.y.shape[:2], latents)
    return {"tables.y": frequencies(y_counts), "tables.z": z_tables}


def _z_tables(network: Float) -> NDArray[np.uint16]:
    """Return what the checkpoint's logistic distributions say, (KNOTS * HYPER_LATENTS, columns)."""
    edges = torch.arange(-Z_REACH, Z_REACH + 2).double() - 0.5
    rows = []
    for n in range(KNOTS):
        mean, scale = (network.row(name, t_of(KNOT * n)).double() for name in ("z_mean", "z_log_scale"))
        below = torch.sigmoid((edges[None] - mean[:, None]) * torch.exp(-scale)[:, None])
        inside = below.diff(dim=1)
        rows.append(torch.cat((inside, 1 - inside.sum(1, keepdim=True)), 1))
    counts: NDArray[np.float64] = torch.cat(rows).clamp_min(1e-6).numpy()
    assert counts.shape == (KNOTS * HYPER_LATENTS, 2 * Z_REACH + 2)
    return frequencies(counts)
