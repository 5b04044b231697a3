"""The stages that make integers of the residual's networks, and judge them by held-out pictures as coded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from safetensors.numpy import save

from hybridcodec import models
from hybridcodec.residual.adaptive.model import AdaptiveModel
from hybridcodec.train.adaptive import adaptive_tensors, load_networks
from hybridcodec.train.checkpoint import read_arrays, write_whole
from hybridcodec.train.mixture import Weighted
from hybridcodec.train.recipes.workshop import Outcome, Workshop
from hybridcodec.train.residual.coded import CODER, bits
from hybridcodec.train.residual.crops import Edges, centre
from hybridcodec.train.residual.examples import Example, Examples
from hybridcodec.train.residual.subject import Subject

CROPS: Final = 2
"""Seed of altered crops of held-out pictures."""


@dataclass(frozen=True)
class ExportResidual:
    """Make the model file of the weights of stage `of`."""

    name: str
    share: float
    about: str
    subject: Subject
    of: str

    def rehearsed(self) -> ExportResidual:
        """See `Stage.rehearsed`: as it is."""
        return self

    def run(self, shop: Workshop, seconds: float, seed: int) -> Outcome:  # noqa: ARG002 - takes what it takes
        """See `Stage.run`."""
        path, design = shop.path(self.name), self.subject.design
        tensors = adaptive_tensors(load_networks(shop.path(self.of), self.subject.effort, design), design)
        AdaptiveModel.from_tensors(tensors)
        write_whole(path, save(tensors))
        return Outcome({path.name: path.stat().st_size}, (path,))


@dataclass(frozen=True)
class ValidateResidual:
    """Code held-out pictures, as they are and altered, by the model of stage `of`, and by the shipped one beside it."""

    name: str
    share: float
    about: str
    subject: Subject
    of: str
    pictures: int = 20
    edges: Edges = (512, 768)

    def rehearsed(self) -> ValidateResidual:
        """See `Stage.rehearsed`."""
        return replace(self, pictures=1, edges=(64, 96))

    def run(self, shop: Workshop, seconds: float, seed: int) -> Outcome:  # noqa: ARG002 - takes what it takes
        """See `Stage.run`."""
        grounds, kept = self.subject.grounds(), shop.mixture.validation[: self.pictures]
        centres = [centre(picture, self.edges) for picture in kept]
        altered = Examples([Weighted(picture, 1.0) for picture in kept], self.edges, grounds, CROPS)
        sets = {
            "as they are": [Example(picture, grounds.under(picture)) for picture in centres],
            "altered": [altered.made(number) for number in range(self.pictures)],
        }
        found: dict[str, Any] = {}
        for name, examples in sets.items():
            each = {who: bits(examples, model) for who, model in self._models(shop).items()}
            found[name] = {who: float(f"{value:.5g}") for who, value in each.items()}
            shop.say(self.name, {"pictures": name, "bits a sub-pixel": found[name]})
        return Outcome(found)

    def _models(self, shop: Workshop) -> dict[str, AdaptiveModel]:
        own = {"own": CODER.load(read_arrays(shop.path(self.of)))}
        if self.subject.without_base:  # the shipped one never saw mid-gray
            return own
        return own | {
            "shipped": CODER.load(models.load_tensors(models.residual_for(CODER.architecture, self.subject.effort)))
        }
