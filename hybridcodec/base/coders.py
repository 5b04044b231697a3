"""The coders of base pictures that this version has: one line each."""

from typing import Final

from hybridcodec.base.coder import BaseCoder
from hybridcodec.base.variable.coder import VariableRate
from hybridcodec.errors import ModelError, UnsupportedError

CODERS: Final[tuple[BaseCoder, ...]] = (VariableRate(),)


def coder_of(number: int) -> BaseCoder:
    """Return the coder that a tile table calls `number`.

    Raises:
        UnsupportedError: this version has none.
    """
    for coder in CODERS:
        if coder.number == number:
            return coder
    raise UnsupportedError(f"the preview is coded by base coder {number}, which this version does not have")


def coder_for(architecture: str) -> BaseCoder:
    """Return the coder whose models have this architecture.

    Raises:
        ModelError: this version has none.
    """
    for coder in CODERS:
        if coder.architecture == architecture:
            return coder
    raise ModelError(f"no base coder runs models of the architecture {architecture!r}")
