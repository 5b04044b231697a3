"""What a stage is, and what every stage of a run is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import torch
from torch import Tensor

from hybridcodec.train.mixture import Mixture

Made = TypeVar("Made")
HEAD_NETWORKS = frozenset({"a", "b", "colour", "grain", "offset"})
"""How the names of a head's weights begin; all others are the base model's."""


@dataclass(frozen=True)
class Outcome:
    """What a stage leaves: figures for the card, and its files."""

    figures: dict[str, Any]
    files: tuple[Path, ...] = ()


@dataclass
class Workshop:
    """Where a recipe's stages work.

    Attributes:
        folder: all files.
        mixture: pictures.
        device: what learns.
        compiled: whether losses go through `torch.compile`.
        weights: what training begins with, by name; empty to begin anew.
        say: receives each line of the curve, with the name of its stage.
    """

    folder: Path
    mixture: Mixture
    device: torch.device
    compiled: bool
    weights: dict[str, Tensor]
    say: Callable[[str, dict[str, Any]], None]
    _made: dict[str, Any] = field(default_factory=dict)

    @property
    def on_gpu(self) -> bool:
        """Whether batches may be large."""
        return self.device.type != "cpu"

    def path(self, name: str) -> Path:
        """Return the place of weights or of a model."""
        return self.folder / f"{name}.safetensors"

    def state(self, stage: str) -> Path:
        """Return the place of what is needed to go on with a stage."""
        return self.folder / f"{stage}.state.safetensors"

    def begun_with(self, *, head: bool) -> dict[str, Tensor]:
        """Return the weights that training of a head, or of the base model, begins with."""
        return {name: v for name, v in self.weights.items() if (name.split(".")[0] in HEAD_NETWORKS) == head}

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """Return what `make` gives, made once for stages in a row that ask for the same; what they had before goes."""
        if name not in self._made:
            self._made = {}
            self._made[name] = make()
        found: Made = self._made[name]
        return found


class Stage(Protocol):
    """One step of a recipe, a frozen dataclass of its values."""

    @property
    def name(self) -> str:
        """What it and its files are called."""

    @property
    def share(self) -> float:
        """Of the recipe's time, in proportion to the others'."""

    @property
    def about(self) -> str:
        """What it does, for the card."""

    def rehearsed(self) -> Self:
        """Return the same stage so small that it takes seconds."""

    def run(self, shop: Workshop, seconds: float, seed: int) -> Outcome:
        """Do it, in so many seconds from its first start on; go on where it was stopped."""
