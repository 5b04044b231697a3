"""Networks in floating point, which training runs, and torch on one thread, as a search in an encoder needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from hybridcodec.base.chains import Chain
from hybridcodec.integer import Block

Parameters = Callable[[str], tuple[Tensor, Tensor]]
"""Weight and bias of a layer by its name."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold torch to one thread: its others wait awake for more work, and are gone in a process that was forked."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def chain_outputs(layers: Chain, parameters: Parameters, x: Tensor) -> Iterator[Tensor]:
    """Yield the output of every layer of a float network; `parameters` gives weight and bias by the layer's name."""
    x = entered = x.contiguous(memory_format=torch.channels_last)
    for layer in layers:
        if layer.block is Block.ENTER:
            entered = x
        weight, bias = parameters(layer.name)
        x = F.conv2d(x, weight, bias, stride=layer.stride, padding=layer.kernel // 2)
        x = x if layer.upscale == 1 else F.pixel_shuffle(x, layer.upscale)
        x = x + entered if layer.block is Block.LEAVE else x
        x = F.relu(x) if layer.relu else x
        yield x
