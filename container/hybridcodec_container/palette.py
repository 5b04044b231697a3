"""The palette: the colours that indices stand for."""

from dataclasses import dataclass

from hybridcodec_container.checks import reading, require_size, within
from hybridcodec_container.errors import ContainerError, UnsupportedContainerError
from hybridcodec_container.layout import MAX_PALETTE_BYTES, PALETTE

_CHANNELS = (3, 4)
_BITS = (8, 16)


@dataclass(frozen=True)
class Palette:
    """Colours, in the order of their indices.

    Attributes:
        channels: 3 for red, green, blue; 4 with straight alpha behind.
        bits: of a value: 8 or 16.
        entries: the values, colour by colour, little-endian.
    """

    channels: int
    bits: int
    entries: bytes

    def __post_init__(self) -> None:
        if self.channels not in _CHANNELS or self.bits not in _BITS:
            raise UnsupportedContainerError(
                f"a palette of {self.channels} channels with {self.bits} bits is unknown to this version"
            )
        if not self.entries or len(self.entries) % self._entry_bytes:
            raise ContainerError(f"entries of {self._entry_bytes} bytes needed, found {len(self.entries)} bytes")
        within("bytes of a palette", len(self.entries), 1, MAX_PALETTE_BYTES)

    @property
    def count(self) -> int:
        """Number of colours."""
        return len(self.entries) // self._entry_bytes

    @property
    def _entry_bytes(self) -> int:
        return self.channels * self.bits // 8


def pack_palette(palette: Palette) -> bytes:
    """Return the payload of the PLTE chunk."""
    return PALETTE.pack(palette.count, palette.channels, palette.bits) + palette.entries


def unpack_palette(payload: bytes) -> Palette:
    """Return the palette in a PLTE payload.

    Raises:
        CorruptError: if sizes disagree.
        LimitExceededError: if it has too many entries.
        UnsupportedContainerError: if channels or bits are others.
    """
    require_size("PLTE", len(payload), PALETTE.size, more=True)
    entries, channels, bits = PALETTE.unpack(payload)
    with reading("palette"):
        palette = Palette(channels, bits, payload[PALETTE.size :])
        if palette.count != entries:
            raise ContainerError(f"{entries} entries are stated, found {palette.count}")
    return palette
