"""The pictures of a flag, small enough for a page: original, decoded, and where in the whole they lie.

They come from the evidence that the pipeline kept (`pipeline.evidence`), never from sources or outputs. Crops are exact
samples, the whole picture is made small.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from hybridcodec.errors import HybridcodecError
from hybridcodec.image import Samples, checked_samples
from hybridcodec.pipeline.evidence import evidence_paths
from hybridcodec.pipeline.record import Record
from hybridcodec.proof.flags import Box
from hybridcodec.sources import read_picture
from hybridcodec.storage.files import read_bytes
from hybridcodec.view.embedding import data_url

CROP: Final = 160
"""Largest edge of a crop, pixels."""
WHOLE: Final = 240
"""Largest edge of the whole picture made small, pixels."""
_STEM = re.compile(r"[0-9a-f]{8,64}")
_Area = tuple[slice, slice]


@dataclass(frozen=True)
class Pictures:
    """Pictures of one record as data URLs; `gain` makes the largest difference white, `crop` is where they lie."""

    original: str
    decoded: str
    whole: str
    gain: int
    crop: Box
    box: Box

    @property
    def cost(self) -> int:
        """How many bytes they add to a page."""
        return len(self.original) + len(self.decoded) + len(self.whole)

    def to_dict(self) -> dict[str, Any]:
        """Return them as JSON knows them."""
        boxes = {name: [box.x, box.y, box.width, box.height] for name, box in (("crop", self.crop), ("box", self.box))}
        names = ("original", "decoded", "whole", "gain")
        return {name: getattr(self, name) for name in names} | boxes


def pictures_of(record: Record, ledger: Path) -> Pictures | str:
    """Return the pictures of a flagged record, or the reason why there are none."""
    box = next((flag.box for flag in record.flags if flag.box is not None), None)
    if box is None:
        return "nothing to show: no flag of this file is about samples at a known place"
    if not record.evidence or record.crop is None or not _STEM.fullmatch(record.evidence):
        return "no pictures: none were kept when the difference was found"
    try:
        original, decoded, whole = (
            checked_samples(read_picture(read_bytes(path)).samples)
            for path in evidence_paths(ledger, record.evidence).values()
        )
    except HybridcodecError as error:
        return f"no pictures: they were kept with the ledger, but are gone or unreadable ({error})"
    if original.shape != decoded.shape:
        return "no pictures: original and decoded crop are of different size"
    return _made(original, decoded, whole, Box(*record.crop), box)


def _made(original: Samples, decoded: Samples, whole: Samples, crop: Box, box: Box) -> Pictures:
    H, W, _ = original.shape
    y, x = _around(box.y - crop.y, box.height, H), _around(box.x - crop.x, box.width, W)
    original, decoded = original[y, x], decoded[y, x]
    worst = int(np.abs(original.astype(np.int16) - decoded).max())
    gain = max(1, 255 // max(1, worst))
    step = -(-max(whole.shape) // WHOLE)
    return Pictures(
        data_url(original),
        data_url(decoded),
        data_url(_reduced(whole, step)),
        gain,
        Box(crop.x + x.start, crop.y + y.start, x.stop - x.start, y.stop - y.start),
        box,
    )


def _around(start: int, length: int, limit: int) -> slice:
    """Return at most CROP places around a stretch, or from its start where it is longer."""
    middle = start + min(length, CROP) // 2
    first = max(0, min(middle - CROP // 2, limit - CROP))
    return slice(first, min(first + CROP, limit))


def _reduced(samples: Samples, step: int) -> Samples:
    """Return means of step x step pixels, the last ones of each side as they come."""
    rows, columns = (np.arange(0, size, step) for size in samples.shape[:2])
    sums = np.add.reduceat(np.add.reduceat(samples.astype(np.int64), rows, 0), columns, 1)
    counts = np.diff(np.append(rows, samples.shape[0]))[:, None] * np.diff(np.append(columns, samples.shape[1]))
    means: Samples = (sums // counts[..., None]).astype(np.uint8)
    return means
