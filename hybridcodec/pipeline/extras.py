"""What settings need beside the package itself: looked for once, before a run, and not found missing by every file."""

from functools import partial
from importlib import import_module

from hybridcodec.base.square import with_torch
from hybridcodec.errors import UnsupportedError
from hybridcodec.modes import Effort, Mode
from hybridcodec.pipeline.profiles import Settings

REFINING = "an effort of best for previews"


def needs_torch(settings: Settings) -> bool:
    """Tell whether files by these settings are refined previews."""
    return settings.mode is Mode.PERCEPTUAL and settings.effort is Effort.BEST


def without_torch() -> str:
    """Return why this process cannot refine previews; empty where it can."""
    try:
        with_torch(partial(import_module, "hybridcodec.base.floats"), REFINING)
    except UnsupportedError as error:
        return str(error)
    return ""
