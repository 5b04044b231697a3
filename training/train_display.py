#!/usr/bin/env python3
"""Train the texture head above the shipped base model, on a CPU: what it learns from is made once, then crops of it.

    python train_display.py data PHOTOS MORE --out FOLDER
    python train_display.py train FOLDER --held-out NAMES --out display.safetensors --minutes 60
    python train_display.py train FOLDER --held-out NAMES --out two.safetensors --start display.safetensors --mse 0.3

`data` writes for every picture, at four qualities, what the integer generator makes of it: its last features and its
picture. `train` minimises squared error, learned distance and distance of patch means in features of
EfficientNet-Lite0, each against that of the base picture, so that every rate teaches as much; a lattice in what is
added and its means over 8x8 pixels cost too. The learning rate follows the clock.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from hybridcodec.base.geometry import LatentGrid
from hybridcodec.base.similarity import ms_ssim_loss
from hybridcodec.base.units import MID_GRAY, SAMPLE_STEPS
from hybridcodec.base.variable.schema import FEATURES
from hybridcodec.generative.texture.grain import band
from hybridcodec.generative.texture.schema import BANDS, FEATURE_STEPS, INNER, KNOT, ROWS
from hybridcodec.train.features import Features, learned_distance

STRATA = (6, 26), (26, 44), (44, 62), (62, 85)
"""A quality of each is drawn for every picture."""
FIELD = 2048
"""Edge of the noise that crops take their grain from."""
COLOUR_UNIT, GRAIN_UNIT = 64.0, 16.0
"""What the networks' outputs are multiplied by, in sample steps."""
PERIODS = 4, 8, 16
FLAT = 15.0, 0.15, 0.03
"""Added to squared error, learned distance, distance of patches of the base picture: flat crops would shout."""
SPREADS = 24
"""Batches from which the spread of patch means is taken."""


# ---------------------------------------------------------------- data


def make(folders: list[Path], out: Path) -> None:
    """Write one file a picture."""
    out.mkdir(parents=True, exist_ok=True)
    paths = [path for folder in folders for path in sorted(folder.rglob("*.webp"))]
    for number, path in enumerate(paths):
        samples = np.ascontiguousarray(Image.open(path).convert("RGB"))
        drawn = [_drawn(samples, float(np.random.default_rng([number, n]).uniform(*s))) for n, s in enumerate(STRATA)]
        made = {key: np.stack([each[key] for each in drawn]) for key in drawn[0]}
        np.savez(out / f"{path.stem}.npz", samples=samples, **made)


def _drawn(samples: np.ndarray, quality: float) -> dict[str, Any]:
    """Features, picture in 1 / SAMPLE_STEPS and level of quality of a base layer."""
    from hybridcodec.base import Rate
    from hybridcodec.base.variable.decoder import Common, decode_latents
    from hybridcodec.layers import encode_base_layer
    from hybridcodec.loading import load_base
    from hybridcodec.modes import Backend

    layer = encode_base_layer(samples, rate=Rate(quality=quality)).layer
    model, common = load_base(layer.models[0].hex()).model, Common.of(layer.common)
    grid = LatentGrid(samples.shape[0], samples.shape[1], layer.tile_width)
    tiles = [tile.payload for tile in layer.tiles]
    mosaic = decode_latents(common, tiles, model, grid, None, Backend.COMPILED)
    fine, features = model.draw(mosaic.latents.transpose(1, 2, 0))
    fine = fine + MID_GRAY * SAMPLE_STEPS + common.correction
    return {"features": features.astype(np.int16), "fine": fine.astype(np.int16), "level": common.quality}


@dataclass
class Batch:
    """Crops: samples and base pictures (N, 3, H, W), features (N, FEATURES, H / 4, W / 4), levels (N,), unit noise."""

    samples: Tensor
    base: Tensor
    features: Tensor
    level: Tensor
    noise: Tensor


