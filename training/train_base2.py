#!/usr/bin/env python3
"""Train base 2, float: a linear path of 16x16 blocks beside two networks, a hyperprior with one context pass, gains.

    python train_base2.py --data PHOTOS MORE --start base-x3-float16.safetensors --out base2.safetensors --minutes 120
    python train_base2.py --data PHOTOS MORE --out base2.safetensors --minutes 240 --resume   # goes on
    python train_base2.py --data PHOTOS MORE --out base2.safetensors --minutes 260 --resume --decay-from 0.9   # cools
    python train_base2.py --data PHOTOS MORE --start base2.safetensors --measure 0.1,0.15,0.3,0.45,0.8

--start takes weights of the narrower network (128 at 1/16, six gain knots, no `see`, no last block) or of this one;
what is new begins so that the function stays the same. --minutes is wall clock and includes what is resumed; the
learning rate follows the clock, so that a busy machine ends in time with fewer steps. The optimiser's state lies beside
--out. --measure: means over whole held-out pictures, quality searched per picture for each rate (estimated), float32.

Decoder: h_s, the context layers, lin_s and g_s. Encoder only: g_a, lin_a, h_a. Plain convolutions, ReLU, residual
blocks and pixel shuffles, so that an integer twin is straightforward.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

LATENTS, HYPER, CONTEXT, NARROW = 160, 64, 160, 96
"""Latents at 1/16 and 1/64, widths of the context passes."""
WIDE_IN, MIDDLE_IN = 256, 128
"""Widths of the analysis at 1/16 and 1/8; at 1/4 it is as wide as the synthesis."""
WIDE, MIDDLE, FINE, LAST = 160, 96, 64, 32
"""Widths of the synthesis at 1/16, 1/8, 1/4, and inside the last block."""
LOW, STEP, KNOTS = -0.4, 0.2, 8
"""Gain vectors stand at t = LOW, LOW + STEP, ...; between them logarithms are interpolated."""
GAINS = 0.55, 4.4
"""Nominal gains at t = 0 and t = 1."""
SQUARED_ERROR = 0.0012
"""Weight, against bits per pixel, of a squared 8-bit step at gain 1."""
SIMILARITY = 1200.0
"""Weight of 1 - MS-SSIM in units of the former."""
GRID = 16.0
"""Weight of periodic error in flat blocks in the same units."""
RINGING = 6.0
"""Weight of high-pass error on flat ground near edges in the same units."""
SCALES, SMALLEST_SCALE, LARGEST_SCALE = 32, 0.11, 64.0
SCALE_STEP = math.log(LARGEST_SCALE / SMALLEST_SCALE) / (SCALES - 1)


# ---------------------------------------------------------------- network


class Conv(nn.Conv2d):
    """A convolution whose weights go, by the share `grid` (0 or 1), to 8 bits with one power of two per output."""

    grid: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        weight = self.weight
        if self.grid is not None:
            with torch.autocast(x.device.type, enabled=False), torch.no_grad():
                largest = weight.abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-6)
                unit = torch.exp2(torch.ceil(torch.log2(largest / 127)))
                change = (torch.round(weight / unit) * unit - weight) * self.grid
            weight = weight + change
        return self._conv_forward(x, weight, self.bias)


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, gain: float = 1.0) -> Conv:
    """A convolution that keeps the size, its weights of such a size that variance stays at gain 1."""
    made = Conv(inputs, outputs, kernel, stride=stride, padding=kernel // 2)
    nn.init.normal_(made.weight, 0.0, gain / math.sqrt(inputs * kernel**2))
    nn.init.zeros_(made.bias)
    return made


class Res(nn.Module):
    """x + b(relu(a(x)))."""

    def __init__(self, width: int, inner: int = 0, gain: float = 0.3) -> None:
        super().__init__()
        inner = inner or width
        self.a, self.b = conv(width, inner, gain=math.sqrt(2.0)), conv(inner, width, gain=gain)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return x + self.b(F.relu(self.a(x)))


class Up(nn.Module):
    """Convolution and pixel shuffle."""

    def __init__(self, inputs: int, outputs: int, factor: int, kernel: int = 3) -> None:
        super().__init__()
        self.c, self.factor = conv(inputs, outputs * factor**2, kernel), factor

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return F.pixel_shuffle(self.c(x), self.factor)


def analysis() -> nn.Sequential:
    """What is added to the linear path's latents, from 48 channels at 1/4."""
    return nn.Sequential(
        conv(48, FINE), Res(FINE), Res(FINE, gain=0.0),
        conv(FINE, MIDDLE_IN, stride=2), Res(MIDDLE_IN), Res(MIDDLE_IN), Res(MIDDLE_IN), Res(MIDDLE_IN, gain=0.0),
        conv(MIDDLE_IN, WIDE_IN, stride=2), Res(WIDE_IN), Res(WIDE_IN), Res(WIDE_IN, gain=0.0),
        conv(WIDE_IN, LATENTS),
    )  # fmt: skip


