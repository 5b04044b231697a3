"""Integer networks: layers whose result no machine can change, with the proof of that.

`proof` bounds accumulators, `layers` says what a layer is and computes it in floating point, `words` and
`halves` in 16-bit integers, `network` chains layers, `reference` does the same in int64.
"""

from hybridcodec.integer.layers import Activation, Convolution, PixelShuffle, Requantisation
from hybridcodec.integer.network import Block, Network, Stage
from hybridcodec.integer.proof import (
    FLOAT32_LIMIT,
    FLOAT64_LIMIT,
    INT32_LIMIT,
    Integers,
    accumulator_bounds,
    check_accumulators,
)

__all__ = [
    "FLOAT32_LIMIT",
    "FLOAT64_LIMIT",
    "INT32_LIMIT",
    "Activation",
    "Block",
    "Convolution",
    "Integers",
    "Network",
    "PixelShuffle",
    "Requantisation",
    "Stage",
    "accumulator_bounds",
    "check_accumulators",
]
