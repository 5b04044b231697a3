"""From a float checkpoint of the texture head to its model file.

The checkpoint is that of `display/`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hybridcodec.base.units import PIXELS_PER_UNIT, SAMPLE_STEPS
from hybridcodec.generative.texture.schema import (
    BANDS,
    BODY_LIMIT,
    COLOUR_LIMIT,
    FEATURE_STEPS,
    GRAIN_LIMIT,
    GRAIN_STEPS,
    KNOT,
    NETWORKS,
    ROWS,
)
from hybridcodec.train.data import Samples
from hybridcodec.train.integer_base import IntegerBase
from hybridcodec.train.network import Chain
from hybridcodec.train.quantised import Ends, calibrate

Arrays = dict[str, NDArray[Any]]
GRAIN_PER_UNIT: Final = 16
"""Strengths of grain leave the float network in units of so many sample steps."""
CALIBRATED: Final = 12.0, 34.0, 52.0, 74.0
"""Qualities of the base layers from which the scales of integers are chosen."""
_NAMES: Final = {
    "a.0": "body.res4xa", "b.0": "body.res4xb", "a.1": "body.res4ya", "b.1": "body.res4yb",
    "colour": "colour.out", "grain": "grain.out",
}  # fmt: skip


def chains_of(checkpoint: Mapping[str, Tensor]) -> dict[str, Chain]:
    """Return the networks of a checkpoint as the schema has them."""
    chains = {name: Chain(layers).eval() for name, layers in NETWORKS.items()}
    for ours, theirs in _NAMES.items():
        network, layer = theirs.split(".")
        weight, bias = chains[network].layer_parameters(layer)
        weight.data.copy_(checkpoint[ours + ".weight"])
        bias.data.copy_(checkpoint[ours + ".bias"])
    return chains


@dataclass(frozen=True)
class Seen:
    """What the base layer's generator makes of a picture: features (h, w, FEATURES), and the base layer's quality."""

    features: NDArray[np.integer[Any]]
    quality: int


def features_of(base: IntegerBase, pictures: Sequence[Samples], qualities: Sequence[float]) -> Iterator[Seen]:
    """Yield what the head sees of pictures, uint8 (H, W, 3), at qualities 0 to 100 by turns."""
    for number, picture in enumerate(pictures):
        coded = base.encode(picture, qualities[number % len(qualities)])
        features = base.model.draw(coded.latents(base.model))[1]
        yield Seen(features.astype(np.float32), coded.quality)


@torch.no_grad()
def integer_arrays(checkpoint: Mapping[str, Tensor], examples: Sequence[Seen]) -> Arrays:
    """Return the arrays of the model file; examples say which values pass."""
    chains, entering = chains_of(checkpoint), int(math.log2(FEATURE_STEPS))
    offsets = torch.round(checkpoint["offset"] * FEATURE_STEPS)
    assert offsets.shape[0] == ROWS, "a row for every knot of quality"
    seen = [_entering(example, offsets) for example in examples]
    outputs = torch.full((offsets.shape[1],), float(entering))
    body = calibrate(chains["body"], seen, Ends(entering, BODY_LIMIT, outputs, BODY_LIMIT))
    leaving = [body(x) for x in seen]
    colour = torch.full((3,), math.log2(PIXELS_PER_UNIT * SAMPLE_STEPS))
    grain = torch.full((BANDS,), math.log2(GRAIN_PER_UNIT * GRAIN_STEPS))
    found: Arrays = {"offsets": offsets.numpy().astype(np.int16)}
    found |= body.arrays("body")
    found |= calibrate(chains["colour"], leaving, Ends(entering, BODY_LIMIT, colour, COLOUR_LIMIT)).arrays("colour")
    found |= calibrate(chains["grain"], leaving, Ends(entering, BODY_LIMIT, grain, GRAIN_LIMIT)).arrays("grain")
    return found


def _entering(example: Seen, offsets: Tensor) -> Tensor:
    """What enters the body of an example, real values (1, FEATURES, h, w)."""
    row = offsets[min((example.quality + KNOT // 2) // KNOT, ROWS - 1)]
    return (torch.from_numpy(example.features) + row).permute(2, 0, 1)[None] / FEATURE_STEPS
