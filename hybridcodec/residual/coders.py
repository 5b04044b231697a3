"""The coders of residual tiles that this version has: one line each."""

from typing import Final

from hybridcodec.errors import ModelError, UnsupportedError
from hybridcodec.residual.adaptive.coder import Adaptive
from hybridcodec.residual.coder import TileCoder
from hybridcodec.residual.index.coder import Index
from hybridcodec.residual.page.coder import Page
from hybridcodec.residual.stored.coder import Stored
from hybridcodec.residual.wide.coder import Wide

CODERS: Final[tuple[TileCoder, ...]] = (Wide(), Page(), Index(), Stored(), Adaptive())


def coder_of(number: int) -> TileCoder:
    """Return the coder that a tile table calls `number`.

    Raises:
        UnsupportedError: this version has none.
    """
    for coder in CODERS:
        if coder.number == number:
            return coder
    raise UnsupportedError(f"a tile is coded by residual coder {number}, which this version does not have")


def coder_for(architecture: str) -> TileCoder:
    """Return the coder whose models have this architecture.

    Raises:
        ModelError: this version has none.
    """
    for coder in CODERS:
        if coder.architecture == architecture:
            return coder
    raise ModelError(f"no residual coder runs models of the architecture {architecture!r}")
