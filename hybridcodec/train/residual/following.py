"""What follows tiles, as `residual.adaptive.learning` and `.offsets` do it, for many tiles at once and in floats.

The coder rounds weights to 1/1024 and offsets to 1/256 where it uses them; here nothing is rounded. T tiles stand at
steps of their own; L is how many places the longest step has.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import torch
from torch import Tensor

from hybridcodec.residual.adaptive.mixture import COMPONENTS
from hybridcodec.residual.adaptive.network import OUTPUTS, WEIGHT_BITS
from hybridcodec.residual.adaptive.offsets import ROWS
from hybridcodec.train.adaptive import CLIP, DRIFT, RATES, SAMPLES
from hybridcodec.train.residual.networks import Networks, with_line
from hybridcodec.train.residual.rows import CHANNELS

LAYER, LINEAR, FIRST, SECOND, GUARD, OFFSET, KEEP, OFFSET_GUARD, START = RATES
LIMIT: Final = DRIFT / (1 << WEIGHT_BITS)


@dataclass(frozen=True)
class Following:
    """State of T tiles, zero at their start; Q weights each: last layer, its bias, linear path.

    Attributes:
        drift: (3, T, Q) what is added to weights.
        held: (3, T, Q) sums of gradients since the last step of the weights.
        first: (3, T, Q) means of gradients.
        second: (3, T, Q) means of their squares.
        taken: (T,) steps of the weights.
        waiting: (T,) samples that `held` holds.
        offsets: (3, T, ROWS, OUTPUTS).
        power: (3, T, OUTPUTS) mean squares of gradients.
    """

    drift: Tensor
    held: Tensor
    first: Tensor
    second: Tensor
    taken: Tensor
    waiting: Tensor
    offsets: Tensor
    power: Tensor

    @classmethod
    def begun(cls, networks: Networks, count: int) -> Following:
        """Return the start of so many tiles."""
        hidden, width, device = networks.w3.shape[2], networks.linear.shape[2], networks.w3.device
        weights, each = (CHANNELS, count, OUTPUTS * (hidden + 1) + width), (CHANNELS, count, OUTPUTS)
        drift, held, first, second = torch.zeros(4, *weights, device=device)
        taken, waiting = torch.zeros(2, count, device=device)
        offsets = torch.zeros(CHANNELS, count, ROWS, OUTPUTS, device=device)
        return cls(drift, held, first, second, taken, waiting, offsets, torch.full(each, START, device=device))

    def state(self) -> dict[str, Tensor]:
        """Return all of it by name; the tensors themselves."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def outputs(self, networks: Networks, inner: Tensor, x: Tensor, rows: Tensor) -> Tensor:
        """Return (3, T, L, 9) by adapted weights and offsets.

        Args:
            networks: what tiles start with.
            inner: (3, T, L, hidden) what the last layer is given.
            x: (3, T, L, columns) what the linear path is given.
            rows: (3, T, L, 6) rows of the tables.
        """
        w3, b3, linear = self._parts(networks)
        out = inner @ w3.transpose(2, 3) + b3[:, :, None]
        line = (x * linear[:, :, None]).sum(-1, keepdim=True)
        return with_line(out + self.offsets.flatten(0, 2)[self._flat(rows)].sum(-2), line)

    def _parts(self, networks: Networks) -> tuple[Tensor, Tensor, Tensor]:
        hidden, drift = networks.w3.shape[2], self.drift
        end = OUTPUTS * hidden
        w3 = networks.w3[:, None] + drift[..., :end].reshape(*drift.shape[:2], OUTPUTS, hidden)  # (3, T, 9, hidden)
        return w3, networks.b3[:, None] + drift[..., end : end + OUTPUTS], networks.linear + drift[..., end + OUTPUTS :]

    def _flat(self, rows: Tensor) -> Tensor:
        """Return rows of all tiles' tables below each other."""
        channels, count = rows.shape[:2]
        tables = torch.arange(channels * count, device=rows.device).view(channels, count, 1, 1)
        return tables * ROWS + rows

    @torch.no_grad()
    def learn(self, slopes: Tensor, inner: Tensor, x: Tensor, rows: Tensor, count: Tensor) -> None:
        """Take what a step's samples teach.

        Args:
            slopes: (3, T, L, 9) gradients of -ln p by outputs, zero where there is no sample.
            inner: see `outputs`.
            x: see `outputs`.
            rows: see `outputs`.
            count: (T,) places of the step.
        """
        slopes = torch.cat([slopes[..., :COMPONENTS], slopes[..., COMPONENTS:].clamp(-CLIP, CLIP)], -1)
        self._offset(slopes, rows, count)
        layer = (slopes.transpose(2, 3) @ inner).flatten(2)
        means = slopes[..., COMPONENTS : 2 * COMPONENTS].sum(-1)
        self.held.add_(torch.cat([layer, slopes.sum(2), (means[:, :, None] @ x)[:, :, 0]], -1))
        self.waiting.add_(count)
        ready = self.waiting >= SAMPLES
        self.taken.add_(ready.float())
        rates = torch.full_like(self.drift[0, 0], LAYER)
        rates[-x.shape[-1] :] = LINEAR
        self._move(ready[:, None], rates)
        self.held.mul_(~ready[:, None])
        self.waiting.mul_(~ready)

    def _offset(self, slopes: Tensor, rows: Tensor, count: Tensor) -> None:
        square = slopes.square().sum(2) / count.clamp_min(1)[:, None]
        self.power.copy_(torch.where(count[:, None] > 0, KEEP * self.power + (1 - KEEP) * square, self.power))
        moves = -OFFSET / (self.power + OFFSET_GUARD).sqrt()[:, :, None] * slopes
        each = moves[..., None, :].expand(*rows.shape, OUTPUTS)
        self.offsets.flatten(0, 2).index_add_(0, self._flat(rows).flatten(), each.reshape(-1, OUTPUTS))

    def _move(self, ready: Tensor, rates: Tensor) -> None:
        """Take Adam's step where a tile is `ready`, (T, 1), by rates (Q,)."""
        gradient, taken = self.held / self.waiting.clamp_min(1)[:, None], self.taken.clamp_min(1)[:, None]
        self.first.copy_(torch.where(ready, FIRST * self.first + (1 - FIRST) * gradient, self.first))
        self.second.copy_(torch.where(ready, SECOND * self.second + (1 - SECOND) * gradient.square(), self.second))
        below = (self.second / (1 - SECOND**taken)).sqrt() + GUARD
        move = rates * (self.first / (1 - FIRST**taken)) / below
        self.drift.sub_(move * ready).clamp_(-LIMIT, LIMIT)

    def begin_again(self, where: Tensor) -> None:
        """Begin other tiles where (T,) is true."""
        for name, value in self.state().items():
            at = where if value.ndim == 1 else where.view(1, -1, *[1] * (value.ndim - 2))
            value.copy_(torch.where(at, START if name == "power" else 0.0, value))
