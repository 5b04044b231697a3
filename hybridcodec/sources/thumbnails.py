"""Pictures for a first look, small and with loss; they stand in pages, and never in files of their own."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hybridcodec.sources import pillow
from hybridcodec.sources.border import pillow_failures_as_ours

_QUALITY = 82


def thumbnail(samples: NDArray[np.uint8], edge: int) -> bytes:
    """Return samples (H, W, C) of 8 bits, C being 1 to 4, as a WebP whose sides are `edge` pixels at most."""
    with pillow_failures_as_ours("the thumbnail cannot be made"):
        opened = Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
        opened = opened.convert("RGBA" if samples.shape[2] in (2, 4) else "RGB")
        opened.thumbnail((edge, edge), Image.Resampling.LANCZOS)
        return pillow.saved(opened, "WEBP", quality=_QUALITY)
