"""The floating-point half of the base layer, `g_a` and `h_a`.

Unlike `model`, only the encoder runs it: two machines may write different files, but read each the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from hybridcodec.base.chains import Chain, check_arrays
from hybridcodec.base.floats import chain_end, finite, threads_for, windowed
from hybridcodec.base.hyperprior.schema import G_A, H_A, LATENTS, MARGIN, analysis_shapes

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
        finite(tensors)
        return cls({name: torch.from_numpy(array.astype(np.float32)) for name, array in tensors.items()})

    def latents(self, samples: U8, window: int) -> F32:
        """Return y (LATENTS, H / 16, W / 16, rounded up) of samples (H, W, C), C being 1 or 3.

        Computed in windows of `window` latents with the receptive field around them, so memory is bounded.
        """
        return windowed(self._analyse, LATENTS, samples, window, MARGIN)

    def _analyse(self, x: Tensor) -> Tensor:
        return self._run("g_a", G_A, F.pixel_unshuffle(x, 4))  # (1, 48, H / 4, W / 4)

    def hyper_latents(self, y: F32) -> NDArray[np.int64]:
        """Return z_hat (HYPER_LATENTS, ceil(h / 4), ceil(w / 4)) of a tile's y (LATENTS, h, w)."""
        with threads_for(0), torch.inference_mode():
            z = self._run("h_a", H_A, torch.from_numpy(np.ascontiguousarray(y))[None])
        z_hat: NDArray[np.int64] = np.rint(z[0].numpy()).astype(np.int64)
        return z_hat

    def _run(self, network: str, layers: Chain, x: Tensor) -> Tensor:
        def parameters(layer: str) -> tuple[Tensor, Tensor]:
            return self.parameters[f"{network}.{layer}.weight"], self.parameters[f"{network}.{layer}.bias"]

        return chain_end(layers, parameters, x)
