"""How the pixels of a data set are said to lie: size, frames, channels, bits. What its bits say stands in `extent`."""

from dataclasses import dataclass
from typing import Self

from hybridcodec.errors import InputError, UnsupportedError
from hybridcodec.limits import MAX_PIXELS, require_pixels
from hybridcodec.sources.parts.dicom.data_set import Elements

_SAMPLES = range(1, 5)


@dataclass(frozen=True)
class Geometry:
    """What a data set says of its pixels.

    Attributes:
        rows: of a frame.
        columns: of a frame.
        frames: 1 or more.
        samples: of a pixel: 1 to 4.
        allocated: bits that a sample takes up.
        stored: bits that a sample should have, at most those allocated.
        high: number of the highest of them.
        signed: whether samples should be in two's complement.
        planar: whether whole channels follow each other.
        photometric: what the samples show.
    """

    rows: int
    columns: int
    frames: int
    samples: int
    allocated: int
    stored: int
    high: int
    signed: bool
    planar: bool
    photometric: str

    @classmethod
    def of(cls, elements: Elements) -> Self:
        """Read it; what ACR-NEMA did not know has the value that its pictures have.

        Raises:
            InputError: a value that is needed is not there, or makes no sense.
            UnsupportedError: more than four samples a pixel.
            LimitError: more pixels in a frame than are read.
        """
        rows, columns, allocated = (_positive(elements, name) for name in ("Rows", "Columns", "BitsAllocated"))
        require_pixels(columns, rows, MAX_PIXELS)
        samples = elements.number("SamplesPerPixel", 1)
        if samples not in _SAMPLES:
            raise UnsupportedError(f"found a DICOM file of {samples} samples a pixel; this version takes 1 to 4")
        stored = elements.number("BitsStored", allocated)
        stored = stored if 1 <= stored <= allocated else allocated
        return cls(
            rows=rows,
            columns=columns,
            frames=_frames(elements),
            samples=samples,
            allocated=allocated,
            stored=stored,
            high=elements.number("HighBit", stored - 1),
            signed=elements.number("PixelRepresentation", 0) == 1,
            planar=samples > 1 and elements.number("PlanarConfiguration", 0) == 1,
            photometric=elements.text("PhotometricInterpretation"),
        )


def _positive(elements: Elements, name: str) -> int:
    found = elements.number(name, 0)
    if not found:
        raise InputError(f"the DICOM file has pixels, but no {name}")
    return found


def _frames(elements: Elements) -> int:
    said = elements.text("NumberOfFrames") or "1"
    if not said.removeprefix("+").isdecimal() or not said.isascii() or len(said) > 12:
        raise InputError(f"the DICOM file has {said[:20]!r} as its number of frames")
    return max(int(said), 1)