class Synthesis(nn.Module):
    """What is added to the linear path's picture (as 48 channels at 1/4), which the last blocks see."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            conv(LATENTS, WIDE), Res(WIDE), Res(WIDE),
            Up(WIDE, MIDDLE, 2), Res(MIDDLE), Res(MIDDLE), Res(MIDDLE),
            Up(MIDDLE, FINE, 2, kernel=1), Res(FINE), Res(FINE, LAST, gain=0.0),
            conv(FINE, 48),
        )  # fmt: skip
        self.see = conv(48, FINE, kernel=1, gain=0.0)

    def forward(self, y_hat: Tensor, straight: Tensor) -> Tensor:
        """Return 48 channels at 1/4."""
        x = y_hat
        for number, layer in enumerate(self.layers[:-1]):
            x = layer(x) + self.see(straight) if number == 7 else layer(x)
        return self.layers[-1](x)


class Context(nn.Module):
    """What latents decoded so far say about the parameters of the next."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.y = conv(LATENTS, width, gain=0.5)
        self.p = conv(2 * LATENTS, width, kernel=1, gain=0.5)
        self.out = conv(width, 2 * LATENTS, kernel=1, gain=0.0)

    def forward(self, known: Tensor, first: Tensor) -> Tensor:  # noqa: D102
        return self.out(F.relu(self.y(known / 4) + self.p(first / 8))).float()


class Base2(nn.Module):
    """All of the codec but its entropy coder."""

    def __init__(self) -> None:
        super().__init__()
        self.g_a, self.g_s = analysis(), Synthesis()
        self.h_a = nn.Sequential(
            conv(LATENTS, 96), nn.ReLU(), conv(96, 96, stride=2), nn.ReLU(), conv(96, HYPER, stride=2)
        )
        self.h_s = nn.Sequential(
            Up(HYPER, 96, 2), nn.ReLU(), Up(96, 96, 2), nn.ReLU(), Res(96, gain=0.0), conv(96, 2 * LATENTS)
        )
        self.lin_a, self.lin_s = conv(768, LATENTS, kernel=1, gain=0.0), Up(LATENTS, 3, 16, kernel=1)
        """Straight from 16x16 blocks to latents and back."""
        self.ctx_a, self.ctx_b, self.ctx_c = Context(NARROW), Context(CONTEXT), Context(NARROW)
        """What the first, the first two, the first three quarters of the latents say about the next."""
        low, high = (math.log(g) for g in GAINS)
        knots = low + (high - low) * (LOW + STEP * torch.arange(KNOTS))[:, None]
        self.log_gain = nn.Parameter(knots.repeat(1, LATENTS))
        """Of y before rounding; the decoder divides by the same."""
        self.log_hyper_gain = nn.Parameter(torch.zeros(KNOTS, HYPER))
        self.z_mean = nn.Parameter(torch.zeros(KNOTS, HYPER))
        self.z_log_scale = nn.Parameter(torch.zeros(KNOTS, HYPER))
        self.register_buffer("grid", torch.zeros(()), persistent=False)
        self.tie()

    def tie(self) -> None:
        """Let the decoder's convolutions (the linear path needs 16 bits) see `grid`."""
        for part in (self.h_s, self.g_s, self.ctx_a, self.ctx_b, self.ctx_c):
            for module in part.modules():
                if isinstance(module, Conv):
                    module.grid = self.grid

    def forward(self, samples: Tensor, t: Tensor, *, deployed: bool = False) -> tuple[Tensor, Tensor]:
        """Return samples (N, 3, H, W), not clamped, and bits of each picture (N,); `t` is (N,).

        In training the rate is that of noisy latents, the picture that of rounded ones; `deployed`: both rounded.
        """
        return self.code(self.analyse(samples), t, deployed)

    def analyse(self, samples: Tensor) -> Tensor:
        """Latents at gain 1 from samples."""
        x = (samples - 128) / 64
        with torch.autocast(x.device.type, enabled=False):  # bfloat16 would cost half a step of a large mean
            straight = self.lin_a(F.pixel_unshuffle(x, 16))
        return straight + self.g_a(F.pixel_unshuffle(x, 4)).float()

    def synthesise(self, y_hat: Tensor) -> Tensor:
        """Samples, not clamped, from latents at gain 1."""
        with torch.autocast(y_hat.device.type, enabled=False):
            straight = F.pixel_unshuffle(self.lin_s(y_hat), 4)
        return F.pixel_shuffle(straight + self.g_s(y_hat, straight).float(), 4) * 64 + 128

    def code(self, y: Tensor, t: Tensor, deployed: bool, *, show: bool = True) -> tuple[Tensor, Tensor]:
        """Scale, round and price latents, and make the picture of them (or, without `show`, none)."""
        log_gain = at_knots(self.log_gain, t)
        gain, hyper_gain = log_gain.exp(), at_knots(self.log_hyper_gain, t).exp()
        y = y * gain
        z = self.h_a(y / 4).float() * hyper_gain
        z_hat = straight_round(z)
        z_seen = z_hat if deployed else z + torch.rand_like(z) - 0.5
        bits = logistic_bits(z_seen - at_knots(self.z_mean, t), at_knots(self.z_log_scale, t)).sum((1, 2, 3))
        shift = torch.cat((torch.zeros_like(log_gain), log_gain / SCALE_STEP), 1)  # scales follow the gain
        first = self.h_s(z_hat / hyper_gain).float() + shift
        boards = quarters(y)
        second = first + self.ctx_a(self.rounded(y, first) * boards[0], first)
        known = self.rounded(y, first) * boards[0] + self.rounded(y, second) * boards[1]
        third = first + self.ctx_b(known, first)
        known = known + self.rounded(y, third) * boards[2]
        fourth = third + self.ctx_c(known, first)
        parameters = first
        for board, others in zip(boards[1:], (second, third, fourth), strict=True):
            parameters = torch.where(torch.cat((board, board), 1) > 0, others, parameters)
        mean, index = parameters.chunk(2, 1)
        scale = torch.exp(math.log(SMALLEST_SCALE) + SCALE_STEP * bounded(index, 0.0, SCALES - 1.0))
        y_hat = straight_round(y - mean) + mean
        y_seen = y_hat if deployed else y + torch.rand_like(y) - 0.5
        bits = bits + gaussian_bits(y_seen - mean, scale).sum((1, 2, 3))
        return self.synthesise(y_hat / gain) if show else y_hat, bits

    @staticmethod
    def rounded(y: Tensor, parameters: Tensor) -> Tensor:
        """Latents rounded around their means."""
        mean = parameters[:, :LATENTS]
        return straight_round(y - mean) + mean


