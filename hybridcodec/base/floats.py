"""Float networks, which only the encoder runs: two machines may write different files, but read each the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from hybridcodec.base.chains import Chain
from hybridcodec.base.colour import padded_rgb
from hybridcodec.base.geometry import pieces
from hybridcodec.base.units import MID_GRAY, PIXELS_PER_UNIT, SHARED, STRIDE
from hybridcodec.errors import ModelError
from hybridcodec.integer import Block
from hybridcodec.machine.heap import return_large_blocks
from hybridcodec.machine.host import thread_limit
from hybridcodec.machine.threads import is_forked

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Parameters = Callable[[str], tuple[Tensor, Tensor]]
"""Weight and bias of a layer by its name."""


@contextmanager
def threads_for(latents: int) -> Iterator[None]:
    """Let torch have the threads that so many latents are worth: one for a few, or in a fork, where its own are gone.

    Its threads wait awake for more work, which costs small pictures several times their work.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1 if latents < SHARED or is_forked() else min(before, thread_limit()))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def chain_outputs(layers: Chain, parameters: Parameters, x: Tensor, *, keep: bool = True) -> Iterator[Tensor]:
    """Yield the output of every layer of a float network; `parameters` gives weight and bias by the layer's name.

    Without `keep` an output is good only until the next is asked for, which saves memory; the values are the same.
    """
    x = entered = x.contiguous(memory_format=torch.channels_last)
    for layer in layers:
        if layer.block is Block.ENTER:
            entered = x
        weight, bias = parameters(layer.name)
        x = F.conv2d(x, weight, bias, stride=layer.stride, padding=layer.kernel // 2)
        x = x if layer.upscale == 1 else F.pixel_shuffle(x, layer.upscale)
        if layer.block is Block.LEAVE:
            x = x + entered if keep else x.add_(entered)
        x = F.relu(x, inplace=not keep) if layer.relu else x
        yield x


def chain_end(layers: Chain, parameters: Parameters, x: Tensor) -> Tensor:
    """Return the output of the last layer of a float network; no other is kept."""
    for x in chain_outputs(layers, parameters, x, keep=False):  # noqa: B007, B020 - all but the last are let go
        pass
    return x


def finite(tensors: Mapping[str, NDArray[Any]]) -> None:
    """Raise ModelError where a parameter of an analysis file is not finite."""
    if not all(np.isfinite(array).all() for array in tensors.values()):
        raise ModelError("analysis file: a parameter is not finite")


def windowed(analyse: Callable[[Tensor], Tensor], channels: int, samples: U8, window: int, margin: int) -> F32:
    """Return what `analyse` makes of samples (H, W, C), C being 1 or 3: (channels, H / 16, W / 16), rounded up.

    Args:
        analyse: from (1, 3, h, w), samples in units of the networks, to (1, channels, h / 16, w / 16).
        channels: latents that it makes.
        samples: uint8; beyond its sides the edge is repeated.
        window: edge of the windows in latents, so that memory is bounded.
        margin: latents around a window on which it depends.
    """
    rows, columns = -(-samples.shape[0] // STRIDE), -(-samples.shape[1] // STRIDE)
    y = np.empty((channels, rows, columns), np.float32)
    if max(rows, columns) > 2 * window:
        return_large_blocks()
    for area in pieces(rows, columns, window, margin):
        pixels = padded_rgb(samples[area.outer_pixels(STRIDE)])
        with threads_for(pixels.shape[0] * pixels.shape[1] // STRIDE**2), torch.inference_mode():
            x = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None].float()
            part = analyse(x.sub_(MID_GRAY).div_(PIXELS_PER_UNIT)).numpy()[0]
        y[(slice(None), *area.inner)] = part[(slice(None), *area.inner_in_outer)]
    return y
