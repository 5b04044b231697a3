"""The training loop of every stage of a recipe: by the clock, stopped and taken up at any moment.

What is learned is a `Task`; this knows of batches, losses and networks nothing. It differs from the loops of
`base.py` and `residual.py` in that all state lies on the device, and that a leap of the loss is taken back.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

import torch
from torch import Tensor, nn

from hybridcodec.train.adam import Adam
from hybridcodec.train.checkpoint import load_state, save_state

LEAP = 1.25
"""Times the best mean loss so far, usually: weights go back to those before, and the rate is halved."""
SEEN: Final = 100
"""Steps whose mean loss is looked at, at least: that of a few small batches leaps by itself."""
LOOKING = 0.1
"""Share of the time that figures of held-out pictures may take, but for those of the beginning and the end."""
TOGETHER = 10
"""Steps that a GPU is given before it is waited for."""


class Task(Protocol):
    """What is learned."""

    @property
    def network(self) -> nn.Module:
        """Whose parameters are learned."""

    @property
    def parts(self) -> tuple[str, ...]:
        """What the loss is made of."""

    def loss(self) -> tuple[Tensor, Tensor]:
        """Return the loss of one batch, and its parts, (parts,), detached."""

    def figures(self) -> dict[str, Any]:
        """Return what the network as it is reaches on held-out pictures."""

    def state(self) -> dict[str, Tensor]:
        """Return what a step changes beside the network, by name; the tensors themselves."""


@dataclass(frozen=True)
class Schedule:
    """The rate over a stage, as a share of its peak: a short rise, constant, then 1 - sqrt.

    Attributes:
        decay_from: share of the schedule that is constant.
        warm_up: steps of the rise.
        first: share of the peak in the first step.
        lowest: share of the peak at the end.
        along: the part of the schedule that this stage is; the others are other stages'.
    """

    decay_from: float
    warm_up: int
    first: float = 0.03
    lowest: float = 0.005
    along: tuple[float, float] = (0.0, 1.0)

    def rate(self, share: float, steps: int) -> float:
        """Return the share of the peak, after a share of the stage and so many steps."""
        begin, end = self.along
        at = begin + (end - begin) * min(share, 1.0)
        fall = 1.0 if at < self.decay_from else 1 - math.sqrt((at - self.decay_from) / (1 - self.decay_from))
        return max(fall, self.lowest) * (min(1.0, self.first + steps / self.warm_up) if self.warm_up else 1.0)


@dataclass(frozen=True)
class Pace:
    """How long a stage is, and how often it looks up, in seconds of the clock.

    Attributes:
        seconds: all of it, with preparing and compiling, and with what was done before it was stopped.
        steps: where positive, the length in steps instead: the same result on every machine of one kind.
        curve: between two lines of the curve.
        save: between two checkpoints.
        look: between two looks at the mean loss.
        seen: steps between two such looks, at least.
        begun: when this process began it, by `time.monotonic`.
        leap: times the best mean loss so far that is taken back.
    """

    seconds: float
    steps: int = 0
    curve: float = 120.0
    save: float = 60.0
    look: float = 10.0
    seen: int = SEEN
    begun: float = 0.0
    leap: float = LEAP

    def wait(self, name: str, looked: float) -> float:
        """Return the seconds between two acts of this name; `looked`: what figures for the curve took last."""
        wanted: float = getattr(self, name)
        return max(wanted, looked / LOOKING) if name == "curve" else wanted

    def within(self, seconds: float) -> Pace:
        """Return the same for a stage that begins now and takes so long."""
        return replace(self, seconds=seconds, begun=time.monotonic())


BY_THE_CLOCK: Final = Pace(0.0)
"""Seconds are given with the hours."""


class Loop:
    """One stage under way; a new one with the same files goes on where it was stopped."""

    def __init__(
        self, task: Task, adam: Adam, schedule: Schedule, pace: Pace, state: Path, say: Callable[[dict[str, Any]], None]
    ) -> None:
        self.task, self.adam, self.schedule, self.pace, self.state, self.say = task, adam, schedule, pace, state, say
        self.steps, self.slow, self._before = 0, 1.0, 0.0
        self._sums = torch.zeros(len(task.parts) + 3, device=adam.rate.device)
        self._count, self._saved, self._best, self._looked = 0, 0, math.inf, 0.0
        self._seen: dict[str, float] = {}
        self._line: dict[str, Any] = {}
        if state.exists():
            self._resume()
        self._kept = {name: value.clone() for name, value in adam.state().items()}

    @property
    def seconds(self) -> float:
        """What was spent on the stage, before it was stopped too."""
        return self._before + time.monotonic() - self.pace.begun

    @property
    def share(self) -> float:
        """How much of the stage is over."""
        return self.steps / self.pace.steps if self.pace.steps else self.seconds / max(self.pace.seconds, 1e-3)

    def train(self, seed: int) -> dict[str, Any]:
        """Go on to the end; return the last line of the curve. The averaged weights are in `adam`."""
        if not self.steps:
            self._curve()
        acts = {"look": self._look, "save": self._save, "curve": self._curve}
        last = dict.fromkeys(acts, self.seconds)
        while not self.steps or self.share < 1:
            torch.manual_seed(seed * 1_000_003 + self.steps)  # the same batches where it goes on after a stop
            self._learn()
            if self.steps % TOGETHER == 0 and self.adam.rate.device.type == "cuda":
                torch.cuda.synchronize()
            for name, act in acts.items():
                if self.seconds - last[name] >= self.pace.wait(name, self._looked):
                    act()
                    last[name] = self.seconds
        if self._saved != self.steps:
            self._save()
        return self._line if self._line.get("steps") == self.steps else self._curve()

    def _learn(self) -> None:
        self.adam.rate.fill_(self.slow * self.schedule.rate(self.share, self.steps))
        self.adam.clear()
        loss, parts = self.task.loss()
        loss.backward()  # type: ignore[no-untyped-call]
        norm, left_away = self.adam.step()
        self._sums.add_(torch.cat((loss.detach()[None], parts, norm[None], left_away[None])))
        self.steps, self._count = self.steps + 1, self._count + 1

    def _means(self) -> dict[str, float]:
        """Return what was taken together since the last look, or, where that was just now, what it saw."""
        names = ("loss", *self.task.parts, "norm", "left_away")
        if self._count:
            values = (self._sums / self._count).tolist()
            self._seen = {name: float(f"{value:.5g}") for name, value in zip(names, values, strict=True)}
        return self._seen

    def _look(self) -> None:
        if self._count < self.pace.seen:
            return
        loss = self._means()["loss"]
        if math.isfinite(loss) and loss < self._best + (self.pace.leap - 1) * abs(self._best):
            self._best = min(self._best, loss)
            self._kept = {name: value.clone() for name, value in self._state().items()}
        else:
            self._restore(self._kept)
            self.slow *= 0.5
            self.say({"steps": self.steps, "leapt_to": loss, "slow": self.slow})
        self._sums.zero_()
        self._count = 0

    def _curve(self) -> dict[str, Any]:
        begun = self.seconds
        self.adam.swap()
        figures = self.task.figures()
        self.adam.swap()
        self._looked = self.seconds - begun
        line: dict[str, Any] = {
            "steps": self.steps,
            "minutes": float(f"{self.seconds / 60:.4g}"),
            "rate": float(self.adam.rate),
        }
        line |= {"means": self._means(), "held_out": figures}
        self.say(line)
        self._line = line
        return line

    def _save(self) -> None:
        counters = {"count": self.steps, "seconds": self.seconds, "slow": self.slow}
        save_state(self.state, self._state(), counters)
        self._saved = self.steps

    def _resume(self) -> None:
        tensors, counters = load_state(self.state)
        self._restore(tensors)
        self.steps, self._before, self.slow = int(counters["count"]), counters["seconds"], counters["slow"]

    def _state(self) -> dict[str, Tensor]:
        return self.task.state() | self.adam.state()

    def _restore(self, kept: dict[str, Tensor]) -> None:
        """Go back to a copy of `_state`."""
        self.adam.restore(kept)
        for name, value in self.task.state().items():
            value.copy_(kept[name])
