"""The coder of photographs that adapts, as `layer` sees it: all as `regression` has it, but for what a tile does."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.residual.adaptive.model import AdaptiveModel
from hybridcodec.residual.adaptive.state import Tile
from hybridcodec.residual.adaptive.steps import advance
from hybridcodec.residual.coder import Ground
from hybridcodec.residual.regression.coder import Regression
from hybridcodec.residual.regression.tile import Advance, Walked

TILE_HEIGHT: Final = 256
"""Default limit of a tile's rows: the more, the longer what adapts has to do so."""

I32 = NDArray[np.int32]


class Adaptive(Regression):
    """Weighted least squares, their blend, a small network that follows the tile; see BITSTREAM.md."""

    number = 6
    name = "adaptive"
    architecture = "adaptive-1"
    tile_height = TILE_HEIGHT

    def load(self, tensors: Mapping[str, NDArray[Any]]) -> AdaptiveModel:
        """See `TileCoder.load`."""
        return AdaptiveModel.from_tensors(tensors)

    def _walked(self, ground: Ground, base: I32, samples: I32 | None) -> tuple[Walked, Advance]:
        return Tile(ground.model, base, samples, ground.channels, ground.quantiser.top), advance
