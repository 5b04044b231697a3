"""What is compared between a picture and what its file decodes to; each check is one function that returns flags.

Here is the place for what later issues add: checks of lossy content (text that reads differently, guarded tiles) as
functions of the same shape in `CHECKS`, wider samples in `pictures`. A check never writes and never raises.
"""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hybridcodec.codec import Info
from hybridcodec.fidelity import Fidelity
from hybridcodec.image import Metadata, Mode, Samples, checked_samples
from hybridcodec.proof.flags import Box, Flag, FlagKind


@dataclass(frozen=True)
class Asked:
    """What a file was to be: how exact, and whether its header says that somebody accepted the loss."""

    fidelity: Fidelity
    loss_accepted: bool = False

    @classmethod
    def of(cls, info: Info) -> Self:
        """Return what a file says that it was to be."""
        return cls(Fidelity(info.mode, info.max_error), info.loss_accepted)


@dataclass(frozen=True)
class Comparison:
    """A picture beside what its file decodes to; both are uint8 of shape (H, W, C).

    `decoded` is the exact layer, or the preview of a file that has no other.
    """

    original: Samples
    original_metadata: Metadata
    decoded: Samples
    decoded_metadata: Metadata
    info: Info
    asked: Asked


Check = Callable[[Comparison], list[Flag]]


def sample_hash(samples: Samples) -> str:
    """Return the sample hash of FORMAT.md, computed apart from the code that writes it into files.

    `samples` is uint8 of shape (H, W) or (H, W, C).
    """
    picture = checked_samples(samples)
    H, W, C = picture.shape
    return hashlib.sha256(struct.pack("<4sIIBBH", b"HYCS", W, H, C, 1, 0) + picture.tobytes()).hexdigest()


def check_header(pair: Comparison) -> list[Flag]:
    """The file says of itself what was asked for, and names the picture that it was made of."""
    asked = (pair.asked.fidelity.mode, pair.asked.fidelity.max_error, pair.asked.loss_accepted)
    found = (pair.info.mode, pair.info.max_error, pair.info.loss_accepted)
    flags = []
    if asked != found:
        names = "mode, maximum error, loss accepted"
        flags.append(Flag(FlagKind.HEADER_DIFFERS, f"{names}: expected {_words(asked)}, found {_words(found)}"))
    if pair.info.source_hash != sample_hash(pair.original):
        flags.append(Flag(FlagKind.HASH_DIFFERS, "the file names other samples as its source than the picture has"))
    return flags


def check_size(pair: Comparison) -> list[Flag]:
    """Both pictures have the same rows, columns and channels."""
    if pair.original.shape == pair.decoded.shape:
        return []
    (H, W, C), (h, w, c) = pair.original.shape, pair.decoded.shape
    return [Flag(FlagKind.SIZE_DIFFERS, f"expected {W}x{H} with {C} channels, found {w}x{h} with {c}")]


def check_samples(pair: Comparison) -> list[Flag]:
    """Every sample is what it was, or within the bound; a preview promises nothing here."""
    fidelity = pair.asked.fidelity
    if fidelity.mode is Mode.PERCEPTUAL or pair.original.shape != pair.decoded.shape:
        return []
    error = error_of(pair)
    wrong = error > fidelity.max_error
    if not wrong.any():
        return []
    exact = fidelity.mode is Mode.LOSSLESS
    kind = FlagKind.SAMPLES_DIFFER if exact else FlagKind.BOUND_EXCEEDED
    count, worst = int(np.count_nonzero(wrong)), int(error.max())
    row, column, channel = (int(i) for i in np.unravel_index(np.argmax(wrong), wrong.shape))
    bound = "" if exact else f" where {fidelity.max_error} is allowed"
    detail = f"{count} of {error.size} samples differ by up to {worst}{bound}, first at row {row}, column {column}"
    return [Flag(kind, detail, count, worst, (row, column, channel), _box(np.any(wrong, axis=2)))]


def check_metadata(pair: Comparison) -> list[Flag]:
    """ICC profile, EXIF and XMP are byte for byte what they were."""
    expected, found = asdict(pair.original_metadata), asdict(pair.decoded_metadata)
    differing = [name for name in expected if expected[name] != found[name]]
    return [Flag(FlagKind.METADATA_DIFFERS, f"its metadata differs: {', '.join(differing)}")] if differing else []


CONTENT: tuple[Check, ...] = (check_size, check_samples, check_metadata)
"""Checks that hold for any picture that a file may stand for, whether it was made of it or not."""
CHECKS: tuple[Check, ...] = (check_header, *CONTENT)


def error_of(pair: Comparison) -> Samples:
    """Return how far each sub-pixel is off, (H, W, C)."""
    return np.maximum(pair.original, pair.decoded) - np.minimum(pair.original, pair.decoded)


def _box(wrong: NDArray[np.bool_]) -> Box:
    rows, columns = np.flatnonzero(wrong.any(axis=1)), np.flatnonzero(wrong.any(axis=0))
    x, y = int(columns[0]), int(rows[0])
    return Box(x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1)


def _words(values: tuple[object, ...]) -> str:
    return ", ".join(str(value) for value in values)
