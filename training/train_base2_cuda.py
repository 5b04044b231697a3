#!/usr/bin/env python3
"""Train base 2 on one CUDA device with all pictures on it: bfloat16, one compiled step, 48 crops of 256x256.

    python train_base2_cuda.py --photos PHOTOS MORE --others SCANS SCREENS --start base2.safetensors --out FOLDER

The learning rate follows the clock: a short rise, constant, then down to nothing. From --grid-from of the time on the
decoder's weights lie on their grid of 8 bits. Where the mean loss of ten seconds leaps, weights go back to the last
good ones and the rate is halved. --device cpu with --limit and small --batch rehearses.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
import train_base2 as base2
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

SIZES = 1.0, 1.4, 2.0
"""Every picture is there reduced, too."""
SHARES = 1.0, 0.25, 0.3
"""Weight of a size against its area."""
ART, OTHERS = 0.7, 0.1
"""Weight of drawings, and of scans and screens, against photographs."""


def read(path: Path) -> list[np.ndarray]:
    """A picture in all sizes."""
    image = Image.open(path).convert("RGB")
    smaller = (
        image.resize((round(image.width / f), round(image.height / f)), Image.Resampling.LANCZOS) for f in SIZES[1:]
    )
    return [np.asarray(v) for v in (image, *smaller)]


def chosen(args: argparse.Namespace) -> tuple[list[tuple[Path, float]], list[Path]]:
    """Pictures to learn with their weights, and held-out ones: the split of train_base2.load."""
    train: list[tuple[Path, float]] = []
    held: list[Path] = []
    for number, (folder, count) in enumerate(zip(args.photos, (12, 8), strict=True)):
        paths = sorted((q for q in folder.iterdir() if q.suffix != ".md"), key=lambda q: q.stem + ".webp")
        if number:
            train += [(q, ART) for q in paths if q.stem.startswith("art_")]
            paths = [q for q in paths if q.stem.split("_")[0] in ("native", "film", "gen", "jpeg")]
        shuffled = list(paths)
        random.Random(1).shuffle(shuffled)  # noqa: S311
        train += [(q, 1.0) for q in sorted(shuffled[count:])]
        held += sorted(shuffled[:count])
    train += [(q, OTHERS) for folder in args.others for q in sorted(folder.iterdir()) if q.suffix != ".md"]
    return (train[: args.limit], held[:2]) if args.limit else (train, held)


class Pictures:
    """All samples in one array on the device; squares are cut there."""

    def __init__(self, train: list[tuple[Path, float]], edge: int, device: torch.device) -> None:
        with ThreadPoolExecutor(16) as pool:
            pictures = list(pool.map(read, [q for q, _ in train]))
        rows, flat, at = [], [], 0
        for sizes, (_, weight) in zip(pictures, train, strict=True):
            for share, samples in zip(SHARES, sizes, strict=True):
                h, w = samples.shape[:2]
                if min(h, w) >= edge:
                    rows.append((at, h, w, h * w * weight * share))
                    flat.append(samples.reshape(-1, 3))
                    at += h * w
        table = np.array(rows)
        self.samples, self.edge, self.device, self.count = (
            torch.from_numpy(np.concatenate(flat)).to(device),
            edge,
            device,
            len(rows),
        )
        self.offsets, self.heights, self.widths = (
            torch.tensor(table[:, i].astype(np.int64), device=device) for i in range(3)
        )
        self.shares = torch.tensor(np.cumsum(table[:, 3]) / table[:, 3].sum(), device=device)

    def batch(self, n: int) -> tuple[Tensor, Tensor]:
        """Squares (n, 3, edge, edge), turned, a few gray; a quality each, three quarters of them low."""
        e, device = self.edge, self.device
        i = torch.searchsorted(self.shares, torch.rand(n, device=device, dtype=torch.float64)).clamp_max(self.count - 1)
        h, w = self.heights[i], self.widths[i]
        top = (torch.rand(n, device=device) * (h - e + 1)).long().clamp_max(h - e)[:, None, None]
        left = (torch.rand(n, device=device) * (w - e + 1)).long().clamp_max(w - e)[:, None, None]
        mirrored, turned, gray = (
            torch.rand(3, n, device=device) < torch.tensor([[0.5], [0.5], [0.04]], device=device)
        ).unbind(0)
        r = torch.arange(e, device=device)
        across = torch.where(mirrored[:, None], r, e - 1 - r)
        rows = torch.where(turned[:, None, None], r[None, None, :], r[None, :, None])
        columns = torch.where(turned[:, None, None], across[:, :, None], across[:, None, :])
        index = self.offsets[i][:, None, None] + (top + rows) * w[:, None, None] + left + columns
        x = self.samples[index.reshape(-1)].view(n, e, e, 3).permute(0, 3, 1, 2).float()
        x = torch.where(gray[:, None, None, None], x.mean(1, keepdim=True).round(), x)
        u = (torch.arange(n, device=device) + torch.rand(n, device=device)) / n
        return x, torch.where(u < 0.75, -0.37 + 1.02 * u / 0.75, 0.65 + 0.37 * (u - 0.75) / 0.25)


class Adam:
    """Adam with its gradients cut, steps that stand out left away, and an average of the weights; all on the device."""

    def __init__(self, network: base2.Base2, args: argparse.Namespace) -> None:
        self.parameters, self.clip, self.keep = list(network.parameters()), args.clip, args.average
        named = [(n.startswith("lin_"), q.ndim == 2) for n, q in network.named_parameters()]
        rates = [args.lr / 5 if slow else args.small_lr if small else args.lr for slow, small in named]
        self.groups = [(rate, [i for i, v in enumerate(rates) if v == rate]) for rate in sorted(set(rates))]
        self.first, self.second, self.grads = ([torch.zeros_like(q) for q in self.parameters] for _ in range(3))
        self.average = [q.detach().clone() for q in self.parameters]
        for q, g in zip(self.parameters, self.grads, strict=True):
            q.grad = g
        self.steps, self.usual, self.rate = (torch.zeros((), device=self.parameters[0].device) for _ in range(3))

    @torch.no_grad()
    def step(self) -> tuple[Tensor, Tensor]:
        """One step; returns the gradient's norm and whether it counted."""
        norm = torch.stack(torch._foreach_norm(self.grads)).norm()
        fine = torch.isfinite(norm) & ((self.steps < 300) | (norm < 6 * self.usual))
        clean = [torch.nan_to_num(g, 0.0, 0.0, 0.0) for g in self.grads]
        torch._foreach_mul_(
            clean, torch.where(fine, (self.clip / (norm + 1e-6)).clamp_max(1.0), torch.zeros_like(norm))
        )
        towards = torch.minimum(norm, 3 * self.usual + (self.steps < 50) * norm) - self.usual
        self.usual.add_(torch.where(torch.isfinite(norm), 0.02 * towards, torch.zeros_like(norm)))
        self.steps.add_(1)
        torch._foreach_lerp_(self.first, clean, 0.1)
        torch._foreach_mul_(self.second, 0.98)
        torch._foreach_addcmul_(self.second, clean, clean, 0.02)
        for peak, members in self.groups:
            below = torch._foreach_sqrt([self.second[i] for i in members])
            torch._foreach_div_(below, (1 - 0.98**self.steps).sqrt())
            torch._foreach_add_(below, 1e-8)
            move = torch._foreach_div([self.first[i] for i in members], below)
            torch._foreach_mul_(move, -peak * self.rate / (1 - 0.9**self.steps))
            torch._foreach_add_([self.parameters[i] for i in members], move)
        torch._foreach_lerp_(self.average, self.parameters, 1 - self.keep)
        return norm, 1 - fine.float()

    def state(self) -> list[Tensor]:
        """Everything that a step changes."""
        return [*self.parameters, *self.first, *self.second, *self.average, self.steps, self.usual]

    @torch.no_grad()
    def restore(self, kept: list[Tensor]) -> None:
        """Go back to a copy of `state`."""
        torch._foreach_copy_(self.state(), kept)


