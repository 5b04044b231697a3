"""A chain of integer layers with residual blocks, and the range of every value that passes through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import torch
from torch import Tensor

from hybridcodec.errors import ModelError
from hybridcodec.integer.layers import Activation, Convolution, PixelShuffle


class Block(IntEnum):
    """Place of a stage in a residual block: its input is kept at ENTER and added at LEAVE."""

    NONE = 0
    ENTER = 1
    LEAVE = 2


@dataclass(frozen=True)
class Stage:
    """One convolution, its upsampling, the value added to it, and its activation."""

    convolution: Convolution
    shuffle: PixelShuffle
    activation: Activation
    block: Block = Block.NONE


@dataclass(frozen=True)
class Network:
    """Stages in order. Construction proves that each stage's input range is the one its own proof assumed."""

    name: str
    stages: Sequence[Stage]
    inputs: Activation
    """The range that inputs are clipped to."""
    bound: int = field(init=False)
    """Largest accumulator bound of all stages."""

    def __post_init__(self) -> None:
        arriving, entered = self.inputs.magnitude, 0
        for stage in self.stages:
            convolution = stage.convolution
            if convolution.max_input < arriving:
                raise ModelError(f"{convolution.name}: inputs reach {arriving}, proven is {convolution.max_input}")
            entered = arriving if stage.block is Block.ENTER else entered
            if stage.block is Block.LEAVE and convolution.bound + entered >= 1 << 24:
                raise ModelError(f"{convolution.name}: sum with the residual path may reach 2^24")
            arriving = stage.activation.magnitude
        object.__setattr__(self, "bound", max(s.convolution.bound for s in self.stages))

    def __call__(self, x: Tensor) -> Tensor:
        """Map integers (N, in, h, w), which are clipped to `inputs`, to integers (N, out, h', w')."""
        with torch.inference_mode(), torch.autocast(x.device.type, enabled=False):
            x = self.inputs(x.clone())
            entered = x
            for stage in self.stages:
                if stage.block is Block.ENTER:
                    entered = x
                x = stage.shuffle(stage.convolution(x))
                if stage.block is Block.LEAVE:
                    x = x.add_(entered)
                x = stage.activation(x)
        return x
