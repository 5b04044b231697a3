"""The models that ship in the package, found by their SHA-256; see `store`."""

from hybridcodec.models.store import (
    DEFAULT_ANALYSIS,
    DEFAULT_BASE,
    DEFAULT_DISPLAY,
    DEFAULT_RESIDUAL,
    analysis_of,
    architecture_of,
    effort_of,
    is_shipped,
    load_tensors,
    models_of,
    residual_for,
)

__all__ = [
    "DEFAULT_ANALYSIS",
    "DEFAULT_BASE",
    "DEFAULT_DISPLAY",
    "DEFAULT_RESIDUAL",
    "analysis_of",
    "architecture_of",
    "effort_of",
    "is_shipped",
    "load_tensors",
    "models_of",
    "residual_for",
]
