"""The head as a model file holds it: from features of the base layer's generator to colour and strength of grain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.chains import Arrays, check_arrays, integer_network
from hybridcodec.errors import ModelError
from hybridcodec.generative.texture.schema import (
    BODY,
    BODY_LIMIT,
    COLOUR,
    COLOUR_LIMIT,
    GRAIN,
    GRAIN_LIMIT,
    KNOT,
    ROWS,
    shapes,
)
from hybridcodec.integer import Integers, Network

I64 = NDArray[np.int64]


@dataclass(frozen=True)
class TextureModel:
    """A display head, proven and ready to use."""

    body: Network
    colour: Network
    grain: Network
    offsets: I64
    """(ROWS, FEATURES): what every KNOT-th quality adds to the features."""

    @classmethod
    def from_tensors(cls, tensors: Arrays) -> TextureModel:
        """Build from the arrays of a model file.

        Raises:
            ModelError: an array is missing, unknown, of another type or shape, or a bound is broken.
        """
        check_arrays(tensors, shapes())
        made = cls(
            body=integer_network("body", BODY, tensors, -BODY_LIMIT, BODY_LIMIT),
            colour=integer_network("colour", COLOUR, tensors, -BODY_LIMIT, BODY_LIMIT),
            grain=integer_network("grain", GRAIN, tensors, -BODY_LIMIT, BODY_LIMIT),
            offsets=tensors["offsets"].astype(np.int64),
        )
        for network, limit in ((made.colour, COLOUR_LIMIT), (made.grain, GRAIN_LIMIT)):
            if network.stages[-1].activation.magnitude > limit:
                raise ModelError(
                    f"{network.name}: outputs reach {network.stages[-1].activation.magnitude}, not {limit}"
                )
        return made

    def draw(self, features: Integers, quality: int, threads: int = 1) -> tuple[Integers, Integers]:
        """Return what is added to the base picture, and the strengths of grain.

        Args:
            features: integers (h, w, FEATURES) of the base layer's generator.
            quality: 0..QUALITIES - 1, of the base layer.
            threads: rows are divided among so many.

        Returns:
            (4 h, 4 w, 3) in 1 / SAMPLE_STEPS, and (h, w, BANDS) in 1 / GRAIN_STEPS.
        """
        seen = self.body(features + self._offset(quality).astype(np.int32), threads)
        return self.colour(seen, threads), self.grain(seen, threads)

    def _offset(self, quality: int) -> I64:
        row, part = divmod(quality, KNOT)
        after = self.offsets[min(row + 1, ROWS - 1)]
        found: I64 = (self.offsets[row] * (KNOT - part) + after * part + KNOT // 2) // KNOT
        return found
