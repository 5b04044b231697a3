"""Evidence of a difference: small pictures beside the ledger, since the wrong file itself is not kept.

For the stem S of a record there are `S-original.png` and `S-decoded.png`, the same part of both pictures around what
differs, and `S-whole.png`, the whole original made small.
"""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

from hybridcodec.image import Picture
from hybridcodec.previews import shown_alike
from hybridcodec.proof.flags import Box
from hybridcodec.sources import write_picture

EVIDENCE_FOLDER = "evidence"
PARTS = ("original", "decoded", "whole")
_CROP, _MARGIN, _WHOLE = 256, 16, 512


def evidence_paths(ledger: Path, stem: str) -> dict[str, Path]:
    """Return where the evidence of a record with this stem lies, by part."""
    return {part: ledger.parent / EVIDENCE_FOLDER / f"{stem}-{part}.png" for part in PARTS}


def keep_evidence(
    folder: Path, name: str, original: Picture, decoded: Picture, box: Box, first: tuple[int, int, int]
) -> tuple[str, Box]:
    """Write the evidence of a difference; returns its stem and which part of the pictures it shows.

    Samples of 8 bits, gray or RGB, are shown as they are, others as a preview would show them: what is no more than a
    step of a wide sample may not be seen. A difference in a channel that previews leave out is shown by that channel.

    Args:
        folder: the evidence folder.
        name: what belongs to this file alone.
        original: as it was read.
        decoded: of the same size.
        box: around all differing pixels.
        first: row, column and channel of the first of them, which is shown where the box is too large.

    Raises:
        OSError: it cannot be written.
    """
    H, W, _ = original.samples.shape
    x, width = _window(box.x, box.width, W, first[1])
    y, height = _window(box.y, box.height, H, first[0])
    step = -(-max(H, W) // _WHOLE)
    stem = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    part = (slice(y, y + height), slice(x, x + width))
    folder.mkdir(parents=True, exist_ok=True)
    crops = shown_alike([_cut(picture, part) for picture in (original, decoded)], first[2])
    whole = shown_alike([_cut(original, (slice(None, None, step), slice(None, None, step)))], first[2])
    for kind, samples in zip(PARTS, (*crops, *whole), strict=True):
        path = folder / f"{stem}-{kind}.png"
        path.unlink(missing_ok=True)  # never through a link
        with path.open("xb") as file:
            file.write(write_picture(Picture.of(samples)).data)
    return stem, Box(x, y, width, height)


def _cut(picture: Picture, part: tuple[slice, slice]) -> Picture:
    return replace(picture, samples=picture.samples[part])


def _window(start: int, length: int, limit: int, first: int) -> tuple[int, int]:
    """Return start and length of the part to show along one side."""
    shown = min(length + 2 * _MARGIN, _CROP, limit)
    start = start - _MARGIN if length <= _CROP else first - _CROP // 2
    return max(0, min(start, limit - shown)), shown
