"""Checkpoints of a training run: safetensors with weights, Adam's moments and a few counters, replaced atomically."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file as load_arrays
from safetensors.torch import load_file, save
from torch import Tensor, nn

from hybridcodec.errors import InputError
from hybridcodec.storage.durable import publish, settle


def save_checkpoint(
    path: Path, network: nn.Module, optimiser: torch.optim.Optimizer, counters: dict[str, float]
) -> None:
    """Write all of a run's state to `path`; a reader sees the old file or the new one."""
    tensors: dict[str, Tensor] = {"network." + k: v for k, v in network.state_dict().items()}
    for (name, _), state in zip(network.named_parameters(), _states(network, optimiser), strict=True):
        tensors |= {f"adam.{name}.{k}": torch.as_tensor(v) for k, v in state.items()}
    tensors |= {"counter." + k: torch.tensor(v, dtype=torch.float64) for k, v in counters.items()}
    write_tensors(path, tensors)


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


def _states(network: nn.Module, optimiser: torch.optim.Optimizer) -> list[dict[str, Tensor]]:
    return [optimiser.state.get(p, {}) for p in network.parameters()]


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


def load_checkpoint(
    path: Path,
    network: nn.Module,
    optimiser: torch.optim.Optimizer | None = None,
    prepare: Callable[[dict[str, Tensor]], None] | None = None,
) -> dict[str, float]:
    """Restore what `save_checkpoint` wrote and return the counters.

    Args:
        path: the checkpoint.
        network: receives the weights.
        optimiser: receives Adam's moments, if given.
        prepare: called with the weights first, where the network's form depends on them.

    Raises:
        InputError: not a checkpoint.
    """
    tensors = read_tensors(path)
    weights = _below(tensors, "network.")
    if prepare is not None:
        prepare(weights)
    network.load_state_dict(weights)
    if optimiser is not None:
        for name, parameter in network.named_parameters():
            state = _below(tensors, f"adam.{name}.")
            if state:
                step = state.pop("step")
                optimiser.state[parameter] = {"step": step} | {k: v.to(parameter) for k, v in state.items()}
    return {k: float(v) for k, v in _below(tensors, "counter.").items()}


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
