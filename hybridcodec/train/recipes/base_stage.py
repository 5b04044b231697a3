"""The stages that train base 2: free floats, then the decoder's weights on their grid of 8 bits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from hybridcodec.train.adam import Adam
from hybridcodec.train.base2.network import Base2
from hybridcodec.train.base2.task import Base2Task, peak_rates
from hybridcodec.train.base2.weights import begin, begin_linear, packed, read_weights
from hybridcodec.train.checkpoint import load_state, write_tensors
from hybridcodec.train.loop import BY_THE_CLOCK, Loop, Pace, Schedule
from hybridcodec.train.on_device import DevicePictures
from hybridcodec.train.recipes.workshop import Outcome, Workshop

LINEAR_CROPS = 48
"""Squares whose principal components the linear path begins with."""


@dataclass(frozen=True)
class Sizes:
    """What a device can take: crops a step, peak rate, decay of the averaged weights."""

    batch: int
    rate: float
    average: float
    crop: int = 256
    held_out: int = 20


@dataclass(frozen=True)
class TrainBase:
    """One stage; `after` names the one whose weights, moments and average it goes on with."""

    name: str
    share: float
    about: str
    schedule: Schedule
    cpu: Sizes
    gpu: Sizes
    grid: bool = False
    after: str = ""
    small_rate: float = 2e-3
    """Peak rate of gains and of the tables of z."""
    pace: Pace = BY_THE_CLOCK

    def rehearsed(self) -> TrainBase:
        """See `Stage.rehearsed`."""
        tiny = replace(self.cpu, batch=1, crop=128, held_out=1)
        return replace(self, cpu=tiny, gpu=tiny, pace=Pace(0.0, steps=2, save=0.0))

    def run(self, shop: Workshop, seconds: float, seed: int) -> Outcome:
        """See `Stage.run`."""
        pace, sizes = self.pace.within(seconds), self.gpu if shop.on_gpu else self.cpu
        torch.manual_seed(seed)
        pictures = shop.once(
            f"squares {sizes.crop}", lambda: DevicePictures(shop.mixture.training, sizes.crop, shop.device)
        )
        network = self._network(shop, pictures)
        adam = Adam(network, peak_rates(network, sizes.rate, self.small_rate), sizes.average)
        if self.after and not shop.state(self.name).exists():
            adam.restore(load_state(shop.state(self.after))[0])
        held_out = shop.mixture.validation[: sizes.held_out]
        task = Base2Task(network, pictures, held_out, sizes.batch, shop.compiled)
        say, state = partial(shop.say, self.name), shop.state(self.name)
        line = Loop(task, adam, self.schedule, pace, state, say).train(seed)
        write_tensors(shop.path(self.name), self._kept(adam.averaged()))
        return Outcome(line, (shop.path(self.name),))

    def _network(self, shop: Workshop, pictures: DevicePictures) -> Base2:
        network, weights = Base2(), shop.begun_with(head=False)
        if self.after:
            begin(network, read_weights([shop.path(self.after)]))
        elif weights:
            begin(network, weights)
        else:
            begin_linear(network, pictures.batch(LINEAR_CROPS).cpu())
        network.to(shop.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        network.tie()
        network.grid.fill_(float(self.grid))
        return network

    def _kept(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        return packed(weights) if self.grid else weights
