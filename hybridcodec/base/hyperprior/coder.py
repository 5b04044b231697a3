"""The hyperprior as `base` sees it: square tiles of latents, a generator over all of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.coder import BasePayload, Rate
from hybridcodec.base.geometry import LatentGrid, latent_shape, square_edge
from hybridcodec.base.hyperprior.decoder import decode_grid
from hybridcodec.base.hyperprior.latents import decode_tile
from hybridcodec.base.hyperprior.model import BaseModel
from hybridcodec.base.hyperprior.schema import MARGIN
from hybridcodec.base.square import SquareTiles, with_torch
from hybridcodec.machine.threads import Progress
from hybridcodec.modes import Backend
from hybridcodec.tiling import Area, Tiling

U8 = NDArray[np.uint8]


class Hyperprior(SquareTiles):
    """Mean-scale hyperprior with an integer generator; see BITSTREAM.md."""

    number: Final = 1
    name: Final = "hyperprior"
    margin = MARGIN
    architecture: Final = "hyperprior-1"

    def load(self, tensors: Mapping[str, NDArray[Any]]) -> BaseModel:
        """See `BaseCoder.load`."""
        return BaseModel.from_tensors(tensors)

    def load_analysis(self, tensors: Mapping[str, NDArray[Any]]) -> Any:
        """See `BaseCoder.load_analysis`; raises UnsupportedError where torch is not installed."""

        def load() -> Any:
            from hybridcodec.base.hyperprior.analysis import Analysis

            return Analysis.from_tensors(tensors)

        return with_torch(load)

    def encode(
        self, samples: U8, model: Any, analysis: Any, tiling: Tiling, rate: Rate,  # noqa: ARG002 - it has one
        progress: Progress = None,
    ) -> tuple[BasePayload, U8]:  # fmt: skip
        """See `BaseCoder.encode`; C is 1 or 3. A model has one rate, whatever is asked for."""
        from hybridcodec.base.hyperprior.encoder import encode_base

        return encode_base(samples, model, analysis, tile=square_edge(tiling), progress=progress)

    def decode(
        self, common: bytes, tiles: Sequence[bytes | None], channels: int, model: Any, tiling: Tiling,
        progress: Progress = None, backend: Backend = Backend.COMPILED, area: Area | None = None,
    ) -> U8:  # fmt: skip
        """See `BaseCoder.decode`."""
        grid = LatentGrid(tiling.height, tiling.width, square_edge(tiling), area)
        return decode_grid(common, tiles, channels, model, grid, progress=progress, backend=backend)

    def check_tile(self, common: bytes, payload: bytes, area: Area, model: Any) -> None:  # noqa: ARG002
        """See `BaseCoder.check_tile`."""
        decode_tile(payload, *latent_shape(area), model)
