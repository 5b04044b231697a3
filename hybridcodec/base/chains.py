"""Networks as flat chains of layers: one description for the float network, its integer twin and the model file.

Residual blocks are pairs of layers: the first has `block=Block.ENTER`, the second `block=Block.LEAVE` and adds the
value that entered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy import TOTAL
from hybridcodec.errors import ModelError
from hybridcodec.integer import Activation, Block, Convolution, Network, PixelShuffle, Requantisation, Stage

Arrays = Mapping[str, NDArray[Any]]
Shapes = dict[str, tuple[str, tuple[int, ...]]]
MAX_COLUMNS: Final = 1024


@dataclass(frozen=True)
class Layer:
    """One convolution: `stride` down or pixel shuffle by `upscale`, then an optional clipped ReLU."""

    name: str
    inputs: int
    outputs: int
    kernel: int = 3
    stride: int = 1
    upscale: int = 1
    relu: bool = False
    block: Block = Block.NONE

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """Shape (out, in, kernel, kernel) of the weights, pixel-shuffle phases among the outputs."""
        return (self.outputs * self.upscale**2, self.inputs, self.kernel, self.kernel)


Chain = tuple[Layer, ...]


def residual(name: str, width: int, inner: int = 0) -> Chain:
    """Return the two layers of a residual block, `inner` wide inside."""
    inner = inner or width
    return (
        Layer(name + "a", width, inner, relu=True, block=Block.ENTER),
        Layer(name + "b", inner, width, block=Block.LEAVE),
    )


def integer_shapes(networks: Mapping[str, Chain], weights: str = "int8") -> Shapes:
    """Return dtype and shape of every array that a model file has of these integer networks."""
    shapes: Shapes = {}
    for network, layers in networks.items():
        for layer in layers:
            name, outputs = f"{network}.{layer.name}", layer.weight_shape[0]
            shapes[name + ".weight"] = (weights, layer.weight_shape)
            shapes[name + ".bias"] = ("int32", (outputs,))
            shapes[name + ".shift"] = ("int8", (outputs,))
            shapes[name + ".limits"] = ("int32", (2,))
    return shapes


def check_arrays(arrays: Arrays, shapes: Mapping[str, tuple[str, tuple[int, ...]]]) -> None:
    """Raise ModelError unless names, types and shapes are exactly those of the schema."""
    if arrays.keys() != shapes.keys():
        odd = sorted(arrays.keys() ^ shapes.keys())
        raise ModelError(f"model file: expected {len(shapes)} arrays, found {len(arrays)}; {odd[0]} does not match")
    for name, (dtype, shape) in shapes.items():
        found = arrays[name]
        if found.dtype != np.dtype(dtype) or found.shape != shape:
            raise ModelError(f"{name}: expected {dtype} {shape}, found {found.dtype} {found.shape}")


def integer_network(name: str, layers: Chain, tensors: Arrays, low: int, high: int) -> Network:
    """Return the integer network of a model file, its inputs clipped to low..high.

    Raises:
        ModelError: a bound is broken.
    """
    arriving, stages = max(abs(low), abs(high)), []
    for layer in layers:
        made = _stage(f"{name}.{layer.name}", layer, tensors, arriving)
        arriving = made.activation.magnitude
        stages.append(made)
    return Network(name, tuple(stages), Activation(low, high))


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


def frequency_tables(tensors: Arrays, name: str, rows: int) -> NDArray[np.int32]:
    """Return the frequency tables of a model file, int32 (rows, columns): -R..R and, last, the escape.

    Raises:
        ModelError: the array is missing, of another type or shape, or no table of frequencies.
    """
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
