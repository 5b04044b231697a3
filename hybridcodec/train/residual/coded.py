"""Held-out pictures as the coder codes them: by integers, adapting, in bytes of tiles."""

from __future__ import annotations

from collections.abc import Sequence

from hybridcodec.residual import CodedTile, Ground, encode_residual
from hybridcodec.residual.adaptive.coder import Adaptive
from hybridcodec.residual.adaptive.model import AdaptiveModel
from hybridcodec.tiling import Tiling
from hybridcodec.train.adaptive import adaptive_tensors
from hybridcodec.train.residual.examples import Example
from hybridcodec.train.residual.networks import Networks

CODER = Adaptive()


def integers_of(networks: Networks) -> AdaptiveModel:
    """Return the model that networks become."""
    return AdaptiveModel.from_tensors(adaptive_tensors(networks.channels(), networks.design))


def coded(example: Example, model: AdaptiveModel) -> list[CodedTile]:
    """Return the tiles of an example."""
    height, width, channels = example.samples.shape
    tiling = Tiling(height, width, *CODER.choose_tile(height, width))
    return encode_residual(example.samples, Ground(channels, example.quantiser, example.base, model), CODER, tiling)


def bits(examples: Sequence[Example], model: AdaptiveModel) -> float:
    """Return the bits a sub-pixel that tiles of all examples take, without the files around them."""
    size = sum(len(tile.payload) for example in examples for tile in coded(example, model))
    return 8 * size / sum(example.samples.size for example in examples)
