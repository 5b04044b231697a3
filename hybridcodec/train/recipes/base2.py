"""The recipe of base 2 and the display head above it: everything that `--mode perceptual` and previews run.

Rates, schedules and proportions are those of the runs in `docs/experiments.md`; the CPU's sizes are of its hours of two
cores, the GPU's of its four minutes.
"""

from __future__ import annotations

from hybridcodec.train.display.loss import Terms
from hybridcodec.train.loop import Schedule
from hybridcodec.train.recipes import base_stage, head_stage
from hybridcodec.train.recipes.base_stage import TrainBase
from hybridcodec.train.recipes.export_stages import ExportBase, ExportHead
from hybridcodec.train.recipes.head_stage import TrainHead
from hybridcodec.train.recipes.recipe import Recipe
from hybridcodec.train.recipes.validation_stage import Validate

ON_CPU = base_stage.Sizes(batch=3, rate=3e-4, average=0.998)
ON_GPU = base_stage.Sizes(batch=48, rate=6e-4, average=0.999)
HEAD_ON_CPU = head_stage.Sizes(batch=8, average=0.998, crop=192, levels=4, megapixels=60)
HEAD_ON_GPU = head_stage.Sizes(batch=32, average=0.999, crop=256, levels=8, megapixels=400)
STRUCTURE = Terms(mse=0.3, learned=4.0, patches=2.5, similarity=0.5, artefacts=2.5)
"""What the shipped head was trained with in the end."""
GRID_FROM = 0.85
"""Share of the base model's schedule after which the decoder's weights lie on their grid."""


def _base(along: tuple[float, float], warm_up: int) -> Schedule:
    return Schedule(decay_from=0.3, warm_up=warm_up, along=along)


def _head(name: str, share: float, after: str, terms: Terms, about: str) -> TrainHead:
    schedule = Schedule(decay_from=0.6, warm_up=200, first=0.05, lowest=0.01)
    return TrainHead(name, share, about, terms, schedule, HEAD_ON_CPU, HEAD_ON_GPU, base="grid", after=after)


BASE2 = Recipe(
    "base2",
    "Base layer of any rate, with its display head",
    (
        TrainBase("float", 0.52, "base model in free floats", _base((0.0, GRID_FROM), 300), ON_CPU, ON_GPU),
        TrainBase(
            "grid",
            0.09,
            "the decoder's weights on 8 bits",
            _base((GRID_FROM, 1.0), 0),
            ON_CPU,
            ON_GPU,
            grid=True,
            after="float",
        ),
        ExportBase("base", 0.08, "integers of it, and tables", of="grid"),
        _head("near", 0.03, "", Terms(mse=2.5, learned=2.0), "display head, near the base picture"),
        _head("features", 0.06, "near", Terms(), "display head, features weigh more"),
        _head("patches", 0.05, "features", Terms(mse=0.3, patches=2.5), "display head, means of features weigh most"),
        _head("structure", 0.10, "patches", STRUCTURE, "display head, artefacts cost as well"),
        ExportHead("display", 0.03, "integers of it", of="structure", base="base"),
        Validate("validation", 0.04, "held-out pictures in integers, real bytes", base="base", head="display"),
    ),
    left_out="The residual layer is not retrained: it works above any base picture, a little better above its own.",
)
