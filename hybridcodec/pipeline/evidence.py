"""Evidence of a difference: small pictures beside the ledger, since the wrong file itself is not kept.

For the stem S of a record there are `S-original.png` and `S-decoded.png`, the same part of both pictures around what
differs, and `S-whole.png`, the whole original made small.
"""

import hashlib
import os
from pathlib import Path

from hybridcodec_container import GRAY, Linear, Tone, base_channels

from hybridcodec.image import Picture
from hybridcodec.kinds import SampleKind
from hybridcodec.previews import shown, tone_for
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
    first_channel = slice(first[2], first[2] + 1)
    both = [_visible(picture, part, first_channel) for picture in (original, decoded)]
    tone = _common_tone(*both)
    crops = [shown(crop.samples, crop.kind, tone) for crop in both]
    whole = _visible(original, (slice(None, None, step), slice(None, None, step)), first_channel)
    for kind, samples in zip(PARTS, (*crops, shown(whole.samples, whole.kind, tone_for(whole))), strict=True):
        path = folder / f"{stem}-{kind}.png"
        path.unlink(missing_ok=True)  # never through a link
        with path.open("xb") as file:
            file.write(write_picture(Picture.of(samples)).data)
    return stem, Box(x, y, width, height)


def _visible(picture: Picture, part: tuple[slice, slice], channel: slice) -> Picture:
    """Return a part of a picture, or of one of its channels where a preview would not show that."""
    samples, kind = picture.samples[part], picture.kind
    if channel.start < base_channels(kind.roles):
        return Picture(samples, kind)
    return Picture(samples[..., channel], SampleKind(GRAY, kind.bit_depth, kind.signed))


def _common_tone(original: Picture, decoded: Picture) -> Tone | None:
    """Return how samples of both crops become 8 bits: the darkest of them black, the brightest white."""
    if tone_for(original) is None:
        return None
    low = min(int(crop.samples.min()) for crop in (original, decoded))
    high = max(int(crop.samples.max()) for crop in (original, decoded))
    return Linear(low, max(high, low + 1))


def _window(start: int, length: int, limit: int, first: int) -> tuple[int, int]:
    """Return start and length of the part to show along one side."""
    shown = min(length + 2 * _MARGIN, _CROP, limit)
    start = start - _MARGIN if length <= _CROP else first - _CROP // 2
    return max(0, min(start, limit - shown)), shown
