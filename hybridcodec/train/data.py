"""Pictures for training: all of a folder in memory as uint8, split by picture, cut at random."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as PillowImage

from hybridcodec.errors import InputError
from hybridcodec.sources.border import pillow_failures_as_ours

SMALLEST_SIDE = 192
"""Pixels that five scales of MS-SSIM need; validation keeps to such pictures."""
SUFFIXES = frozenset({".webp", ".png", ".ppm", ".pgm", ".bmp", ".tif", ".tiff"})

Samples = NDArray[np.uint8]


@dataclass(frozen=True)
class PictureSet:
    """RGB pictures, uint8 (H, W, 3) each, split by picture."""

    training: tuple[Samples, ...]
    validation: tuple[Samples, ...]


def split_names(names: list[str], held_out: int, seed: int) -> tuple[list[str], list[str]]:
    """Return (training, validation) names: a function of the sorted names and `seed` alone."""
    shuffled = sorted(names)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - a split, no secret
    return sorted(shuffled[held_out:]), sorted(shuffled[:held_out])


def load_pictures(folder: Path, held_out: int = 12, seed: int = 1) -> PictureSet:
    """Read every lossless picture below `folder` as 8-bit RGB.

    Raises:
        InputError: the folder holds too few pictures for the split.
    """
    paths = {str(path.relative_to(folder)): path for path in picture_paths(folder)}
    if len(paths) < held_out + 1:
        raise InputError(f"{folder}: found {len(paths)} pictures, training needs more than {held_out}")
    training, validation = split_names(list(paths), held_out, seed)
    held = tuple(
        picture for picture in (read_picture(paths[n]) for n in validation) if min(picture.shape[:2]) >= SMALLEST_SIDE
    )
    return PictureSet(tuple(read_picture(paths[n]) for n in training), held)


def picture_paths(folder: Path) -> list[Path]:
    """Return the files below `folder` that are named like lossless pictures, sorted."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def read_picture(path: Path) -> Samples:
    """Read a picture as 8-bit RGB, uint8 (H, W, 3).

    Raises:
        InputError: Pillow cannot read it.
    """
    with pillow_failures_as_ours(str(path)), PillowImage.open(path) as picture:
        return np.ascontiguousarray(picture.convert("RGB"), dtype=np.uint8)


class Crops:
    """An endless, seeded source of random square crops, flipped and transposed, weighted by picture area."""

    def __init__(self, pictures: tuple[Samples, ...], edge: int, seed: int) -> None:
        self._pictures = [p for p in pictures if min(p.shape[:2]) >= edge]
        if not self._pictures:
            raise InputError(f"no training picture is at least {edge} pixels wide and high")
        areas = np.array([p.shape[0] * p.shape[1] for p in self._pictures], dtype=np.float64)
        self._weights = areas / areas.sum()
        self._edge = edge
        self._rng = np.random.default_rng(seed)

    def batch(self, count: int) -> torch.Tensor:
        """Return uint8 (count, 3, edge, edge)."""
        crops = [self._crop() for _ in range(count)]
        return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)  # (count, 3, edge, edge)

    def _crop(self) -> Samples:
        rng, edge = self._rng, self._edge
        picture = self._pictures[rng.choice(len(self._pictures), p=self._weights)]
        top, left = (int(rng.integers(size - edge + 1)) for size in picture.shape[:2])
        crop = picture[top : top + edge, left : left + edge]
        if rng.random() < 0.5:
            crop = crop[:, ::-1]
        if rng.random() < 0.5:
            crop = crop.transpose(1, 0, 2)
        return crop
