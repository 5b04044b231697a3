"""Which of the residual's networks learn, on what they stand, and where they begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from torch import Tensor

from hybridcodec.errors import InputError
from hybridcodec.modes import Effort
from hybridcodec.residual.adaptive.contexts import DESIGNS, Design
from hybridcodec.train.adaptive import networks_of, random_networks
from hybridcodec.train.integer_base import IntegerBase
from hybridcodec.train.residual.examples import Grounds
from hybridcodec.train.residual.networks import Networks

UNTRAINED: Final = 1
"""Seed of networks that begin anew."""


@dataclass(frozen=True)
class Subject:
    """Which networks learn: those of an effort, with base pictures or with mid-gray in their place."""

    effort: Effort
    without_base: bool = False

    @property
    def design(self) -> Design:
        """Experts and sizes."""
        return DESIGNS[self.effort]

    def grounds(self) -> Grounds:
        """Return what the networks stand on."""
        return Grounds(None if self.without_base else IntegerBase.shipped())

    def begun_with(self, weights: Mapping[str, Tensor]) -> Networks:
        """Return networks with the weights of this effort among some, or untrained ones where there are none.

        Raises:
            InputError: none of this effort, or several.
        """
        if not weights:
            return Networks(random_networks(self.design, UNTRAINED), self.design)
        first = ".0.first.weight"
        prefixes = [name.removesuffix(first) for name in weights if name.endswith(first)]
        own = [prefix for prefix in prefixes if prefix.split(".")[0] == self.effort]
        if len(own) != 1:
            found = ", ".join(sorted(prefixes)) or "none"
            raise InputError(f"weights to start from: found the networks {found}, expected one of {self.effort}")
        return Networks(networks_of(weights, own[0], self.design), self.design)
