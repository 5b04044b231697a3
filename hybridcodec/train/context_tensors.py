"""Trained context networks, and the tables beside them, as the integers of a model file."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hybridcodec.residual.adaptive import features, mixture
from hybridcodec.residual.adaptive.network import WEIGHT_BITS
from hybridcodec.train.context_network import ChannelNetwork


def tables() -> dict[str, NDArray[np.int32]]:
    """The fixed tables of a model file; floating point here, integers ever after."""
    scale = np.maximum(np.arange(features.MAX_SCALE + 1), 1) / 16
    logs = np.arange(mixture.LOG_SCALE_LOW, mixture.LOG_SCALE_HIGH + 1) / mixture.SCALE_STEPS
    widths = np.exp(logs)
    inverse = (1 << mixture.INVERSE_BITS) * mixture.TABLE_UNIT / (mixture.MEAN_UNIT * widths)
    return {
        "logs": np.rint(features.UNIT * np.log(scale)).astype(np.int32),
        "scales": np.rint(mixture.MEAN_UNIT * widths).astype(np.int32),
        "inverses": np.rint(inverse).astype(np.int32),
        "exponentials": np.rint(65536 * np.exp(-np.arange(4096) / mixture.OUTPUT_UNIT)).astype(np.int32),
    }


def network_tensors(network: ChannelNetwork, c: int) -> dict[str, NDArray[np.int32]]:
    """Round the network of a channel to the arrays of a model file."""
    unit, found = 1 << WEIGHT_BITS, {}
    for name, layer in {"w1": network.first, "w2": network.second, "w3": network.out}.items():
        found[f"{c}.{name}"] = _rounded(layer.weight, unit)
        found[f"{c}.b{name[1]}"] = _rounded(layer.bias, unit * features.UNIT)
    found[f"{c}.linear"] = _rounded(network.linear.weight, unit)
    z = torch.arange(mixture.TABLE_SIZE, dtype=torch.float64) / mixture.TABLE_UNIT - mixture.TABLE_REACH
    with torch.inference_mode():
        values = network.cpu().double().cumulative(z[:, None]).T  # (COMPONENTS, TABLE_SIZE)
    found[f"{c}.cumulative"] = _rounded(values, 1 << mixture.TOTAL_BITS)
    return found


def _rounded(values: Tensor, unit: int) -> NDArray[np.int32]:
    exact = np.ascontiguousarray(values.detach().double().cpu().numpy())
    rounded: NDArray[np.int32] = np.rint(exact * unit).astype(np.int32)
    return rounded
