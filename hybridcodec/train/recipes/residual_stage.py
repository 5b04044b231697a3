"""The stages that train the residual's networks: plain, then along what adapts, from rows that both share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import torch

from hybridcodec.residual.adaptive.model import AdaptiveModel
from hybridcodec.train.adam import Adam
from hybridcodec.train.adaptive import adaptive_tensors, load_networks, random_networks
from hybridcodec.train.checkpoint import write_tensors
from hybridcodec.train.loop import BY_THE_CLOCK, Loop, Pace, Schedule
from hybridcodec.train.recipes.workshop import Outcome, Workshop
from hybridcodec.train.residual.crops import Edges, centre
from hybridcodec.train.residual.examples import Example, Examples
from hybridcodec.train.residual.networks import Networks
from hybridcodec.train.residual.store import Store
from hybridcodec.train.residual.subject import UNTRAINED, Subject
from hybridcodec.train.residual.tasks import Adapted, Plain

CROPS: Final = 1
"""Seed of crops to learn from: all efforts learn from the same, with base pictures and without."""


@dataclass(frozen=True)
class Sizes:
    """What a device can take: crops in memory, places a step, tiles side by side, held-out crops of the curve."""

    crops: int
    batch: int
    tiles: int
    held_out: int = 6
    edges: Edges = (256, 384)


@dataclass(frozen=True)
class Material:
    """What is learned from, and the held-out centres that the curve looks at."""

    store: Store
    held_out: list[Example]


@dataclass(frozen=True)
class TrainResidual:
    """One stage of learning; `adapts` says which loss, `after` the stage whose weights it begins with."""

    name: str
    share: float
    about: str
    subject: Subject
    adapts: bool
    rate: float
    cpu: Sizes
    gpu: Sizes
    after: str = ""
    average: float = 0.999
    schedule: Schedule = Schedule(decay_from=0.3, warm_up=100)  # noqa: RUF009 - frozen
    pace: Pace = BY_THE_CLOCK

    def rehearsed(self) -> TrainResidual:
        """See `Stage.rehearsed`."""
        tiny = Sizes(crops=6, batch=64, tiles=2, held_out=1, edges=(32, 48))
        return replace(self, cpu=tiny, gpu=tiny, pace=Pace(0.0, steps=4, save=0.0))

    def run(self, shop: Workshop, seconds: float, seed: int) -> Outcome:
        """See `Stage.run`."""
        pace, sizes = self.pace.within(seconds), self.gpu if shop.on_gpu else self.cpu
        material = shop.once(f"rows {sizes}", lambda: _material(shop, self.subject, sizes))
        networks = self._begun(shop).to(shop.device)
        torch.manual_seed(seed)
        task, adam = self._task(networks, material, sizes), self._adam(networks)
        say = partial(shop.say, self.name)
        line = Loop(task, adam, self.schedule, pace, shop.state(self.name), say).train(seed)
        adam.swap()
        write_tensors(shop.path(self.name), networks.named(self.subject.effort))
        return Outcome(line, (shop.path(self.name),))

    def _begun(self, shop: Workshop) -> Networks:
        if not self.after:
            return self.subject.begun_with(shop.weights)
        design = self.subject.design
        return Networks(load_networks(shop.path(self.after), self.subject.effort, design), design)

    def _task(self, networks: Networks, material: Material, sizes: Sizes) -> Plain | Adapted:
        if self.adapts:
            return Adapted(networks, material.store, material.held_out, sizes.tiles)
        return Plain(networks, material.store, material.held_out, sizes.batch)

    def _adam(self, networks: Networks) -> Adam:
        peaks = [self.rate for _ in networks.parameters()]
        second, clip = (0.999, 0.3) if self.adapts else (0.99, 1.0)  # few tiles, alike from step to step: noisier
        return Adam(networks, peaks, self.average, second=second, clip=clip)


def _material(shop: Workshop, subject: Subject, sizes: Sizes) -> Material:
    grounds, design = subject.grounds(), subject.design
    model = AdaptiveModel.from_tensors(adaptive_tensors(random_networks(design, UNTRAINED), design))
    examples = Examples(shop.mixture.training, sizes.edges, grounds, CROPS)
    kept = [centre(picture, sizes.edges) for picture in shop.mixture.validation[: sizes.held_out]]
    held_out = [Example(picture, grounds.under(picture)) for picture in kept]
    return Material(Store.made(examples, sizes.crops, model, shop.device), held_out)
