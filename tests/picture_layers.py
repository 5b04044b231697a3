"""Pictures made of single layers, for what `encode` does not write yet: albums, small base pictures, none at all."""

from dataclasses import replace

import hybridcodec_container as container
import numpy as np
from hybridcodec_container import GRAY, RGB, ContainerMode, Header, Layers, Picture
from numpy.typing import NDArray

from hybridcodec.fidelity import Fidelity
from hybridcodec.layers import NO_PREVIEW, encode_base_layer, encode_residual_layer
from hybridcodec.modes import Mode
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
        flat = np.full_like(samples, NO_PREVIEW)
        return Picture.seal(header, residual=encode_residual_layer(samples, flat, Fidelity.of(Mode.LOSSLESS, 0), None))
    base = encode_base_layer(reduced(samples, scale), None)
    below = enlarged(base.picture, scale, H, W)
    residual = encode_residual_layer(samples, below, Fidelity.of(Mode.LOSSLESS, 0), None)
    return Picture.seal(header, base=replace(base.layer, scale=scale), residual=residual)


def reduced(samples: U8, scale: int) -> U8:
    """Every 2^scale-th sample of (H, W, C), so that each side is divided and rounded up."""
    small = samples[:: 1 << scale, :: 1 << scale]
    assert small.shape[:2] == scaled_size(*samples.shape[:2], scale)
    return np.ascontiguousarray(small)
