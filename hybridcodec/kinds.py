"""What the samples of a picture are: how many bits they have, whether they are signed, what their channels show.

Where `image` has the samples themselves, this says how they are to be read; a header keeps it in the file.
"""

from dataclasses import dataclass
from typing import Any, Final, Self, TypeAlias

import numpy as np
from hybridcodec_container import GRAY, INDEXED, RGB, Palette, Role
from numpy.typing import NDArray

from hybridcodec.errors import InputError, UnsupportedError

__all__ = ["GRAY", "INDEXED", "MAX_BIT_DEPTH", "RGB", "Palette", "Role", "SampleKind", "Samples"]

Samples: TypeAlias = NDArray[Any]
"""uint8, int8, uint16 or int16 of shape (H, W, C), C being 1 to 4."""

MAX_BIT_DEPTH: Final = 16
_BY_CHANNELS: Final = {1: GRAY, 2: (*GRAY, Role.ALPHA), 3: RGB, 4: (*RGB, Role.ALPHA)}


@dataclass(frozen=True)
class SampleKind:
    """Roles of the channels, bits of a sample, and its sign.

    Attributes:
        roles: what the 1 to 4 channels show; see FORMAT.md for the sequences that there are.
        bit_depth: 1 to 16.
        signed: whether samples are in two's complement.
        palette: the colours, where the first channel holds their numbers; else None.
    """

    roles: tuple[Role, ...] = RGB
    bit_depth: int = 8
    signed: bool = False
    palette: Palette | None = None

    def __post_init__(self) -> None:
        """Check that the fields fit each other; raises InputError."""
        if not 1 <= self.bit_depth <= MAX_BIT_DEPTH:
            raise UnsupportedError(f"samples have 1 to {MAX_BIT_DEPTH} bits, found {self.bit_depth}")
        indexed = self.roles[:1] == INDEXED
        if indexed != (self.palette is not None):
            raise InputError("a palette goes with a channel of indices" + (", which it lacks" if indexed else ""))

    @classmethod
    def of(cls, samples: NDArray[Any]) -> Self:
        """Return what samples of shape (H, W, C) are, where nobody says more: all bits of their type.

        1 channel is gray, 2 are gray and opacity, 3 are red, green, blue, 4 those and opacity; bool is one bit.

        Raises:
            UnsupportedError: another type than bool, uint8, int8, uint16 and int16, or more than 4 channels.
        """
        dtype, channels = samples.dtype, samples.shape[2]
        if channels not in _BY_CHANNELS:
            raise UnsupportedError(f"expected 1 to 4 channels, found {channels}")
        if dtype == np.bool_:
            return cls(_BY_CHANNELS[channels], 1)
        if dtype.kind not in "ui" or dtype.itemsize > 2:  # neither bool nor 8 or 16 bits
            raise UnsupportedError(f"expected samples of 1 to 16 bits (uint8, int8, uint16, int16), found {dtype}")
        return cls(_BY_CHANNELS[channels], 8 * dtype.itemsize, dtype.kind == "i")

    @property
    def channels(self) -> int:
        """Samples of a pixel."""
        return len(self.roles)

    @property
    def low(self) -> int:
        """Least sample."""
        return -(1 << (self.bit_depth - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        """Largest sample."""
        return self.low + (1 << self.bit_depth) - 1

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the arrays that hold such samples: 8 bits up to a depth of 8, else 16."""
        return np.dtype(f"{'i' if self.signed else 'u'}{1 if self.bit_depth <= 8 else 2}")

    @property
    def plain(self) -> bool:
        """Whether this is 8-bit gray or 8-bit RGB, which every picture viewer shows."""
        return self.roles in (GRAY, RGB) and self.bit_depth == 8 and not self.signed

    def checked(self, samples: NDArray[Any]) -> Samples:
        """Return samples (H, W, C) of this kind in the type that holds them.

        Raises:
            InputError: another number of channels, or a sample that has more bits.
        """
        if samples.shape[2] != self.channels:
            raise InputError(f"expected {self.channels} channels, found {samples.shape[2]}")
        least, most = int(samples.min()), int(samples.max())
        if least < self.low or most > self.high:
            raise InputError(f"samples of {self} lie in [{self.low}, {self.high}], found {least} to {most}")
        return np.ascontiguousarray(samples, self.dtype)

    def __str__(self) -> str:
        """In words, as messages and `info` say it: `12-bit signed gray`, `8-bit RGB with alpha`."""
        sign = " signed" if self.signed else ""
        return f"{self.bit_depth}-bit{sign} {_words(self.roles)}"


def _words(roles: tuple[Role, ...]) -> str:
    alpha = {Role.ALPHA: " with alpha", Role.ALPHA_PREMULTIPLIED: " with premultiplied alpha"}.get(roles[-1], "")
    colour = roles[:-1] if alpha else roles
    named = {GRAY: "gray", RGB: "RGB", INDEXED: "palette"}.get(colour)
    return (named or f"samples in {len(colour)} channels") + alpha
