"""A base model and an analysis with random weights, small enough in value to satisfy the proof."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.hyperprior.analysis import Analysis
from hybridcodec.base.hyperprior.model import BaseModel
from hybridcodec.base.hyperprior.schema import HYPER_LATENTS, NETWORKS, analysis_shapes, decoder_shapes
from hybridcodec.base.units import SCALES

Arrays = dict[str, NDArray[Any]]


def decoder_arrays(seed: int = 1) -> Arrays:
    rng = np.random.default_rng(seed)
    arrays: Arrays = {}
    for name, (dtype, shape) in decoder_shapes().items():
        kind = name.rsplit(".", 1)[1]
        if kind == "weight":
            arrays[name] = rng.integers(-20, 21, shape).astype(dtype)
        elif kind == "bias":
            arrays[name] = rng.integers(-2000, 2001, shape).astype(dtype)
        elif kind == "shift":
            arrays[name] = rng.integers(8, 11, shape).astype(dtype)
    for network in ("h_s", "g_s"):
        for layer in NETWORKS[network]:
            low = 0 if layer.relu else -511
            arrays[f"{network}.{layer.name}.limits"] = np.array([low, 511], np.int32)
    arrays["h_s.out.limits"] = np.array([-2047, 2047], np.int32)
    arrays["g_s.out.limits"] = np.array([-8191, 8191], np.int32)
    return arrays | {"tables.y": table(rng, SCALES, 10), "tables.z": table(rng, HYPER_LATENTS, 8)}


def table(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.uint16]:
    frequencies = rng.integers(1, 65536 // columns, (rows, columns))
    frequencies[:, columns // 2 - 1] += 65536 - frequencies.sum(1)
    return frequencies.astype(np.uint16)


def analysis_arrays(seed: int = 2) -> Arrays:
    rng = np.random.default_rng(seed)
    return {
        name: (rng.standard_normal(shape) * 3 / np.sqrt(np.prod(shape[1:]))).astype(dtype)
        for name, (dtype, shape) in analysis_shapes().items()
    }


def random_model(seed: int = 1) -> BaseModel:
    return BaseModel.from_tensors(decoder_arrays(seed))


def random_analysis(seed: int = 2) -> Analysis:
    return Analysis.from_tensors(analysis_arrays(seed))


def photograph_like(height: int, width: int, channels: int = 3, seed: int = 3) -> NDArray[np.uint8]:
    """Smooth shapes and a little noise, uint8 (height, width, channels)."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    waves = [
        127 + 60 * np.sin(rows / rng.uniform(5, 40)) + 60 * np.cos(columns / rng.uniform(5, 40))
        for _ in range(channels)
    ]
    return (np.stack(waves, 2) + rng.normal(0, 4, (height, width, channels))).clip(0, 255).astype(np.uint8)
