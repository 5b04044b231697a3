"""A recipe: a list of stages as data."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hybridcodec.train.mixture import USUAL, Weights
from hybridcodec.train.recipes.workshop import Stage


@dataclass(frozen=True)
class Recipe:
    """What one command trains, in order.

    Attributes:
        name: what it is called on the command line.
        title: what the card is called.
        stages: in order; their names are all different.
        left_out: what somebody may expect of it and does not get, for the card.
        held_out: pictures kept for validation, per folder; the last number goes on.
        weights: of the kinds of pictures.
    """

    name: str
    title: str
    stages: tuple[Stage, ...]
    left_out: str = ""
    held_out: tuple[int, ...] = (12, 8)
    weights: Weights = USUAL
    seed: int = 1

    def rehearsed(self) -> Recipe:
        """Return the same recipe so small that all of it takes seconds."""
        return replace(self, stages=tuple(stage.rehearsed() for stage in self.stages))

    def seconds(self, number: int, total: float, spent: float) -> float:
        """Return how long a stage may take, of `total` seconds of which earlier stages spent some."""
        left = sum(stage.share for stage in self.stages[number:])
        return max(total - spent, 0.0) * self.stages[number].share / left
