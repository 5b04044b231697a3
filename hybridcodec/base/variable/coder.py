"""The hyperprior of any rate as `base` sees it: square tiles of latents, a generator over all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.coder import BasePayload, Rate
from hybridcodec.base.geometry import LatentGrid, latent_shape, square_edge
from hybridcodec.base.square import SquareTiles
from hybridcodec.base.variable.decoder import Common, decode_base
from hybridcodec.base.variable.latents import decode_tile
from hybridcodec.base.variable.model import VariableModel
from hybridcodec.base.variable.schema import MARGIN
from hybridcodec.machine.threads import Progress
from hybridcodec.modes import Backend
from hybridcodec.tiling import Area, Tiling

U8 = NDArray[np.uint8]


class VariableRate(SquareTiles):
    """Mean-scale hyperprior of any rate with an integer generator; see BITSTREAM.md."""

    number: Final = 2
    name: Final = "hyperprior of any rate"
    margin = MARGIN
    architecture: Final = "hyperprior-2"

    def load(self, tensors: Mapping[str, NDArray[Any]]) -> VariableModel:
        """See `BaseCoder.load`."""
        return VariableModel.from_tensors(tensors)

    def load_analysis(self, tensors: Mapping[str, NDArray[Any]]) -> Any:
        """See `BaseCoder.load_analysis`."""
        from hybridcodec.base.variable.analysis import Analysis

        return Analysis.from_tensors(tensors)

    def encode(
        self, samples: U8, model: Any, analysis: Any, tiling: Tiling, rate: Rate, progress: Progress = None
    ) -> tuple[BasePayload, U8]:
        """See `BaseCoder.encode`; C is 1 or 3."""
        from hybridcodec.base.variable.encoder import encode_base

        return encode_base(samples, model, analysis, _grid(tiling), rate, progress=progress)

    def decode(
        self, common: bytes, tiles: Sequence[bytes | None], channels: int, model: Any, tiling: Tiling,
        progress: Progress = None, backend: Backend = Backend.COMPILED, area: Area | None = None,
    ) -> U8:  # fmt: skip
        """See `BaseCoder.decode`."""
        grid = replace(_grid(tiling), part=area)
        return decode_base(common, tiles, channels, model, grid, progress=progress, backend=backend)

    def check_tile(self, common: bytes, payload: bytes, area: Area, model: Any) -> None:
        """See `BaseCoder.check_tile`."""
        decode_tile(payload, latent_shape(area), model, model.gains(Common.of(common).quality))


def _grid(tiling: Tiling) -> LatentGrid:
    return LatentGrid(tiling.height, tiling.width, square_edge(tiling))
