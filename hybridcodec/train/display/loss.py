"""What a head minimises: error, distances in features, artefacts, each against the base picture's; a lattice; drift.

Features are those of EfficientNet-Lite0; patches are means over squares of 32 pixels, so texture may lie elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from hybridcodec.base.similarity import ms_ssim_loss
from hybridcodec.train.display.artefacts import artefacts
from hybridcodec.train.display.crops import Batch
from hybridcodec.train.display.head import Head
from hybridcodec.train.features import Features, learned_distance

PERIODS = 4, 8, 16
FLAT = 15.0, 0.15, 0.03
"""Added to squared error, learned distance, distance of patches of the base picture: flat crops would shout."""
FLAT_SIMILARITY, FLAT_ARTEFACTS = 0.005, 1.0
SPREADS = 24
"""Batches from which the spread of patch means is taken."""
PARTS = "mse", "learned", "patches", "lattice", "means", "grain"


@dataclass(frozen=True)
class Terms:
    """Weights of what is added up: of five ratios to the base picture's, then of lattice and means."""

    mse: float = 1.0
    learned: float = 3.0
    patches: float = 1.5
    similarity: float = 0.0
    """Of 1 - MS-SSIM."""
    artefacts: float = 0.0
    """Of SSIMULACRA 2 before it becomes a score."""
    lattice: float = 0.5
    means: float = 1.0


class Distances(NamedTuple):
    """Of a picture from its original, (N,) each."""

    mse: Tensor
    learned: Tensor
    patches: Tensor


def patches(taps: list[Tensor]) -> Tensor:
    """Return means over squares of 32 pixels of all taps but the last, (N, C, H / 32, W / 32)."""
    rows = taps[-1].shape[2]
    return torch.cat([F.avg_pool2d(tap.float(), tap.shape[2] // rows) for tap in taps[:-1]], 1)


def lattice(added: Tensor) -> Tensor:
    """Return the mean squares of what is periodic in what is added, summed over periods, (N,)."""
    total = torch.zeros(len(added), device=added.device)
    for period in PERIODS:
        phases = F.pixel_unshuffle(added, period).reshape(len(added), 3, period**2, -1).mean(3)
        total = total + (phases - phases.mean(2, keepdim=True)).square().mean((1, 2))
    return total


class Judge:
    """The loss, and what it is made of."""

    def __init__(self, terms: Terms, features: Features, samples: Callable[[], Tensor]) -> None:
        """`samples` gives originals (N, 3, H, W), from which the spread of patch means is taken."""
        self.terms, self.lite = terms, features
        with torch.no_grad():
            means = [patches(self.features(samples())) for _ in range(SPREADS)]
        self.spread = torch.cat([m.transpose(0, 1).flatten(1) for m in means], 1).std(1)[None, :, None, None] + 1e-3

    def features(self, x: Tensor) -> list[Tensor]:
        """Return taps of the network, in bfloat16 but for the ends."""
        with torch.autocast(x.device.type, torch.bfloat16):
            return [tap.float() for tap in self.lite(x)]

    def __call__(self, head: Head, b: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss, and PARTS, (6,): ratios to the base picture's, lattice, means over 8x8, grain."""
        terms, n = self.terms, len(b.samples)
        with torch.no_grad():
            taps = self.features(torch.cat((b.samples, b.base)))
            true, low = [t[:n].clone() for t in taps], [t[n:].clone() for t in taps]
        shown, added, strengths = displayed(head, b)
        high = self.features(shown)
        before, after = (self.distances(b.samples, x, true, seen) for x, seen in ((b.base, low), (shown, high)))
        ratios = [y / (x + flat) for x, y, flat in zip(before, after, FLAT, strict=True)]
        means = F.avg_pool2d(added, 8).square().mean((1, 2, 3)) / (before.mse + FLAT[0])
        periodic = lattice(added)
        loss = terms.mse * ratios[0] + terms.learned * ratios[1] + terms.patches * ratios[2]
        loss = loss + terms.lattice * periodic + terms.means * means + self._structure(b, shown)
        return loss.mean(), torch.stack([v.mean() for v in (*ratios, periodic, means, strengths)]).detach()

    def _structure(self, b: Batch, shown: Tensor) -> Tensor:
        """Return what likeness of structure adds to the loss."""
        terms, total = self.terms, torch.zeros((), device=shown.device)
        if terms.similarity:
            unlike = [ms_ssim_loss(x.contiguous(), b.samples.contiguous()) for x in (shown, b.base)]
            total = total + terms.similarity * unlike[0] / (unlike[1] + FLAT_SIMILARITY)
        if terms.artefacts:
            with torch.no_grad():
                before = artefacts(b.samples, b.base)
            total = total + terms.artefacts * artefacts(b.samples, shown) / (before + FLAT_ARTEFACTS)
        return total

    def distances(self, samples: Tensor, x: Tensor, true: list[Tensor], taps: list[Tensor]) -> Distances:
        """Return how far x is from its original, both with their taps."""
        patch = ((patches(true) - patches(taps)) / self.spread).square().mean((1, 2, 3))
        return Distances((x - samples).square().mean((1, 2, 3)), learned_distance(true, taps), patch)


def displayed(head: Head, b: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Return the display picture, what is added to the base picture, and strengths of grain."""
    with torch.autocast(b.samples.device.type, torch.bfloat16):
        added, strengths = head(b.features, b.level)
    return b.base + added + (strengths * b.noise).sum(1, keepdim=True), added, strengths
