"""All training pictures in one array on the device that learns, and squares of them cut there.

It differs from `data.Crops` in that nothing is copied while a step waits, and that every picture is there reduced, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from hybridcodec.errors import InputError
from hybridcodec.train.data import Samples
from hybridcodec.train.mixture import Weighted

SIZES = 1.0, 1.4, 2.0
"""Every picture is there reduced by these."""
SHARES = 1.0, 0.25, 0.3
"""Weight of a size against its area."""
GRAY = 0.04
"""Share of squares that are made gray."""


class DevicePictures:
    """Squares of pictures in proportion to weight and area."""

    def __init__(self, pictures: Sequence[Weighted], edge: int, device: torch.device) -> None:
        rows, flat, at = [], [], 0
        for picture in pictures:
            for share, samples in zip(SHARES, _sizes(picture.samples), strict=True):
                h, w = samples.shape[:2]
                if min(h, w) >= edge:
                    rows.append((at, h, w, h * w * picture.weight * share))
                    flat.append(samples.reshape(-1, 3))
                    at += h * w
        if not rows:
            raise InputError(f"no training picture is at least {edge} pixels wide and high")
        table = np.array(rows)
        self.edge, self.device, self.count = edge, device, len(rows)
        self.samples = torch.from_numpy(np.concatenate(flat)).to(device)
        self.offsets, self.heights, self.widths = (
            torch.tensor(table[:, i].astype(np.int64), device=device) for i in range(3)
        )
        self.shares = torch.tensor(np.cumsum(table[:, 3]) / table[:, 3].sum(), device=device)

    def batch(self, n: int) -> Tensor:
        """Return squares (n, 3, edge, edge), float on 0..255, mirrored and transposed by chance, a few gray."""
        e, device = self.edge, self.device
        i = torch.searchsorted(self.shares, torch.rand(n, device=device, dtype=torch.float64)).clamp_max(self.count - 1)
        h, w = self.heights[i], self.widths[i]
        top = (torch.rand(n, device=device) * (h - e + 1)).long().clamp_max(h - e)[:, None, None]
        left = (torch.rand(n, device=device) * (w - e + 1)).long().clamp_max(w - e)[:, None, None]
        chances = torch.tensor([[0.5], [0.5], [GRAY]], device=device)
        mirrored, turned, gray = (torch.rand(3, n, device=device) < chances).unbind(0)
        r = torch.arange(e, device=device)
        across = torch.where(mirrored[:, None], r, e - 1 - r)
        rows = torch.where(turned[:, None, None], r[None, None, :], r[None, :, None])
        columns = torch.where(turned[:, None, None], across[:, :, None], across[:, None, :])
        index = self.offsets[i][:, None, None] + (top + rows) * w[:, None, None] + left + columns
        x = self.samples[index.reshape(-1)].view(n, e, e, 3).permute(0, 3, 1, 2).float()
        return torch.where(gray[:, None, None, None], x.mean(1, keepdim=True).round(), x)


def _sizes(samples: Samples) -> list[Samples]:
    image = Image.fromarray(samples)
    smaller = (
        image.resize((round(image.width / f), round(image.height / f)), Image.Resampling.LANCZOS) for f in SIZES[1:]
    )
    return [samples, *(np.asarray(v) for v in smaller)]
