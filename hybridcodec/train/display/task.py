"""A head as the training loop sees it: a loss of squares, and what becomes of held-out base pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hybridcodec.base.units import SAMPLE_STEPS
from hybridcodec.train.base2.network import Base2
from hybridcodec.train.base2.validation import as_tensor
from hybridcodec.train.data import Samples
from hybridcodec.train.display.crops import Batch, DrawnPictures, drawn, noise
from hybridcodec.train.display.head import Head
from hybridcodec.train.display.loss import PARTS, Judge, displayed
from hybridcodec.train.features import STRIDE

LEVELS = 102, 195, 320, 460
"""Of base layers below which heads are judged: about 0.06, 0.13, 0.32 and 0.65 bits per pixel."""
EDGE = 384
"""Of the centres of held-out pictures that are looked at."""


class HeadTask:
    """One head, learning."""

    parts = PARTS

    def __init__(
        self, head: Head, pictures: DrawnPictures, judge: Judge, held_out: Sequence[Sequence[Batch]], batch: int,
        compiled: bool,
    ) -> None:  # fmt: skip
        """`held_out`: of each level, a batch of one for every picture."""
        self.network, self.pictures, self.judge, self.held_out, self.count = head, pictures, judge, held_out, batch
        self.loss_of: Callable[..., tuple[Tensor, Tensor]] = judge
        if compiled:
            self.loss_of = torch.compile(judge, dynamic=False)

    def loss(self) -> tuple[Tensor, Tensor]:
        """See `Task.loss`."""
        return self.loss_of(self.network, self.pictures.batch(self.count))

    def state(self) -> dict[str, Tensor]:
        """See `Task.state`: nothing."""
        return {}

    @torch.no_grad()
    def figures(self) -> dict[str, Any]:
        """Return, for each of LEVELS, decibels, and per cent of learned distance and of patches, above the base's."""
        found = {}
        for level, batches in zip(LEVELS, self.held_out, strict=True):
            rows = np.array([self._row(batch) for batch in batches]).mean(0)  # (2, 3)
            decibels = 10 * math.log10(rows[0, 0] / rows[1, 0])
            learned, patches = 100 * (rows[1, 1:] / rows[0, 1:] - 1)
            values = {"dB": decibels, "learned, %": learned, "patches, %": patches}
            found[f"level {level}"] = {name: round(float(value), 3) for name, value in values.items()}
        return found

    def _row(self, batch: Batch) -> list[list[float]]:
        shown, _, _ = displayed(self.network, batch)
        pictures = [v.round().clamp(0, 255) for v in (batch.samples, batch.base, shown)]
        true, *taps = (self.judge.features(picture) for picture in pictures)
        both = zip(pictures[1:], taps, strict=True)
        return [[float(v) for v in self.judge.distances(batch.samples, x, true, seen)] for x, seen in both]


def held_out_batches(network: Base2, pictures: Sequence[Samples]) -> list[list[Batch]]:
    """Return what `HeadTask` judges by, of the centres of pictures."""
    device = next(network.parameters()).device
    return [[_whole(network, _centre(picture), level, device) for picture in pictures] for level in LEVELS]


def _centre(picture: Samples) -> Samples:
    h, w = (min(EDGE, size // STRIDE * STRIDE) for size in picture.shape[:2])
    top, left = (picture.shape[0] - h) // 2, (picture.shape[1] - w) // 2
    return picture[top : top + h, left : left + w]


def _whole(network: Base2, picture: Samples, level: int, device: torch.device) -> Batch:
    features, base = drawn(network, picture, level)
    h, w = picture.shape[:2]
    return Batch(
        as_tensor(picture).to(device),
        base.permute(2, 0, 1)[None].float() / SAMPLE_STEPS,
        features.permute(2, 0, 1)[None].float(),
        torch.tensor([level], device=device),
        noise(EDGE)[None, :, :h, :w].to(device),
    )
