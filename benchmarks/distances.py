"""How far lossy pictures are from their originals: for samples, for structure, and for what a network sees.

Learned distance and patch-Frechet distance read features of EfficientNet-Lite2 (`hybridcodec.train.features`). The
first compares place by place. The second compares distributions: patches of 32x32 are taken as points whose
coordinates are mean features, and the Frechet distance (Heusel et al. 2017) of the two clouds is given, each
coordinate divided by its spread over both; it is of all pictures together, and depends on how many there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from benchmarks.codecs import U8
from benchmarks.previews import judged
from hybridcodec.train.features import STRIDE, Features, learned_distance

F64 = npt.NDArray[np.float64]
SMALLEST_SPREAD = 1e-6


@dataclass(frozen=True)
class Distances:
    """Means over pictures, but for `frechet`; `mean_shift` is the largest of any channel of any picture, in steps."""

    psnr: float
    ms_ssim: float
    learned: float
    frechet: float
    mean_shift: float


@dataclass(frozen=True)
class Seen:
    """What the network sees in a picture: its taps, and a point for each patch, (patches, coordinates)."""

    taps: tuple[Tensor, ...]
    points: F64


def distances(originals: Sequence[U8], decoded: Sequence[U8]) -> Distances:
    """Compare pictures with their originals, uint8 (H, W) or (H, W, 3), sides of at least 176.

    Raises:
        UnsupportedError: the network's package is not installed.
    """
    judgements = [judged(a, b, 0) for a, b in zip(originals, decoded, strict=True)]
    pairs = [(seen(a), seen(b)) for a, b in zip(originals, decoded, strict=True)]
    return Distances(
        psnr=float(np.mean([each.psnr for each in judgements])),
        ms_ssim=float(np.mean([each.ms_ssim for each in judgements])),
        learned=float(np.mean([learned(a, b) for a, b in pairs])),
        frechet=frechet(*(np.concatenate([pair[n].points for pair in pairs]) for n in (0, 1))),
        mean_shift=max(abs(mean) for each in judgements for mean in each.mean_errors),
    )


@torch.inference_mode()
def seen(samples: U8) -> Seen:
    """Show a picture to the network, without the rows and columns beyond a multiple of 32."""
    H, W = (side // STRIDE * STRIDE for side in samples.shape[:2])
    rgb = np.broadcast_to(samples[:H, :W].reshape(H, W, -1), (H, W, 3))
    taps = _network()(torch.from_numpy(rgb.transpose(2, 0, 1).astype(np.float32))[None])
    rows = taps[-1].shape[2]
    means = [F.avg_pool2d(tap, tap.shape[2] // rows)[0] for tap in taps[:-1]]  # (C, H / 32, W / 32)
    return Seen(tuple(taps), torch.cat(means).flatten(1).T.double().numpy())


def learned(a: Seen, b: Seen) -> float:
    """Return the learned distance of two pictures, 0 to 4."""
    return float(learned_distance(a.taps, b.taps))


def frechet(a: F64, b: F64) -> float:
    """Return the Frechet distance of Gaussians through two clouds of points (patches, coordinates)."""
    spread = np.concatenate((a, b)).std(0) + SMALLEST_SPREAD
    a, b = a / spread, b / spread
    of_a, of_b = np.cov(a.T), np.cov(b.T)
    values, vectors = np.linalg.eigh(of_a)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    crossed = np.sqrt(np.linalg.eigvalsh(root @ of_b @ root).clip(0)).sum()
    between = np.square(a.mean(0) - b.mean(0)).sum()
    return float(between + np.trace(of_a) + np.trace(of_b) - 2 * crossed)


@cache
def _network() -> Features:
    return Features.load(2)
