"""Rows of frequencies as tables of a model file have them: what counts say, and what a Gaussian would."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from hybridcodec.entropy import TOTAL


def gaussian_rows(scale: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Return probabilities of -reach..reach and of all the rest, one row per standard deviation."""
    edges = (np.arange(-reach, reach + 2) - 0.5)[None] / (scale[:, None] * math.sqrt(2.0))
    below = 0.5 * (1 + torch.erf(torch.from_numpy(edges)).numpy())
    inside = np.diff(below, axis=1)
    return np.concatenate([inside, 1 - inside.sum(1, keepdims=True)], axis=1).clip(1e-9)


def frequencies(counts: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Return rows of integers >= 1 with the sum TOTAL, as near to the counts as that allows."""
    share = counts / counts.sum(1, keepdims=True)
    found = np.maximum(np.floor(share * (TOTAL - counts.shape[1])), 0).astype(np.int64) + 1
    found[np.arange(len(found)), found.argmax(1)] += TOTAL - found.sum(1)
    rounded: NDArray[np.uint16] = found.astype(np.uint16)
    return rounded
