"""The stage that judges integers: held-out pictures as real payloads, base and display picture of each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from hybridcodec.generative.texture.coder import Texture
from hybridcodec.train.base2.validation import as_tensor
from hybridcodec.train.checkpoint import read_arrays
from hybridcodec.train.data import Samples
from hybridcodec.train.features import STRIDE, Features, learned_distance
from hybridcodec.train.integer_base import IntegerBase
from hybridcodec.train.metrics import ms_ssim, psnr
from hybridcodec.train.recipes.workshop import Outcome, Workshop

Row = list[float]
"""Bits per pixel; PSNR, MS-SSIM and learned distance of the base picture; the same of the display picture."""
HEADINGS = "bits per pixel", *(f"{what}, {of}" for of in ("base", "display") for what in ("PSNR", "MS-SSIM", "learned"))


@dataclass(frozen=True)
class Validate:
    """Judge the integer models of stages `base` and `head` by held-out pictures; distances are in lite2's features."""

    name: str
    share: float
    about: str
    base: str
    head: str
    qualities: tuple[float, ...] = (10.0, 25.0, 40.0, 55.0)
    pictures: int = 12

    def rehearsed(self) -> Validate:
        """See `Stage.rehearsed`."""
        return replace(self, qualities=self.qualities[:1], pictures=1)

    def run(self, shop: Workshop, seconds: float, seed: int) -> Outcome:  # noqa: ARG002 - takes what it takes
        """See `Stage.run`."""
        base, coder, lite = IntegerBase.read(shop.path(self.base)), Texture(), Features.load(2)
        head = coder.load(read_arrays(shop.path(self.head)))
        found = {}
        for quality in self.qualities:
            rows = []
            for picture in shop.mixture.validation[: self.pictures]:
                made = base.displayed(picture, quality, coder, head)
                bits = 8 * made.size / (picture.shape[0] * picture.shape[1])
                rows.append([bits, *_likeness(lite, picture, made.base), *_likeness(lite, picture, made.display)])
            values = np.array(rows).mean(0).tolist()
            found[f"{quality:g}"] = {name: float(f"{v:.5g}") for name, v in zip(HEADINGS, values, strict=True)}
            shop.say(self.name, {"quality": quality, **found[f"{quality:g}"]})
        return Outcome(found)


@torch.inference_mode()
def _likeness(lite: Features, picture: Samples, shown: Samples) -> Row:
    """Return PSNR, MS-SSIM and learned distance, the last of sides cut to what features need."""
    x, y = as_tensor(picture), as_tensor(shown)
    taps = (lite(_cut(v)) for v in (x, y))
    distance = float(learned_distance(*taps))
    return [psnr(float((x - y).square().mean())), float(ms_ssim(x, y)), distance]


def _cut(x: Tensor) -> Tensor:
    h, w = (size // STRIDE * STRIDE for size in x.shape[2:])
    return x[..., :h, :w]
