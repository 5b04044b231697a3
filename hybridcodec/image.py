"""What a picture is to this library: an array of samples, what goes with it, and how two pictures are compared.

No picture file is read or written here (that is `sources`), and nothing heavy is imported: only numpy.
"""

from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from hybridcodec.errors import InputError, MismatchError, UnsupportedError
from hybridcodec.modes import Layer, Mode

__all__ = ["Difference", "Layer", "Metadata", "Mode", "Samples", "checked_samples", "difference", "require_within"]

Samples: TypeAlias = npt.NDArray[np.uint8]


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
class Difference:
    """How two pictures of one shape differ, counted in sub-pixels; `first` is (row, column, channel) or None."""

    differing: int
    worst: int
    first: tuple[int, int, int] | None


def checked_samples(samples: object) -> Samples:
    """Return `samples` as a contiguous uint8 array of shape (H, W, C), C being 1 or 3, each value 0 to 255.

    Subclasses of numpy's array, such as `np.matrix` and `np.memmap`, are taken by their values.

    Raises:
        InputError: not an array, or a masked one; no height or width, not 2 or 3 dimensions.
        UnsupportedError: another type than uint8, or another number of channels than 1 and 3.
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
    if samples.dtype != np.uint8:
        raise UnsupportedError(f"expected 8-bit samples (uint8), found {samples.dtype}")
    if samples.ndim == 3 and samples.shape[2] not in (1, 3):
        raise UnsupportedError(f"expected 1 channel (gray) or 3 (RGB), found {samples.shape[2]}")
    H, W = samples.shape[:2]
    return np.ascontiguousarray(samples.reshape(H, W, -1))  # (H, W, C)


def difference(expected: Samples, found: Samples) -> Difference:
    """Compare every sub-pixel of two pictures; (H, W) and (H, W, 1) are the same shape.

    Raises:
        MismatchError: the pictures differ in size or channels, so that no sub-pixel can be compared.
    """
    expected, found = checked_samples(expected), checked_samples(found)
    if expected.shape != found.shape:
        raise MismatchError(f"expected a picture of {_size(expected)}, found {_size(found)}")
    error = np.maximum(expected, found) - np.minimum(expected, found)  # (H, W, C)
    differing = int(np.count_nonzero(error))
    if not differing:
        return Difference(0, 0, None)
    row, column, channel = (int(i) for i in np.unravel_index(np.argmax(error != 0), error.shape))
    return Difference(differing, int(error.max()), (row, column, channel))


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
