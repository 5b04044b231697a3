"""Models of the coder of photographs, for tests: the shipped one, and ones with random weights that pass their proof.

Those have few experts, and rates at which much happens soon.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.threads import Progress
from hybridcodec.models import load_tensors, residual_for
from hybridcodec.residual import CodedTile, Ground, Quantiser, decode_residual
from hybridcodec.residual.adaptive import mixture
from hybridcodec.residual.adaptive.channel_model import network_shapes
from hybridcodec.residual.adaptive.coder import Adaptive
from hybridcodec.residual.adaptive.model import AdaptiveModel
from hybridcodec.tiling import Tiling

Arrays = dict[str, NDArray[Any]]
HIDDEN: Final = 12
UNIT: Final = 1 << 30
SETTINGS: Final = ([192, 307, 410, 64], [230, 31, 614, 32], [243, 307, 512, 32], [128, 1, 1, 0])
BLEND: Final = [220, 1024, 512, 32]


def rates(speed: float = 1.0, drift: int = 1024) -> NDArray[np.int32]:
    """As a model file has them, `speed` times those of the shipped ones."""
    numbers = [7e-4 * speed, 7e-4 * speed, 0.9, 0.99, 1e-5, 1e-3 * speed, 0.98, 1e-8, 1e-3]
    return np.array([*(round(number * UNIT) for number in numbers), 4, 8, drift], np.int32)


def with_phases(tensors: Arrays, count: int = 2) -> Arrays:
    """The same arrays with experts of phases."""
    more: Arrays = {}
    for c in range(3):
        own = [(c, 0, -1), (c, -1, 0), (c, 0, -2), (c, -2, 0), (3 + c, 0, 0), *((d, 0, 0) for d in range(c))]
        more[f"{c}.phased"] = np.array([[230, 307, 512, 32], [160, 40, 64, 64]][:count], np.int32)
        for e, context in enumerate([own, own[:3]][:count]):
            more[f"{c}.phased.{e}"] = np.array(context, np.int32)
    return tensors | more


def random_tensors(seed: int = 1, spread: int = 60, experts: int = 2, speed: float = 1.0) -> Arrays:
    """Arrays of a model whose weights are random, within +-spread, and whose regressors reach as far as they may."""
    rng = np.random.default_rng(seed)
    from hybridcodec.train.context_tensors import tables  # needs torch, which not all tests have

    tensors: Arrays = tables() | {"rates": rates(speed), "thresholds": np.array([64, 45, 160, 77, 38], np.int32)}
    for c in range(3):
        own = [(c, 0, -1), (c, -1, 0), (c, -1, -1), (3 + c, 0, 0)]
        far = [(c, -3, 2), (c, -2, 3), (c, 0, -3), (c, -3, -3), (3 + c, 3, 3), ((c + 1) % 3, -1, 2), (3 + c, 0, 0)]
        earlier = [(d, 0, 0) for d in range(c)]
        contexts = [own + earlier, [*own[:3], *far, *earlier], own[:2], own[-1:]][:experts]
        for e, context in enumerate(contexts):
            tensors[f"{c}.context.{e}"] = np.array(context, np.int32)
        tensors[f"{c}.experts"] = np.array([*SETTINGS[:experts], BLEND], np.int32)
        for name, shape in network_shapes(c, experts, HIDDEN).items():
            tensors[f"{c}.{name}"] = _random(rng, name, shape, spread)
    return tensors


def _random(rng: np.random.Generator, name: str, shape: tuple[int, ...], spread: int) -> NDArray[np.int32]:
    if name == "cumulative":  # logistic ones
        z = np.arange(mixture.TABLE_SIZE) / mixture.TABLE_UNIT - mixture.TABLE_REACH
        steep = rng.uniform(0.5, 3, (mixture.COMPONENTS, 1))
        return np.rint(65536 / (1 + np.exp(-steep * z))).astype(np.int32)
    limit = 40 * spread if name.startswith("b") else spread
    return rng.integers(-limit, limit + 1, shape).astype(np.int32)


def random_model(seed: int = 1, spread: int = 60, experts: int = 2, speed: float = 1.0) -> AdaptiveModel:
    return AdaptiveModel.from_tensors(random_tensors(seed, spread, experts, speed))


def shipped_tensors() -> Arrays:
    return dict(load_tensors(residual_for(Adaptive.architecture)))


def shipped_model() -> AdaptiveModel:
    return AdaptiveModel.from_tensors(shipped_tensors())


def encode(
    samples: NDArray[np.uint8], base: NDArray[np.uint8], model: AdaptiveModel, *, tile: tuple[int, int],
    max_error: int = 0, progress: Progress = None,
) -> list[bytes]:  # fmt: skip
    """Payloads of a picture (H, W, C) above its base picture, in tiles of this height and width."""
    areas = Tiling(*samples.shape[:2], *tile).areas
    return Adaptive().encode(Ground(base.shape[2], Quantiser(max_error), base, model), samples, areas, progress)


def decode(
    payloads: Sequence[bytes], base: NDArray[np.uint8], model: AdaptiveModel, *, tile: tuple[int, int],
    max_error: int = 0, progress: Progress = None,
) -> NDArray[np.uint8]:  # fmt: skip
    """The picture again."""
    return decode_residual(
        [CodedTile(Adaptive.number, payload) for payload in payloads],
        Ground(base.shape[2], Quantiser(max_error), base),
        {Adaptive.architecture: model},
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
