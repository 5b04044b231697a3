"""The float network of base 2: everything but its entropy coder.

Decoder: `h_s`, the contexts, `lin_s` and `g_s`. Encoder only: `g_a`, `lin_a`, `h_a`. Plain convolutions, ReLU, residual
blocks and pixel shuffles, so that the integer twin (`hybridcodec.base.variable`) is straightforward.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from hybridcodec.base.units import LARGEST_SCALE, SCALES, SMALLEST_SCALE
from hybridcodec.train.base2.layers import Conv, Res, Up, conv
from hybridcodec.train.network import bounded, straight_round

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
SCALE_STEP = math.log(LARGEST_SCALE / SMALLEST_SCALE) / (SCALES - 1)


def analysis() -> nn.Sequential:
    """Return what is added to the linear path's latents, from 48 channels at 1/4."""
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
        self.layers: nn.Sequential = nn.Sequential(
            conv(LATENTS, WIDE), Res(WIDE), Res(WIDE),
            Up(WIDE, MIDDLE, 2), Res(MIDDLE), Res(MIDDLE), Res(MIDDLE),
            Up(MIDDLE, FINE, 2, kernel=1), Res(FINE), Res(FINE, LAST, gain=0.0),
            conv(FINE, 48),
        )  # fmt: skip
        self.see = conv(48, FINE, kernel=1, gain=0.0)

    def features(self, y_hat: Tensor, straight: Tensor) -> Tensor:
        """Return what the picture is drawn from, (N, FINE, H / 4, W / 4)."""
        x = y_hat
        for number, layer in enumerate(list(self.layers)[:-1]):
            x = layer(x) + self.see(straight) if number == 7 else layer(x)
        return x

    def forward(self, y_hat: Tensor, straight: Tensor) -> Tensor:
        """Return 48 channels at 1/4."""
        added: Tensor = self.layers[-1](self.features(y_hat, straight))
        return added


class Context(nn.Module):
    """What latents decoded so far say about the parameters of the next."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.y = conv(LATENTS, width, gain=0.5)
        self.p = conv(2 * LATENTS, width, kernel=1, gain=0.5)
        self.out = conv(width, 2 * LATENTS, kernel=1, gain=0.0)

    def forward(self, known: Tensor, first: Tensor) -> Tensor:
        """Return what is added to the parameters."""
        added: Tensor = self.out(F.relu(self.y(known / 4) + self.p(first / 8))).float()
        return added


class Base2(nn.Module):
    """Transforms, hyperprior, contexts and gains. Qualities `t` are about 0 to 1 and may be less, (N,)."""

    grid: Tensor

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
        """Let the decoder's convolutions (the linear path needs 16 bits) see `grid`; again after a move to a device."""
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
        """Return latents at gain 1 of samples."""
        x = (samples - 128) / 64
        with torch.autocast(x.device.type, enabled=False):  # bfloat16 would cost half a step of a large mean
            straight: Tensor = self.lin_a(F.pixel_unshuffle(x, 16))
        added: Tensor = self.g_a(F.pixel_unshuffle(x, 4)).float()
        return straight + added

    def synthesise(self, y_hat: Tensor) -> Tensor:
        """Return samples, not clamped, of latents at gain 1."""
        straight = self.straight(y_hat)
        return F.pixel_shuffle(straight + self.g_s(y_hat, straight).float(), 4) * 64 + 128

    def draw(self, y_hat: Tensor) -> tuple[Tensor, Tensor]:
        """Return what `synthesise` does, and the features that it was drawn from."""
        straight = self.straight(y_hat)
        features = self.g_s.features(y_hat, straight)
        return F.pixel_shuffle(straight + self.g_s.layers[-1](features).float(), 4) * 64 + 128, features

    def straight(self, y_hat: Tensor) -> Tensor:
        """Return the linear path's picture as 48 channels at 1/4."""
        with torch.autocast(y_hat.device.type, enabled=False):
            return F.pixel_unshuffle(self.lin_s(y_hat), 4)

    def code(self, y: Tensor, t: Tensor, deployed: bool, *, show: bool = True) -> tuple[Tensor, Tensor]:
        """Scale, round and price latents, and make the picture of them (or, without `show`, latents at gain 1)."""
        log_gain = at_knots(self.log_gain, t)
        gain, hyper_gain = log_gain.exp(), at_knots(self.log_hyper_gain, t).exp()
        y = y * gain
        z = self.h_a(y / 4).float() * hyper_gain
        z_hat = straight_round(z)
        z_seen = z_hat if deployed else z + torch.rand_like(z) - 0.5
        bits = logistic_bits(z_seen - at_knots(self.z_mean, t), at_knots(self.z_log_scale, t)).sum((1, 2, 3))
        shift = torch.cat((torch.zeros_like(log_gain), log_gain / SCALE_STEP), 1)  # scales follow the gain
        mean, index = self._passes(y, self.h_s(z_hat / hyper_gain).float() + shift).chunk(2, 1)
        scale = torch.exp(math.log(SMALLEST_SCALE) + SCALE_STEP * bounded(index, 0.0, SCALES - 1.0))
        y_hat = straight_round(y - mean) + mean
        y_seen = y_hat if deployed else y + torch.rand_like(y) - 0.5
        bits = bits + gaussian_bits(y_seen - mean, scale).sum((1, 2, 3))
        return self.synthesise(y_hat / gain) if show else y_hat / gain, bits

    def _passes(self, y: Tensor, first: Tensor) -> Tensor:
        """Return means and indices of all four passes; `first` is what the hyper-latents say."""
        boards = quarters(y)
        second = first + self.ctx_a(_rounded(y, first) * boards[0], first)
        known = _rounded(y, first) * boards[0] + _rounded(y, second) * boards[1]
        third = first + self.ctx_b(known, first)
        known = known + _rounded(y, third) * boards[2]
        fourth = third + self.ctx_c(known, first)
        parameters = first
        for board, others in zip(boards[1:], (second, third, fourth), strict=True):
            parameters = torch.where(torch.cat((board, board), 1) > 0, others, parameters)
        return parameters


def _rounded(y: Tensor, parameters: Tensor) -> Tensor:
    """Return latents rounded around their means."""
    mean = parameters[:, :LATENTS]
    return straight_round(y - mean) + mean


def quarters(y: Tensor) -> list[Tensor]:
    """Return 1 where a latent belongs to each of the four passes, four times (1, C, h, w)."""
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


def gaussian_bits(centred: Tensor, scale: Tensor) -> Tensor:
    """Return bits of an interval of width 1 under a Gaussian of mean 0."""
    root = 1 / (scale * math.sqrt(2.0))
    magnitude = centred.abs()
    mass = 0.5 * (torch.erfc((magnitude - 0.5) * root) - torch.erfc((magnitude + 0.5) * root))
    return -torch.log2(mass.clamp_min(1e-9))


def logistic_bits(centred: Tensor, log_scale: Tensor) -> Tensor:
    """Return bits of an interval of width 1 under a logistic distribution of mean 0."""
    centred, scale = centred.abs(), torch.exp(-log_scale)
    mass = torch.sigmoid((0.5 - centred) * scale) - torch.sigmoid((-0.5 - centred) * scale)
    return -torch.log2(mass.clamp_min(1e-9))
