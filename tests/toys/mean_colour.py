"""A toy coder of base pictures: the mean colour of each tile, on the grid that its model file says."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base import BasePayload, Rate
from hybridcodec.errors import CorruptFileError, ModelError
from hybridcodec.machine.threads import Progress
from hybridcodec.modes import Backend
from hybridcodec.tiling import Area, Tiling

U8 = NDArray[np.uint8]
TILE, FLAT_GRAY = 16, 128


class MeanColour:
    """Flat tiles; the model is the step of the grid of colours."""

    number: Final = 201
    name: Final = "mean colour"
    architecture: Final = "mean-colour-1"

    def load(self, tensors: Mapping[str, NDArray[Any]]) -> int:
        """See `BaseCoder.load`."""
        if set(tensors) != {"step"} or not 1 <= int(tensors["step"]) <= 64:
            raise ModelError("expected a step of 1 to 64")
        return int(tensors["step"])

    def load_analysis(self, tensors: Mapping[str, NDArray[Any]]) -> None:
        """See `BaseCoder.load_analysis`: the encoder needs nothing more."""

    def choose_tile(self, height: int, width: int) -> tuple[int, int]:
        """See `BaseCoder.choose_tile`."""
        return min(height, TILE), min(width, TILE)

    def encode(
        self, samples: U8, model: Any, analysis: Any, tiling: Tiling, rate: Rate,  # noqa: ARG002 - it has one
        progress: Progress = None,
    ) -> tuple[BasePayload, U8]:  # fmt: skip
        """See `BaseCoder.encode`."""
        assert analysis is None
        means = [samples[area].mean((0, 1)) for area in tiling.areas]
        tiles = tuple((mean / model).astype(np.uint8).tobytes() for mean in means)
        return BasePayload(b"", tiles), self.decode(b"", tiles, samples.shape[2], model, tiling, progress)

    def decode(
        self, common: bytes, tiles: Sequence[bytes | None], channels: int, model: Any, tiling: Tiling,
        progress: Progress = None, backend: Backend = Backend.COMPILED,  # noqa: ARG002 - there is no stream
        area: Area | None = None,
    ) -> U8:  # fmt: skip
        """See `BaseCoder.decode`."""
        if common or any(tile is not None and len(tile) != channels for tile in tiles):
            raise CorruptFileError("a mean colour has one byte a channel")
        out = np.full((tiling.height, tiling.width, channels), FLAT_GRAY, np.uint8)
        for place, tile in zip(tiling.areas, tiles, strict=True):
            if tile is not None:
                out[place] = np.minimum(np.frombuffer(tile, np.uint8).astype(np.int64) * model, 255)
        if progress is not None:
            progress(1)
        return out if area is None else out[area]

    def check_tile(self, common: bytes, payload: bytes, area: Area, model: Any) -> None:  # noqa: ARG002
        """See `BaseCoder.check_tile`."""
        if len(payload) not in (1, 3):
            raise CorruptFileError("a mean colour has one byte a channel")

    def reach(self, area: Area) -> Area:
        """See `BaseCoder.reach`."""
        return area
