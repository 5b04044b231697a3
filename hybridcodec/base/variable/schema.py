"""The one description of this coder's networks, shared by float networks, integer twins and model files.

Analysis `g_a` and hyper-analysis `h_a` run in the encoder only. `h_s` and the contexts say what to expect of latents;
`straight`, `trunk`, `see` and `tail` draw the picture (see `model`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hybridcodec.base.chains import Chain, Layer, Shapes, integer_shapes, residual
from hybridcodec.base.units import SCALES
from hybridcodec.integer import Block

LATENTS: Final = 160
HYPER_LATENTS: Final = 64
STEPS: Final = 64
"""Means, y_hat and scale indices are integers in units of 1 / STEPS quantisation steps, or of 1 / STEPS bin."""
LATENT_STEPS: Final = 64
"""Latents at gain 1 are integers in units of 1 / LATENT_STEPS."""
LATENT_LIMIT: Final = 4095
"""Generators read latents clipped to this magnitude; the entropy code itself has no limit."""
HYPER_STEPS: Final = 256
HYPER_LIMIT: Final = 32767
"""`h_s` reads hyper-latents at gain 1 in units of 1 / HYPER_STEPS, clipped to this magnitude."""
CONTEXT_STEPS: Final = 16
CONTEXT_LIMIT: Final = 4095
"""Contexts read latents and parameters in units of 1 / CONTEXT_STEPS, clipped to this magnitude."""
FINE_LIMIT: Final = 16383
"""What passes from layer to layer in `h_s` and the contexts, in magnitude: means must be finer than pictures."""
SEEN_STEPS: Final = 2
SEEN_LIMIT: Final = 511
"""`see` reads the linear path's picture in units of 1 / SEEN_STEPS sample steps, clipped to this magnitude."""
PICTURE_LIMIT: Final = 24575
"""What is drawn, in magnitude: with all that a display head adds to it, it fits in 16 bits."""
UNIT_LIMIT: Final = 511
"""What passes from layer to layer where pictures are drawn, in magnitude: ten bits with the sign."""

QUALITIES: Final = 1024
"""Levels of quality that a file can name."""
KNOT: Final = 32
"""Levels between two rows of the tables of gains, which are interpolated."""
KNOTS: Final = QUALITIES // KNOT + 1
LOWEST: Final = -0.5
PER_UNIT: Final = 512.0
"""Quality q is t = LOWEST + q / PER_UNIT in training."""
GAIN_BITS: Final = 16
"""Gains' inverses are integers in units of 2^-GAIN_BITS."""

PASSES: Final = 4
WIDTHS: Final = {"context1": 96, "context2": 160, "context3": 96}
"""Contexts before the second, the third, the fourth pass, and their widths."""

G_A: Final[Chain] = (
    Layer("stem", 48, 64),
    *residual("res4x", 64), *residual("res4y", 64),
    Layer("down8", 64, 128, stride=2),
    *residual("res8w", 128), *residual("res8x", 128), *residual("res8y", 128), *residual("res8z", 128),
    Layer("down16", 128, 256, stride=2),
    *residual("res16x", 256), *residual("res16y", 256), *residual("res16z", 256),
    Layer("out", 256, LATENTS),
)  # fmt: skip
"""Input: pixel-unshuffle by 4 of RGB, so 48 channels. Its output joins that of `lin_a`."""

LIN_A: Final[Chain] = (Layer("out", 768, LATENTS, kernel=1),)
"""Input: pixel-unshuffle by 16 of RGB."""

H_A: Final[Chain] = (
    Layer("stem", LATENTS, 96, relu=True),
    Layer("down32", 96, 96, stride=2, relu=True),
    Layer("down64", 96, HYPER_LATENTS, stride=2),
)

H_S: Final[Chain] = (
    Layer("up32", HYPER_LATENTS, 96, upscale=2, relu=True),
    Layer("up16", 96, 96, upscale=2, relu=True),
    *residual("res16", 96),
    Layer("out", 96, 2 * LATENTS),
)
"""Output: LATENTS means, then LATENTS scale indices."""

