"""Both ways to learn the residual's networks, as the training loop sees them.

`Plain` asks for few bits in any places; `Adapted` asks for few bits along tiles whose end of the network follows them,
so that weights are learned from which following leads far. That is of first order: what follows has no gradients.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from hybridcodec.residual.least_squares import LAG
from hybridcodec.train.residual.coded import bits, integers_of
from hybridcodec.train.residual.examples import Example
from hybridcodec.train.residual.following import Following
from hybridcodec.train.residual.networks import Networks, scaled
from hybridcodec.train.residual.places import Places
from hybridcodec.train.residual.store import Store

PARTS: Final = "green", "red", "blue"
"""Mean bits of a sample of each."""
SHORT: Final = 260
"""Steps after which every fourth tile is left: the beginning of tiles is all that small pictures have."""


class _Task:
    """What both share; `figures` are of integers, as coded."""

    parts = PARTS

    def __init__(self, networks: Networks, store: Store, held_out: Sequence[Example]) -> None:
        self.network, self.store, self.held_out = networks, store, held_out

    def figures(self) -> dict[str, Any]:
        """See `Task.figures`."""
        return {"coded": float(f"{bits(self.held_out, integers_of(self.network)):.5g}")}

    def state(self) -> dict[str, Tensor]:
        """See `Task.state`."""
        return {}


class Plain(_Task):
    """Places drawn from all rows."""

    def __init__(self, networks: Networks, store: Store, held_out: Sequence[Example], batch: int) -> None:
        super().__init__(networks, store, held_out)
        self.batch = batch

    def loss(self) -> tuple[Tensor, Tensor]:
        """See `Task.loss`."""
        rows = self.store.rows
        drawn = rows[torch.randint(len(rows), (self.batch,), device=rows.device)].transpose(0, 1)  # (3, B, columns)
        features, places = self.store.split(drawn)
        cost = self.network.bits(self.network(scaled(features)), places)
        return _mean(cost, places[..., 3] > 0)


class Adapted(_Task):
    """Tiles that stand at steps of their own; those that are through make room for others."""

    def __init__(self, networks: Networks, store: Store, held_out: Sequence[Example], tiles: int) -> None:
        super().__init__(networks, store, held_out)
        device, steps = store.rows.device, len(store.steps.count)
        self.following = Following.begun(networks, tiles)
        self.places = Places(len(networks.design.experts), device)
        self.lanes = torch.arange(int(store.steps.count.max()), device=device)
        self.last = torch.full((tiles,), steps, device=device)
        self.last[::4] = min(SHORT, steps)
        self.step = (torch.rand(tiles, device=device) * self.last).long()
        self.start = self._drawn()

    def state(self) -> dict[str, Tensor]:
        """See `Task.state`."""
        return {**self.following.state(), "step": self.step, "start": self.start}

    def loss(self) -> tuple[Tensor, Tensor]:
        """See `Task.loss`; the tiles have followed it, too."""
        steps = self.store.steps
        count = steps.count[self.step]
        here = self.lanes < count[:, None]  # (T, L)
        at = (self.start + steps.first[self.step])[:, None] + self.lanes
        rows = self.store.rows[torch.where(here, at, 0)].permute(2, 0, 1, 3)  # (3, T, L, columns)
        features, places = self.store.split(rows)
        y = steps.lane[self.step][:, None] + self.lanes
        tables = self.places.of(features, places[..., 1], y, self.step[:, None] - LAG * y)
        there = here & (places[..., 3] > 0)
        x = scaled(features)
        inner = self.network.inner(x.flatten(1, 2)).view(*there.shape, -1)
        out = self.following.outputs(self.network, inner, x, tables)
        cost = self.network.bits(out.flatten(1, 2), places.flatten(1, 2)).view_as(there)
        loss, parts = _mean(cost, there)
        (slopes,) = torch.autograd.grad((cost * there).sum() * math.log(2), out, retain_graph=True)
        self.following.learn(slopes, inner.detach(), x, tables, count)
        self._advance()
        return loss, parts

    def _advance(self) -> None:
        through = self.step + 1 >= self.last
        self.step.copy_(torch.where(through, 0, self.step + 1))
        self.start.copy_(torch.where(through, self._drawn(), self.start))
        self.following.begin_again(through)

    def _drawn(self) -> Tensor:
        starts = self.store.starts
        return starts[torch.randint(len(starts), self.last.shape, device=starts.device)]


def _mean(cost: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean bits of places that are there, of (3, ...), and of each channel, detached."""
    totals, counts = (cost * there).flatten(1).sum(1), there.flatten(1).sum(1)
    return totals.sum() / counts.sum().clamp_min(1), (totals / counts.clamp_min(1)).detach()
