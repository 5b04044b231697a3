"""The one description of this head's networks, shared by float networks, integer twins and model files."""

from __future__ import annotations

from typing import Final

from hybridcodec.base.chains import Chain, Layer, Shapes, integer_shapes, residual
from hybridcodec.base.variable.schema import FEATURES

INNER: Final = 24
BANDS: Final = 3
"""Bands of grain: noise of pixels, of squares of two, of four."""
BODY: Final[Chain] = (*residual("res4x", FEATURES, INNER), *residual("res4y", FEATURES, INNER))
COLOUR: Final[Chain] = (Layer("out", FEATURES, 3, upscale=4),)
"""What is added to the base picture, in 1 / SAMPLE_STEPS."""
GRAIN: Final[Chain] = (Layer("out", FEATURES, BANDS, relu=True),)
"""Strength of each band, in 1 / GRAIN_STEPS sample steps, at a quarter of each side."""
NETWORKS: Final[dict[str, Chain]] = {"body": BODY, "colour": COLOUR, "grain": GRAIN}

FEATURE_STEPS: Final = 64
"""Features are integers in units of 1 / FEATURE_STEPS."""
GRAIN_STEPS: Final = 64
GRAIN_LIMIT: Final = 1023
COLOUR_LIMIT: Final = 2047
"""128 sample steps to either side."""
BODY_LIMIT: Final = 511
"""What passes from layer to layer, in magnitude."""

KNOT: Final = 128
"""Levels of quality between two rows of `offsets`."""
ROWS: Final = 9

FEATURE_MARGIN: Final = 3
"""Latents around a window of whose features its pixels depend: 1 of the tail, 1.25 of the head, 0.5 of the grain."""
MARGIN: Final = 12
"""Latents around a window on which its pixels depend: 6 + 3 + 1 of the features, 1.25 of the head, 0.5 of the grain."""


def shapes() -> Shapes:
    """Return dtype and shape of every array of the model file."""
    return integer_shapes(NETWORKS) | {"offsets": ("int16", (ROWS, FEATURES))}
