"""What a picture is to this library: an array of samples, what goes with it, and how two pictures are compared.

No picture file is read or written here (that is `sources`), and nothing heavy is imported: only numpy.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import InputError, MismatchError, UnsupportedError
from hybridcodec.kinds import SampleKind, Samples
from hybridcodec.modes import Layer, Mode

__all__ = [
    "Difference",
    "Layer",
    "Metadata",
    "Mode",
    "Picture",
    "SampleKind",
    "Samples",
    "Window",
    "bands",
    "checked_samples",
    "difference",
    "errors_by_rows",
    "require_plain",
    "require_within",
]

BAND: Final = 1 << 18
"""Samples that are compared or hashed at a time, about."""


@dataclass(frozen=True)
class Metadata:
    """What travels with the samples, byte for byte; an empty field means that the picture has none.

    `icc` is an ICC profile, `exif` an EXIF block that starts with its TIFF header, `xmp` an XMP packet.
    """

    icc: bytes = b""
    exif: bytes = b""
    xmp: bytes = b""

    def __post_init__(self) -> None:
        """Make all fields bytes; raises InputError where one is something else."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, bytes | bytearray | memoryview):
                raise InputError(f"{field.name} metadata must be bytes, found {type(value).__name__}")
            object.__setattr__(self, field.name, bytes(value))


@dataclass(frozen=True)
class Window:
    """What of wide or signed samples a preview shows: `low` and below is black, `high` and above white.

    `invert` exchanges black and white. `low` lies below `high`; both fit 32 bits.
    """

    low: int
    high: int
    invert: bool = False


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture: samples, what they are, and what goes with them.

    Attributes:
        samples: (H, W, C) in the type of `kind`, each in its range.
        kind: what the samples are.
        metadata: kept byte for byte.
        window: what a preview shows; None where nothing says so.
        medical: whether an instrument of medicine made it: its preview takes less of the file, and colour is taken for
            labels on gray where it may be.
    """

    samples: Samples
    kind: SampleKind
    metadata: Metadata = Metadata()
    window: Window | None = None
    medical: bool = False

    @classmethod
    def of(
        cls,
        samples: object,
        kind: SampleKind | None = None,
        metadata: Metadata = Metadata(),
        window: Window | None = None,
    ) -> Self:
        """Return a picture of samples (H, W) or (H, W, C); without `kind` they are what their type says.

        Raises:
            InputError: no array, a masked one, no height or width, or samples that are not of this kind.
            UnsupportedError: another type than bool, uint8, int8, uint16 and int16, or more than 4 channels.
        """
        array = checked_samples(samples)
        kind = SampleKind.of(array) if kind is None else kind
        return cls(kind.checked(array), kind, metadata, window)


@dataclass(frozen=True)
class Difference:
    """How two pictures of one shape differ, counted in sub-pixels; `first` is (row, column, channel) or None."""

    differing: int
    worst: int
    first: tuple[int, int, int] | None


def checked_samples(samples: object) -> Samples:
    """Return `samples` as a contiguous array of shape (H, W, C), C being 1 to 4, of 8- or 16-bit integers or bool.

    Subclasses of numpy's array, such as `np.matrix` and `np.memmap`, are taken by their values.

    Raises:
        InputError: not an array, or a masked one; no height or width, not 2 or 3 dimensions.
        UnsupportedError: another type, or another number of channels.
    """
    if not isinstance(samples, np.ndarray):
        raise InputError(f"expected a numpy array of samples, found {type(samples).__name__}")
    if isinstance(samples, np.ma.MaskedArray):
        raise InputError("found a masked array, whose mask would be lost; fill it first, or take its data")
    samples = np.asarray(samples)
    if samples.ndim not in (2, 3):
        raise InputError(f"expected samples of shape (height, width[, channels]), found shape {samples.shape}")
    if samples.size == 0:
        raise InputError(f"expected at least one pixel, found shape {samples.shape}")
    H, W = samples.shape[:2]
    array = samples.reshape(H, W, -1)  # (H, W, C)
    SampleKind.of(array)
    return np.ascontiguousarray(array, array.dtype.newbyteorder("="))


def require_plain(samples: Samples) -> Samples:
    """Return samples that are 8-bit gray or 8-bit RGB; raises UnsupportedError for all others."""
    kind = SampleKind.of(samples)
    if not kind.plain:
        raise UnsupportedError(f"expected 8-bit gray or 8-bit RGB, found {kind}")
    return samples


def difference(expected: Samples, found: Samples) -> Difference:
    """Compare every sub-pixel of two pictures; (H, W) and (H, W, 1) are the same shape.

    Raises:
        MismatchError: the pictures differ in size or channels, so that no sub-pixel can be compared.
    """
    expected, found = checked_samples(expected), checked_samples(found)
    if expected.shape != found.shape:
        raise MismatchError(f"expected a picture of {_size(expected)}, found {_size(found)}")
    differing, worst, first = 0, 0, None
    for top, error in errors_by_rows(expected, found):
        count = int(np.count_nonzero(error))
        if count and first is None:
            row, column, channel = (int(i) for i in np.unravel_index(np.argmax(error != 0), error.shape))
            first = top + row, column, channel
        differing, worst = differing + count, max(worst, int(error.max()))
    return Difference(differing, worst, first)


def errors_by_rows(expected: Samples, found: Samples) -> Iterator[tuple[int, NDArray[np.int32]]]:
    """Yield how far sub-pixels of two pictures of one shape (H, W, C) are off, some rows at a time, (n, W, C).

    Before them comes the number of their first row. Of a whole picture, errors would take eight times its memory.
    """
    for rows in bands(expected):
        error = np.subtract(expected[rows], found[rows], dtype=np.int32)
        yield rows.start, np.abs(error, out=error)


def bands(samples: Samples) -> Iterator[slice]:
    """Yield the rows of a picture (H, W, C), `BAND` samples at a time or a row."""
    H, W, C = samples.shape
    height = max(1, BAND // (W * C))
    yield from (slice(top, min(top + height, H)) for top in range(0, H, height))


def require_within(expected: Samples, found: Samples, max_error: int) -> Difference:
    """Return how `found` differs from `expected`, once it is sure that no sub-pixel is off by more than `max_error`.

    Raises:
        MismatchError: some sub-pixel is off by more, or the pictures differ in size; it names the first place.
    """
    result = difference(expected, found)
    if result.worst > max_error and result.first is not None:
        row, column, channel = result.first
        raise MismatchError(
            f"{result.differing} of {expected.size} samples differ, by up to {result.worst} where {max_error} is "
            f"allowed, first at row {row}, column {column}, channel {channel}"
        )
    return result


def _size(samples: Samples) -> str:
    H, W, C = samples.shape
    return f"{W}x{H} with {C} channel{'s' if C > 1 else ''}"
