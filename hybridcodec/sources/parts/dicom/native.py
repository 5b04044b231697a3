"""Pixels that lie in a DICOM file as they are: bytes and channels in either order, or packed bits."""

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Final

import numpy as np
from hybridcodec_container import Packing, Serial
from numpy.typing import NDArray

from hybridcodec.errors import InputError, UnsupportedError
from hybridcodec.kinds import MAX_BIT_DEPTH, SampleKind
from hybridcodec.sources.format import Document, Stream
from hybridcodec.sources.parts.dicom.appearance import Appearance
from hybridcodec.sources.parts.dicom.data_set import DataSet
from hybridcodec.sources.parts.dicom.extent import Extent
from hybridcodec.sources.parts.dicom.frames import Frames
from hybridcodec.sources.parts.dicom.geometry import Geometry

Words = NDArray[Any]
_WORDS: Final = {8: "u1", 16: "u2", 32: "u4"}


@dataclass(frozen=True)
class Native:
    """Frames one after another, without a gap of even a bit."""

    data_set: DataSet
    geometry: Geometry

    @property
    def frame_bits(self) -> int:
        """Bits of a frame."""
        g = self.geometry
        return g.rows * g.columns * g.samples * g.allocated

    @property
    def packed(self) -> bool:
        """Whether samples are no whole bytes."""
        return self.geometry.allocated not in _WORDS

    @property
    def swapped(self) -> bool:
        """Whether bytes stand in words of 16 bits, the second first."""
        return not self.data_set.little_endian and self.geometry.allocated == 8 and self.data_set.vr == "OW"

    def words(self, frame: int) -> Words:
        """Return the samples of a frame as unsigned words (H, W, C)."""
        g, count = self.geometry, self.frame_bits // self.geometry.allocated
        start = frame * self.frame_bits
        flat: Words
        if self.packed:
            flat = self._unpacked(start, count)
        elif self.swapped:
            flat = self._unswapped(start // 8, count)
        else:
            order = "<" if self.data_set.little_endian else ">"
            dtype = np.dtype(order + _WORDS[g.allocated])
            flat = np.frombuffer(self.data_set.data, dtype, count, self.data_set.offset + start // 8)
        if g.planar:
            return flat.reshape(g.samples, g.rows, g.columns).transpose(1, 2, 0)  # (H, W, C)
        return flat.reshape(g.rows, g.columns, g.samples)  # (H, W, C)

    def _unpacked(self, start: int, count: int) -> Words:
        bits = self.geometry.allocated
        first, last = start // 8, -(-(start + count * bits) // 8)
        cells = np.frombuffer(self.data_set.data, np.uint8, last - first, self.data_set.offset + first)
        single = np.unpackbits(cells, bitorder="little")[start % 8 :][: count * bits].reshape(count, bits)
        words: Words = (single.astype(np.uint16) << np.arange(bits, dtype=np.uint16)).sum(axis=1, dtype=np.uint16)
        return words

    def _unswapped(self, start: int, count: int) -> Words:
        places = (np.arange(start, start + count)) ^ 1
        cells = np.frombuffer(self.data_set.data, np.uint8, self.data_set.length or 0, self.data_set.offset)
        words: Words = cells[places]
        return words

    def kind(self, appearance: Appearance) -> SampleKind:
        """Return what the samples of all frames are."""
        g = self.geometry
        if self.packed:
            return appearance.kind(Extent(0, (1 << g.allocated) - 1, -1 << (g.allocated - 1), 0), g.allocated)
        extents = (Extent.of(self.words(frame), g.allocated) for frame in range(g.frames))
        return appearance.kind(reduce(or_, extents), g.stored)

    def streams(self) -> tuple[Stream, ...]:
        """Return where each frame lies; none where it begins within a byte, has its bytes swapped, or is deflated."""
        size = self.frame_bits // 8
        if self.data_set.deflated or self.swapped or (self.geometry.frames > 1 and self.frame_bits % 8):
            return ()
        size = -(-self.frame_bits // 8)
        spans = ((self.data_set.offset + frame * size, size) for frame in range(self.geometry.frames))
        return tuple(Stream((span,), "raw", frame, self._layout()) for frame, span in enumerate(spans))

    def _layout(self) -> Serial:
        g = self.geometry
        return Serial(
            packing=Packing.LOW_BITS_FIRST if self.packed else Packing.BYTES,
            sample_bytes=0 if self.packed else g.allocated // 8,
            big_endian=not self.packed and g.allocated > 8 and not self.data_set.little_endian,
            planar=g.planar,
            row_step=0,
            order=tuple(range(g.samples)),
            rows=g.rows,
        )


def native(data_set: DataSet, geometry: Geometry) -> Document:
    """Return the pictures of a data set whose pixels are not compressed.

    Raises:
        InputError: there are fewer bytes than the frames need.
        UnsupportedError: samples of a size that is not taken, or with channels that are smaller than the picture.
    """
    _require_taken(data_set, geometry)
    pixels = Native(data_set, geometry)
    needed = -(-geometry.frames * pixels.frame_bits // 8)
    _require_bytes(data_set, geometry, needed)
    appearance = Appearance.of(data_set, geometry)
    kind = pixels.kind(appearance)
    frames = Frames(geometry.frames, lambda frame: appearance.picture(pixels.words(frame), geometry.allocated, kind))
    return Document(frames, (data_set.around(needed),), pixels.streams())


def _require_bytes(data_set: DataSet, geometry: Geometry, needed: int) -> None:
    said = data_set.length or 0
    there = min(said, len(data_set.data) - data_set.offset)
    if there < needed:
        what = "is cut off" if there < said else "has too few bytes of pixels"
        frames = f"number of frames {geometry.frames:,}"
        raise InputError(f"the DICOM file {what}: {needed:,} needed, found {there:,}; {frames}")


def _require_taken(data_set: DataSet, geometry: Geometry) -> None:
    allocated, packed = geometry.allocated, geometry.allocated not in _WORDS
    if packed and (allocated > MAX_BIT_DEPTH or geometry.samples > 1):
        raise UnsupportedError(f"found a DICOM file of {geometry.samples} samples a pixel with {allocated} bits each")
    if packed and not data_set.little_endian and data_set.vr == "OW":
        raise UnsupportedError(f"found a DICOM file of {allocated}-bit samples packed into big-endian words")
    if geometry.photometric in ("YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420"):
        raise UnsupportedError(
            f"found a DICOM file of {geometry.photometric} samples: its colour has fewer of them than its brightness, "
            "as no picture here has"
        )
