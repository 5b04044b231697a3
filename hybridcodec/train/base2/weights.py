"""Weights of base 2 in files: float16, or kernels of 8 bits with a unit per output; and where a network begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from hybridcodec.errors import InputError
from hybridcodec.train.base2.layers import power_unit
from hybridcodec.train.base2.network import LATENTS, Base2, at_knots
from hybridcodec.train.checkpoint import read_tensors

ENCODER = "g_a.", "h_a."
"""Networks that only the encoder runs; the linear path apart, whose weights need 16 bits."""
BLOCK_STEP = 64 / 120
"""What a principal component is multiplied by: a step of 120 levels at gain 1."""


def read_weights(files: Sequence[Path]) -> dict[str, Tensor]:
    """Return all tensors of several files, weights of 8 bits times their units.

    Raises:
        InputError: one of them is no safetensors file.
    """
    found: dict[str, Tensor] = {}
    for path in files:
        found |= read_tensors(path)
    units = {k: found.pop(k) for k in sorted(found) if k.endswith(".unit")}
    return found | {k[:-5] + ".weight": found[k[:-5] + ".weight"].float() * v for k, v in units.items()}


def packed(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors with kernels as 8 bits and a unit per output: a power of two in the decoder."""
    found: dict[str, Tensor] = {}
    for name, value in weights.items():
        whole = value.float()
        if value.ndim != 4 or name.startswith("lin_"):
            found[name] = value.half()
            continue
        unit = whole.abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-6) / 127
        if not name.startswith(ENCODER):
            unit = power_unit(whole)
        found[name], found[name[:-7] + ".unit"] = torch.round(whole / unit).to(torch.int8), unit
    return found


def begin(network: Base2, weights: Mapping[str, Tensor]) -> None:
    """Load weights of this network or of a narrower one; new units speak to nothing old yet, so the function stays.

    Raises:
        InputError: a tensor has another name, or is larger than the network's.
    """
    new = network.state_dict()
    for name, value in weights.items():
        into = new.get(name)
        if into is None or into.ndim != value.ndim or any(a > b for a, b in zip(value.shape, into.shape, strict=True)):
            wanted = "nothing of that name" if into is None else f"at most {tuple(into.shape)}"
            raise InputError(f"weights to start from: {name} is {tuple(value.shape)}, expected {wanted}")
        if into.ndim == 4:
            into[: value.shape[0], value.shape[1] :] = 0
        into[tuple(slice(n) for n in value.shape)] = value.float()
    network.load_state_dict(new)


@torch.no_grad()
def begin_linear(network: Base2, crops: Tensor) -> None:
    """Begin as a transform of blocks: latents are principal components of 16x16 squares of crops (N, 3, H, W).

    Hyper-latents begin with a standard deviation of 1: where they are all 0, nothing is learned of them.
    """
    blocks = F.pixel_unshuffle((crops.float() - 128) / 64, 16).transpose(0, 1).flatten(1)
    _, vectors = torch.linalg.eigh(blocks @ blocks.T / blocks.shape[1])
    basis = vectors.flip(1)[:, :LATENTS].T
    network.lin_a.weight.copy_((basis * BLOCK_STEP)[:, :, None, None])
    network.lin_s.c.weight.copy_((basis.T / BLOCK_STEP)[:, :, None, None])
    for last in (network.g_a[-1], network.g_s.layers[-1]):
        for parameter in last.parameters():
            parameter.zero_()
    middle = at_knots(network.log_gain, torch.full((len(crops),), 0.5)).exp()
    z = network.h_a(network.analyse(crops.float()) * middle / 4)
    next(network.h_a[-1].parameters()).div_(z.std())
