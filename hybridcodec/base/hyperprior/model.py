"""The integer half of the base layer: hyper-synthesis, synthesis and frequency tables, as a model file holds them.

`analysis` is the other half, which runs in the encoder only and in floating point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.hyperprior.schema import (
    G_S,
    H_S,
    HYPER_LATENTS,
    HYPER_LIMIT,
    LATENT_LIMIT,
    SCALES,
    Layer,
    decoder_shapes,
)
from hybridcodec.entropy import TOTAL
from hybridcodec.errors import ModelError
from hybridcodec.integer import Activation, Convolution, Network, PixelShuffle, Requantisation, Stage

Arrays = Mapping[str, NDArray[Any]]
MAX_COLUMNS = 1024


@dataclass(frozen=True)
class BaseModel:
    """A decoder of base layers, proven and ready to use."""

    h_s: Network
    """z_hat (h, w, HYPER_LATENTS) to means and scale indices (4 h, 4 w, 2 * LATENTS)."""
    g_s: Network
    """y_hat (h, w, LATENTS) to RGB (16 h, 16 w, 3), see schema for the units."""
    y_tables: NDArray[np.int32]
    """(SCALES, columns): frequencies of -R..R and, last, of the escape; columns = 2 R + 2."""
    z_tables: NDArray[np.int32]
    """(HYPER_LATENTS, columns), as above."""

    @classmethod
    def from_tensors(cls, tensors: Arrays) -> BaseModel:
        """Build from the arrays of a model file.

        Raises:
            ModelError: an array is missing, unknown, of another type or shape, or a bound is broken.
        """
        tables = {"tables.y": SCALES, "tables.z": HYPER_LATENTS}
        check_arrays({k: v for k, v in tensors.items() if k not in tables}, decoder_shapes())
        return cls(
            h_s=_network("h_s", H_S, tensors, HYPER_LIMIT),
            g_s=_network("g_s", G_S, tensors, LATENT_LIMIT),
            y_tables=_tables(tensors, "tables.y", SCALES),
            z_tables=_tables(tensors, "tables.z", HYPER_LATENTS),
        )


def check_arrays(arrays: Arrays, shapes: Mapping[str, tuple[str, tuple[int, ...]]]) -> None:
    """Raise ModelError unless names, types and shapes are exactly those of the schema."""
    if arrays.keys() != shapes.keys():
        odd = sorted(arrays.keys() ^ shapes.keys())
        raise ModelError(f"model file: expected {len(shapes)} arrays, found {len(arrays)}; {odd[0]} does not match")
    for name, (dtype, shape) in shapes.items():
        found = arrays[name]
        if found.dtype != np.dtype(dtype) or found.shape != shape:
            raise ModelError(f"{name}: expected {dtype} {shape}, found {found.dtype} {found.shape}")


def _network(name: str, layers: tuple[Layer, ...], tensors: Arrays, limit: int) -> Network:
    arriving, stages = limit, []
    for layer in layers:
        made = _stage(f"{name}.{layer.name}", layer, tensors, arriving)
        arriving = made.activation.magnitude
        stages.append(made)
    return Network(name, tuple(stages), Activation(-limit, limit))


def _stage(name: str, layer: Layer, tensors: Arrays, arriving: int) -> Stage:
    low, high = (int(v) for v in tensors[name + ".limits"])
    if layer.relu and low != 0:
        raise ModelError(f"{name}: a clipped ReLU starts at 0, found {low}")
    convolution = Convolution(
        name=name,
        weight=tensors[name + ".weight"],
        bias=tensors[name + ".bias"],
        requantisation=Requantisation(tensors[name + ".shift"].astype(np.int64)),
        max_input=arriving,
    )
    return Stage(convolution, PixelShuffle(layer.upscale), Activation(low, high), layer.block)


def _tables(tensors: Arrays, name: str, rows: int) -> NDArray[np.int32]:
    if name not in tensors:
        raise ModelError(f"model file: {name} is missing")
    table = tensors[name]
    columns = table.shape[-1] if table.ndim == 2 else 0
    if table.dtype != np.uint16 or table.shape[:1] != (rows,) or not 4 <= columns <= MAX_COLUMNS or columns % 2:
        raise ModelError(f"{name}: expected uint16 ({rows}, even number of columns), found {table.dtype} {table.shape}")
    frequencies = table.astype(np.int32)
    if frequencies.min() < 1 or (frequencies.sum(axis=1) != TOTAL).any():
        raise ModelError(f"{name}: frequencies must be at least 1 and sum to {TOTAL} in every row")
    return frequencies
