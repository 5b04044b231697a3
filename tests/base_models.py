"""A picture for base models, made in the test."""

import numpy as np
from numpy.typing import NDArray


def photograph_like(height: int, width: int, channels: int = 3, seed: int = 3) -> NDArray[np.uint8]:
    """Smooth shapes and a little noise, uint8 (height, width, channels)."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    waves = [
        127 + 60 * np.sin(rows / rng.uniform(5, 40)) + 60 * np.cos(columns / rng.uniform(5, 40))
        for _ in range(channels)
    ]
    return (np.stack(waves, 2) + rng.normal(0, 4, (height, width, channels))).clip(0, 255).astype(np.uint8)
