"""Training pictures as cameras and scanners leave them: enlarged, grainy, with coarse colour, toned, from a JPEG.

The photographs that models are trained on were reduced until no trace of their making was left. Pictures of users were
not: samples vary more slowly, noise is coarser than a pixel, and colour is often coarser than brightness (4:2:0). What
a context model gains and loses by training on such pictures stands in `docs/experiments.md`.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

Samples = NDArray[np.uint8]
Plane = NDArray[np.float32]

LARGEST_FACTOR = 2.2
"""Of enlarging; from there on every second sample could be told from its neighbours."""
LARGEST_NOISE = 4.0
"""Standard deviation, in sample steps."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of R, G, B in brightness (ITU-R BT.601)."""


def altered(picture: Samples, rng: np.random.Generator) -> Samples:
    """Return a picture of the same shape, made from uint8 (H, W, 3) by a random few of the alterations below."""
    samples = picture.astype(np.float32)
    if rng.random() < 0.4:
        samples = _with_noise(samples, rng)
    if rng.random() < 0.8:
        samples = _enlarged(samples, rng)
    if rng.random() < 0.3:
        samples = _with_noise(samples, rng)
    if rng.random() < 0.4:
        samples = _toned(samples, rng)
    if rng.random() < 0.5:
        samples = _with_coarse_colour(samples, rng)
    result: Samples = np.rint(np.clip(samples, 0, 255)).astype(np.uint8)
    return _from_jpeg(result, rng) if rng.random() < 0.2 else result


def _enlarged(samples: Plane, rng: np.random.Generator) -> Plane:
    """A random part, brought to the size of the whole."""
    height, width = samples.shape[:2]
    factor = rng.uniform(1.15, LARGEST_FACTOR)
    part_height, part_width = max(1, round(height / factor)), max(1, round(width / factor))
    top, left = int(rng.integers(height - part_height + 1)), int(rng.integers(width - part_width + 1))
    method = (PillowImage.Resampling.LANCZOS, PillowImage.Resampling.BICUBIC, PillowImage.Resampling.BILINEAR)
    return _resized(
        samples[top : top + part_height, left : left + part_width], (height, width), method[rng.integers(len(method))]
    )


def _with_noise(samples: Plane, rng: np.random.Generator) -> Plane:
    """Grain that the channels share, and noise of each, both stronger in the dark or in the light."""
    deviation = LARGEST_NOISE * rng.random() ** 2
    shared = rng.random()
    noise = shared * rng.standard_normal(samples.shape[:2], np.float32)[..., None]
    noise = noise + (1 - shared) * rng.standard_normal(samples.shape, np.float32)
    slope = rng.uniform(-0.8, 0.8)
    strength = deviation * (1 + slope * (samples / 127.5 - 1))
    return (samples + strength * noise).astype(np.float32)


def _toned(samples: Plane, rng: np.random.Generator) -> Plane:
    """Another gamma and another contrast; samples are real numbers, so that no value goes unused."""
    gamma, black, white = rng.uniform(0.7, 1.4), rng.uniform(-10, 25), rng.uniform(215, 265)
    toned: Plane = (black + (white - black) * (np.clip(samples, 0, 255) / 255) ** gamma).astype(np.float32)
    return toned


def _with_coarse_colour(samples: Plane, rng: np.random.Generator) -> Plane:
    """Differences from the brightness, kept for two pixels (4:2:2) or four (4:2:0), in steps of one."""
    height, width = samples.shape[:2]
    brightness = samples @ LUMA
    differences = samples - brightness[..., None]
    rows = 2 if rng.random() < 0.7 else 1
    small = ((height + rows - 1) // rows, (width + 1) // 2)
    coarse = np.rint(_resized(differences, small, PillowImage.Resampling.BOX))
    method = PillowImage.Resampling.BILINEAR if rng.random() < 0.8 else PillowImage.Resampling.BICUBIC
    result: Plane = np.rint(brightness)[..., None] + _resized(coarse, (height, width), method)
    return result


def _from_jpeg(picture: Samples, rng: np.random.Generator) -> Samples:
    target = io.BytesIO()
    quality, subsampling = int(rng.integers(85, 99)), int(rng.integers(3))
    PillowImage.fromarray(picture).save(target, "JPEG", quality=quality, subsampling=subsampling)
    target.seek(0)
    with PillowImage.open(target) as image:
        return np.array(image)


def _resized(samples: Plane, size: tuple[int, int], method: PillowImage.Resampling) -> Plane:
    """Samples (H, W, C) at another height and width."""
    planes = [
        PillowImage.fromarray(np.ascontiguousarray(plane)).resize(size[::-1], method)
        for plane in np.moveaxis(samples, 2, 0)
    ]
    return np.stack([np.asarray(plane, np.float32) for plane in planes], 2)
