"""One layer of a picture as a page shows it, and how near it comes to another.

Where `hybridcodec.layers` are those of a file, coded, these are to be looked at: 8 bits, in the size of the picture.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.provenance import Mark

U8 = NDArray[np.uint8]
_WHITE: Final = 255
_ROWS: Final = 256


@dataclass(frozen=True, eq=False)
class Shown:
    """A layer to look at.

    Attributes:
        name: one word, on the button that shows it.
        words: what it is, in a sentence.
        samples: (H, W, C), C being 1 (gray), 2 (gray, opacity), 3 (RGB) or 4 (RGB, opacity).
        stored: bytes that it takes in the file; None for what is not in it.
        mark: whether it is less than a record.
        note: how near it comes to the reference of its picture, empty for that itself.
    """

    name: str
    words: str
    samples: U8
    stored: int | None = None
    mark: Mark = Mark.NONE
    note: str = ""


def compared(layers: list[Shown]) -> list[Shown]:
    """Return layers with notes of how near each comes to the first, the reference; notes that are there stay."""
    first, *others = layers
    return [first, *(layer if layer.note else replace(layer, note=nearness(first, layer)) for layer in others)]


def nearness(reference: Shown, layer: Shown) -> str:
    """Return in words how near a layer comes to another of its size, in the 8 bits that are shown, opacity apart."""
    C = min(_colours(reference.samples), _colours(layer.samples))
    squares, worst = 0, 0
    H, W, _ = reference.samples.shape
    for start in range(0, H, _ROWS):
        rows = (
            samples[start : start + _ROWS, :, :C].astype(np.int32) for samples in (reference.samples, layer.samples)
        )
        error = np.subtract(*rows)
        squares += int(np.square(error).sum(dtype=np.int64))
        worst = max(worst, int(np.abs(error).max()))
    if not worst:
        return f"as {reference.name} in every sample shown"
    psnr = 10 * math.log10(_WHITE**2 * H * W * C / squares)
    return f"PSNR {psnr:.2f} dB against {reference.name}, largest error {worst} of {_WHITE}"


def _colours(samples: U8) -> int:
    C: int = samples.shape[2]
    return C - (C in (2, 4))
