"""The lookup tables of a palette picture in DICOM (PS3.3 C.7.6.3.1.5), as the palette that a picture has here."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hybridcodec.kinds import Palette
from hybridcodec.sources.parts.dicom.data_set import Elements

_COLOURS = ("Red", "Green", "Blue")
_SMALL = 8  # bits of an index up to which there is a colour for every one


@dataclass(frozen=True)
class Tables:
    """Colours (n, 3) as 16-bit words; the first is for the index `first` and all below, the last for all above."""

    first: int
    colours: NDArray[np.uint16]

    def palette(self, depth: int) -> Palette:
        """Return the palette for indices of so many bits, its values of 8 bits where that loses nothing."""
        count = 1 << depth if depth <= _SMALL else min(1 << depth, self.first + len(self.colours))
        colours = self.colours[np.clip(np.arange(count) - self.first, 0, len(self.colours) - 1)]  # (count, 3)
        low, high = colours & 255, colours >> 8
        if not high.any():
            return Palette(3, 8, colours.astype(np.uint8).tobytes())
        if not low.any() or (low == high).all():
            return Palette(3, 8, high.astype(np.uint8).tobytes())
        return Palette(3, 16, colours.astype("<u2").tobytes())


def tables_of(elements: Elements) -> Tables | None:
    """Return the tables of a data set; None where they are segmented, cut off or of three sizes."""
    tables, descriptors = [], set()
    for colour in _COLOURS:
        descriptor = elements.words(f"{colour}PaletteColorLookupTableDescriptor")
        if len(descriptor) < 2:
            return None
        count = descriptor[0] or 1 << 16
        raw = elements.raw(f"{colour}PaletteColorLookupTableData")
        if len(raw) >= 2 * count:
            table = np.frombuffer(raw, "<u2" if elements.little_endian else ">u2", count)
        elif len(raw) >= count and elements.little_endian:
            table = np.frombuffer(raw, np.uint8, count)
        else:
            return None
        tables.append(table.astype(np.uint16))
        descriptors.add((count, descriptor[1]))
    return Tables(descriptors.pop()[1], np.stack(tables, axis=1)) if len(descriptors) == 1 else None
