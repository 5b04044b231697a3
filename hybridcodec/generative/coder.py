"""What a coder of display pictures is; each lives in a room of its own and is registered in `coders`.

It differs from a base coder in that it takes no bytes of its own beyond its common payload: the picture is made of what
the base layer holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.coder import BasePayload, Rate
from hybridcodec.base.drawing import Rows
from hybridcodec.machine.threads import Progress
from hybridcodec.modes import Backend
from hybridcodec.tiling import Area, Tiling

U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class Beneath:
    """The base layer that a display picture is made of.

    Attributes:
        model: of the architecture that the display coder stands above.
        common: the layer's common payload.
        tiles: payloads in raster order; None where one is missing.
        channels: of the base picture, 1 or 3.
        tiling: of the layer.
    """

    model: Any
    common: bytes
    tiles: Sequence[bytes | None]
    channels: int
    tiling: Tiling


@dataclass(frozen=True)
class Base:
    """How a base layer is made.

    Attributes:
        model: of the architecture that the display coder stands above.
        analysis: what only the encoder runs, of that model.
        tiling: of the layer.
        rate: that is asked for.
    """

    model: Any
    analysis: Any
    tiling: Tiling
    rate: Rate


class DisplayCoder(Protocol):
    """A way to make a picture for the eye of a base layer."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def architecture(self) -> str:
        """Of the models that it runs."""

    @property
    def above(self) -> str:
        """Architecture of the base models above which it stands."""

    def load(self, tensors: Mapping[str, NDArray[Any]]) -> Any:
        """Return the model that a file's arrays are.

        Raises:
            ModelError: they are no model of this architecture, or break its accumulator bound.
        """

    def encode(
        self, samples: U8, base: Base, model: Any, rows: tuple[Rows, Rows], progress: Progress = None
    ) -> tuple[BasePayload, bytes]:
        """Return the payloads of a base layer and the common payload of the display layer above it.

        Both pictures are made at once, since they are drawn of the same.

        Args:
            samples: uint8 (H, W, C), C being 1 or 3.
            base: how the base layer is made.
            model: of this architecture.
            rows: receive the base picture, and the display picture, that decoding will give.
            progress: receives the share done.
        """

    def decode(
        self, common: bytes, beneath: Beneath, model: Any, progress: Progress = None,
        backend: Backend = Backend.COMPILED, base_rows: Rows | None = None, area: Area | None = None,
    ) -> U8:  # fmt: skip
        """Return the display picture, uint8 (H, W, channels), in the size of the base picture.

        Args:
            common: of the display layer.
            beneath: the base layer.
            model: of this architecture.
            progress: receives the share done.
            backend: who reads the base layer's streams.
            base_rows: receives the base picture, which is made on the way; not with an area.
            area: of which alone the samples are wanted; None for all. The base tiles that `reach` names are there.

        Raises:
            CorruptFileError: a payload is none that an encoder wrote.
        """

    def reach(self, area: Area) -> Area:
        """Return the rows and columns, maybe beyond the picture, whose base tiles the samples of `area` depend on."""
