"""The model files in this folder, oldest first; a new one is one line here, and stays from version 1.0.0 on."""

from dataclasses import dataclass
from typing import Final

from hybridcodec.modes import Effort


@dataclass(frozen=True)
class Shipped:
    """A model file.

    Attributes:
        digest: SHA-256 of the file, hexadecimal.
        architecture: what it is a model of; a coder says which it runs.
        analysis: name of the model that encodes for this one, where that is another file.
        effort: for which an encoder takes it, where there are several for one purpose.
        cost: time that decoding takes by it, in that of the usual effort.
    """

    digest: str
    architecture: str
    analysis: str = ""
    effort: Effort | None = None
    cost: float = 1.0


SHIPPED: Final = {
    "base-v2-analysis": Shipped(
        "1e3c91e9737fd39bc96f8ee866e016dab33d5278d47a429bd06148d3a326c383", "hyperprior-2-analysis"
    ),
    "base-v2": Shipped(
        "d336471ef64d44f6d5e3b9c4ca8a87786c97d787e8775dc1ec8a473b7fb9da75", "hyperprior-2", "base-v2-analysis"
    ),
    "display-v1": Shipped("386af3e767d3ac537265fd1134211bf0ccf7d8d9f53246b296d6535edf6b53d3", "texture-1"),
    "residual-v2-fast": Shipped(
        "8bcdcce8b984f2a63d7c888517e8989be13d04f2a1626dbb5c0034c4ed14d5a0", "adaptive-1", effort=Effort.FAST, cost=0.8
    ),
    "residual-v2-normal": Shipped(
        "b8ed8a8fd4d172ad398f0597fb3980dabf36e798990e896926f772e7c056095a", "adaptive-1", effort=Effort.NORMAL
    ),
    "residual-v3-best": Shipped(
        "cda348be148ad9b389f3c9906c18a3c0ff3120119b6c4999579e333e9a899d90", "adaptive-1", effort=Effort.BEST, cost=3.3
    ),
}
