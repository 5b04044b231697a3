"""The floating-point half of the base layer, `g_a` and `h_a`.

Unlike `model`, only the encoder runs it: two machines may write different files, but read each the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from hybridcodec.base.hyperprior.geometry import windows
from hybridcodec.base.hyperprior.model import check_arrays
from hybridcodec.base.hyperprior.schema import (
    G_A,
    H_A,
    LATENTS,
    MARGIN,
    MID_GRAY,
    PIXELS_PER_UNIT,
    SHARED,
    STRIDE,
    Layer,
    analysis_shapes,
)
from hybridcodec.errors import ModelError
from hybridcodec.integer import Block
from hybridcodec.machine.host import thread_limit
from hybridcodec.machine.threads import is_forked

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class Analysis:
    """The analysis networks' parameters, float32 on the CPU."""

    parameters: Mapping[str, Tensor]

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]]) -> Analysis:
        """Build from the arrays of an analysis file.

        Raises:
            ModelError: an array is missing, unknown, of another type or shape, or not finite.
        """
        check_arrays(tensors, analysis_shapes())
        if not all(np.isfinite(array).all() for array in tensors.values()):
            raise ModelError("analysis file: a parameter is not finite")
        return cls({name: torch.from_numpy(array.astype(np.float32)) for name, array in tensors.items()})

    def latents(self, samples: U8, window: int) -> F32:
        """Return y (LATENTS, H / 16, W / 16) of RGB samples (H, W, 3), both sides multiples of 16.

        Computed in windows of `window` latents with the receptive field around them, so memory is bounded.
        """
        rows, columns = samples.shape[0] // STRIDE, samples.shape[1] // STRIDE
        y = np.empty((LATENTS, rows, columns), np.float32)
        for area in windows(rows, columns, window, MARGIN):
            pixels = samples[area.outer_pixels(STRIDE)]
            part = self._analyse(pixels).numpy()[0]
            y[(slice(None), *area.inner)] = part[(slice(None), *area.inner_in_outer)]
        return y

    def _analyse(self, samples: U8) -> Tensor:
        with _threads(samples.shape[0] * samples.shape[1] // STRIDE**2), torch.inference_mode():
            x = torch.from_numpy(np.ascontiguousarray(samples.transpose(2, 0, 1)))[None].float()  # (1, 3, H, W)
            x = F.pixel_unshuffle((x - MID_GRAY) / PIXELS_PER_UNIT, 4)  # (1, 48, H / 4, W / 4)
            return self._run("g_a", G_A, x)

    def hyper_latents(self, y: F32) -> NDArray[np.int64]:
        """Return z_hat (HYPER_LATENTS, ceil(h / 4), ceil(w / 4)) of a tile's y (LATENTS, h, w)."""
        with _threads(0), torch.inference_mode():
            z = self._run("h_a", H_A, torch.from_numpy(np.ascontiguousarray(y))[None])
        z_hat: NDArray[np.int64] = np.rint(z[0].numpy()).astype(np.int64)
        return z_hat

    def _run(self, network: str, layers: tuple[Layer, ...], x: Tensor) -> Tensor:
        def parameters(layer: str) -> tuple[Tensor, Tensor]:
            return self.parameters[f"{network}.{layer}.weight"], self.parameters[f"{network}.{layer}.bias"]

        *_, out = chain_outputs(layers, parameters, x)
        return out


@contextmanager
def _threads(latents: int) -> Iterator[None]:
    """Let torch have the threads that so many latents are worth: one for a few, or in a fork, where its own are gone.

    Its threads wait awake for more work, which costs small pictures several times their work.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1 if latents < SHARED or is_forked() else min(before, thread_limit()))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def chain_outputs(
    layers: tuple[Layer, ...], parameters: Callable[[str], tuple[Tensor, Tensor]], x: Tensor
) -> Iterator[Tensor]:
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
