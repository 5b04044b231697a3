"""Residual models for tests: the shipped one, and ones with random weights that still pass their proof."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.threads import Progress
from hybridcodec.models import load_tensors, residual_for
from hybridcodec.residual import CodedTile, Ground, Quantiser, decode_residual
from hybridcodec.residual.regression import mixture
from hybridcodec.residual.regression.coder import Regression
from hybridcodec.residual.regression.model import ResidualModel
from hybridcodec.tiling import Tiling
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
    return dict(load_tensors(residual_for("regression-1")))


def shipped_model() -> ResidualModel:
    return ResidualModel.from_tensors(shipped_tensors())


def encode(
    samples: NDArray[np.uint8], base: NDArray[np.uint8], model: ResidualModel, *, tile: tuple[int, int],
    max_error: int = 0, progress: Progress = None,
) -> list[bytes]:  # fmt: skip
    """Payloads of a picture (H, W, C) above its base picture, in tiles of this height and width."""
    areas = Tiling(*samples.shape[:2], *tile).areas
    return Regression().encode(Ground(base.shape[2], Quantiser(max_error), base, model), samples, areas, progress)


def decode(
    payloads: Sequence[bytes], base: NDArray[np.uint8], model: ResidualModel, *, tile: tuple[int, int],
    max_error: int = 0, progress: Progress = None,
) -> NDArray[np.uint8]:  # fmt: skip
    """The picture again."""
    tiles = [CodedTile(Regression.number, payload) for payload in payloads]
    models = {Regression.architecture: model}
    return decode_residual(
        tiles,
        Ground(base.shape[2], Quantiser(max_error), base),
        models,
        Tiling(*base.shape[:2], *tile),
        progress=progress,
    )


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
