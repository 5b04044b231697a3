"""What a coder of base pictures is; each coder lives in a room of its own and is registered in `coders`.

It differs from a residual coder in that the picture is made of all tiles together, so a coder takes them together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.threads import Progress
from hybridcodec.modes import Backend, Effort
from hybridcodec.tiling import Area, Tiling

U8 = NDArray[np.uint8]
FINEST: Final = 100
"""Qualities go from 0 to this."""
QUALITY: Final = 30
"""The usual one: files with an exact layer are about smallest with it, and previews worth looking at."""


@dataclass(frozen=True)
class BasePayload:
    """What a file stores of a base layer: `common` once, and one payload per tile in raster order."""

    common: bytes
    tiles: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self.common) + sum(map(len, self.tiles))


@dataclass(frozen=True)
class Rate:
    """How much a base layer may take and how long that may take to find, for coders that can choose.

    Attributes:
        quality: 0..FINEST; where a size is asked for, the search for it begins here.
        size: bytes of all payloads that are wanted; None to have what `quality` gives.
        at_most: whether `size` must not be passed, rather than met as nearly as possible.
        effort: how long to look for more likeness in as many bytes.
    """

    quality: float = QUALITY
    size: int | None = None
    at_most: bool = False
    effort: Effort = Effort.NORMAL


class BaseCoder(Protocol):
    """A way to code a small picture."""

    @property
    def number(self) -> int:
        """What the tile table calls it, 1 to 255: see FORMAT.md. Never reused."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def architecture(self) -> str:
        """Of the models that it decodes with."""

    def load(self, tensors: Mapping[str, NDArray[Any]]) -> Any:
        """Return the model that a file's arrays are.

        Raises:
            ModelError: they are no model of this architecture, or break its accumulator bound.
        """

    def load_analysis(self, tensors: Mapping[str, NDArray[Any]]) -> Any:
        """Return the model that only the encoder runs; raises as `load`."""

    def choose_tile(self, height: int, width: int) -> tuple[int, int]:
        """Return the height and width of tiles that suit a picture of this size."""

    def encode(
        self, samples: U8, model: Any, analysis: Any, tiling: Tiling, rate: Rate, progress: Progress = None
    ) -> tuple[BasePayload, U8]:
        """Return the payloads of uint8 samples (H, W, C), and the picture that `decode` will make of them.

        Where the range of the coder does not reach a size that is asked for, it comes as near as it can.
        """

    def decode(
        self, common: bytes, tiles: Sequence[bytes | None], channels: int, model: Any, tiling: Tiling,
        progress: Progress = None, backend: Backend = Backend.COMPILED, area: Area | None = None,
    ) -> U8:  # fmt: skip
        """Return the base picture, uint8 (H, W, channels); a tile that is None leaves about mid-gray.

        Of an `area`, only its samples: those of the whole picture where the tiles that `reach` names are there.

        Raises:
            CorruptFileError: wrong number or content of payloads.
            UnsupportedError: tiles of a shape that this coder does not read.
        """

    def check_tile(self, common: bytes, payload: bytes, area: Area, model: Any) -> None:
        """Raise CorruptFileError unless `payload` is a tile of this area in a layer with this common payload."""

    def reach(self, area: Area) -> Area:
        """Return the rows and columns, maybe beyond the picture, whose tiles the samples of `area` depend on."""
