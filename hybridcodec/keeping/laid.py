"""Samples as they lie in a source file before a method packs them: what every method is given.

`Serial`, of the container, says how they lie; this holds it together with the samples themselves.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import hybridcodec_container as container
from hybridcodec_container import ContainerMode, Header, Layers, Packing, SampleFormat, Serial
from numpy.typing import NDArray

from hybridcodec.errors import LimitError
from hybridcodec.image import Picture

_LARGEST: Final = 32  # bytes that a sample may become, row padding included: more is no picture but a bomb
_ANYWAY: Final = 1 << 24


@dataclass(frozen=True, eq=False)
class Laid:
    """Some rows of a picture, and how they lie.

    Attributes:
        samples: integers (H, W, C), the whole picture.
        header: of the picture; only size, channels and samples are looked at.
        serial: how the rows lie, and which they are.
    """

    samples: NDArray[Any]
    header: Header
    serial: Serial

    @cached_property
    def content(self) -> bytes:
        """The bytes before they were packed.

        Raises:
            ContainerError: samples and layout do not fit each other.
            LimitError: they would be far larger than the samples.
        """
        size = self.serial.size(self.header)
        if size > _LARGEST * self.samples.size + _ANYWAY:
            raise LimitError(f"{self.samples.size:,} samples would be laid out in {size:,} bytes")
        blocks = self.serial.blocks()
        return b"".join(container.serialise(self.samples, block, self.header) for block in blocks)

    @property
    def rows(self) -> int:
        """Rows of the picture that are laid out."""
        return self.serial.rows

    @property
    def row_channels(self) -> int:
        """Channels that lie side by side in a row: one where each has a plane of its own."""
        return 1 if self.serial.planar else self.header.channels

    @property
    def sample_bits(self) -> int:
        """Bits of a sample in a row."""
        return 8 * self.serial.sample_bytes if self.serial.packing is Packing.BYTES else self.header.bit_depth


def header_of(picture: Picture) -> Header:
    """Return what the container will say of the samples of a picture that is kept without loss."""
    H, W, _ = picture.samples.shape
    return Header(
        width=W,
        height=H,
        roles=picture.kind.roles,
        bit_depth=picture.kind.bit_depth,
        sample_format=SampleFormat.SIGNED if picture.kind.signed else SampleFormat.UNSIGNED,
        mode=ContainerMode.LOSSLESS,
        layers=Layers.RESIDUAL,
        source_hash=container.hash_samples(picture.samples),
    )
