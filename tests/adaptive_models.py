"""Models of the coder that adapts, for tests: random weights, few experts, and rates at which much happens soon."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import residual_models
from numpy.typing import NDArray

from hybridcodec.residual import Ground, Quantiser
from hybridcodec.residual.adaptive.coder import Adaptive
from hybridcodec.residual.adaptive.model import AdaptiveModel
from hybridcodec.residual.regression.model import network_shapes
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


def random_tensors(seed: int = 1, spread: int = 60, experts: int = 2, speed: float = 1.0) -> Arrays:
    """Arrays of a model whose weights are random, within +-spread, and whose regressors reach as far as they may."""
    rng, tensors = np.random.default_rng(seed), residual_models.random_tensors(seed, spread)
    tensors = {name: array for name, array in tensors.items() if "forgets" not in name and "context" not in name}
    tensors |= {"rates": rates(speed), "thresholds": np.array([64, 45, 160, 77, 38], np.int32)}
    for c in range(3):
        own = [(c, 0, -1), (c, -1, 0), (c, -1, -1), (3 + c, 0, 0)]
        far = [(c, -3, 2), (c, -2, 3), (c, 0, -3), (c, -3, -3), (3 + c, 3, 3), ((c + 1) % 3, -1, 2), (3 + c, 0, 0)]
        earlier = [(d, 0, 0) for d in range(c)]
        contexts = [own + earlier, [*own[:3], *far, *earlier], own[:2], own[-1:]][:experts]
        for e, context in enumerate(contexts):
            tensors[f"{c}.context.{e}"] = np.array(context, np.int32)
        tensors[f"{c}.experts"] = np.array([*SETTINGS[:experts], BLEND], np.int32)
        shapes = network_shapes(c, experts, HIDDEN)
        for name in ("w1", "linear"):
            tensors[f"{c}.{name}"] = rng.integers(-spread, spread + 1, shapes[name]).astype(np.int32)
    return tensors


def random_model(seed: int = 1, spread: int = 60, experts: int = 2, speed: float = 1.0) -> AdaptiveModel:
    return AdaptiveModel.from_tensors(random_tensors(seed, spread, experts, speed))


def encode(
    samples: NDArray[np.uint8], base: NDArray[np.uint8], model: AdaptiveModel, *, tile: tuple[int, int],
    max_error: int = 0,
) -> list[bytes]:  # fmt: skip
    """Payloads of a picture (H, W, C) above its base picture, in tiles of this height and width."""
    areas = Tiling(*samples.shape[:2], *tile).areas
    return Adaptive().encode(Ground(base.shape[2], Quantiser(max_error), base, model), samples, areas)


def decode(
    payloads: Sequence[bytes], base: NDArray[np.uint8], model: AdaptiveModel, *, tile: tuple[int, int],
    max_error: int = 0,
) -> NDArray[np.uint8]:  # fmt: skip
    """The picture again."""
    found = np.zeros_like(base)

    def put(area: Any, samples: Any) -> None:
        found[area] = samples

    areas = Tiling(*base.shape[:2], *tile).areas
    ground = Ground(base.shape[2], Quantiser(max_error), base, model)
    Adaptive().decode(ground, list(zip(areas, payloads, strict=True)), put)
    return found
