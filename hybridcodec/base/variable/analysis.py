"""The floating-point half, which only the encoder runs: two machines may write different files, but read each alike."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from hybridcodec.base.chains import check_arrays
from hybridcodec.base.floats import chain_end, finite, threads_for, windowed
from hybridcodec.base.variable.latents import Latents
from hybridcodec.base.variable.model import Gains
from hybridcodec.base.variable.schema import (
    ANALYSIS_MARGIN,
    FLOAT,
    GAIN_BITS,
    HYPER_STEPS,
    LATENT_STEPS,
    LATENTS,
    STEPS,
    analysis_shapes,
)

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
HYPER_SCALE = 4.0
"""`h_a` reads y divided by this."""


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
        finite(tensors)
        values = {name: array.astype(np.float32) for name, array in tensors.items()}
        for name in [name for name in values if name.endswith(".unit")]:
            values[name.removesuffix("unit") + "weight"] *= values.pop(name)[:, None, None, None]
        return cls({name: torch.from_numpy(array) for name, array in values.items()})

    def latents(self, samples: U8, window: int) -> F32:
        """Return y at gain 1 (LATENTS, H / 16, W / 16, rounded up) of samples (H, W, C), C being 1 or 3."""
        return windowed(self._analyse, LATENTS, samples, window, ANALYSIS_MARGIN)

    def _analyse(self, x: Tensor) -> Tensor:
        straight = self._run("lin_a", F.pixel_unshuffle(x, 16))
        return straight + self._run("g_a", F.pixel_unshuffle(x, 4))

    def at(self, y: F32, gains: Gains) -> Latents:
        """Return what a quality makes of a tile's y at gain 1 (LATENTS, h, w)."""
        gain = (1 << GAIN_BITS) * (LATENT_STEPS / STEPS) / gains.inverse
        hyper_gain = (1 << GAIN_BITS) * HYPER_STEPS / gains.hyper_inverse
        scaled = y * gain.astype(np.float32)[:, None, None]
        with threads_for(0), torch.inference_mode():
            z = self._run("h_a", torch.from_numpy(scaled / HYPER_SCALE)[None])[0].numpy()
        rounded = np.rint(z * hyper_gain.astype(np.float32)[:, None, None]).astype(np.int64)
        return Latents(np.ascontiguousarray(scaled.transpose(1, 2, 0)), rounded.transpose(1, 2, 0))

    @staticmethod
    def small() -> AbstractContextManager[None]:
        """Hold torch to one thread while `at` works on tiles, maybe several side by side."""
        return threads_for(0)

    def _run(self, network: str, x: Tensor) -> Tensor:
        def parameters(layer: str) -> tuple[Tensor, Tensor]:
            return self.parameters[f"{network}.{layer}.weight"], self.parameters[f"{network}.{layer}.bias"]

        return chain_end(FLOAT[network], parameters, x)
