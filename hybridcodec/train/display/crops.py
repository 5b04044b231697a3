"""What a head learns from: base pictures and features of every picture at several qualities, on the device that learns.

They are made there by the float network whose decoder's weights lie on their grid, once, and cut in squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from hybridcodec.base.units import SAMPLE_STEPS
from hybridcodec.base.variable.schema import FEATURES, LOWEST, PER_UNIT
from hybridcodec.errors import InputError
from hybridcodec.generative.texture.grain import band
from hybridcodec.generative.texture.schema import BANDS
from hybridcodec.train.base2.network import Base2
from hybridcodec.train.base2.validation import as_tensor
from hybridcodec.train.data import Samples

BEGIN, END = 61, 870
"""Levels of quality that heads learn: about 6 to 85 of 100."""
BASE_LIMIT = 8000
CORRECTION_LIMIT = 127


@dataclass
class Batch:
    """Crops: samples and base pictures (N, 3, H, W), features (N, FEATURES, H / 4, W / 4), levels (N,), unit noise."""

    samples: Tensor
    base: Tensor
    features: Tensor
    level: Tensor
    noise: Tensor


@torch.inference_mode()
def drawn(network: Base2, picture: Samples, level: int) -> tuple[Tensor, Tensor]:
    """Return features (h / 4, w / 4, FEATURES), float16, and base picture (h, w, 3) in 1 / SAMPLE_STEPS, int16.

    Both are cut to multiples of four, the base picture's channels have the means of the picture's.
    """
    device = next(network.parameters()).device
    h, w = picture.shape[:2]
    x = F.pad(as_tensor(picture).to(device), (0, -w % 64, 0, -h % 64), mode="replicate")
    t = torch.full((1,), LOWEST + level / PER_UNIT, device=device)
    latents, _ = network.code(network.analyse(x), t, True, show=False)
    y, features = network.draw(latents)
    shown = y[0, :, :h, :w]
    shift = ((x[0, :, :h, :w] - shown).mean((1, 2)) * SAMPLE_STEPS).round().clamp(-CORRECTION_LIMIT, CORRECTION_LIMIT)
    fine = (shown * SAMPLE_STEPS + shift[:, None, None]).round().clamp(-BASE_LIMIT, BASE_LIMIT)
    base = fine[:, : h // 4 * 4, : w // 4 * 4].to(torch.int16)
    return features[0, :, : h // 4, : w // 4].permute(1, 2, 0).half(), base.permute(1, 2, 0)


def noise(edge: int) -> Tensor:
    """Return the bands of grain, (BANDS, edge, edge), with a standard deviation of 1."""
    fields = [band((slice(0, edge), slice(0, edge)), number).astype(np.float32) for number in range(BANDS)]
    return torch.stack([torch.from_numpy(field / field.std()) for field in fields])


class DrawnPictures:
    """All pictures at all their levels; squares in proportion to areas."""

    def __init__(self, network: Base2, pictures: Sequence[Samples], levels: int, edge: int, field: int) -> None:
        """Draw `pictures` at so many levels each; `field`: edge of the noise that squares take their grain from."""
        pictures = [picture for picture in pictures if min(picture.shape[:2]) >= edge]
        if not pictures:
            raise InputError(f"no training picture is at least {edge} pixels wide and high")
        device, rng = next(network.parameters()).device, np.random.default_rng(1)
        samples, features, bases, rows, at = [], [], [], [], 0
        for picture in pictures:
            h, w = (size // 4 * 4 for size in picture.shape[:2])
            chosen = [round(v) for v in BEGIN + (END - BEGIN) * (np.arange(levels) + rng.random(levels)) / levels]
            for level in chosen:
                feature, base = drawn(network, picture, level)
                features.append(feature.reshape(-1, FEATURES))
                bases.append(base.reshape(-1, 3))
            samples.append(torch.from_numpy(np.array(picture[:h, :w])).reshape(-1, 3))
            rows.append((at, h, w, *chosen))
            at += h * w
        self.samples, self.features, self.bases = torch.cat(samples).to(device), torch.cat(features), torch.cat(bases)
        table = torch.tensor(rows, device=device)
        self.at, self.heights, self.widths, self.levels = table[:, 0], table[:, 1], table[:, 2], table[:, 3:]
        areas = (self.heights * self.widths).double().cumsum(0)
        self.shares, self.edge, self.device = areas / areas[-1], edge, device
        self.noise = noise(field).to(device)

    def batch(self, n: int) -> Batch:
        """Return so many squares."""
        e, q, device = self.edge, self.edge // 4, self.device
        i = torch.searchsorted(self.shares, torch.rand(n, device=device, dtype=torch.float64))
        i = i.clamp_max(len(self.at) - 1)
        k = torch.randint(self.levels.shape[1], (n,), device=device)
        h, w, at = self.heights[i], self.widths[i], self.at[i]
        top, left = ((torch.rand(n, device=device) * ((size - e) // 4 + 1)).long() for size in (h, w))
        fine, coarse = _square(4 * top, 4 * left, w, e), _square(top, left, w // 4, q)
        level_at = at * self.levels.shape[1] + k * h * w
        features = _taken(self.features, level_at // 16, coarse).contiguous(memory_format=torch.channels_last)
        ys, xs = 4 * torch.randint((self.noise.shape[1] - e) // 4 + 1, (2, n), device=device)
        r = torch.arange(e, device=device)
        grain = self.noise[:, ys[:, None, None] + r[None, :, None], xs[:, None, None] + r[None, None, :]]
        return Batch(
            _taken(self.samples, at, fine).contiguous(memory_format=torch.channels_last),
            (_taken(self.bases, level_at, fine) / SAMPLE_STEPS).contiguous(memory_format=torch.channels_last),
            features,
            self.levels[i, k],
            grain.permute(1, 0, 2, 3),
        )


def _square(top: Tensor, left: Tensor, width: Tensor, edge: int) -> Tensor:
    """Return places (n, edge, edge) of squares in pictures of these widths, row by row."""
    r = torch.arange(edge, device=top.device)
    return (top[:, None, None] + r[None, :, None]) * width[:, None, None] + left[:, None, None] + r[None, None, :]


def _taken(values: Tensor, at: Tensor, places: Tensor) -> Tensor:
    """Return float (n, C, edge, edge) of values (places, C), `at` being where each picture begins."""
    n, edge, _ = places.shape
    found = values[(at[:, None, None] + places).reshape(-1)].view(n, edge, edge, values.shape[1])
    return found.permute(0, 3, 1, 2).float()
