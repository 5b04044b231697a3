"""What a coder of residual tiles is; each coder lives in a room of its own and is registered in `coders`.

A coder knows arrays and bytes. Which tiles a picture has, which coder took which, and where the bytes lie is `layer`'s
business and that of whoever calls it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.threads import Progress
from hybridcodec.modes import Backend, Effort
from hybridcodec.residual.quantiser import Quantiser
from hybridcodec.tiling import Area

U8 = NDArray[np.uint8]
Samples = NDArray[Any]
"""(H, W, C) of the type that the quantiser names."""


@dataclass(frozen=True)
class Ground:
    """What all tiles of a layer are coded on.

    Attributes:
        channels: C of the picture.
        quantiser: from samples to the values that are coded.
        base: base picture at the picture's size, uint8 (H, W, C); None for coders that do not need it.
        model: what the coder's `load` returned; None where it needs none.
        reference: exact samples (H, W, C) of the picture before this one in its group; None where it stands alone.
        matching: whether an encoder may copy from similar places; see MATCHING_USED in FORMAT.md.
        backend: who reads the streams.
        wanted: rows and columns that a decoder is asked for; None for all. What it puts elsewhere is anything.
    """

    channels: int
    quantiser: Quantiser
    base: U8 | None = None
    model: Any = None
    reference: Samples | None = None
    matching: bool = False
    backend: Backend = Backend.COMPILED
    wanted: Area | None = None


class TileCoder(Protocol):
    """A way to code tiles of samples, above the base picture or by themselves."""

    @property
    def number(self) -> int:
        """What the tile table calls it, 1 to 255: see FORMAT.md. Never reused."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def architecture(self) -> str:
        """Of the models that it runs on; empty where it needs none, and then `load` is never called."""

    @property
    def needs_base(self) -> bool:
        """Whether tiles are coded above the base picture."""

    @property
    def uses_reference(self) -> bool:
        """Whether tiles of a picture may be coded by the help of the picture before it: `Ground.reference`."""

    def uses_matching(self, payload: bytes) -> bool:
        """Tell whether a tile that `encode` made copies from similar places, which `Ground.matching` allows."""

    def takes(self, channels: int, quantiser: Quantiser) -> bool:
        """Tell whether it codes pictures of so many channels and such values."""

    def load(self, tensors: Mapping[str, NDArray[Any]]) -> Any:
        """Return the model that a file's arrays are.

        Raises:
            ModelError: they are no model of this architecture, or break its accumulator bound.
        """

    def choose_tile(self, height: int, width: int, effort: Effort = Effort.NORMAL) -> tuple[int, int]:
        """Return the height and width of tiles that suit a picture of this size, at an effort."""

    def encode(self, ground: Ground, samples: Samples, areas: Sequence[Area], progress: Progress = None) -> list[bytes]:
        """Return one payload an area of `samples` (H, W, C)."""

    def require_room(self, tiles: Sequence[tuple[Area, bytes]], channels: int) -> None:
        """Make sure that payloads can be tiles of these areas, before anything is made of them.

        Raises:
            CorruptFileError: one is too short for its samples, whatever they are.
            LimitError: a tile is larger than the coder reads.
        """

    def decode(
        self,
        ground: Ground,
        tiles: Sequence[tuple[Area, bytes]],
        put: Callable[[Area, Samples], None],
        progress: Progress = None,
    ) -> None:
        """Hand the samples (h, w, C) of every tile to `put`, from any thread, in any order.

        Once a tile is put, its area of the ground's base picture is not read any more.

        Raises:
            CorruptFileError: a payload is no tile, gives impossible samples, or is not used up.
        """
