"""What coders share whose tiles need neither the base picture nor a model: a tile is values in, bytes out, and back.

Such a coder is a subclass of `Alone` that codes one tile; threads, areas, samples and whom to blame are done here.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError, MismatchError
from hybridcodec.machine.threads import Progress, Tick, in_steps
from hybridcodec.modes import Effort
from hybridcodec.residual.coder import Ground, Samples
from hybridcodec.residual.quantiser import Quantiser
from hybridcodec.tiling import Area

I32 = NDArray[np.int32]


class Alone(ABC):
    """A `TileCoder` whose tiles are coded by themselves; see there for what is not said here."""

    number: ClassVar[int]
    name: ClassVar[str]
    architecture: ClassVar[str] = ""
    needs_base: ClassVar[bool] = False
    uses_reference: ClassVar[bool] = False

    def uses_matching(self, payload: bytes) -> bool:  # noqa: ARG002
        """See `TileCoder.uses_matching`; most never do."""
        return False

    @abstractmethod
    def takes(self, channels: int, quantiser: Quantiser) -> bool:
        """See `TileCoder.takes`."""

    @abstractmethod
    def choose_tile(self, height: int, width: int, effort: Effort = Effort.NORMAL) -> tuple[int, int]:
        """See `TileCoder.choose_tile`."""

    @abstractmethod
    def require_tile(self, shape: tuple[int, int, int], payload: bytes) -> None:
        """Make sure that a payload can be a tile of this shape (h, w, C); see `TileCoder.require_room`."""

    @abstractmethod
    def encode_tile(self, values: I32, ground: Ground, area: Area, tick: Tick) -> bytes:
        """Return the payload of a tile.

        Args:
            values: (h, w, C), 0 to the quantiser's top.
            ground: of the layer.
            area: of the tile.
            tick: to be called once a row.
        """

    @abstractmethod
    def decode_tile(self, payload: bytes, shape: tuple[int, int, int], ground: Ground, area: Area, tick: Tick) -> I32:
        """Return the values (h, w, C) of a tile of this shape; whether they lie in 0 to top is checked by the caller.

        Raises:
            CorruptFileError: the payload is no tile, or is not used up.
        """

    def load(self, tensors: Mapping[str, NDArray[Any]]) -> Any:
        """See `TileCoder.load`; there is no model, so nobody calls this."""
        raise AssertionError(tensors)

    def encode(self, ground: Ground, samples: Samples, areas: Sequence[Area], progress: Progress = None) -> list[bytes]:
        """See `TileCoder.encode`."""

        def encode_one(area: Area, tick: Tick) -> bytes:
            return self.encode_tile(ground.quantiser.values(samples[area]), ground, area, tick)

        return in_steps(encode_one, areas, sum(_size(area)[0] for area in areas), progress)

    def require_room(self, tiles: Sequence[tuple[Area, bytes]], channels: int) -> None:
        """See `TileCoder.require_room`."""
        for area, payload in tiles:
            with blaming(area):
                self.require_tile((*_size(area), channels), payload)

    def decode(
        self,
        ground: Ground,
        tiles: Sequence[tuple[Area, bytes]],
        put: Callable[[Area, Samples], None],
        progress: Progress = None,
    ) -> None:
        """See `TileCoder.decode`."""

        def decode_one(tile: tuple[Area, bytes], tick: Tick) -> None:
            area, payload = tile
            with blaming(area):
                values = self.decode_tile(payload, (*_size(area), ground.channels), ground, area, tick)
                if int(values.min()) < 0 or int(values.max()) > ground.quantiser.top:
                    raise CorruptFileError(f"a value lies outside [0, {ground.quantiser.top}]")
            put(area, ground.quantiser.samples(values))

        in_steps(decode_one, tiles, sum(_size(area)[0] for area, _ in tiles), progress)


@contextmanager
def blaming(area: Area) -> Iterator[None]:
    """Name the tile in what is raised of its payload."""
    name = f"the residual tile at row {area[0].start}, column {area[1].start}"
    try:
        yield
    except CorruptFileError as error:
        raise CorruptFileError(f"{name}: {error}") from error
    except MismatchError as error:
        raise MismatchError(f"{name}: {error}") from error


def _size(area: Area) -> tuple[int, int]:
    rows, columns = area
    return rows.stop - rows.start, columns.stop - columns.start