def quarters(y: Tensor) -> list[Tensor]:
    """1 where a latent belongs to each of the four passes, four times (1, C, h, w)."""
    c, h, w = (torch.arange(n, device=y.device) for n in y.shape[1:])
    c, h, w = c[:, None, None], h[None, :, None], w[None, None]
    number = (c + h + w) % 2 * 2 + (c // 2 + h) % 2
    return [(number == n).float()[None] for n in range(4)]


def at_knots(table: Tensor, t: Tensor) -> Tensor:
    """Interpolate (KNOTS, C) at t (N,): (N, C, 1, 1); beyond the ends the gains of y go on, tables of z stay."""
    x = (t - LOW) / STEP
    inside = x.clamp(0, KNOTS - 1)
    hats = (1 - (inside[:, None] - torch.arange(KNOTS, device=t.device)).abs()).clamp_min(0)
    found = (hats[:, :, None] * table[None]).sum(1)  # no product of matrices: bfloat16 would blur it
    if table.shape[1] == LATENTS:
        beyond = x - inside
        found = found + beyond.clamp_min(0)[:, None] * (table[-1] - table[-2])
        found = found + beyond.clamp_max(0)[:, None] * (table[1] - table[0])
    return found[:, :, None, None]


def straight_round(x: Tensor) -> Tensor:
    """Round; gradients pass."""
    return x + (torch.round(x) - x).detach()


class _Bounded(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, low, high):
        ctx.save_for_backward(x)
        ctx.limits = low, high
        return x.clamp(low, high)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        low, high = ctx.limits
        return gradient * (((x >= low) | (gradient < 0)) & ((x <= high) | (gradient > 0))), None, None


def bounded(x: Tensor, low: float, high: float) -> Tensor:
    """Clamp; gradients pass unless they lead further out."""
    return _Bounded.apply(x, low, high)


def gaussian_bits(centred: Tensor, scale: Tensor) -> Tensor:
    """Bits of an interval of width 1 under a Gaussian of mean 0."""
    root = 1 / (scale * math.sqrt(2.0))
    magnitude = centred.abs()
    mass = 0.5 * (torch.erfc((magnitude - 0.5) * root) - torch.erfc((magnitude + 0.5) * root))
    return -torch.log2(mass.clamp_min(1e-9))


def logistic_bits(centred: Tensor, log_scale: Tensor) -> Tensor:
    """Bits of an interval of width 1 under a logistic distribution of mean 0."""
    centred, scale = centred.abs(), torch.exp(-log_scale)
    mass = torch.sigmoid((0.5 - centred) * scale) - torch.sigmoid((-0.5 - centred) * scale)
    return -torch.log2(mass.clamp_min(1e-9))


# ---------------------------------------------------------------- distortion

SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def _ssim_terms(moments: Tensor, channels: int) -> tuple[Tensor, Tensor]:
    x, y, xx, yy, xy = torch.split(moments, channels, dim=1)
    contrast = (2 * (xy - x * y) + _C2) / (xx - x * x + yy - y * y + _C2)
    return (2 * x * y + _C1) / (x * x + y * y + _C1), contrast


def ms_ssim(x: Tensor, y: Tensor) -> Tensor:
    """The published measure, per picture (N,)."""
    logarithm = torch.zeros(x.shape[0], device=x.device)
    at = torch.arange(11, dtype=x.dtype, device=x.device) - 5
    window = torch.exp(-(at**2) / 4.5)
    window = (window / window.sum()).expand(15, 1, 1, 11)
    for scale, weight in enumerate(SCALE_WEIGHTS):
        moments = torch.cat((x, y, x * x, y * y, x * y), 1)
        moments = F.conv2d(F.conv2d(moments, window, groups=15), window.transpose(2, 3), groups=15)
        luminance, contrast = _ssim_terms(moments, 3)
        value = (luminance * contrast if scale == 4 else contrast).mean((1, 2, 3))
        logarithm = logarithm + weight * value.clamp_min(1e-6).log()
        x, y = (F.avg_pool2d(v, 2) for v in (x, y))
    return logarithm.exp()


def ms_ssim_loss(x: Tensor, y: Tensor) -> Tensor:
    """1 - MS-SSIM with box windows, per picture (N,); contiguous input is faster."""
    logarithm = torch.zeros(x.shape[0], device=x.device)
    for scale, weight in enumerate(SCALE_WEIGHTS):
        moments = F.avg_pool2d(torch.cat((x, y, x * x, y * y, x * y), 1), 8, (4, 2, 1, 1, 1)[scale])
        luminance, contrast = _ssim_terms(moments, 3)
        value = (luminance * contrast if scale == 4 else contrast).mean((1, 2, 3))
        logarithm = logarithm + weight * value.clamp_min(1e-3).log()
        x, y = (F.avg_pool2d(v, 2) for v in (x, y))
    return 1 - logarithm.exp()


def grid_error(x: Tensor, y: Tensor, period: int = 8, block: int = 32) -> Tensor:
    """Mean square of what is periodic in x - y, more in flat blocks, per picture (N,)."""
    phases = F.pixel_unshuffle(x - y, period).unflatten(1, (x.shape[1], period**2))
    grid = F.avg_pool2d((phases - phases.mean(2, keepdim=True)).flatten(1, 2), block // period)
    variance = F.avg_pool2d(y * y, block) - F.avg_pool2d(y, block).square()
    flatness = 100 / (100 + variance.mean(1, keepdim=True).clamp_min(0))
    return (grid.square() * flatness).mean((1, 2, 3))


def ringing(x: Tensor, y: Tensor, *, luma: bool = False) -> Tensor:
    """Mean square of the high-pass error of x on flat ground of y near its edges, per picture (N,)."""
    if luma:
        x, y = x.mean(1, keepdim=True), y.mean(1, keepdim=True)
    with torch.no_grad():
        of = y.mean(1, keepdim=True)
        across, down = of[..., 1:, 1:] - of[..., 1:, :-1], of[..., 1:, 1:] - of[..., :-1, 1:]
        activity = F.avg_pool2d(F.pad(across.square() + down.square(), (1, 0, 1, 0)), 4)
        near = F.max_pool2d(activity, 9, 1, 4)
        mask = 1 / (1 + activity / 9) * near / (near + 400)
    error = x - y
    error = error - F.avg_pool2d(error, 9, 1, 4, count_include_pad=False)
    return (mask * F.avg_pool2d(error.square(), 4)).mean((1, 2, 3))


def distortion_weight(t: Tensor) -> Tensor:
    """Weight of a squared step at quality t: with the square of the nominal gain."""
    low, high = (math.log(g) for g in GAINS)
    return SQUARED_ERROR * torch.exp(2 * (low + (high - low) * t))


# ---------------------------------------------------------------- optimiser


def optimiser_of(network: Base2, lr: float, small_lr: float) -> torch.optim.Optimizer:
    """Adam; slow for the linear path (768 inputs: steps that suit deep layers throw it off), fast for small tables."""
    straight = [*network.lin_a.parameters(), *network.lin_s.parameters()]
    slow = {id(p) for p in straight}
    others = [p for p in network.parameters() if id(p) not in slow]
    rest, small = [p for p in others if p.ndim != 2], [p for p in others if p.ndim == 2]
    groups = [(rest, lr), (small, small_lr), (straight, lr / 5)]
    return torch.optim.Adam([{"params": p, "lr": r, "peak": r} for p, r in groups], betas=(0.9, 0.98), fused=True)


# ---------------------------------------------------------------- data

SUFFIXES = {".webp", ".png", ".ppm", ".bmp", ".tif", ".tiff"}


def load(folders: list[Path], held: list[int], groups: list[str]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Training and held-out pictures; the first folder is split as hybridcodec.train.data.load_pictures does."""
    training, validation = [], []
    for number, folder in enumerate(folders):
        paths = {str(p.relative_to(folder)): p for p in sorted(folder.rglob("*")) if p.suffix.lower() in SUFFIXES}
        if number:
            paths = {n: p for n, p in paths.items() if not groups or n.split("_")[0] in groups}
        names = sorted(paths)
        random.Random(1).shuffle(names)  # noqa: S311
        count = held[min(number, len(held) - 1)]
        pictures = {n: np.ascontiguousarray(Image.open(paths[n]).convert("RGB")) for n in sorted(names)}
        training += [pictures[n] for n in sorted(names[count:])]
        validation += [p for p in (pictures[n] for n in sorted(names[:count])) if min(p.shape[:2]) >= 192]
    return training, validation


class Crops:
    """Random squares, mirrored and transposed; a share of them is taken larger, by up to 2, and reduced."""

    def __init__(self, pictures: list[np.ndarray], edge: int, seed: int, reduced: float = 0.25) -> None:
        self.pictures = [p for p in pictures if min(p.shape[:2]) >= edge]
        areas = np.array([p.shape[0] * p.shape[1] for p in self.pictures], dtype=np.float64)
        self.shares, self.edge, self.rng = np.cumsum(areas) / areas.sum(), edge, np.random.default_rng(seed)
        self.reduced = reduced

    def batch(self, count: int) -> Tensor:
        """Squares, (count, 3, edge, edge), bytes."""
        return torch.from_numpy(np.stack([self._crop() for _ in range(count)])).permute(0, 3, 1, 2)

    def _crop(self) -> np.ndarray:
        rng, edge = self.rng, self.edge
        picture = self.pictures[min(int(np.searchsorted(self.shares, rng.random())), len(self.pictures) - 1)]
        if rng.random() < self.reduced:
            edge = int(min(edge * rng.uniform(1, 2), *picture.shape[:2]))
        top, left = (int(rng.integers(size - edge + 1)) for size in picture.shape[:2])
        crop = picture[top : top + edge, left : left + edge]
        if edge > self.edge:
            crop = np.asarray(Image.fromarray(crop).resize((self.edge, self.edge), Image.Resampling.LANCZOS))
        if rng.random() < 0.5:
            crop = crop[:, ::-1]
        return crop.transpose(1, 0, 2) if rng.random() < 0.5 else crop


# ---------------------------------------------------------------- start


def weights(files: list[Path]) -> dict[str, Tensor]:
    """All tensors of several files; weights of 8 bits times their units."""
    found = {k: v for file in files for k, v in load_file(file).items()}
    units = {k: found.pop(k) for k in sorted(found) if k.endswith(".unit")}
    return found | {k[:-5] + ".weight": found[k[:-5] + ".weight"].float() * v for k, v in units.items()}


def packed(files: list[Path]) -> dict[str, Tensor]:
    """The tensors with kernels as 8 bits and a unit per output: a power of two in the decoder."""
    found: dict[str, Tensor] = {}
    for name, value in weights(files).items():
        whole = value.float()
        if value.ndim != 4 or name.startswith("lin_"):
            found[name] = value.half()
            continue
        unit = whole.abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-6) / 127
        if not name.startswith(("g_a.", "h_a.")):
            unit = torch.exp2(torch.ceil(torch.log2(unit)))
        found[name], found[name[:-7] + ".unit"] = torch.round(whole / unit).to(torch.int8), unit
    return found


def widen(network: Base2, old: dict[str, Tensor]) -> None:
    """Load weights of this network or of a narrower one; new units speak to nothing old yet, so the function stays."""
    old = {k: v.float() for k, v in old.items()}
    if "g_s.9.c.weight" in old:
        names = {"g_s.9.c.weight": "g_s.10.weight", "g_s.9.c.bias": "g_s.10.bias"}
        old = {names.get(k, k): v for k, v in old.items()}
        old = {k.replace("g_s.", "g_s.layers.", 1): v for k, v in old.items()}
    if "ctx_y.weight" in old:
        old = {k.replace("ctx_", "ctx_b.", 1): v for k, v in old.items()}
        old = {k.replace("h_s.4.", "h_s.5."): v for k, v in old.items()}
        moved = dict(zip("2345678", ("3", "4", "5", "6", "8", "9", "10"), strict=True)) | {"9": "12"}
        parts = {k: k.split(".") for k in old if k.startswith("g_a.")}
        old = {".".join(("g_a", moved.get(p[1], p[1]), *p[2:])): old[k] for k, p in parts.items()} | {
            k: v for k, v in old.items() if k not in parts
        }
    if len(old["log_gain"]) == 6:  # knots at 0, 0.2 ... 1
        first, second = old["log_gain"][:2]
        old["log_gain"] = torch.cat((torch.stack((3 * first - 2 * second, 2 * first - second)), old["log_gain"]))
        for k in ("log_hyper_gain", "z_mean", "z_log_scale"):
            old[k] = torch.cat((old[k][:1], old[k][:1], old[k]))
    new = network.state_dict()
    for name, value in old.items():
        into = new[name]
        if into.ndim == 4:
            into[: value.shape[0], value.shape[1] :] = 0
            into[: value.shape[0], : value.shape[1]] = value
        else:
            into[tuple(slice(n) for n in value.shape)] = value
    network.load_state_dict(new)


# ---------------------------------------------------------------- the loop


def likeness(out: Tensor, x: Tensor) -> tuple[float, float, float]:
    """PSNR, MS-SSIM and ringing of a picture as shown."""
    out = out.round().clamp(0, 255)
    error = float((out - x).square().mean())
    return 10 * math.log10(65025 / error), float(ms_ssim(out, x)), float(ringing(out, x, luma=True))


QUALITIES = -0.35, -0.15, 0.0, 0.25, 0.5, 0.75, 1.0
RATES = 0.1, 0.15, 0.3, 0.45, 0.8


@torch.inference_mode()
def validate(network: Base2, pictures: list[np.ndarray], device: str, edge: int = 384) -> dict[float, list[float]]:
    """Mean bits per pixel (estimated), PSNR, MS-SSIM and ringing over centres of the pictures, at each quality."""
    found = {t: np.zeros(4) for t in QUALITIES}
    for picture in pictures:
        h, w = (min(edge, n // 64 * 64) for n in picture.shape[:2])
        top, left = (picture.shape[0] - h) // 2, (picture.shape[1] - w) // 2
        x = torch.from_numpy(picture[top : top + h, left : left + w].copy()).permute(2, 0, 1)[None].float().to(device)
        with torch.autocast(device.split(":")[0], torch.bfloat16):
            y = network.analyse(x)
        for t in QUALITIES:
            with torch.autocast(device.split(":")[0], torch.bfloat16):
                out, bits = network.code(y, torch.full((1,), t, device=device), True)
            found[t] += np.array([float(bits) / (h * w), *likeness(out, x)])
    return {t: (v / len(pictures)).tolist() for t, v in found.items()}


def at_rate(found: dict[float, list[float]], bpp: float) -> tuple[float, float, float]:
    """PSNR, MS-SSIM (interpolated in decibels) and ringing at a rate, between qualities."""
    rates = np.log([v[0] for v in found.values()])
    decibels = [-10 * math.log10(1 - v[2]) for v in found.values()]
    rows = [v[1] for v in found.values()], decibels, [v[3] for v in found.values()]
    psnr, similar, ring = (float(np.interp(math.log(bpp), rates, v)) for v in rows)
    return psnr, 1 - 10 ** (-similar / 10), ring


def learning_rate(share: float, warm_up: float, decay_from: float) -> float:
    """Share of the peak: a short rise, constant, then 1 - sqrt to nothing from `decay_from` of the time."""
    rise = min(1.0, 0.05 + share / warm_up) if warm_up else 1.0
    fall = 1.0 if share < decay_from else 1 - math.sqrt(min((share - decay_from) / (1 - decay_from), 1.0))
    return max(rise * fall, 0.005)


class Team:
    """Workers that share every gradient: one thread each beats several threads an operation."""

    def __init__(self, rank: int, size: int, port: int) -> None:
        self.rank, self.size = rank, size
        if size > 1:
            dist.init_process_group("gloo", f"tcp://127.0.0.1:{port}", world_size=size, rank=rank)

    def share(self, network: nn.Module, seconds: float) -> float:
        """Average the gradients over the team; return the leader's clock."""
        if self.size == 1:
            return seconds
        grads = [p.grad for p in network.parameters()]
        flat = torch.cat([*(_in_order(g).reshape(-1) for g in grads), torch.zeros(1)])
        flat[-1] = self.size * seconds if self.rank == 0 else 0.0
        dist.all_reduce(flat)
        flat /= self.size
        at = 0
        for g in grads:
            view = _in_order(g)
            view.copy_(flat[at : at + g.numel()].view(view.shape))
            at += g.numel()
        return float(flat[-1])


def _in_order(g: Tensor) -> Tensor:
    return g.permute(0, 2, 3, 1) if g.ndim == 4 else g


def objective(network: Base2, x: Tensor, t: Tensor, level: float) -> tuple[Tensor, Tensor]:
    """The loss and, per picture, what it is made of: cost, rate, squared error, 1 - MS-SSIM, grid, ringing (6, N)."""
    with torch.autocast(x.device.type, torch.bfloat16):
        out, bits = network(x, t)
    out, x = out.contiguous(), x.contiguous()
    bpp = bits / (x.shape[2] * x.shape[3])
    error, distance = (out - x).square().mean((1, 2, 3)), ms_ssim_loss(out, x)
    grid, ring = grid_error(out, x), ringing(out, x)
    weight = distortion_weight(t)
    cost = bpp + weight * (error + SIMILARITY * distance + GRID * grid + RINGING * ring)
    # costs of low and high rates differ tenfold: divided by a typical value, every rate teaches as much
    loss = (cost / weight.pow(level)).mean()
    return loss, torch.stack((cost, bpp, error, distance, grid, ring)).detach()


class Run:
    """One process of a training run."""

    def __init__(self, args: argparse.Namespace, team: Team) -> None:
        torch.manual_seed(args.seed)
        if args.threads:
            torch.set_num_threads(args.threads)
        self.args, self.team, self.leader = args, team, team.rank == 0
        training, self.validation = load(args.data, args.held_out, args.groups)
        self.network = Base2().to(memory_format=torch.channels_last)
        if args.start:
            widen(self.network, weights(args.start))
        self.network.to(args.device)
        self.average = {k: v.detach().clone() for k, v in self.network.state_dict().items()}
        self.optimiser = optimiser_of(self.network, args.lr, args.small_lr)
        self.before, self.step, self.pixels, self.rate, self.usual = 0.0, 0, 0, 0.0, 0.0
        self.state = args.out.with_suffix(".state.pt")
        if args.resume and self.state.exists():
            self.resume()
        seed = args.seed + self.step + 1_000_000 * team.rank
        self.crops = Crops(training, args.crop, seed)
        torch.manual_seed(seed)
        self.judge = torch.compile(objective, dynamic=False) if args.compile else objective
        self.sums, self.count = np.zeros(7), 0
        self.say(f"{len(training)} training and {len(self.validation)} held-out pictures")

    def say(self, text: str) -> None:
        """One line, from one process."""
        if self.leader:
            print(text, flush=True)  # noqa: T201

    def resume(self) -> None:
        """Take up what `save` left; learning rates are those of the command line."""
        saved = torch.load(self.state, map_location=self.args.device, weights_only=True)
        self.network.load_state_dict(saved["network"])
        self.average = saved["average"]
        peaks = [group["peak"] for group in self.optimiser.param_groups]
        self.optimiser.load_state_dict(saved["optimisers"][0])
        for group, peak in zip(self.optimiser.param_groups, peaks, strict=True):
            group["peak"] = peak
        self.before, self.step, self.pixels = saved["seconds"], saved["step"], saved["pixels"]

    def save(self, seconds: float) -> None:
        """Averaged weights as float16, and all that is needed to go on."""
        if not self.leader:
            return
        save_file({k: v.half().contiguous() for k, v in self.average.items()}, self.args.out)
        kept = {
            "network": self.network.state_dict(),
            "average": self.average,
            "optimisers": [self.optimiser.state_dict()],
        }
        kept |= {"seconds": seconds, "step": self.step, "pixels": self.pixels}
        torch.save(kept, str(self.state) + ".new")
        Path(str(self.state) + ".new").replace(self.state)

    def curve(self, seconds: float) -> None:
        """Validate the averaged weights; one line of JSON beside --out."""
        if self.leader:
            kept = {k: v.clone() for k, v in self.network.state_dict().items()}
            self.network.load_state_dict(self.average)
            found = validate(self.network, self.validation, self.args.device)
            self.network.load_state_dict(kept)
            line = {"minutes": seconds / 60, "step": self.step, "megapixels": self.pixels / 1e6, "lr": self.rate}
            names = "loss", "bpp", "mse", "distance", "grid", "ringing", "norm"
            line |= dict(zip(names, (self.sums / max(self.count, 1)).tolist(), strict=True))
            line["held_out"] = [[t, *(float(f"{x:.5g}") for x in v)] for t, v in found.items()]
            for bpp in RATES:
                line[f"at_{bpp}"] = [float(f"{v:.5g}") for v in at_rate(found, bpp)]
            text = json.dumps({k: float(f"{v:.5g}") if isinstance(v, float) else v for k, v in line.items()})
            with self.args.out.with_suffix(".jsonl").open("a", encoding="utf-8") as file:
                file.write(text + "\n")
            self.say(text)
        self.sums, self.count = np.zeros(7), 0

    def qualities(self) -> Tensor:
        """One quality per picture, spread evenly over the team's batch: less noise than drawing each."""
        count, team = self.args.batch, self.team
        t = torch.arange(count) * team.size + team.rank if self.step % 2 else torch.arange(count) + team.rank * count
        t = (t + torch.rand(count)) / (count * team.size)
        return (self.args.lowest + (1.02 - self.args.lowest) * t).to(self.args.device)

    def learn(self, clock: Callable[[], float]) -> float:
        """One step; returns the leader's clock."""
        args, network = self.args, self.network
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak"] * self.rate
        x = self.crops.batch(args.batch).to(args.device, torch.float32, memory_format=torch.channels_last)
        loss, parts = self.judge(network, x, self.qualities(), args.level)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        seconds = self.team.share(network, clock())
        norm = float(nn.utils.clip_grad_norm_(network.parameters(), args.clip))
        if math.isfinite(norm):
            if self.usual == 0 or self.step < 200 or norm < 6 * self.usual:
                self.optimiser.step()
                keep = min(args.average, (self.step + 1) / (self.step + 20))
                named = network.state_dict()
                with torch.no_grad():
                    torch._foreach_lerp_(list(self.average.values()), [named[k] for k in self.average], 1 - keep)
            self.usual += 0.02 * (min(norm, 3 * self.usual or norm) - self.usual)
        self.step, self.pixels = self.step + 1, self.pixels + self.team.size * args.batch * args.crop**2
        self.sums, self.count = self.sums + np.array([*parts.mean(1).tolist(), norm]), self.count + 1
        return seconds

    def train(self) -> None:
        """Until the time is over."""
        args, begun = self.args, time.monotonic()
        seconds = last_curve = last_saved = self.before
        if not args.resume:
            self.curve(seconds)
        while seconds < 60 * args.minutes and not (args.steps and self.step >= args.steps):
            self.rate = learning_rate(seconds / 60 / args.minutes, args.warm_up / args.minutes, args.decay_from)
            seconds = self.learn(lambda: self.before + time.monotonic() - begun)
            if args.verbose and self.step % args.verbose == 0:
                self.say(f"{self.step} {seconds:.1f} s {(self.sums / self.count).round(4).tolist()}")
            if seconds - last_curve > 60 * args.curve:
                self.curve(seconds)
                last_curve = seconds
            if seconds - last_saved > 60 * args.checkpoint:
                self.save(seconds)
                last_saved = seconds
        self.save(seconds)
        self.curve(seconds)
        if self.team.size > 1:
            dist.barrier()
            dist.destroy_process_group()


def work(rank: int, args: argparse.Namespace) -> None:
    """Be one process of several."""
    Run(args, Team(rank, args.workers, args.port)).train()


# ---------------------------------------------------------------- measuring


@torch.inference_mode()
def pictures_at(network: Base2, picture: np.ndarray, rates: list[float]) -> Iterator[tuple[Tensor, float, float]]:
    """The picture, its quality and its bits per pixel at each rate."""
    h, w = picture.shape[:2]
    padded = np.pad(picture, ((0, -h % 64), (0, -w % 64), (0, 0)), mode="edge")
    y = network.analyse(torch.from_numpy(padded).permute(2, 0, 1)[None].float())
    for rate in rates:
        low, high = -0.8, 1.5
        for _ in range(11):
            t = (low + high) / 2
            bits = float(network.code(y, torch.full((1,), t), True, show=False)[1])
            low, high = (t, high) if bits < rate * h * w else (low, t)
        out, bits = network.code(y, torch.full((1,), low), True)
        yield out[:, :, :h, :w], low, float(bits) / (h * w)


def measure(args: argparse.Namespace) -> None:
    """Print means over the held-out pictures, or over all of --plain, at each rate."""
    if args.threads:
        torch.set_num_threads(args.threads)
    network = Base2().eval()
    widen(network, weights(args.start))
    network.grid.fill_(float(args.grid))
    rates = [float(r) for r in args.measure.split(",")]
    held = [1_000_000] if args.plain else args.held_out
    rows = []
    for number, picture in enumerate(load(args.data, held, args.groups)[1]):
        x = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float()
        row = []
        for (out, t, bpp), rate in zip(pictures_at(network, picture, rates), rates, strict=True):
            shift = (out.round().clamp(0, 255) - x).mean((0, 2, 3)).abs().max()
            row.append([bpp, *likeness(out, x), float(shift), t])
            if args.save:
                args.save.mkdir(exist_ok=True, parents=True)
                shown = out[0].round().clamp(0, 255).byte().permute(1, 2, 0)
                Image.fromarray(shown.numpy()).save(args.save / f"{number:02d}_{rate}.png")
        rows.append(row)
    for rate, table in zip(rates, np.array(rows).transpose(1, 0, 2), strict=True):
        bpp, psnr, similar, ring = table[:, :4].mean(0)
        ends = f"largest shift {table[:, 4].max():.2f}, t {table[:, 5].min():.2f} to {table[:, 5].max():.2f}"
        line = f"{rate:.2f}: {bpp:.4f} bpp, PSNR {psnr:.3f}, MS-SSIM {similar:.4f}, ringing {ring:.3f}, {ends}"
        print(line, flush=True)  # noqa: T201


def main() -> None:
    """Read the command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, nargs="+", required=True, help="folders of lossless pictures")
    groups = ["native", "film", "gen", "jpeg"]
    p.add_argument("--groups", nargs="*", default=groups, help="name prefixes, from the second folder on")
    p.add_argument("--held-out", type=int, nargs="+", default=[12, 8], help="pictures kept for validation, per folder")
    p.add_argument("--out", type=Path, default=Path("base2.safetensors"))
    p.add_argument("--measure", metavar="RATES", help="do not train: measure --start at these rates")
    p.add_argument("--grid", action="store_true", help="measure with the decoder's weights on their grid of 8 bits")
    p.add_argument("--plain", action="store_true", help="measure all pictures of --data")
    p.add_argument("--save", type=Path, help="folder for the measured pictures")
    p.add_argument("--start", type=Path, nargs="+", help="weights to begin with, also narrower ones")
    p.add_argument("--resume", action="store_true")
    p.add_argument("--minutes", type=float, default=45.0, help="length including what is resumed")
    p.add_argument("--steps", type=int, default=0)
    p.add_argument("--lowest", type=float, default=-0.37, help="quality that training begins at")
    p.add_argument("--no-compile", dest="compile", action="store_false", help="not through torch.compile")
    p.add_argument("--crop", type=int, default=256)
    p.add_argument("--batch", type=int, default=3)
    p.add_argument("--lr", type=float, default=3e-4)
    p.add_argument("--small-lr", type=float, default=2e-3, help="of gains and of z's tables")
    p.add_argument("--warm-up", type=float, default=3.0, help="minutes")
    p.add_argument("--decay-from", type=float, default=0.78)
    p.add_argument("--clip", type=float, default=2.0)
    p.add_argument("--level", type=float, default=0.35, help="power of the distortion weight that costs are divided by")
    p.add_argument("--average", type=float, default=0.998, help="decay of the averaged weights, which are saved")
    p.add_argument("--curve", type=float, default=10.0, help="minutes between validations")
    p.add_argument("--checkpoint", type=float, default=5.0, help="minutes")
    p.add_argument("--threads", type=int, default=0)
    p.add_argument("--workers", type=int, default=1, help="processes that share gradients, one thread each by default")
    p.add_argument("--port", type=int, default=29531)
    p.add_argument("--device", default="cpu")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--verbose", type=int, default=0)
    p.add_argument("--pack", action="store_true", help="do not train: write --start to --out with kernels of 8 bits")
    args = p.parse_args()
    if args.pack:
        save_file(packed(args.start), args.out)
    elif args.measure:
        measure(args)
    elif args.workers > 1:
        args.threads = args.threads or 1
        torch.multiprocessing.spawn(work, (args,), nprocs=args.workers)
    else:
        Run(args, Team(0, 1, 0)).train()


if __name__ == "__main__":
    main()
