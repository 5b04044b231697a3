"""Training of the residual layer's context model: rows, loop, curve, export.

The rows are gathered once (see `context_data`); then three small networks, one per channel, are trained on random
batches of them. Operations are few and large, so that two CPU cores suffice.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hybridcodec.errors import InputError
from hybridcodec.residual.regression import features, mixture
from hybridcodec.residual.regression.contexts import as_array, experts_of
from hybridcodec.residual.regression.model import CHANNELS, FORGET_UNIT
from hybridcodec.residual.regression.network import WEIGHT_BITS
from hybridcodec.train.checkpoint import load_checkpoint, save_checkpoint
from hybridcodec.train.context_data import Rows, tables
from hybridcodec.train.context_network import ChannelNetwork


@dataclass(frozen=True)
class ResidualRecipe:
    """Values of a training run, each with its reason."""

    minutes: float = 20.0
    """Length; the learning rate follows the share of it that has passed."""
    hidden: int = 56
    """Units per layer: the products cost a tenth of decoding at this size."""
    batch: int = 8192
    learning_rate: float = 4e-3
    """Peak of AdamW's rate; cosine decay to a hundredth."""
    warm_up: float = 0.02
    weight_decay: float = 1e-5
    seed: int = 1
    device: str = "cpu"
    bfloat16: bool = False
    """Pays on a GPU; on CPUs these products are too small for it."""


def build(recipe: ResidualRecipe) -> nn.ModuleList:
    """Untrained networks of the channels, in coding order."""
    torch.manual_seed(recipe.seed)
    experts = len(experts_of(0))
    return nn.ModuleList(ChannelNetwork(features.count_features(c, experts), recipe.hidden) for c in range(CHANNELS))


class _Batches:
    """Random batches of rows, on one device, the same for the same seed."""

    def __init__(self, rows: Sequence[Rows], recipe: ResidualRecipe) -> None:
        self._features = [torch.from_numpy(r.features).to(recipe.device) for r in rows]
        self._places = [torch.from_numpy(r.places).to(recipe.device) for r in rows]
        if not all(len(places) for places in self._places):
            raise InputError("training needs colour pictures: some channel has no rows")
        self._generator = torch.Generator().manual_seed(recipe.seed)

    def draw(self, channel: int, count: int) -> tuple[Tensor, Tensor]:
        """Return features (count, F) in real units and places (count, 4)."""
        total = len(self._places[channel])
        at = torch.randint(total, (count,), generator=self._generator).to(self._places[channel].device)
        return _real(self._features[channel][at], self._places[channel][at])


