"""The loop of all stages: it ends where it would have ended without a stop, and takes leaps back."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from hybridcodec.train.adam import Adam
from hybridcodec.train.loop import Loop, Pace, Schedule

FLAT = Schedule(decay_from=0.5, warm_up=2)


class Line:
    """A line to be found through noisy points."""

    parts = ("error",)

    def __init__(self, leap_at: int = -1) -> None:
        torch.manual_seed(1)
        self.network, self.leap_at, self.asked = nn.Linear(2, 1), leap_at, 0

    def loss(self) -> tuple[Tensor, Tensor]:
        x = torch.ones(8, 2) if self.leap_at > 0 else torch.rand(8, 2)
        error = (self.network(x)[:, 0] - x.sum(1)).square().mean()
        self.asked += 1
        leap = 1e4 if self.asked == self.leap_at else 1.0
        return error * leap, error.detach()[None]

    def state(self) -> dict[str, Tensor]:
        return {}

    def figures(self) -> dict[str, Any]:
        return {"weight": float(self.network.weight.detach().sum())}


def loop(folder: Path, steps: int, say: Callable[[dict[str, Any]], None] = lambda _: None, task: Line | None = None,
         look: float = math.inf) -> Loop:  # fmt: skip
    task = task or Line()
    adam = Adam(task.network, [1e-2, 1e-2], 0.9)
    pace = Pace(0.0, steps=steps, save=0.0, look=look, seen=1)
    return Loop(task, adam, FLAT, pace, folder / "line.state.safetensors", say)


class Cut(BaseException):
    """The power goes."""


def test_a_stage_that_was_cut_ends_with_the_weights_of_one_that_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    expected = loop(whole, 9)
    expected.train(1)
    learn = Loop._learn

    def cut_at_five(self: Loop) -> None:
        learn(self)
        if self.steps == 5:
            raise Cut

    monkeypatch.setattr(Loop, "_learn", cut_at_five)
    with pytest.raises(Cut):
        loop(parts, 9).train(1)
    monkeypatch.undo()
    again = loop(parts, 9)
    assert again.steps == 4
    again.train(1)
    for name, value in expected.adam.state().items():
        assert torch.equal(value, again.adam.state()[name]), name


def test_the_curve_has_the_beginning_and_the_end_and_is_of_averaged_weights(tmp_path: Path) -> None:
    said: list[dict[str, Any]] = []
    made = loop(tmp_path, 4, said.append, Line(leap_at=99), look=0.0)
    made.train(1)
    assert [line["steps"] for line in said] == [0, 4]
    weight = dict(zip(made.adam.names, made.adam.average, strict=True))["weight"]
    assert said[-1]["held_out"]["weight"] == pytest.approx(float(weight.sum()))
    assert said[-1]["means"]["error"] > 0


def test_a_leap_of_the_loss_takes_the_weights_back_and_halves_the_rate(tmp_path: Path) -> None:
    said: list[dict[str, Any]] = []
    made = loop(tmp_path, 8, said.append, Line(leap_at=7), look=0.0)
    made.train(1)
    leaps = [line for line in said if "leapt_to" in line]
    assert [line["slow"] for line in leaps] == [0.5]
    assert made.slow == 0.5


def test_a_stage_whose_batches_differ_greatly_takes_no_finite_loss_for_a_leap(tmp_path: Path) -> None:
    said: list[dict[str, Any]] = []
    task = Line(leap_at=7)
    pace = Pace(0.0, steps=8, save=0.0, look=0.0, seen=1, leap=math.inf)
    made = Loop(
        task, Adam(task.network, [1e-2, 1e-2], 0.9), FLAT, pace, tmp_path / "line.state.safetensors", said.append
    )
    made.train(1)
    assert made.slow == 1
    assert not [line for line in said if "leapt_to" in line]


def test_the_loss_of_a_few_batches_is_no_leap_on_a_machine_that_does_no_more_between_two_looks(tmp_path: Path) -> None:
    said: list[dict[str, Any]] = []
    task = Line(leap_at=7)
    pace = Pace(0.0, steps=8, save=0.0, look=0.0)
    Loop(task, Adam(task.network, [1e-2] * 2, 0.9), FLAT, pace, tmp_path / "state", said.append).train(1)
    assert not [line for line in said if "leapt_to" in line]


def test_a_stage_takes_one_step_at_least_and_ends_by_the_clock(tmp_path: Path) -> None:
    task = Line()
    made = Loop(task, Adam(task.network, [1e-2] * 2, 0.9), FLAT, Pace(1e-6), tmp_path / "state", lambda _: None)
    made.train(1)
    assert made.steps == 1


def test_figures_take_a_tenth_of_the_time_at_most() -> None:
    pace = Pace(600.0, curve=60.0, save=30.0)
    assert [pace.wait("curve", looked) for looked in (0.0, 2.0, 20.0)] == [60.0, 60.0, 200.0]
    assert pace.wait("save", 20.0) == 30.0


def test_a_rate_rises_stays_and_falls_and_a_schedule_can_be_cut_in_two() -> None:
    assert FLAT.rate(0.0, 0) == pytest.approx(FLAT.first)
    assert FLAT.rate(0.4, 50) == 1.0
    assert FLAT.rate(1.0, 50) == FLAT.lowest
    first, second = Schedule(0.3, 0, along=(0.0, 0.85)), Schedule(0.3, 0, along=(0.85, 1.0))
    assert first.rate(1.0, 9) == second.rate(0.0, 0)


def test_a_gradient_that_is_no_number_is_left_away() -> None:
    task = Line()
    adam = Adam(task.network, [1e-2] * 2, 0.9)
    adam.rate.fill_(1.0)
    before = [p.detach().clone() for p in adam.parameters]
    adam.grads[0].fill_(math.nan)
    _, left_away = adam.step()
    assert float(left_away) == 1
    assert all(torch.equal(a, b) for a, b in zip(before, adam.parameters, strict=True))
