"""The stages that make integers of what was learned: the base model with its analysis, and the display head."""

from __future__ import annotations

from dataclasses import dataclass, replace

from safetensors.numpy import save

from hybridcodec.train.checkpoint import read_tensors, write_whole
from hybridcodec.train.integer_base import IntegerBase
from hybridcodec.train.recipes.workshop import Outcome, Workshop
from hybridcodec.train.texture import CALIBRATED, features_of
from hybridcodec.train.texture import integer_arrays as head_arrays
from hybridcodec.train.variable import USUAL_EXAMPLES, Examples, Float, model_files


@dataclass(frozen=True)
class ExportBase:
    """Make the model files of base 2 of the weights of stage `of`."""

    name: str
    share: float
    about: str
    of: str
    examples: Examples = USUAL_EXAMPLES

    def rehearsed(self) -> ExportBase:
        """See `Stage.rehearsed`."""
        return replace(self, examples=Examples(batches=8, batch=1, edge=128, pictures=1))

    def run(self, shop: Workshop, seconds: float, seed: int) -> Outcome:  # noqa: ARG002 - takes what it takes
        """See `Stage.run`."""
        made = model_files(Float.load([shop.path(self.of)]), shop.mixture.photographs, self.examples)
        paths = shop.path(self.name), shop.path(self.name + "-analysis")
        for path, arrays in zip(paths, made, strict=True):
            write_whole(path, save(arrays))
        return Outcome({path.name: path.stat().st_size for path in paths}, paths)


@dataclass(frozen=True)
class ExportHead:
    """Make the model file of a head of the weights of stage `of`, above the model of stage `base`."""

    name: str
    share: float
    about: str
    of: str
    base: str
    pictures: int = 24

    def rehearsed(self) -> ExportHead:
        """See `Stage.rehearsed`."""
        return replace(self, pictures=1)

    def run(self, shop: Workshop, seconds: float, seed: int) -> Outcome:  # noqa: ARG002 - takes what it takes
        """See `Stage.run`."""
        base, pictures = IntegerBase.read(shop.path(self.base)), shop.mixture.photographs[: self.pictures]
        tensors = {name: tensor.float() for name, tensor in read_tensors(shop.path(self.of)).items()}
        path = shop.path(self.name)
        write_whole(path, save(head_arrays(tensors, list(features_of(base, pictures, CALIBRATED)))))
        return Outcome({path.name: path.stat().st_size}, (path,))
