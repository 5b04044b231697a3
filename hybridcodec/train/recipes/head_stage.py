"""The stages that train the display head: the same loss with other weights, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from hybridcodec.errors import InputError
from hybridcodec.train.adam import Adam
from hybridcodec.train.base2.network import Base2
from hybridcodec.train.base2.weights import begin, read_weights
from hybridcodec.train.checkpoint import read_tensors, write_tensors
from hybridcodec.train.data import Samples
from hybridcodec.train.display.crops import Batch, DrawnPictures
from hybridcodec.train.display.head import Head
from hybridcodec.train.display.loss import Judge, Terms
from hybridcodec.train.display.task import HeadTask, held_out_batches
from hybridcodec.train.features import Features
from hybridcodec.train.loop import BY_THE_CLOCK, Loop, Pace, Schedule
from hybridcodec.train.recipes.workshop import Outcome, Workshop


@dataclass(frozen=True)
class Sizes:
    """What a device can take: crops a step, levels of quality of every picture, megapixels of pictures."""

    batch: int
    average: float
    crop: int
    levels: int
    megapixels: float
    field: int = 2048
    """Edge of the noise that crops take their grain from."""
    held_out: int = 20


@dataclass(frozen=True)
class Material:
    """What all stages of a head learn from and are judged by."""

    pictures: DrawnPictures
    held_out: list[list[Batch]]
    features: Features


@dataclass(frozen=True)
class TrainHead:
    """One stage above the base model of stage `base`; `after` names the stage whose weights it begins with."""

    name: str
    share: float
    about: str
    terms: Terms
    schedule: Schedule
    cpu: Sizes
    gpu: Sizes
    base: str
    after: str = ""
    rate: float = 1e-3
    pace: Pace = BY_THE_CLOCK

    def rehearsed(self) -> TrainHead:
        """See `Stage.rehearsed`."""
        tiny = replace(self.cpu, batch=1, crop=128, levels=2, megapixels=0.1, field=256, held_out=1)
        return replace(self, cpu=tiny, gpu=tiny, pace=Pace(0.0, steps=2, save=0.0))

    def run(self, shop: Workshop, seconds: float, seed: int) -> Outcome:
        """See `Stage.run`."""
        pace, sizes = self.pace.within(seconds), self.gpu if shop.on_gpu else self.cpu
        torch.manual_seed(seed)
        head = Head().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        weights = read_tensors(shop.path(self.after)) if self.after else shop.begun_with(head=True)
        if weights:
            _load(head, weights)
        head.to(shop.device)
        material = shop.once("drawn", lambda: self._material(shop, sizes))
        judge = Judge(self.terms, material.features, lambda: material.pictures.batch(sizes.batch).samples)
        task = HeadTask(head, material.pictures, judge, material.held_out, sizes.batch, shop.compiled)
        adam = Adam(head, [self.rate] * len(list(head.parameters())), sizes.average)
        say, state = partial(shop.say, self.name), shop.state(self.name)
        line = Loop(task, adam, self.schedule, pace, state, say).train(seed)
        write_tensors(shop.path(self.name), adam.averaged())
        return Outcome(line, (shop.path(self.name),))

    def _material(self, shop: Workshop, sizes: Sizes) -> Material:
        network = Base2()
        begin(network, read_weights([shop.path(self.base)]))
        network.to(shop.device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        network.tie()
        pictures = _first(shop.mixture.photographs, sizes.megapixels)
        drawn = DrawnPictures(network, pictures, sizes.levels, sizes.crop, sizes.field)
        held_out = held_out_batches(network, shop.mixture.validation[: sizes.held_out])
        return Material(drawn, held_out, Features.load(0, str(shop.device)))


def _first(pictures: Sequence[Samples], megapixels: float) -> list[Samples]:
    """Return pictures from the first on until there are so many pixels, one at least."""
    found, pixels = [], 0
    for picture in pictures:
        found.append(picture)
        pixels += picture.shape[0] * picture.shape[1]
        if pixels >= megapixels * 1e6:
            break
    return found


def _load(head: Head, weights: dict[str, Tensor]) -> None:
    expected = {name: tuple(value.shape) for name, value in head.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    if found != expected:
        odd = next(name for name in sorted(found.keys() | expected.keys()) if found.get(name) != expected.get(name))
        raise InputError(f"weights of a head: {odd} is {found.get(odd)}, expected {expected.get(odd)}")
    head.load_state_dict({name: value.float() for name, value in weights.items()})
