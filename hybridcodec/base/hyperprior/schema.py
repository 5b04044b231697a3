"""The one description of the base layer's networks, shared by the float network and its integer twin.

The vocabulary is that of Balle et al. (2018) and Minnen
et al. (2018): analysis `g_a`, synthesis `g_s`, hyper-analysis `h_a`, hyper-synthesis `h_s`.
"""

from __future__ import annotations

from hybridcodec.base.chains import Layer, Shapes, integer_shapes, residual

LATENTS = 96
HYPER_LATENTS = 48
LATENT_LIMIT = 2047
"""`g_s` reads y_hat clipped to this magnitude (in 1 / MEAN_STEPS); the entropy code itself has no limit."""
HYPER_LIMIT = 127
"""`h_s` reads z_hat clipped to this magnitude."""

G_A = (
    Layer("stem", 48, 64),
    *residual("res4", 64),
    Layer("down8", 64, 96, stride=2),
    *residual("res8", 96),
    Layer("down16", 96, 128, stride=2),
    *residual("res16", 128),
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
    *residual("res16", 128),
    Layer("up8", 128, 96, upscale=2),
    *residual("res8", 96),
    Layer("up4", 96, 64, kernel=1, upscale=2),
    *residual("res4", 64),
    Layer("out", 64, 3, upscale=4),
)
"""Output: RGB."""

MARGIN = 6
"""Latents around a window on which its pixels depend, in `g_a` as in `g_s` (5.75 and 5.5, by kernels and strides)."""

NETWORKS = {"g_a": G_A, "g_s": G_S, "h_a": H_A, "h_s": H_S}


def decoder_shapes() -> Shapes:
    """Return dtype and shape of every array of the integer model file but the frequency tables."""
    return integer_shapes({"h_s": H_S, "g_s": G_S})


def analysis_shapes() -> Shapes:
    """Return dtype and shape of every array of the encoder's analysis file."""
    shapes: Shapes = {}
    for network in ("g_a", "h_a"):
        for layer in NETWORKS[network]:
            shapes[f"{network}.{layer.name}.weight"] = ("float16", layer.weight_shape)
            shapes[f"{network}.{layer.name}.bias"] = ("float16", layer.weight_shape[:1])
    return shapes
