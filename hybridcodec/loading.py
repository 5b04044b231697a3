"""From the hash of a model to a coder that is ready: hash -> bytes -> architecture -> coder -> model.

The one place that remembers models: building one costs as much as decoding a small picture. `Decoders` is all of it as
one value, which whoever breaks things on purpose gives in the place of `DECODERS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from hybridcodec import base, models, residual
from hybridcodec.generative.coder import DisplayCoder
from hybridcodec.generative.coders import coder_for as display_coder_for
from hybridcodec.residual import TileCoder, coder_of

Tensors = Callable[[str], Mapping[str, Any]]
"""From the SHA-256 of a model, hexadecimal, to its arrays: `models.load_tensors`."""


@dataclass(frozen=True)
class Loaded:
    """A base coder with the model that a file names."""

    coder: base.BaseCoder
    model: Any


@dataclass(frozen=True)
class LoadedDisplay:
    """A display coder with the model that a file names."""

    coder: DisplayCoder
    model: Any


@cache
def load_display(digest: str) -> LoadedDisplay:
    """Return what makes display pictures by the model with this SHA-256; raises as `load_base`."""
    return _display(digest, models.load_tensors)


@dataclass(frozen=True)
class Decoders:
    """How what decodes layers is found.

    Attributes:
        base: the base coder of a model with this SHA-256, hexadecimal, and the model; raises as `load_base`.
        residual: the residual model with this SHA-256; raises as `load_base`.
        tile_coder: the residual coder that a tile table calls so; raises UnsupportedError where there is none.
        display: the display coder of a model with this SHA-256, and the model; raises as `load_base`.
    """

    base: Callable[[str], Loaded]
    residual: Callable[[str], Any]
    tile_coder: Callable[[int], TileCoder] = coder_of
    display: Callable[[str], LoadedDisplay] = load_display

    @classmethod
    def of(cls, tensors: Tensors) -> "Decoders":
        """Return decoders that run on other arrays than those of this version's model files."""
        return cls(
            lambda digest: _base(digest, tensors),
            lambda digest: _residual(digest, tensors),
            display=lambda digest: _display(digest, tensors),
        )

    def residual_models(self, digests: tuple[str, ...]) -> Mapping[str, Any]:
        """Return the residual models with these SHA-256, by architecture; raises as `load_base`."""
        return {models.architecture_of(digest): self.residual(digest) for digest in digests}


@cache
def load_base(digest: str) -> Loaded:
    """Return what decodes base layers of the model with this SHA-256, hexadecimal.

    Raises:
        ModelError: no shipped model has this hash, its file is altered, or it is no model of a base coder.
    """
    return _base(digest, models.load_tensors)


@cache
def load_analysis(digest: str) -> Any:
    """Return the model that encodes for the base model with this SHA-256; raises as `load_base`."""
    return load_base(digest).coder.load_analysis(models.load_tensors(models.analysis_of(digest)))


@cache
def load_residual(digest: str) -> Any:
    """Return the residual model with this SHA-256; raises as `load_base`."""
    return _residual(digest, models.load_tensors)


DECODERS: Final = Decoders(load_base, load_residual)
"""Those of this version."""


def forget() -> None:
    """Load models anew when they are next asked for; for tests, and for whoever replaced a file."""
    for remembered in (load_base, load_analysis, load_residual, load_display, models.store.load_tensors):
        remembered.cache_clear()


def _base(digest: str, tensors: Tensors) -> Loaded:
    coder = base.coder_for(models.architecture_of(digest))
    return Loaded(coder, coder.load(tensors(digest)))


def _residual(digest: str, tensors: Tensors) -> Any:
    return residual.coder_for(models.architecture_of(digest)).load(tensors(digest))


def _display(digest: str, tensors: Tensors) -> LoadedDisplay:
    coder = display_coder_for(models.architecture_of(digest))
    return LoadedDisplay(coder, coder.load(tensors(digest)))
