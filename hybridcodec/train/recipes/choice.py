"""Recipes by name, and what the command line chooses within one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hybridcodec.errors import InputError
from hybridcodec.modes import Effort
from hybridcodec.train.recipes.base2 import BASE2
from hybridcodec.train.recipes.recipe import Recipe
from hybridcodec.train.recipes.residual import residual
from hybridcodec.train.residual.subject import Subject

NAMES: Final = "base2", "residual"


@dataclass(frozen=True)
class Choice:
    """What is asked of a recipe.

    Attributes:
        name: one of NAMES.
        effort: whose networks the residual's recipe trains; None for `normal`.
        without_base: whether they learn above mid-gray.
        started: whether there are weights to begin with.
        steps: of its stages plain and adapted, where not the clock says how long they are.
    """

    name: str
    effort: Effort | None = None
    without_base: bool = False
    started: bool = False
    steps: tuple[int, int] = (0, 0)

    def recipe(self) -> Recipe:
        """Return it.

        Raises:
            InputError: something is chosen that the recipe does not have.
        """
        if self.name == "residual":
            subject = Subject(self.effort or Effort.NORMAL, self.without_base)
            return residual(subject, started=self.started, steps=self.steps)
        if self.effort or self.without_base or any(self.steps):
            raise InputError(f"the recipe {self.name} has no --effort, --without-base and --steps: residual has")
        return BASE2
