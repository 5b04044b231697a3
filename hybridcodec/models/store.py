"""Model files by content: safetensors in this folder, named by `SHIPPED`, proven by SHA-256 before they are read.

A .hyc file names the hashes of the models that it needs. A released model stays here for ever; a hash that is not here
is an error that names it. Nothing is ever downloaded, nothing is unpickled.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from hybridcodec.errors import ModelError
from hybridcodec.models.shipped import SHIPPED, Shipped
from hybridcodec.modes import Effort
from hybridcodec.storage.regular import open_regular

FOLDER: Final = Path(__file__).parent
MAX_BYTES: Final = 16_000_000
"""Largest model file that is read."""
DEFAULT_BASE: Final = SHIPPED["base-v2"].digest
DEFAULT_ANALYSIS: Final = SHIPPED["base-v2-analysis"].digest
DEFAULT_RESIDUAL: Final = SHIPPED["residual-v2-normal"].digest
DEFAULT_DISPLAY: Final = SHIPPED["display-v1"].digest
"""What the encoder writes with, at the usual effort."""


@cache
def load_tensors(digest: str, folder: Path | None = None) -> Mapping[str, NDArray[Any]]:
    """Return the arrays of the model file with this SHA-256 (hexadecimal); they must not be changed.

    `folder` is where model files lie, if not here.

    Raises:
        ModelError: no shipped model has this hash, or its file is missing or altered.
    """
    name, _ = _shipped(digest)
    data = _read((folder or FOLDER) / f"{name}.safetensors")
    found = hashlib.sha256(data).hexdigest()
    if found != digest:
        raise ModelError(f"the model {name} was altered: its hash is {found}, expected {digest}; reinstall")
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise ModelError(f"the model {name} is no safetensors file: {error}") from error
    for array in tensors.values():
        array.flags.writeable = False
    return tensors


def found_models() -> dict[str, str]:
    """Return name and SHA-256 (hexadecimal) of every shipped model as its file is now; unreadable ones are left out."""
    found = {}
    for name in SHIPPED:
        with suppress(ModelError):
            found[name] = hashlib.sha256(_read(FOLDER / f"{name}.safetensors")).hexdigest()
    return found


def _read(path: Path) -> bytes:
    """Return a model file: a regular file of at most MAX_BYTES, whatever stands in its place."""
    try:
        with open_regular(path) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ModelError(f"the model {path.stem} cannot be read: {error.strerror}; reinstall the package") from error
    if len(data) > MAX_BYTES:
        raise ModelError(f"the model {path.stem} was altered: it has more than {MAX_BYTES:,} bytes; reinstall")
    return data


def is_shipped(digest: str) -> bool:
    """Tell whether this version knows the model with this SHA-256, hexadecimal."""
    return any(shipped.digest == digest for shipped in SHIPPED.values())


def architecture_of(digest: str) -> str:
    """Return what the model with this SHA-256 is a model of.

    Raises:
        ModelError: no shipped model has this hash.
    """
    return _shipped(digest)[1].architecture


def analysis_of(digest: str) -> str:
    """Return the SHA-256 of the model that encodes for the one with this SHA-256.

    Raises:
        ModelError: no shipped model has this hash, or there is no such model.
    """
    name, shipped = _shipped(digest)
    if shipped.analysis not in SHIPPED:
        raise ModelError(f"the model {name} has no analysis beside it, so nothing can be encoded for it")
    return SHIPPED[shipped.analysis].digest


def residual_for(architecture: str, effort: Effort = Effort.NORMAL) -> str:
    """Return the SHA-256, hexadecimal, of the newest residual model of an architecture, at an effort if it has any.

    Raises:
        ModelError: there is none.
    """
    found = [s for s in SHIPPED.values() if s.architecture == architecture and s.effort in (effort, None)]
    if not found:
        raise ModelError(f"no model of the architecture {architecture!r} is shipped")
    return found[-1].digest


def models_of(architecture: str) -> tuple[str, ...]:
    """Return the SHA-256, hexadecimal, of every model of an architecture, the oldest first."""
    return tuple(shipped.digest for shipped in SHIPPED.values() if shipped.architecture == architecture)


def effort_of(digest: str) -> tuple[Effort, float] | None:
    """Return the effort of the model with this SHA-256, and what decoding by it takes; None where it has none."""
    for shipped in SHIPPED.values():
        if shipped.digest == digest and shipped.effort is not None:
            return shipped.effort, shipped.cost
    return None


def _shipped(digest: str) -> tuple[str, Shipped]:
    for name, shipped in SHIPPED.items():
        if shipped.digest == digest:
            return name, shipped
    raise ModelError(f"this file needs the model {digest}, which this version does not have")
