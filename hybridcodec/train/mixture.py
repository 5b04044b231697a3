"""Pictures of several folders, with a weight each, split by picture into those that are learned and those held out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hybridcodec.errors import InputError
from hybridcodec.train.data import SMALLEST_SIDE, Samples, picture_paths, read_picture, split_names

DRAWINGS = "art_"
"""How names of drawings begin; they are learned, and none is held out."""
READERS = 16


@dataclass(frozen=True)
class Weights:
    """What an area of a kind of picture weighs, against the same area of a photograph."""

    drawings: float = 0.7
    others: float = 0.1
    """Scans and screens."""


USUAL: Final = Weights()


@dataclass(frozen=True)
class Weighted:
    """A picture, uint8 (H, W, 3), and what each of its pixels weighs."""

    samples: Samples
    weight: float


@dataclass(frozen=True)
class Mixture:
    """What a recipe learns from, and what it is judged by.

    Attributes:
        training: photographs first, in the order of their folders.
        validation: photographs, uint8 (H, W, 3), whose sides suit five scales of MS-SSIM.
        digest: SHA-256 of all files' digests in order, hexadecimal.
    """

    training: tuple[Weighted, ...]
    validation: tuple[Samples, ...]
    digest: str

    @property
    def photographs(self) -> tuple[Samples, ...]:
        """The training pictures of full weight."""
        return tuple(picture.samples for picture in self.training if picture.weight == 1)


def load_mixture(
    folders: Sequence[Path],
    others: Sequence[Path] = (),
    held_out: Sequence[int] = (12, 8),
    weights: Weights = USUAL,
) -> Mixture:
    """Read every lossless picture below the folders.

    Args:
        folders: of photographs, and of drawings by their names.
        others: of scans and screens, which are learned alone.
        held_out: pictures kept for validation per folder, a quarter of it at most; the last number goes on.
        weights: of the kinds of pictures.

    Raises:
        InputError: nothing is there to learn, or to be judged by; or a picture cannot be read.
    """
    learned: list[tuple[Path, float]] = []
    kept: list[Path] = []
    for number, folder in enumerate(folders):
        paths = {str(path.relative_to(folder)): path for path in picture_paths(folder)}
        drawings = {name for name in paths if Path(name).name.startswith(DRAWINGS)}
        names = [name for name in paths if name not in drawings]
        count = min(held_out[min(number, len(held_out) - 1)], (len(names) + 2) // 4)
        training, validation = split_names(names, count, 1)
        learned += [(paths[name], 1.0) for name in training]
        learned += [(paths[name], weights.drawings) for name in sorted(drawings)]
        kept += [paths[name] for name in validation]
    learned += [(path, weights.others) for folder in others for path in picture_paths(folder)]
    return _read(learned, kept)


def _read(learned: list[tuple[Path, float]], kept: list[Path]) -> Mixture:
    paths = [path for path, _ in learned] + kept
    with ThreadPoolExecutor(READERS) as pool:
        pictures, digests = list(pool.map(read_picture, paths)), list(pool.map(_digest, paths))
    validation = tuple(v for v in pictures[len(learned) :] if min(v.shape[:2]) >= SMALLEST_SIDE)
    if not learned or not validation:
        raise InputError(
            f"found {len(learned)} pictures to learn and {len(validation)} of at least {SMALLEST_SIDE} pixels a side"
            " to judge by, expected one of each at least: give more of them with --data"
        )
    weighted = (Weighted(samples, weight) for samples, (_, weight) in zip(pictures, learned, strict=False))
    ordered = sorted(weighted, key=lambda picture: picture.weight != 1)
    return Mixture(tuple(ordered), validation, hashlib.sha256(b"".join(digests)).hexdigest())


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()
