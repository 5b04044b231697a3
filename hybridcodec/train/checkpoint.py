"""Checkpoints of a training run: safetensors with weights, Adam's moments and a few counters, replaced atomically."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file as load_arrays
from safetensors.torch import load_file, save
from torch import Tensor

from hybridcodec.errors import InputError
from hybridcodec.storage.durable import publish, settle


def save_state(path: Path, tensors: Mapping[str, Tensor], counters: Mapping[str, float]) -> None:
    """Write the state of a loop to `path`; a reader sees the old file or the new one."""
    named = {"state." + k: v for k, v in tensors.items()}
    named |= {"counter." + k: torch.tensor(v, dtype=torch.float64) for k, v in counters.items()}
    write_tensors(path, named)


def load_state(path: Path) -> tuple[dict[str, Tensor], dict[str, float]]:
    """Return what `save_state` wrote.

    Raises:
        InputError: not a checkpoint.
    """
    tensors = read_tensors(path)
    return _below(tensors, "state."), {k: float(v) for k, v in _below(tensors, "counter.").items()}


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write tensors to `path`, which holds its old content or all of the new, whenever the process ends."""
    write_whole(path, save({k: v.detach().cpu().contiguous() for k, v in tensors.items()}))


def write_whole(path: Path, data: bytes) -> None:
    """Write `path`, which holds its old content or all of the new, whenever the process or the machine ends."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("wb") as file:
        file.write(data)
        settle(file)
    publish(temporary, path, replace=True)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file.

    Raises:
        InputError: not a checkpoint.
    """
    with _as_ours(path):
        return load_file(str(path))


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a model file; raises as `read_tensors`."""
    with _as_ours(path):
        found: dict[str, NDArray[Any]] = load_arrays(str(path))
        return found


@contextmanager
def _as_ours(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: not a checkpoint ({error})") from error


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
