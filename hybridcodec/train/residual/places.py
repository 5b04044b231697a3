"""Which rows of the tables of offsets a place uses: `residual.adaptive.offsets.find`, for many tiles at once."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from hybridcodec.residual.adaptive.features import LIMIT, count_features
from hybridcodec.residual.adaptive.model import Thresholds
from hybridcodec.residual.adaptive.offsets import ERRORS_AT, FIRST, LOG_AT, classes_of
from hybridcodec.train.adaptive import THRESHOLDS
from hybridcodec.train.residual.rows import CHANNELS

_ERRORS: Final = tuple(ERRORS_AT + 2 * k for k in range(4))
"""Errors west, north, north-west and north-east."""


class Places:
    """Tables that say so, on one device."""

    def __init__(self, experts: int, device: torch.device) -> None:
        self.columns = torch.tensor([_columns(c, experts) for c in range(CHANNELS)], device=device)
        self.classes = torch.from_numpy(classes_of(Thresholds(*THRESHOLDS))).long().to(device)

    def of(self, features: Tensor, centre: Tensor, y: Tensor, x: Tensor) -> Tensor:
        """Return rows, long (3, T, L, 6).

        Args:
            features: (3, T, L, columns) as stored.
            centre: (3, T, L) in 1/16 of a sample step.
            y: (T, L) row of the tile.
            x: (T, L) column of it.
        """
        columns = self.columns[:, None, None].expand(*features.shape[:3], -1)
        seen = torch.take_along_dim(features.long(), columns, -1)  # (3, T, L, 8)
        sign, fifth, coarse, fine = (table[(seen[..., :7] + LIMIT).clamp(0, 2 * LIMIT)] for table in self.classes)
        cross = ((seen[..., 7] + 64 >> 7) + 4).clamp(0, 7)
        centre, at = centre.long(), ((y & 7) * 8 + (x & 7)).expand_as(centre)
        ways = (
            27 * sign[..., 0] + 9 * sign[..., 1] + 3 * sign[..., 2] + sign[..., 3],
            (centre >> 7).clamp_max(31),
            40 * fifth[..., 5] + 8 * fifth[..., 6] + coarse[..., 4],
            at,
            8 * fine[..., 4] + (centre >> 1 & 7),
            40 * fifth[..., 2] + 8 * fifth[..., 3] + cross,
        )
        return torch.stack([first + way for first, way in zip(FIRST, ways, strict=True)], -1)


def _columns(c: int, experts: int) -> list[int]:
    """Columns of the errors around, the scale, the two errors of the third context, and the difference across."""
    tail = count_features(c, experts) - 1 - 4 * c
    west, north = _ERRORS[:2]
    first, second = (tail if c > 0 else west), (tail + 4 if c > 1 else west if c == 1 else north)
    return [*_ERRORS, LOG_AT, first, second, tail - 8]
