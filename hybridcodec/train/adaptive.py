"""From trained networks to a model of the coder that adapts: experts of a design, integers, and how fast they follow.

Networks are those of `context_network`, trained on the features of the design's experts, in one safetensors file with
the weights of channel c under PREFIX.c.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from hybridcodec.errors import InputError
from hybridcodec.residual.adaptive.channel_model import CHANNELS
from hybridcodec.residual.adaptive.contexts import BLEND, Design, as_array
from hybridcodec.residual.adaptive.features import count_features
from hybridcodec.residual.adaptive.model import RATE_BITS
from hybridcodec.train.context_network import ChannelNetwork
from hybridcodec.train.context_tensors import network_tensors, tables

RATES: Final = (7e-4, 7e-4, 0.9, 0.99, 1e-5, 1e-3, 0.98, 1e-8, 1e-3)
"""Those of `model.Rates` that are shares: what was best on held-out photographs by adapting networks of any size."""
CLIP, SAMPLES, DRIFT = 4, 8, 1024
"""The others: gradients beyond 4 are rare and wild; fewer samples than 8 say little; no weight went further than 1."""
THRESHOLDS: Final = (64, 45, 160, 77, 38)
"""Half a local error has a sign; fifths of errors; steps of 0.6 and 0.3 of the logarithm of the scale."""

Arrays = dict[str, NDArray[np.int32]]


def adaptive_tensors(networks: list[ChannelNetwork], design: Design) -> Arrays:
    """Return the arrays of a model file: trained networks of a design, in coding order of channels, as integers."""
    tensors = tables()
    shares = [round(rate * (1 << RATE_BITS)) for rate in RATES]
    tensors["rates"] = np.array([*shares, CLIP, SAMPLES, DRIFT], np.int32)
    tensors["thresholds"] = np.array(THRESHOLDS, np.int32)
    for c, network in enumerate(networks):
        for e, recipe in enumerate(design.experts):
            tensors[f"{c}.context.{e}"] = as_array(recipe.context(c))
        for e, recipe in enumerate(design.phased):
            tensors[f"{c}.phased.{e}"] = as_array(recipe.context(c))
            tensors[f"{c}.phased"] = np.array([each.settings for each in design.phased], np.int32)
        tensors[f"{c}.experts"] = np.array([recipe.settings for recipe in (*design.experts, BLEND)], np.int32)
        tensors |= network_tensors(network, c)
    return tensors


def load_networks(path: Path, prefix: str, design: Design) -> list[ChannelNetwork]:
    """Return the networks of a checkpoint whose weights are named PREFIX.channel.weight.

    Raises:
        InputError: it holds no such networks, or of other sizes.
    """
    try:
        return networks_of(load_file(str(path)), prefix, design)
    except (SafetensorError, InputError) as error:
        raise InputError(f"{path}: no networks {prefix}.* of {design.hidden} hidden units: {error}") from error


def networks_of(tensors: Mapping[str, Tensor], prefix: str, design: Design) -> list[ChannelNetwork]:
    """Return the networks of some tensors; see `load_networks`."""
    networks = []
    for c in range(CHANNELS):
        network = ChannelNetwork(count_features(c, len(design.experts)), design.hidden)
        try:
            network.load_state_dict(
                {name: tensors[f"{prefix}.{c}.{name}"].reshape(v.shape) for name, v in network.state_dict().items()}
            )
        except (KeyError, RuntimeError) as error:
            raise InputError(f"{prefix}.{c}: {error}") from error
        networks.append(network.eval())
    return networks


def random_networks(design: Design, seed: int) -> list[ChannelNetwork]:
    """Return untrained networks of a design, for trials of speed."""
    torch.manual_seed(seed)
    return [ChannelNetwork(count_features(c, len(design.experts)), design.hidden) for c in range(CHANNELS)]
