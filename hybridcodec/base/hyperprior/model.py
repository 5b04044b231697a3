"""The integer half of the base layer: hyper-synthesis, synthesis and frequency tables, as a model file holds them.

`analysis` is the other half, which runs in the encoder only and in floating point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.chains import Arrays, check_arrays, frequency_tables, integer_network
from hybridcodec.base.hyperprior.schema import G_S, H_S, HYPER_LATENTS, HYPER_LIMIT, LATENT_LIMIT, decoder_shapes
from hybridcodec.base.units import SCALES
from hybridcodec.integer import Network


@dataclass(frozen=True)
class BaseModel:
    """A decoder of base layers, proven and ready to use."""

    h_s: Network
    """z_hat (h, w, HYPER_LATENTS) to means and scale indices (4 h, 4 w, 2 * LATENTS)."""
    g_s: Network
    """y_hat (h, w, LATENTS) to RGB (16 h, 16 w, 3), see schema for the units."""
    y_tables: NDArray[np.int32]
    """(SCALES, columns): frequencies of -R..R and, last, of the escape; columns = 2 R + 2."""
    z_tables: NDArray[np.int32]
    """(HYPER_LATENTS, columns), as above."""

    @classmethod
    def from_tensors(cls, tensors: Arrays) -> BaseModel:
        """Build from the arrays of a model file.

        Raises:
            ModelError: an array is missing, unknown, of another type or shape, or a bound is broken.
        """
        tables = {"tables.y": SCALES, "tables.z": HYPER_LATENTS}
        check_arrays({k: v for k, v in tensors.items() if k not in tables}, decoder_shapes())
        return cls(
            h_s=integer_network("h_s", H_S, tensors, -HYPER_LIMIT, HYPER_LIMIT),
            g_s=integer_network("g_s", G_S, tensors, -LATENT_LIMIT, LATENT_LIMIT),
            y_tables=frequency_tables(tensors, "tables.y", SCALES),
            z_tables=frequency_tables(tensors, "tables.z", HYPER_LATENTS),
        )
