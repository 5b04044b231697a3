"""An integer base model with its analysis, exported or shipped, as exports and validation need it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybridcodec import models
from hybridcodec.base import Rate
from hybridcodec.base.coder import BasePayload
from hybridcodec.base.geometry import LatentGrid, square_edge
from hybridcodec.base.variable.coder import VariableRate
from hybridcodec.base.variable.decoder import Common, decode_latents
from hybridcodec.base.variable.model import VariableModel
from hybridcodec.generative.coder import Base, DisplayCoder
from hybridcodec.modes import Backend
from hybridcodec.tiling import Tiling
from hybridcodec.train.checkpoint import read_arrays
from hybridcodec.train.data import Samples

CODER = VariableRate()


@dataclass(frozen=True)
class Coded:
    """A picture as a base layer has it: payloads and tiles."""

    payload: BasePayload
    tiling: Tiling

    @property
    def quality(self) -> int:
        """Of the base layer, 0..QUALITIES - 1."""
        return Common.of(self.payload.common).quality

    def latents(self, model: VariableModel) -> NDArray[Any]:
        """Return latents at gain 1, (h, w, LATENTS)."""
        common, tiling = Common.of(self.payload.common), self.tiling
        grid = LatentGrid(tiling.height, tiling.width, square_edge(tiling))
        tiles = list(self.payload.tiles)
        mosaic = decode_latents(common, tiles, model, grid, None, Backend.COMPILED)
        return mosaic.latents.transpose(1, 2, 0)


@dataclass(frozen=True)
class Displayed:
    """Bytes of a base layer, and the base and the display picture of a file with it, uint8 (H, W, 3)."""

    size: int
    base: Samples
    display: Samples


@dataclass(frozen=True)
class IntegerBase:
    """A decoder's integer model, and what encodes for it."""

    model: VariableModel
    analysis: Any

    @classmethod
    def read(cls, path: Path) -> IntegerBase:
        """Read an exported model; NAME-analysis lies beside it.

        Raises:
            InputError: no model file.
            ModelError: no model of this architecture.
        """
        beside = path.with_stem(path.stem + "-analysis")
        return cls(CODER.load(read_arrays(path)), CODER.load_analysis(read_arrays(beside)))

    @classmethod
    def shipped(cls) -> IntegerBase:
        """Return the default model of the package."""
        analysis = models.load_tensors(models.analysis_of(models.DEFAULT_BASE))
        return cls(CODER.load(models.load_tensors(models.DEFAULT_BASE)), CODER.load_analysis(analysis))

    def encode(self, picture: Samples, quality: float) -> Coded:
        """Encode a picture, uint8 (H, W, 3), at a quality 0..100."""
        asked, shown = self._asked(picture, quality), np.ascontiguousarray(picture)
        payload, _ = CODER.encode(shown, self.model, self.analysis, asked.tiling, asked.rate)
        return Coded(payload, asked.tiling)

    def drawn(self, picture: Samples, quality: float) -> Samples:
        """Return the base picture of one, uint8 (H, W, C), C being 1 or 3, that a file of a quality 0..100 has."""
        asked = self._asked(picture, quality)
        return CODER.encode(np.ascontiguousarray(picture), self.model, self.analysis, asked.tiling, asked.rate)[1]

    def displayed(self, picture: Samples, quality: float, coder: DisplayCoder, head: Any) -> Displayed:
        """Encode a picture, uint8 (H, W, 3), with a display layer by a model of `coder`."""
        rows: tuple[list[Samples], list[Samples]] = [], []
        give = rows[0].append, rows[1].append
        payload, _ = coder.encode(np.ascontiguousarray(picture), self._asked(picture, quality), head, give)
        return Displayed(payload.size, np.concatenate(rows[0]), np.concatenate(rows[1]))

    def _asked(self, picture: Samples, quality: float) -> Base:
        height, width = picture.shape[:2]
        tiling = Tiling(height, width, *CODER.choose_tile(height, width))
        return Base(self.model, self.analysis, tiling, Rate(quality=quality))
