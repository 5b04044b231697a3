"""The head as `generative` sees it: another picture drawn of the same latents, with grain by place."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.coder import BasePayload
from hybridcodec.base.drawing import Rows
from hybridcodec.base.geometry import reached
from hybridcodec.base.variable.coder import VariableRate
from hybridcodec.generative.coder import Base, Beneath
from hybridcodec.generative.texture.decoder import decode_display
from hybridcodec.generative.texture.model import TextureModel
from hybridcodec.generative.texture.schema import MARGIN
from hybridcodec.machine.threads import Progress
from hybridcodec.modes import Backend
from hybridcodec.tiling import Area

U8 = NDArray[np.uint8]


class Texture:
    """Colour added to the base picture and grain of predicted strength; see BITSTREAM.md."""

    name: Final = "texture head"
    architecture: Final = "texture-1"
    above: Final = VariableRate.architecture

    def load(self, tensors: Mapping[str, NDArray[Any]]) -> TextureModel:
        """See `DisplayCoder.load`."""
        return TextureModel.from_tensors(tensors)

    def encode(
        self, samples: U8, base: Base, model: Any, rows: tuple[Rows, Rows], progress: Progress = None
    ) -> tuple[BasePayload, bytes]:
        """See `DisplayCoder.encode`: the common payload corrects the mean of each channel."""
        from hybridcodec.generative.texture.encoder import encode_both

        return encode_both(samples, base, model, rows, progress=progress)

    def decode(
        self, common: bytes, beneath: Beneath, model: Any, progress: Progress = None,
        backend: Backend = Backend.COMPILED, base_rows: Rows | None = None, area: Area | None = None,
    ) -> U8:  # fmt: skip
        """See `DisplayCoder.decode`."""
        return decode_display(
            common, beneath, model, progress=progress, backend=backend, base_rows=base_rows, area=area
        )

    def reach(self, area: Area) -> Area:
        """See `DisplayCoder.reach`: the receptive field of generator and head."""
        return reached(area, MARGIN)
