"""From a picture to its base layer and the display picture above it: both are drawn at once from the same features."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.coder import BasePayload
from hybridcodec.base.drawing import Rows, Strips, correct
from hybridcodec.base.geometry import LatentGrid, square_edge
from hybridcodec.base.variable.decoder import Common, tell
from hybridcodec.base.variable.encoder import code_base
from hybridcodec.generative.coder import Base
from hybridcodec.generative.texture.decoder import WINDOW, Drawing
from hybridcodec.generative.texture.model import TextureModel
from hybridcodec.machine.host import thread_limit
from hybridcodec.machine.threads import Progress, part, sharing

U8 = NDArray[np.uint8]


def encode_both(
    samples: U8, base: Base, model: TextureModel, rows: tuple[Rows, Rows], *, progress: Progress = None
) -> tuple[BasePayload, bytes]:
    """Return the payloads of both layers; see `generative.coder.DisplayCoder.encode`."""
    H, W, C = samples.shape
    grid, coding = LatentGrid(H, W, square_edge(base.tiling)), part(progress, 0, 0.6)
    strips = [Strips(W, give) for give in rows]
    with sharing(thread_limit()):
        coded, mosaic = code_base(samples, base.model, base.analysis, grid, base.rate, progress=coding)
        drawing = Drawing(base.model, model, coded.quality, with_base=True)
        correction, windows = correct(samples, partial(drawing.windows, mosaic, C, WINDOW))
        for area, shown in windows:
            for strip, (first, end) in zip(strips, pairwise((0, C, 2 * C)), strict=True):
                strip.put(area, shown[..., first:end])
            tell(part(progress, 0.6, 1), area[0].stop / H)
    below, above = correction[:C], correction[C:]
    return BasePayload(Common(coded.quality, below).packed(), coded.payloads), above.astype(np.int8).tobytes()
