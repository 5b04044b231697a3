"""What is compared between a picture and what its file decodes to; each check is one function that returns flags.

Here is the place for checks of lossy content (text that reads differently, guarded tiles), as functions of the same
shape in `CHECKS`. A check never writes and never raises.
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
from hybridcodec.image import Mode, Picture, Samples, bands, checked_samples, errors_by_rows
from hybridcodec.proof.flags import Box, Flag, FlagKind


@dataclass(frozen=True)
class Asked:
    """What a file was to be.

    Attributes:
        fidelity: how exact.
        loss_accepted: whether its header says that somebody accepted the loss.
        matching: whether its pages may be coded by the help of similar places.
    """

    fidelity: Fidelity
    loss_accepted: bool = False
    matching: bool = True

    @classmethod
    def of(cls, info: Info) -> Self:
        """Return what a file says that it was to be."""
        return cls(Fidelity(info.mode or Mode.LOSSLESS, info.max_error), info.loss_accepted)


@dataclass(frozen=True)
class Comparison:
    """A picture beside what its file decodes to, the exact layer, or the preview of a file that has no other."""

    original: Picture
    decoded: Picture
    info: Info
    asked: Asked

    @property
    def same_size(self) -> bool:
        """Whether both have the same rows, columns and channels."""
        return self.original.samples.shape == self.decoded.samples.shape


Check = Callable[[Comparison], list[Flag]]


def sample_hash(samples: Samples) -> str:
    """Return the sample hash of FORMAT.md, computed apart from the code that writes it into files.

    `samples` is uint8, int8, uint16 or int16 of shape (H, W) or (H, W, C).
    """
    picture = checked_samples(samples)
    H, W, C = picture.shape
    head = struct.pack("<4sIIBBBB", b"HYCS", W, H, C, picture.dtype.itemsize, picture.dtype.kind == "i", 0)
    digest = hashlib.sha256(head)
    for rows in bands(picture):
        digest.update(picture[rows].astype(picture.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()


def check_header(pair: Comparison) -> list[Flag]:
    """The file says of itself what was asked for, and names the picture that it was made of."""
    asked = (pair.asked.fidelity.mode, pair.asked.fidelity.max_error, pair.asked.loss_accepted)
    found = (pair.info.mode, pair.info.max_error, pair.info.loss_accepted)
    flags = []
    if asked != found:
        names = "mode, maximum error, loss accepted"
        flags.append(Flag(FlagKind.HEADER_DIFFERS, f"{names}: expected {_words(asked)}, found {_words(found)}"))
    if pair.info.matching_used and not pair.asked.matching:
        flags.append(Flag(FlagKind.HEADER_DIFFERS, "help of similar places: expected none, found that it was used"))
    if pair.original.kind != pair.decoded.kind:
        detail = f"samples: expected {pair.original.kind}, found {pair.decoded.kind}"
        same = str(pair.original.kind) == str(pair.decoded.kind)
        flags.append(Flag(FlagKind.HEADER_DIFFERS, "the palette differs" if same else detail))
    if pair.info.source_hash != sample_hash(pair.original.samples):
        flags.append(Flag(FlagKind.HASH_DIFFERS, "the file names other samples as its source than the picture has"))
    return flags


def check_size(pair: Comparison) -> list[Flag]:
    """Both pictures have the same rows, columns and channels."""
    if pair.same_size or (pair.info.mode is Mode.PERCEPTUAL and _is_preview(pair)):
        return []
    (H, W, C), (h, w, c) = pair.original.samples.shape, pair.decoded.samples.shape
    return [Flag(FlagKind.SIZE_DIFFERS, f"expected {W}x{H} with {C} channels, found {w}x{h} with {c}")]


def check_samples(pair: Comparison) -> list[Flag]:
    """Every sample is what it was, or within the bound; a preview promises nothing here."""
    fidelity = pair.asked.fidelity
    if fidelity.mode is Mode.PERCEPTUAL or not pair.same_size:
        return []
    wrong = _Wrong.beyond(fidelity.max_error, pair)
    if not wrong.count:
        return []
    exact = fidelity.mode is Mode.LOSSLESS
    kind = FlagKind.SAMPLES_DIFFER if exact else FlagKind.BOUND_EXCEEDED
    count, worst, (row, column, _) = wrong.count, wrong.worst, wrong.first
    bound, size = "" if exact else f" where {fidelity.max_error} is allowed", pair.original.samples.size
    detail = f"{count} of {size} samples differ by up to {worst}{bound}, first at row {row}, column {column}"
    return [Flag(kind, detail, count, worst, wrong.first, wrong.box)]


def check_metadata(pair: Comparison) -> list[Flag]:
    """ICC profile, EXIF and XMP are byte for byte what they were."""
    expected, found = asdict(pair.original.metadata), asdict(pair.decoded.metadata)
    differing = [name for name in expected if expected[name] != found[name]]
    return [Flag(FlagKind.METADATA_DIFFERS, f"its metadata differs: {', '.join(differing)}")] if differing else []


CONTENT: tuple[Check, ...] = (check_size, check_samples, check_metadata)
"""Checks that hold for any picture that a file may stand for, whether it was made of it or not."""
CHECKS: tuple[Check, ...] = (check_header, *CONTENT)


def worst_error(pair: Comparison) -> int:
    """Return by how much the sub-pixel is off that is off most, of pictures of one size."""
    return max(int(error.max()) for _, error in errors_by_rows(pair.original.samples, pair.decoded.samples))


@dataclass
class _Wrong:
    """Samples that are off by more than they may be: how many, by how much at most, the first of them, and where.

    `rows` (H,) and `columns` (W,) tell which have one.
    """

    rows: NDArray[np.bool_]
    columns: NDArray[np.bool_]
    count: int = 0
    worst: int = 0
    first: tuple[int, int, int] = (0, 0, 0)

    @classmethod
    def beyond(cls, bound: int, pair: Comparison) -> Self:
        """Return those of a pair of pictures of one size."""
        H, W, _ = pair.original.samples.shape
        found = cls(np.zeros(H, np.bool_), np.zeros(W, np.bool_))
        for top, error in errors_by_rows(pair.original.samples, pair.decoded.samples):
            wrong = error > bound
            if wrong.any():
                found._add(top, wrong, int(error.max()))
        return found

    def _add(self, top: int, wrong: NDArray[np.bool_], worst: int) -> None:
        """Add those of the rows (n, W, C) from `top` on."""
        if not self.count:
            row, column, channel = (int(i) for i in np.unravel_index(np.argmax(wrong), wrong.shape))
            self.first = top + row, column, channel
        self.count, self.worst = self.count + int(np.count_nonzero(wrong)), max(self.worst, worst)
        self.rows[top : top + len(wrong)] = np.any(wrong, axis=(1, 2))
        self.columns |= np.any(wrong, axis=(0, 2))

    @property
    def box(self) -> Box:
        """What holds all of them."""
        rows, columns = np.flatnonzero(self.rows), np.flatnonzero(self.columns)
        x, y = int(columns[0]), int(rows[0])
        return Box(x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1)


def _is_preview(pair: Comparison) -> bool:
    """Whether what was decoded has the size of a preview: sides divided by 2^scale, channels of a base picture."""
    (H, W, _), (h, w, c) = pair.original.samples.shape, pair.decoded.samples.shape
    scale = pair.info.base_scale
    return (h, w) == (-(-H >> scale), -(-W >> scale)) and c in (1, 3)


def _words(values: tuple[object, ...]) -> str:
    return ", ".join(str(value) for value in values)
