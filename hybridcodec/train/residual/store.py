"""Rows of many examples on the device that learns; examples of full size can be walked as tiles."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from hybridcodec.errors import InputError
from hybridcodec.residual.adaptive import wavefront
from hybridcodec.residual.adaptive.model import AdaptiveModel
from hybridcodec.train.residual.crops import Edges
from hybridcodec.train.residual.examples import Examples
from hybridcodec.train.residual.rows import CHANNELS, I16, PLACE, count_columns, rows_of


@dataclass(frozen=True)
class Steps:
    """Which rows of a tile each step of its wavefront takes, long (steps,) each.

    Attributes:
        first: its first row.
        count: how many.
        lane: the picture's row that the first of them lies in.
    """

    first: Tensor
    count: Tensor
    lane: Tensor

    @classmethod
    def of(cls, edges: Edges, device: torch.device) -> Steps:
        """Return the steps of a tile of that height and width."""
        spans = np.array([wavefront.active(t, *edges) for t in range(wavefront.steps(*edges))], np.int64)
        count = spans[:, 1] - spans[:, 0]
        first = np.cumsum(count) - count
        return cls(*(torch.from_numpy(v).to(device) for v in (first, count, spans[:, 0].copy())))


@dataclass(frozen=True)
class Store:
    """Rows, and where in them whole tiles begin.

    Attributes:
        rows: int16 (n, 3, features and place), in coding order of examples one after another.
        starts: long (tiles,).
        steps: of those tiles.
    """

    rows: Tensor
    starts: Tensor
    steps: Steps

    @classmethod
    def made(cls, examples: Examples, count: int, model: AdaptiveModel, device: torch.device) -> Store:
        """Make the rows of so many examples, side by side on as many cores as torch may take.

        Raises:
            InputError: no picture is as large as a tile.
        """
        edges = examples.edges

        def made(number: int) -> tuple[bool, I16]:
            example = examples.made(number)
            return example.samples.shape[:2] == edges, rows_of(example, model)

        shape = count * edges[0] * edges[1], CHANNELS, count_columns(model.experts) + PLACE
        rows, starts, end = torch.empty(shape, dtype=torch.int16, device=device), [], 0
        with ThreadPoolExecutor(torch.get_num_threads()) as pool:
            for full, found in pool.map(made, range(count)):
                starts += [end] if full else []
                rows[end : end + len(found)] = torch.from_numpy(found)
                end += len(found)
        if not starts:
            raise InputError(f"no training picture is at least {edges[1]}x{edges[0]}, of {count} crops")
        return cls(rows[:end], torch.tensor(starts, device=device), Steps.of(edges, device))

    def split(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return features and places of some rows (..., columns) as they are stored."""
        return rows[..., :-PLACE], rows[..., -PLACE:]
