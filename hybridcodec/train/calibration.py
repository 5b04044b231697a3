"""From a free float network to one on the integer grid: which values pass, hence which scales serve."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor

from hybridcodec.base.hyperprior.schema import HYPER_LIMIT, LATENT_LIMIT, LATENTS
from hybridcodec.base.units import MEAN_STEPS, PIXELS_PER_UNIT, SAMPLE_STEPS
from hybridcodec.errors import ModelError
from hybridcodec.train.checkpoint import load_checkpoint
from hybridcodec.train.data import Crops, PictureSet
from hybridcodec.train.network import BaseNetwork, Chain
from hybridcodec.train.quantised import Ends, QuantisedChain, calibrate

CALIBRATION_CROPS = 64
OUTPUT_LIMIT = (1 << 13) - 1
"""Of `g_s`: 512 sample steps to either side."""


def load_network(path: Path, network: BaseNetwork, optimiser: torch.optim.Optimizer | None = None) -> dict[str, float]:
    """Restore a checkpoint of either kind, free or on the integer grid, and return its counters."""

    def prepare(weights: dict[str, Tensor]) -> None:
        for name, limit in (("h_s", HYPER_LIMIT), ("g_s", LATENT_LIMIT)):
            chain = getattr(network, name)
            state = {k.removeprefix(name + "."): v for k, v in weights.items() if k.startswith(name + ".grid_")}
            if state and isinstance(chain, Chain):
                setattr(network, name, QuantisedChain.from_state(chain, state, limit))

    return load_checkpoint(path, network, optimiser, prepare)


def quantise_network(network: BaseNetwork, pictures: PictureSet, seed: int = 1) -> None:
    """Replace `h_s` and `g_s` of a trained float network by their twins on the integer grid, in place."""
    if not isinstance(network.h_s, Chain) or not isinstance(network.g_s, Chain):
        raise ModelError("this network is quantised already")
    device = next(network.parameters()).device
    samples = Crops(pictures.training, 256, seed).batch(CALIBRATION_CROPS).to(device).float()
    z_hats, y_hats = [], []
    with torch.no_grad():
        for part in torch.split(samples, 8):
            y = network.analyse(part)
            z_hats.append(torch.round(network.h_a(y)))
            mean, _ = network.parameters_of_y(z_hats[-1])
            mean = torch.round(mean * MEAN_STEPS) / MEAN_STEPS
            y_hats.append(torch.round(y - mean) + mean)
    exponents = torch.tensor([math.log2(MEAN_STEPS)] * LATENTS + [0.0] * LATENTS)
    network.h_s = calibrate(network.h_s, z_hats, Ends(0, HYPER_LIMIT, exponents, LATENT_LIMIT))
    exponents = torch.full((3,), math.log2(PIXELS_PER_UNIT * SAMPLE_STEPS))
    ends = Ends(int(math.log2(MEAN_STEPS)), LATENT_LIMIT, exponents, OUTPUT_LIMIT)
    network.g_s = calibrate(network.g_s, y_hats, ends)
