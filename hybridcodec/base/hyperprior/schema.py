"""The one description of the base layer's networks, shared by the float network and its integer twin.

A network is a flat chain of `Layer`s. Residual blocks are pairs of layers: the first has `block=Block.ENTER`, the
second `block=Block.LEAVE` and adds the value that entered. The vocabulary is that of Balle et al. (2018) and Minnen
et al. (2018): analysis `g_a`, synthesis `g_s`, hyper-analysis `h_a`, hyper-synthesis `h_s`.
"""

from __future__ import annotations

from dataclasses import dataclass

from hybridcodec.integer.network import Block

STRIDE = 16
"""Pixels per latent `y` along one axis."""
HYPER_STRIDE = 64
"""Pixels per hyper-latent `z` along one axis."""
LATENTS = 96
HYPER_LATENTS = 48
MEAN_STEPS = 16
"""Means and latents are integers in units of 1 / MEAN_STEPS quantisation steps."""
SCALES = 32
"""Number of scale bins, a geometric series from SMALLEST_SCALE to LARGEST_SCALE quantisation steps."""
SMALLEST_SCALE = 0.11
LARGEST_SCALE = 64.0
LATENT_LIMIT = 2047
"""`g_s` reads y_hat clipped to this magnitude (in 1 / MEAN_STEPS); the entropy code itself has no limit."""
HYPER_LIMIT = 127
"""`h_s` reads z_hat clipped to this magnitude."""
SAMPLE_STEPS = 16
"""`g_s` ends in units of 1 / SAMPLE_STEPS sample steps, relative to mid-gray."""
MID_GRAY = 128
PIXELS_PER_UNIT = 64
"""Samples enter `g_a` and leave the float `g_s` as (sample - MID_GRAY) / PIXELS_PER_UNIT."""


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


def _residual(name: str, width: int) -> tuple[Layer, Layer]:
    return (
        Layer(name + "a", width, width, relu=True, block=Block.ENTER),
        Layer(name + "b", width, width, block=Block.LEAVE),
    )


G_A = (
    Layer("stem", 48, 64),
    *_residual("res4", 64),
    Layer("down8", 64, 96, stride=2),
    *_residual("res8", 96),
    Layer("down16", 96, 128, stride=2),
    *_residual("res16", 128),
    Layer("out", 128, LATENTS),
)
"""Input: pixel-unshuffle by 4 of RGB, so 48 channels."""

H_A = (
    Layer("stem", LATENTS, 96, relu=True),
    Layer("down32", 96, 96, stride=2, relu=True),
    Layer("down64", 96, HYPER_LATENTS, stride=2),
)

H_S = (
    Layer("up32", HYPER_LATENTS, 96, upscale=2, relu=True),
    Layer("up16", 96, 96, upscale=2, relu=True),
    Layer("out", 96, 2 * LATENTS),
)
"""Output: LATENTS means, then LATENTS scale indices."""

G_S = (
    Layer("stem", LATENTS, 128),
    *_residual("res16", 128),
    Layer("up8", 128, 96, upscale=2),
    *_residual("res8", 96),
    Layer("up4", 96, 64, kernel=1, upscale=2),
    *_residual("res4", 64),
    Layer("out", 64, 3, upscale=4),
)
"""Output: RGB."""

MARGIN = 6
"""Latents around a window on which its pixels depend, in `g_a` as in `g_s` (5.75 and 5.5, by kernels and strides)."""

SHARED = 256
"""Latents whose work is worth dividing among threads: a picture of 256x256."""

NETWORKS = {"g_a": G_A, "g_s": G_S, "h_a": H_A, "h_s": H_S}


def decoder_shapes() -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return dtype and shape of every array of the integer model file but the frequency tables."""
    shapes: dict[str, tuple[str, tuple[int, ...]]] = {}
    for network in ("h_s", "g_s"):
        for layer in NETWORKS[network]:
            name, outputs = f"{network}.{layer.name}", layer.weight_shape[0]
            shapes[name + ".weight"] = ("int8", layer.weight_shape)
            shapes[name + ".bias"] = ("int32", (outputs,))
            shapes[name + ".shift"] = ("int8", (outputs,))
            shapes[name + ".limits"] = ("int32", (2,))
    return shapes


def analysis_shapes() -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return dtype and shape of every array of the encoder's analysis file."""
    shapes: dict[str, tuple[str, tuple[int, ...]]] = {}
    for network in ("g_a", "h_a"):
        for layer in NETWORKS[network]:
            shapes[f"{network}.{layer.name}.weight"] = ("float16", layer.weight_shape)
            shapes[f"{network}.{layer.name}.bias"] = ("float16", layer.weight_shape[:1])
    return shapes
