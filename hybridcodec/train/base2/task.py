"""Base 2 as the training loop sees it: a loss of squares at qualities of their own, figures of held-out pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from hybridcodec.train.base2.loss import PARTS, objective
from hybridcodec.train.base2.network import Base2
from hybridcodec.train.base2.validation import RATES, at_rate, validate
from hybridcodec.train.data import Samples
from hybridcodec.train.on_device import DevicePictures

LOWEST, MIDDLE, HIGHEST = -0.37, 0.65, 1.02
"""Qualities: three quarters of a batch lie between the first two, one beyond."""
LOW_SHARE = 0.75
SLOW = 5.0
"""Divides the rate of the linear path: steps that suit deep layers throw off a layer of 768 inputs."""


class Base2Task:
    """Float weights, or with `network.grid` at 1 the decoder's on their grid of 8 bits."""

    parts = PARTS

    def __init__(
        self, network: Base2, pictures: DevicePictures, held_out: Sequence[Samples], batch: int, compiled: bool
    ) -> None:
        self.network, self.pictures, self.held_out, self.count = network, pictures, held_out, batch
        self.judge: Callable[..., tuple[Tensor, Tensor]] = objective
        if compiled:
            self.judge = torch.compile(objective, dynamic=False)

    def loss(self) -> tuple[Tensor, Tensor]:
        """See `Task.loss`."""
        x = self.pictures.batch(self.count)
        loss, parts = self.judge(self.network, x, qualities(self.count, x.device))
        return loss, parts.mean(1)

    def state(self) -> dict[str, Tensor]:
        """See `Task.state`: nothing."""
        return {}

    def figures(self) -> dict[str, Any]:
        """Return PSNR, MS-SSIM and ringing at RATES, which are estimated."""
        found = validate(self.network, self.held_out, self.pictures.device)
        return {str(rate): _named(at_rate(found, rate)) for rate in RATES}


def _named(row: Sequence[float]) -> dict[str, float]:
    return {name: float(f"{value:.5g}") for name, value in zip(("PSNR", "MS-SSIM", "ringing"), row, strict=True)}


def qualities(count: int, device: torch.device) -> Tensor:
    """Return a quality per picture, spread evenly over the batch: less noise than drawing each."""
    u = (torch.arange(count, device=device) + torch.rand(count, device=device)) / count
    low = LOWEST + (MIDDLE - LOWEST) * u / LOW_SHARE
    return torch.where(u < LOW_SHARE, low, MIDDLE + (HIGHEST - MIDDLE) * (u - LOW_SHARE) / (1 - LOW_SHARE))


def peak_rates(network: Base2, rate: float, small: float) -> list[float]:
    """Return the peak rate of every parameter: fast for gains and the tables of z, slow for the linear path."""
    named = [(name.startswith("lin_"), p.ndim == 2) for name, p in network.named_parameters()]
    return [rate / SLOW if slow else small if table else rate for slow, table in named]
