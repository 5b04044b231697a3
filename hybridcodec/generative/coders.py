"""The coders of display pictures that this version has: one line each."""

from typing import Final

from hybridcodec.errors import ModelError
from hybridcodec.generative.coder import DisplayCoder
from hybridcodec.generative.texture.coder import Texture

CODERS: Final[tuple[DisplayCoder, ...]] = (Texture(),)


def coder_for(architecture: str) -> DisplayCoder:
    """Return the coder whose models have this architecture.

    Raises:
        ModelError: this version has none.
    """
    for coder in CODERS:
        if coder.architecture == architecture:
            return coder
    raise ModelError(f"no display coder runs models of the architecture {architecture!r}")
