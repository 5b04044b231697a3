"""The recipe of the residual's networks, which every exact photograph is coded by: one effort at a time.

Plain first, then along the trajectory of what adapts, as the shipped models learned in a prototype; its rates are those
here, the GPU's sizes too. From trained weights on, only the second is done: plain learning would undo it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from hybridcodec.modes import Effort
from hybridcodec.train.loop import BY_THE_CLOCK
from hybridcodec.train.mixture import Weights
from hybridcodec.train.recipes.recipe import Recipe
from hybridcodec.train.recipes.residual_model_stages import ExportResidual, ValidateResidual
from hybridcodec.train.recipes.residual_stage import Sizes, TrainResidual
from hybridcodec.train.residual.subject import Subject

ON_CPU: Final = Sizes(crops=90, batch=2048, tiles=8)
ON_GPU: Final = Sizes(crops=480, batch=32768, tiles=96)
PLAIN_RATES: Final = {Effort.FAST: 3e-3, Effort.NORMAL: 2.5e-3, Effort.BEST: 2e-3}
ADAPTED_RATE: Final = 8e-4
STARTED_RATE: Final = 2e-4
"""The same from trained weights on: few tiles a step would throw about what many have settled."""
LEAP: Final = math.inf
"""Tiles are few at a time, and one picture costs three times as much as another: no mean loss is a leap."""


def residual(subject: Subject, *, started: bool = False, steps: tuple[int, int] = (0, 0)) -> Recipe:
    """Return the recipe for some networks.

    Args:
        subject: the networks.
        started: they begin with trained weights.
        steps: of both stages, where not the clock says how long they are.
    """
    paces = [replace(BY_THE_CLOCK, steps=count) for count in steps]
    plain = TrainResidual(
        "plain",
        0.38,
        "networks that do not adapt",
        subject,
        False,
        PLAIN_RATES[subject.effort],
        ON_CPU,
        ON_GPU,
        pace=paces[0],
    )
    adapted = TrainResidual(
        "adapted",
        0.92 if started else 0.54,
        "start weights of networks that adapt",
        subject,
        True,
        STARTED_RATE if started else ADAPTED_RATE,
        ON_CPU,
        ON_GPU,
        after="" if started else plain.name,
        pace=replace(paces[1], leap=LEAP),
    )
    title = f"Residual layer, effort {subject.effort}" + (", without base pictures" if subject.without_base else "")
    return Recipe(
        "residual",
        title,
        (
            *(() if started else (plain,)),
            adapted,
            ExportResidual("residual", 0.01, "integers of it", subject, of="adapted"),
            ValidateResidual("validation", 0.07, "held-out pictures as coded", subject, of="residual"),
        ),
        left_out="Experts, their weighting and how fast a tile is followed are not learned:"
        " `residual/adaptive/contexts.py` and `train/adaptive.py` have them.",
        weights=Weights(drawings=0.5, others=0.1),
    )