class Crops:
    """Squares of all pictures, in proportion to their areas, at all qualities."""

    def __init__(self, files: list[Path], edge: int, seed: int) -> None:
        self.pictures = [dict(np.load(file)) for file in files]
        areas = np.cumsum([float(p["samples"].shape[0] * p["samples"].shape[1]) for p in self.pictures])
        self.shares, self.edge, self.rng = areas / areas[-1], edge, np.random.default_rng(seed)
        self.noise = noise(FIELD)

    def batch(self, count: int) -> Batch:
        """Return so many crops."""
        samples, fine, features, level, grain = zip(*(self._crop() for _ in range(count)), strict=True)
        base, known = _stacked(fine) / SAMPLE_STEPS, _stacked(features) / FEATURE_STEPS
        return Batch(_stacked(samples), base, known, torch.tensor(level), torch.stack(grain))

    def _crop(self) -> tuple[Any, ...]:
        rng, n = self.rng, self.edge // 4
        picture = self.pictures[min(int(np.searchsorted(self.shares, rng.random())), len(self.pictures) - 1)]
        number = int(rng.integers(len(STRATA)))
        top, left = (int(rng.integers((size - self.edge) // 4 + 1)) for size in picture["samples"].shape[:2])
        y, x = (4 * int(rng.integers((FIELD - self.edge) // 4)) for _ in range(2))
        area = np.s_[4 * top : 4 * top + self.edge, 4 * left : 4 * left + self.edge]
        grain = self.noise[:, y : y + self.edge, x : x + self.edge]
        features = picture["features"][number][top : top + n, left : left + n]
        return picture["samples"][area], picture["fine"][number][area], features, int(picture["level"][number]), grain


def _stacked(arrays: tuple[np.ndarray, ...]) -> Tensor:
    stacked = torch.from_numpy(np.stack(arrays).transpose(0, 3, 1, 2)).float()
    return stacked.contiguous(memory_format=torch.channels_last)


def noise(edge: int) -> Tensor:
    """Return the bands of grain, (BANDS, edge, edge), with a standard deviation of 1."""
    fields = [band((slice(0, edge), slice(0, edge)), number).astype(np.float32) for number in range(BANDS)]
    return torch.stack([torch.from_numpy(field / field.std()) for field in fields])


# ---------------------------------------------------------------- network and loss


def _conv(inputs: int, outputs: int, gain: float) -> nn.Conv2d:
    made = nn.Conv2d(inputs, outputs, 3, padding=1)
    nn.init.normal_(made.weight, 0.0, gain / math.sqrt(9 * inputs))
    nn.init.zeros_(made.bias)
    return made


class Head(nn.Module):
    """Two residual blocks on features; what is added to the picture, and strengths of grain."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.ModuleList(_conv(FEATURES, INNER, 1.4) for _ in range(2))
        self.b = nn.ModuleList(_conv(INNER, FEATURES, 0.3) for _ in range(2))
        self.colour, self.grain = _conv(FEATURES, 48, 0.01), _conv(FEATURES, BANDS, 0.01)
        nn.init.constant_(self.grain.bias, 0.05)
        self.offset = nn.Parameter(torch.zeros(ROWS, FEATURES))

    def forward(self, features: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is added, (N, 3, H, W), and strengths of grain, (N, BANDS, H, W), in sample steps."""
        hats = (1 - (level[:, None] / KNOT - torch.arange(ROWS)).abs()).clamp_min(0)
        x = features + (hats[:, :, None] * self.offset[None]).sum(1)[:, :, None, None]
        x = x.contiguous(memory_format=torch.channels_last)
        for a, b in zip(self.a, self.b, strict=True):
            x = x + b(F.relu(a(x)))
        strengths = F.relu(self.grain(x)).float() * GRAIN_UNIT
        for _ in range(2):
            strengths = F.interpolate(strengths, scale_factor=2, mode="bilinear", align_corners=False)
        return F.pixel_shuffle(self.colour(x), 4).float() * COLOUR_UNIT, strengths


def patches(taps: list[Tensor]) -> Tensor:
    """Return means over squares of 32 pixels of all taps but the last, (N, C, H / 32, W / 32)."""
    rows = taps[-1].shape[2]
    return torch.cat([F.avg_pool2d(tap.float(), tap.shape[2] // rows) for tap in taps[:-1]], 1)


def lattice(added: Tensor) -> Tensor:
    """Return the mean squares of what is periodic in what is added, summed over periods, (N,)."""
    total = torch.zeros(len(added))
    for period in PERIODS:
        phases = F.pixel_unshuffle(added, period).unflatten(1, (3, period**2)).mean((3, 4))
        total = total + (phases - phases.mean(2, keepdim=True)).square().mean((1, 2))
    return total


class Judge:
    """The loss, and what it is made of."""

    def __init__(self, args: argparse.Namespace, crops: Crops) -> None:
        self.args, self.lite = args, Features.load(0)
        with torch.no_grad():
            means = [patches(self.features(crops.batch(args.batch).samples)) for _ in range(SPREADS)]
        self.spread = torch.cat([m.transpose(0, 1).flatten(1) for m in means], 1).std(1)[None, :, None, None] + 1e-3

    def features(self, x: Tensor) -> list[Tensor]:
        """Taps of the network, in bfloat16 but for the ends."""
        with torch.autocast("cpu", torch.bfloat16):
            return [tap.float() for tap in self.lite(x)]

    def __call__(self, head: Head, b: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss, and (6,): ratios to the base picture's, lattice, means over 8x8, strength of grain."""
        args, n = self.args, len(b.samples)
        with torch.no_grad():
            taps = self.features(torch.cat((b.samples, b.base)))
            true, low = [t[:n].clone() for t in taps], [t[n:].clone() for t in taps]
        with torch.autocast("cpu", torch.bfloat16):
            added, strengths = head(b.features, b.level)
        shown = b.base + added + (strengths * b.noise).sum(1, keepdim=True)
        high = self.features(shown)
        costs = [(self._distances(b.samples, x, true, taps)) for x, taps in ((b.base, low), (shown, high))]
        ratios = [after / (before + flat) for before, after, flat in zip(*costs, FLAT, strict=True)]
        means = F.avg_pool2d(added, 8).square().mean((1, 2, 3)) / (costs[0][0] + FLAT[0])
        periodic = lattice(added)
        loss = sum(w * r for w, r in zip((args.mse, args.ld, args.pv), ratios, strict=True))
        unlike = [ms_ssim_loss(x.contiguous(), b.samples.contiguous()) for x in (shown, b.base)]
        loss = loss + args.lattice * periodic + args.anchor * means + args.similarity * unlike[0] / (unlike[1] + 0.005)
        return loss.mean(), torch.stack([v.mean() for v in (*ratios, periodic, means, strengths)]).detach()

    def _distances(self, samples: Tensor, x: Tensor, true: list[Tensor], taps: list[Tensor]) -> list[Tensor]:
        patch = ((patches(true) - patches(taps)) / self.spread).square().mean((1, 2, 3))
        return [(x - samples).square().mean((1, 2, 3)), learned_distance(true, taps), patch]


# ---------------------------------------------------------------- the loop


def learning_rate(share: float, step: int) -> float:
    """Share of the peak: a short rise, constant, then 1 - sqrt from 0.6 of the time on."""
    fall = 1.0 if share < 0.6 else 1 - math.sqrt(min((share - 0.6) / 0.4, 1.0))
    return min(1.0, 0.05 + step / 200) * fall + 0.01


def steps(args: argparse.Namespace) -> Iterator[float]:
    """Yield the share of the time that is over, until it is."""
    begun, number = time.monotonic(), 0
    while (share := (time.monotonic() - begun) / 60 / args.minutes) < 1 and number != args.steps:
        yield share
        number += 1


def train(args: argparse.Namespace) -> None:
    """Train until the time is over; the averaged weights are saved every five minutes."""
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    held = set(args.held_out.read_text().split()) if args.held_out else set()
    files = [file for file in sorted(args.data.glob("*.npz")) if file.stem not in held]
    crops = Crops(files, args.crop, args.seed)
    head = Head().to(memory_format=torch.channels_last)
    if args.start:
        head.load_state_dict(load_file(args.start))
    judge = Judge(args, crops)
    loss_of = torch.compile(judge, dynamic=False) if args.compile else judge
    average = {k: v.detach().clone() for k, v in head.state_dict().items()}
    optimiser = torch.optim.Adam(head.parameters(), lr=args.lr, betas=(0.9, 0.98))
    saved, sums, count = 0.0, np.zeros(6), 0
    for number, share in enumerate(steps(args)):
        optimiser.param_groups[0]["lr"] = args.lr * learning_rate(share, number)
        loss, parts = loss_of(head, crops.batch(args.batch))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if math.isfinite(float(nn.utils.clip_grad_norm_(head.parameters(), 2.0))):
            optimiser.step()
        keep, named = min(0.998, (number + 1) / (number + 20)), head.state_dict()
        with torch.no_grad():
            for name, value in average.items():
                value.lerp_(named[name], 1 - keep)
        sums, count = sums + parts.numpy(), count + 1
        if (share - saved) * args.minutes > args.checkpoint:
            saved = share
            _save(args.out, average, number, sums / count)
            sums, count = np.zeros(6), 0
    _save(args.out, average, number + 1, sums / max(count, 1))


def _save(out: Path, average: dict[str, Tensor], number: int, parts: np.ndarray) -> None:
    save_file({name: value.contiguous() for name, value in average.items()}, out)
    print(json.dumps({"step": number, "parts": parts.round(4).tolist()}), flush=True)  # noqa: T201


def main() -> None:
    """Read the command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = p.add_subparsers(required=True)
    d = commands.add_parser("data")
    d.add_argument("folders", type=Path, nargs="+", help="folders of lossless WebP")
    d.add_argument("--out", type=Path, required=True)
    d.set_defaults(run=lambda args: make(args.folders, args.out))
    t = commands.add_parser("train")
    t.add_argument("data", type=Path)
    t.add_argument("--out", type=Path, required=True)
    t.add_argument("--held-out", type=Path, help="file of names of pictures that are left out")
    t.add_argument("--start", type=Path)
    t.add_argument("--minutes", type=float, default=60.0)
    t.add_argument("--steps", type=int, default=-1)
    t.add_argument("--checkpoint", type=float, default=5.0, help="minutes")
    t.add_argument("--threads", type=int, default=2)
    t.add_argument("--batch", type=int, default=8)
    t.add_argument("--crop", type=int, default=192)
    t.add_argument("--lr", type=float, default=1e-3)
    t.add_argument("--mse", type=float, default=1.0)
    t.add_argument("--ld", type=float, default=3.0)
    t.add_argument("--pv", type=float, default=1.5)
    t.add_argument("--similarity", type=float, default=0.0, help="weight of 1 - MS-SSIM")
    t.add_argument("--lattice", type=float, default=0.5)
    t.add_argument("--anchor", type=float, default=1.0)
    t.add_argument("--seed", type=int, default=random.randrange(1 << 30))  # noqa: S311
    t.add_argument("--no-compile", dest="compile", action="store_false")
    t.set_defaults(run=train)
    args = p.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
