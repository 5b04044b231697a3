"""Pictures as cameras, scanners and editors leave them: noisy, grainy, sharpened, toned, from a JPEG.

Each takes real samples (H, W, 3) on 0..255 and a source of chance, and returns such samples; `crops` combines them.
What a model gains by such pictures stands in `docs/experiments.md`.
"""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hybridcodec.train.data import Samples

LARGEST_NOISE: Final = 4.0
"""Standard deviation, in sample steps."""
LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of R, G, B in brightness (ITU-R BT.601)."""

Plane = NDArray[np.float32]
Chance = np.random.Generator
Method = Image.Resampling


def resized(x: Plane, size: tuple[int, int], method: Method) -> Plane:
    """Return samples at another height and width."""
    planes = (Image.fromarray(np.ascontiguousarray(plane)).resize(size[::-1], method) for plane in np.moveaxis(x, 2, 0))
    return np.stack([np.asarray(plane, np.float32) for plane in planes], 2)


def noisy(x: Plane, rng: Chance) -> Plane:
    """Noise that channels share, and noise of each, both stronger in the dark or in the light."""
    deviation, shared = LARGEST_NOISE * rng.random() ** 2, rng.random()
    noise = shared * _normal(x.shape[:2], rng)[..., None] + (1 - shared) * _normal(x.shape, rng)
    return _real(x + deviation * _slope(x, 0.8, rng) * noise)


def grainy(x: Plane, rng: Chance) -> Plane:
    """Grain of film, whose neighbours are a little alike."""
    grain = rng.uniform(0.3, 1) * _normal(x.shape, rng) + rng.random() * _normal(x.shape[:2], rng)[..., None]
    alike = rng.uniform(0, 0.35)
    grain = (grain + alike * (np.roll(grain, 1, 0) + np.roll(grain, 1, 1))) / np.sqrt(1 + 2 * alike**2)
    return _real(x + rng.uniform(0.5, 5) * _slope(x, 0.6, rng) * grain)


def sharpened(x: Plane, rng: Chance) -> Plane:
    """More of what is different from the pixels around."""
    p = np.pad(x, ((1, 1), (1, 1), (0, 0)), mode="edge")
    blurred = (p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:] + 4 * x) / 8
    return _real(x + rng.uniform(0.3, 1.6) * (x - blurred))


def toned(x: Plane, rng: Chance) -> Plane:
    """Another gamma and contrast; samples are real numbers, so that no value goes unused."""
    gamma, black, white = rng.uniform(0.7, 1.4), rng.uniform(-10, 25), rng.uniform(215, 265)
    return _real(black + (white - black) * (np.clip(x, 0, 255) / 255) ** gamma)


def coarsely_coloured(x: Plane, rng: Chance) -> Plane:
    """Differences from the brightness, kept for two pixels (4:2:2) or four (4:2:0), in steps of one."""
    height, width = x.shape[:2]
    brightness = x @ LUMA
    small = ((height + 1) // 2 if rng.random() < 0.7 else height, (width + 1) // 2)
    coarse = np.rint(resized(x - brightness[..., None], small, Method.BOX))
    method = Method.BILINEAR if rng.random() < 0.8 else Method.BICUBIC
    return _real(np.rint(brightness)[..., None] + resized(coarse, (height, width), method))


def whole(x: Plane) -> Samples:
    """Return the nearest samples of 8 bits."""
    return np.rint(np.clip(x, 0, 255)).astype(np.uint8)


def through_jpeg(picture: Samples, rng: Chance) -> Samples:
    """Return the picture that a JPEG of a good quality keeps of one."""
    target = io.BytesIO()
    quality, subsampling = int(rng.integers(80, 99)), int(rng.integers(3))
    Image.fromarray(picture).save(target, "JPEG", quality=quality, subsampling=subsampling)
    with Image.open(target) as image:
        return np.array(image)


def gray(picture: Samples) -> Samples:
    """Return its brightness, (H, W, 1)."""
    return whole(picture.astype(np.float32) @ LUMA)[..., None]


def _slope(x: Plane, most: float, rng: Chance) -> Plane:
    return _real(1 + rng.uniform(-most, most) * (x / 127.5 - 1))


def _normal(shape: tuple[int, ...], rng: Chance) -> Plane:
    return rng.standard_normal(shape, np.float32)


def _real(x: NDArray[np.floating]) -> Plane:
    return np.asarray(x, np.float32)
