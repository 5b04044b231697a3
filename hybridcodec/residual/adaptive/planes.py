"""Between pictures as everyone holds them, (H, W, C), and planes as the residual layer codes them, (3, H, W)."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

ORDER: Final = (1, 0, 2)
"""Coding order of the channels: green first, then red and blue, which it predicts best."""

I32 = NDArray[np.int32]


def to_planes(samples: NDArray[np.integer]) -> I32:
    """(H, W, 3) in R, G, B order to (3, H, W) in coding order; (H, W, 1) fills the first plane, the rest is zero."""
    H, W, C = samples.shape
    planes = np.zeros((3, H, W), np.int32)
    if C == 1:
        planes[0] = samples[..., 0]
    else:
        for plane, channel in enumerate(ORDER):
            planes[plane] = samples[..., channel]
    return planes


def from_planes(planes: I32, channels: int) -> I32:
    """Undo `to_planes` for pictures of `channels` channels: (H, W, channels)."""
    if channels == 1:
        return np.expand_dims(planes[0], 2)  # (H, W, 1)
    samples = np.empty((*planes.shape[1:], 3), np.int32)
    for plane, channel in enumerate(ORDER):
        samples[..., channel] = planes[plane]
    return samples
