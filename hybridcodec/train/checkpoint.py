"""Checkpoints of a training run: safetensors with weights, Adam's moments and a few counters, replaced atomically."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from hybridcodec.errors import InputError


def save_checkpoint(
    path: Path, network: nn.Module, optimiser: torch.optim.Optimizer, counters: dict[str, float]
) -> None:
    """Write all of a run's state to `path`; a reader sees the old file or the new one."""
    tensors: dict[str, Tensor] = {"network." + k: v for k, v in network.state_dict().items()}
    for (name, _), state in zip(network.named_parameters(), _states(network, optimiser), strict=True):
        tensors |= {f"adam.{name}.{k}": torch.as_tensor(v) for k, v in state.items()}
    tensors |= {"counter." + k: torch.tensor(v, dtype=torch.float64) for k, v in counters.items()}
    temporary = path.with_name(path.name + ".tmp")
    save_file({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, str(temporary))
    os.replace(temporary, path)


def _states(network: nn.Module, optimiser: torch.optim.Optimizer) -> list[dict[str, Tensor]]:
    return [optimiser.state.get(p, {}) for p in network.parameters()]


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
    try:
        tensors = load_file(str(path))
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: not a checkpoint ({error})") from error
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
