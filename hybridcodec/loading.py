"""From the hash of a model to a coder that is ready: hash -> bytes -> architecture -> coder -> model.

The one place that remembers models: building one costs as much as decoding a small picture.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from hybridcodec import base, models, residual


@dataclass(frozen=True)
class Loaded:
    """A base coder with the model that a file names."""

    coder: base.BaseCoder
    model: Any


@cache
def load_base(digest: str) -> Loaded:
    """Return what decodes base layers of the model with this SHA-256, hexadecimal.

    Raises:
        ModelError: no shipped model has this hash, its file is altered, or it is no model of a base coder.
    """
    coder = base.coder_for(models.architecture_of(digest))
    return Loaded(coder, coder.load(models.load_tensors(digest)))


@cache
def load_analysis(digest: str) -> Any:
    """Return the model that encodes for the base model with this SHA-256; raises as `load_base`."""
    return load_base(digest).coder.load_analysis(models.load_tensors(models.analysis_of(digest)))


@cache
def load_residual(digest: str) -> Any:
    """Return the residual model with this SHA-256; raises as `load_base`."""
    return residual.coder_for(models.architecture_of(digest)).load(models.load_tensors(digest))


def load_residual_models(digests: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the residual models with these SHA-256, by architecture; raises as `load_base`."""
    return {models.architecture_of(digest): load_residual(digest) for digest in digests}


def forget() -> None:
    """Load models anew when they are next asked for; for tests, and for whoever replaced a file."""
    for remembered in (load_base, load_analysis, load_residual, models.store.load_tensors):
        remembered.cache_clear()
