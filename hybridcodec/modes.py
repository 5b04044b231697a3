"""The two words that every user meets, mode and layer; apart from `image` so that a command line needs no numpy."""

from enum import StrEnum


class Mode(StrEnum):
    """What a file promises about the samples that come out of it."""

    LOSSLESS = "lossless"
    NEAR_LOSSLESS = "near-lossless"
    PERCEPTUAL = "perceptual"


class Layer(StrEnum):
    """Which of the two pictures in a file is meant."""

    EXACT = "exact"
    PERCEPTUAL = "perceptual"
