"""Pictures made of single layers, for what `encode` does not write yet: albums, small base pictures, none at all."""

import hybridcodec_container as container
import numpy as np
from hybridcodec_container import GRAY, RGB, ContainerMode, Header, Layer, Layers, Picture
from numpy.typing import NDArray

from hybridcodec.layers import encode_base_layer, encode_residual_layer, flat
from hybridcodec.residual import Ground, Quantiser, coder_for
from hybridcodec.scaling import enlarged, scaled_size

U8 = NDArray[np.uint8]


def lossless(samples: U8, scale: int | None = 0) -> Picture:
    """A lossless picture of samples (H, W, C) whose base picture has this scale; None: it has no base layer."""
    H, W, C = samples.shape
    header = Header(
        width=W,
        height=H,
        roles=GRAY if C == 1 else RGB,
        mode=ContainerMode.LOSSLESS,
        layers=Layers.RESIDUAL if scale is None else Layers.BASE | Layers.RESIDUAL,
        source_hash=container.hash_samples(samples),
    )
    if scale is None:
        return Picture.seal(header, residual=_residual(samples, flat(H, W, C)))
    base = encode_base_layer(reduced(samples, scale), scale)
    residual = _residual(samples, enlarged(base.picture, scale, H, W))
    return Picture.seal(header, base=base.layer, residual=residual)


def _residual(samples: U8, below: U8) -> Layer:
    ground = Ground(samples.shape[2], Quantiser(), below)
    return encode_residual_layer(samples, ground, coder_for("adaptive-1")).layer


def reduced(samples: U8, scale: int) -> U8:
    """Every 2^scale-th sample of (H, W, C), so that each side is divided and rounded up."""
    small = samples[:: 1 << scale, :: 1 << scale]
    assert small.shape[:2] == scaled_size(*samples.shape[:2], scale)
    return np.ascontiguousarray(small)