STRAIGHT: Final[Chain] = (Layer("out", LATENTS, 3, kernel=1, upscale=16),)
"""Straight from latents to RGB."""

TRUNK: Final[Chain] = (
    Layer("stem", LATENTS, 160),
    *residual("res16x", 160), *residual("res16y", 160),
    Layer("up8", 160, 96, upscale=2),
    *residual("res8x", 96), *residual("res8y", 96), *residual("res8z", 96),
    Layer("up4", 96, 64, kernel=1, upscale=2),
)  # fmt: skip
"""Output joins that of `see`."""

SEE: Final[Chain] = (Layer("out", 48, 64, kernel=1),)
"""Input: pixel-unshuffle by 4 of what `straight` drew."""

FEATURES: Final = 64
"""Channels at a quarter of each side from which the picture is drawn."""
TAIL_BLOCKS: Final[Chain] = (*residual("res4x", FEATURES), *residual("res4y", FEATURES, 32))
TAIL_OUT: Final[Chain] = (Layer("out", FEATURES, 3, upscale=4),)
TAIL: Final[Chain] = TAIL_BLOCKS + TAIL_OUT
"""Output: RGB, which joins that of `straight`."""


def context(width: int) -> dict[str, Chain]:
    """Return the three networks of a context: of known latents, of parameters, and of the sum of both."""
    return {
        "known": (Layer("out", LATENTS, width),),
        "hyper": (Layer("out", 2 * LATENTS, width, kernel=1),),
        "out": (Layer("out", width, 2 * LATENTS, kernel=1),),
    }


INTEGER: Final[dict[str, Chain]] = {
    "h_s": H_S,
    **{f"{name}.{part}": chain for name, width in WIDTHS.items() for part, chain in context(width).items()},
    "trunk": TRUNK,
    "see": SEE,
    "tail": TAIL,
}
"""Networks of 8-bit weights that a decoder runs; `straight` has 16 bits."""
FLOAT: Final[dict[str, Chain]] = {"g_a": G_A, "h_a": H_A, "lin_a": LIN_A}
"""Networks that only an encoder runs."""

FINER: Final = 4
"""Features that a latent gives along one axis."""
TAIL_MARGIN: Final = 2
"""Latents around a window of whose features its pixels depend: 1.25, by kernels and strides."""
MARGIN: Final = 11
"""Latents around a window on which its pixels depend: 6 + 3 + 1.25, by kernels and strides."""
ANALYSIS_MARGIN: Final = 14
"""The same of the analysis: 1.25 + 0.125 + 4 + 0.5 + 7."""


def decoder_shapes() -> Shapes:
    """Return dtype and shape of every array of the integer model file but the frequency tables."""
    gains: Shapes = {
        "gains.inverse": ("int32", (KNOTS, LATENTS)),
        "gains.hyper_inverse": ("int32", (KNOTS, HYPER_LATENTS)),
        "gains.shift": ("int16", (KNOTS, LATENTS)),
    }
    return integer_shapes(INTEGER) | integer_shapes({"straight": STRAIGHT}, "int16") | gains


def table_rows() -> dict[str, int]:
    """Return the rows of every frequency table."""
    return {"tables.y": SCALES, "tables.z": KNOTS * HYPER_LATENTS}


def analysis_shapes(inner: Mapping[str, int]) -> Shapes:
    """Return dtype and shape of every array of the encoder's analysis file: weights of 8 bits times a unit.

    Residual blocks have so many units inside as `inner` says by the name of their first layer, where it does.
    """
    shapes: Shapes = {}
    for network, layers in FLOAT.items():
        units = 0
        for layer in layers:
            name, (outputs, inputs, *edges) = f"{network}.{layer.name}", layer.weight_shape
            if layer.block is Block.ENTER:
                outputs = units = inner.get(name, outputs)
            elif layer.block is Block.LEAVE:
                inputs = units
            shapes[name + ".weight"] = ("float16" if network == "lin_a" else "int8", (outputs, inputs, *edges))
            shapes[name + ".unit"] = ("float32", (outputs,))
            shapes[name + ".bias"] = ("float32", (outputs,))
    return shapes