class Run:
    """One training run."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args, self.device, self.begun = args, torch.device(args.device), time.monotonic()
        args.out.mkdir(exist_ok=True, parents=True)
        train, held = chosen(args)
        self.pictures = Pictures(train, args.crop, self.device)
        self.held = [v for v in (read(q)[0] for q in held) if min(v.shape[:2]) >= 192]
        torch.manual_seed(args.seed)
        torch.backends.cudnn.benchmark, torch.backends.cudnn.allow_tf32 = True, False
        self.network = base2.Base2().to(memory_format=torch.channels_last)
        base2.widen(self.network, base2.weights(args.start))
        self.network.to(self.device)
        self.network.tie()
        self.adam = Adam(self.network, args)
        self.sums = torch.zeros(9, device=self.device)
        self.judge: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = self.objective
        if args.compile:
            self.judge = torch.compile(self.objective, dynamic=False)

    def say(self, **what: Any) -> None:
        """One line of JSON, on the terminal and in the log."""
        line = json.dumps({"at": round(time.monotonic() - self.begun, 1), **what})
        print(line, flush=True)  # noqa: T201
        with (self.args.out / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def objective(self, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """The loss, and means of cost, rate, squared error, 1 - MS-SSIM, grid and ringing, per picture (6, N)."""
        return base2.objective(self.network, x, t, self.args.level)

    def learn(self) -> None:
        """One step."""
        x, t = self.pictures.batch(self.args.batch)
        torch._foreach_zero_(self.adam.grads)
        loss, parts = self.judge(x, t)
        loss.backward()
        norm, left_away = self.adam.step()
        self.sums.add_(torch.cat((loss.detach()[None], parts.mean(1), norm[None], left_away[None])))

    def rate_at(self, seconds: float, steps: int) -> float:
        """Share of the peak."""
        share = base2.learning_rate(seconds / self.args.seconds, 0.0, self.args.decay_from)
        return share * min(1.0, 0.03 + steps / self.args.warm)

    def curve(self, steps: int) -> None:
        """Validate the averaged weights, and keep them."""
        kept = [q.detach().clone() for q in self.adam.parameters]
        with torch.no_grad():
            torch._foreach_copy_(self.adam.parameters, self.adam.average)
            found = base2.validate(self.network, self.held, self.args.device)
            half = {k: v.detach().half().contiguous().cpu() for k, v in self.network.named_parameters()}
            torch._foreach_copy_(self.adam.parameters, kept)
        encoder = {k: v for k, v in half.items() if k.split(".")[0] in ("g_a", "h_a", "lin_a")}
        save_file(encoder, self.args.out / "analysis.safetensors")
        save_file({k: v for k, v in half.items() if k not in encoder}, self.args.out / "decoder.safetensors")
        self.say(step=steps, curve={str(r): [round(float(v), 5) for v in base2.at_rate(found, r)] for r in base2.RATES})

    def train(self) -> None:
        """Until the time is over."""
        args, adam = self.args, self.adam
        kept = [v.clone() for v in adam.state()]
        for _ in range(4):  # compiles
            self.learn()
        adam.restore(kept)
        self.curve(0)
        self.sums.zero_()
        start = last_curve = last_said = time.monotonic()
        steps, count, best, slow = 0, 0, math.inf, 1.0
        while (now := time.monotonic()) - start < args.seconds:
            adam.rate.fill_(slow * self.rate_at(now - start, steps))
            self.network.grid.fill_(float(now - start > args.grid_from * args.seconds))
            for _ in range(10):
                self.learn()
            steps, count = steps + 10, count + 10
            if self.device.type == "cuda":
                torch.cuda.synchronize()
            if now - last_said > 10:
                means = (self.sums / count).tolist()
                self.say(
                    step=steps, rate=round(float(adam.rate), 4), means=[round(v, 5) for v in means], seconds=now - start
                )
                if math.isfinite(means[0]) and means[0] < 1.25 * best:
                    best, kept = min(best, means[0]), [v.clone() for v in adam.state()]
                else:
                    adam.restore(kept)
                    slow *= 0.5
                    self.say(fell_back=means[0], slow=slow)
                self.sums.zero_()
                count, last_said = 0, now
            if now - last_curve > args.curve:
                self.curve(steps)
                last_curve = now
        self.curve(steps)


def main() -> None:
    """Read the command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--photos", type=Path, nargs=2, required=True, help="train/photos and train/photos_more")
    p.add_argument("--others", type=Path, nargs="*", default=[], help="folders of scans and screens")
    p.add_argument("--start", type=Path, nargs="+", required=True)
    p.add_argument("--out", type=Path, required=True, help="folder")
    p.add_argument("--device", default="cuda")
    p.add_argument("--seconds", type=float, default=225, help="of training, after compiling")
    p.add_argument("--decay-from", type=float, default=0.3)
    p.add_argument("--grid-from", type=float, default=0.85)
    p.add_argument("--batch", type=int, default=48)
    p.add_argument("--crop", type=int, default=256)
    p.add_argument("--lr", type=float, default=6e-4)
    p.add_argument("--small-lr", type=float, default=2e-3, help="of gains and of z's tables")
    p.add_argument("--warm", type=int, default=300, help="steps")
    p.add_argument("--clip", type=float, default=2.0)
    p.add_argument("--level", type=float, default=0.35, help="see train_base2")
    p.add_argument("--average", type=float, default=0.999)
    p.add_argument("--curve", type=float, default=100, help="seconds between validations")
    p.add_argument("--limit", type=int, default=0, help="pictures, to rehearse")
    p.add_argument("--no-compile", dest="compile", action="store_false")
    p.add_argument("--seed", type=int, default=1)
    Run(p.parse_args()).train()


if __name__ == "__main__":
    main()
