"""Residual models for tests: the shipped one, and ones with random weights that still pass their proof."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybridcodec.models import DEFAULT_RESIDUAL, load_tensors
from hybridcodec.residual import ResidualModel
from hybridcodec.residual.regression import mixture
from hybridcodec.train.context_data import blank_tensors

Arrays = dict[str, NDArray[Any]]
HIDDEN = 12


def random_tensors(seed: int = 1, spread: int = 300) -> Arrays:
    """Arrays of a model whose weights are random, within +-spread, and whose tables are logistic."""
    rng = np.random.default_rng(seed)
    tensors: Arrays = dict(blank_tensors(HIDDEN))
    for name, array in tensors.items():
        kind = name.rsplit(".", 1)[-1]
        if kind in ("w1", "w2", "w3", "linear"):
            tensors[name] = rng.integers(-spread, spread + 1, array.shape).astype(np.int32)
        elif kind in ("b1", "b2", "b3"):
            tensors[name] = rng.integers(-40 * spread, 40 * spread + 1, array.shape).astype(np.int32)
        elif kind == "cumulative":
            z = np.arange(mixture.TABLE_SIZE) / mixture.TABLE_UNIT - mixture.TABLE_REACH
            steep = rng.uniform(0.5, 3, (mixture.COMPONENTS, 1))
            tensors[name] = np.rint(65536 / (1 + np.exp(-steep * z))).astype(np.int32)
    return tensors


def random_model(seed: int = 1, spread: int = 300) -> ResidualModel:
    return ResidualModel.from_tensors(random_tensors(seed, spread))


def shipped_tensors() -> Arrays:
    return dict(load_tensors(DEFAULT_RESIDUAL))


def shipped_model() -> ResidualModel:
    return ResidualModel.from_tensors(shipped_tensors())


def pair(height: int, width: int, channels: int = 3, seed: int = 1) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A picture with calm and wild places, and something like its base picture: uint8 (height, width, channels)."""
    rng = np.random.default_rng(seed)
    y, x, c = np.indices((height, width, channels))
    samples = 100 + 50 * np.sin(y / 7 + c) + 40 * np.cos(x / 5 - c) + rng.normal(0, 3, y.shape)
    samples[height // 2 :, : width // 3] = rng.integers(0, 256, samples[height // 2 :, : width // 3].shape)
    samples[: height // 3, width // 2 :] = 0
    samples[rng.random(y.shape) < 0.01] = 255
    base = samples + rng.normal(0, 6, y.shape)
    return samples.clip(0, 255).astype(np.uint8), base.clip(0, 255).astype(np.uint8)