def _real(rows: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
    return rows.float() / features.UNIT, places.float()


@torch.inference_mode()
def validate(networks: nn.ModuleList, rows: Sequence[Rows], device: str = "cpu") -> list[float]:
    """Mean bits of each channel over all validation rows."""
    result = []
    for network, part in zip(networks, rows, strict=True):
        assert isinstance(network, ChannelNetwork)
        total = 0.0
        for start in range(0, len(part.places), 1 << 16):
            cut = slice(start, start + (1 << 16))
            x, places = _real(torch.from_numpy(part.features[cut]), torch.from_numpy(part.places[cut]))
            total += float(network.bits(x.to(device), places.to(device)).sum())
        result.append(total / max(1, len(part.places)))
    return result


def train_residual(
    training: Sequence[Rows],
    validation: Sequence[Rows],
    recipe: ResidualRecipe,
    out: Path,
    *,
    start: Path | None = None,
    resume: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> nn.ModuleList:
    """Train, with a checkpoint in `out` and the curve in `out`.jsonl, and return the networks."""
    networks = build(recipe).to(recipe.device)
    optimiser = torch.optim.AdamW(
        networks.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, betas=(0.9, 0.99)
    )
    counters = {"minutes": 0.0, "step": 0.0}
    if resume and out.exists():
        counters = load_checkpoint(out, networks, optimiser)
    elif start is not None:
        load_checkpoint(start, networks)
    batches = _Batches(training, recipe)
    begun, next_report = time.monotonic() - 60 * counters["minutes"], counters["minutes"] + 1.0
    while (minutes := (time.monotonic() - begun) / 60) < recipe.minutes:
        share = minutes / recipe.minutes
        rate = recipe.learning_rate * (0.01 + 0.99 * min(1, share / recipe.warm_up) * _cosine(share))
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss = sum(_step_loss(network, batches.draw(c, recipe.batch), recipe) for c, network in enumerate(networks))
        optimiser.zero_grad(set_to_none=True)
        assert isinstance(loss, Tensor)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(networks.parameters(), 1.0)
        optimiser.step()
        counters["step"] += 1
        if minutes >= next_report:
            next_report = minutes + 2.0
            counters["minutes"] = minutes
            _log(networks, validation, recipe, counters, optimiser, out, report)
    counters["minutes"] = recipe.minutes
    _log(networks, validation, recipe, counters, optimiser, out, report)
    return networks


def _cosine(share: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * min(1.0, share)))


def _step_loss(network: nn.Module, batch: tuple[Tensor, Tensor], recipe: ResidualRecipe) -> Tensor:
    with torch.autocast(recipe.device, torch.bfloat16, enabled=recipe.bfloat16):
        bits: Tensor = network.bits(*batch)  # type: ignore[operator]
    return bits.float().mean()


def _log(
    networks: nn.ModuleList,
    validation: Sequence[Rows],
    recipe: ResidualRecipe,
    counters: dict[str, float],
    optimiser: torch.optim.Optimizer,
    out: Path,
    report: Callable[[str], None],
) -> None:
    save_checkpoint(out, networks, optimiser, counters)
    bits = validate(networks, validation, recipe.device)
    line = json.dumps(
        {
            "minutes": round(counters["minutes"], 2),
            "step": int(counters["step"]),
            "bits": [round(b, 4) for b in bits],
            "mean": round(sum(bits) / len(bits), 4),
        }
    )
    with out.with_suffix(".jsonl").open("a") as curve:
        curve.write(line + "\n")
    report(line)


def export_tensors(networks: nn.ModuleList) -> dict[str, NDArray[np.int32]]:
    """Round trained networks to the integers of `residual.model`."""
    tensors = tables()
    for c, network in enumerate(networks):
        assert isinstance(network, ChannelNetwork)
        experts = experts_of(c)
        tensors[f"{c}.forgets"] = np.array([round(f * FORGET_UNIT) for _, f in experts], np.int32)
        for e, (context, _) in enumerate(experts):
            tensors[f"{c}.context.{e}"] = as_array(context)
        tensors |= network_tensors(network, c)
    return tensors


def network_tensors(network: ChannelNetwork, c: int) -> dict[str, NDArray[np.int32]]:
    """Round the network of a channel to the arrays of a model file."""
    unit, found = 1 << WEIGHT_BITS, {}
    for name, layer in {"w1": network.first, "w2": network.second, "w3": network.out}.items():
        found[f"{c}.{name}"] = _rounded(layer.weight, unit)
        found[f"{c}.b{name[1]}"] = _rounded(layer.bias, unit * features.UNIT)
    found[f"{c}.linear"] = _rounded(network.linear.weight, unit)
    z = torch.arange(mixture.TABLE_SIZE, dtype=torch.float64) / mixture.TABLE_UNIT - mixture.TABLE_REACH
    with torch.inference_mode():
        values = network.cpu().double().cumulative(z[:, None]).T  # (COMPONENTS, TABLE_SIZE)
    found[f"{c}.cumulative"] = _rounded(values, 1 << mixture.TOTAL_BITS)
    return found


def _rounded(values: Tensor, unit: int) -> NDArray[np.int32]:
    exact = np.ascontiguousarray(values.detach().double().cpu().numpy())
    rounded: NDArray[np.int32] = np.rint(exact * unit).astype(np.int32)
    return rounded
