"""What the samples of a DICOM file show: roles of the channels, palette, and the window of a preview."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.image import Picture, Window
from hybridcodec.kinds import GRAY, INDEXED, RGB, Role, SampleKind
from hybridcodec.sources.parts.dicom.data_set import DataSet
from hybridcodec.sources.parts.dicom.extent import Extent, in_two_s_complement
from hybridcodec.sources.parts.dicom.geometry import Geometry
from hybridcodec.sources.parts.dicom.tables import Tables, tables_of

OUTLIERS: Final = (0.005, 0.995)
"""Where black and white lie among the samples of an inverted picture that names no window."""
_AS_RGB: Final = ("RGB", "YBR_RCT", "YBR_ICT", "")  # JPEG 2000 gives RGB where it was told of its own transforms
_32_BITS: Final = 1 << 31


@dataclass(frozen=True)
class Appearance:
    """What goes for all frames: what the data set says, its palette, its window."""

    geometry: Geometry
    tables: Tables | None
    window: Window | None

    @classmethod
    def of(cls, data_set: DataSet, geometry: Geometry) -> "Appearance":
        """Read it of a data set."""
        indexed = geometry.samples == 1 and geometry.photometric == "PALETTE COLOR"
        tables = tables_of(data_set.elements) if indexed else None
        gray = geometry.samples == 1 and not indexed
        return cls(geometry, tables, _window(data_set, geometry) if gray else None)

    def kind(self, extent: Extent, stored: int) -> SampleKind:
        """Return what samples of this extent are, where `stored` bits of them should be in use.

        Raises:
            UnsupportedError: they need more than 16 bits.
        """
        signed = self.geometry.signed and self.tables is None
        depth, signed = extent.depth_and_sign(stored, signed=signed)
        if self.tables is not None and not signed:
            return SampleKind(INDEXED, depth, palette=self.tables.palette(depth))
        return SampleKind(_roles(self.geometry), depth, signed)

    def picture(self, words: NDArray[Any], width: int, kind: SampleKind) -> Picture:
        """Return unsigned words (H, W, C), of which `width` bits are in use, as the picture that they are."""
        samples = kind.checked(in_two_s_complement(words, width) if kind.signed else words)
        return Picture(samples, kind, window=self._window_for(samples, kind), medical=True)

    def _window_for(self, samples: NDArray[Any], kind: SampleKind) -> Window | None:
        """Return what a preview shows: 8 bits as they are, black exchanged for white in MONOCHROME1."""
        if kind.roles != GRAY:
            return None
        inverted = self.geometry.photometric == "MONOCHROME1"
        if kind.bit_depth <= 8 and not kind.signed:
            return Window(0, kind.high, invert=True) if inverted else None
        if self.window is not None or not inverted:
            return self.window
        low, high = (int(value) for value in np.quantile(samples, OUTLIERS, method="nearest"))
        return Window(low, max(high, low + 1), invert=True)


def _roles(geometry: Geometry) -> tuple[Role, ...]:
    if geometry.samples == 1:
        return GRAY
    rgb = geometry.samples == len(RGB) and geometry.photometric in _AS_RGB
    return RGB if rgb else (Role.OTHER,) * geometry.samples


def _window(data_set: DataSet, geometry: Geometry) -> Window | None:
    """Return the first window of a data set in stored values (PS3.3 C.11.2.1.2); None without a sound one."""
    voi, modality = data_set.functional("FrameVOILUTSequence"), data_set.functional("PixelValueTransformationSequence")
    centre, width = voi.decimal("WindowCenter"), voi.decimal("WindowWidth")
    slope, intercept = modality.decimal("RescaleSlope"), modality.decimal("RescaleIntercept")
    slope, intercept = 1.0 if slope is None else slope, intercept or 0.0
    if centre is None or width is None or width < 1 or not slope or geometry.high != geometry.stored - 1:
        return None
    ends = ((centre - 0.5 + side * (width - 1) / 2 - intercept) / slope for side in (-1, 1))
    limit = float(_32_BITS - 2)
    black, white = (round(min(max(end, -limit), limit)) for end in ends)
    low, high = min(black, white), max(black, white)
    return Window(low, max(high, low + 1), invert=(black > white) != (geometry.photometric == "MONOCHROME1"))
