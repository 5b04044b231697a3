"""Which coders are worth a trial for a picture: a quick look at its samples, so that the costly trials are few.

What is asked is how often a pixel is the one left of it again, and how many colours there are: photographs hardly
ever repeat a pixel, screens nearly always. The sizes of the trials decide, not this. Its bounds come from 343
photographs and drawings, 30 screens and 23 scans, none of them in a benchmark.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hybridcodec.residual.coder import Samples, TileCoder
from hybridcodec.residual.coders import CODERS
from hybridcodec.residual.occurring import MOST, WORTH, missing
from hybridcodec.residual.quantiser import Quantiser

REPEATING: Final = 0.4
"""Share of pixels like their left neighbour from which a picture may be a screen: 1 in 30 photographs has it."""
REPEATING_GRAY: Final = 0.55
"""The same for one channel, which repeats by chance more often."""
FLAT: Final = 0.85
"""Share from which nothing is left for a coder of photographs."""
FEW_COLOURS: Final = 256
"""Most colours of a picture whose colours are worth remembering, however seldom they repeat."""
STEP: Final = 16
"""Half of the steps from pixel to pixel are within it in gray shades; of letters and frames on screens, a third."""
COLOURLESS: Final = 0.9
"""Share of gray among pixels unlike their left neighbour from which colour is but a label on gray."""
TINY: Final = 1 << 10
"""Most samples of a picture whose values may as well be stored."""
NOISE: Final = 0.98
"""Share of the bits of a value that differences of neighbours take where nothing can be predicted."""
LOOKED_AT: Final = 1 << 20
"""About as many pixels are looked at, in whole rows all over the picture."""
_COUNTED: Final = 1 << 16
_ENOUGH: Final = 1 << 12
"""About as many pixels show that a photograph has more colours than few."""
_COLOURS: Final = 3

_WIDE, _PAGE, _INDEX, _STORED, _ADAPTIVE = 2, 3, 4, 5, 6  # numbers of FORMAT.md; coders take part once registered


@dataclass(frozen=True)
class Trial:
    """A coder that is worth a trial, and the quantiser of the values that it is given."""

    coder: TileCoder
    quantiser: Quantiser


def trials(
    samples: Samples, quantiser: Quantiser, *, indexed: bool = False, medical: bool = False
) -> tuple[Trial, ...]:
    """Return what is to be tried on a picture: `candidates`, before them ranks of its values where some are missing."""
    coders = candidates(samples, quantiser, indexed=indexed, medical=medical)
    plain = tuple(Trial(coder, quantiser) for coder in coders)
    if quantiser.top > MOST or samples.size <= TINY:
        return plain
    rows = samples[:: max(1, samples.shape[0] * samples.shape[1] // LOOKED_AT)]
    counts = quantiser.histograms(rows)
    bilevel = len(counts) == 1 and quantiser.top > 1 and np.count_nonzero(counts) <= 2
    gaps = missing(counts) >= WORTH and any(coder.number == _ADAPTIVE for coder in coders)
    packed = quantiser.packed_for(samples) if bilevel or gaps else None
    if packed is None:
        return plain
    takers = {coder.number: coder for coder in CODERS if coder.takes(samples.shape[2], packed)}
    number = _PAGE if packed.top == 1 and _PAGE in takers else _ADAPTIVE
    tried = gaps or number == _PAGE
    return (Trial(takers[number], packed), *plain) if tried and number in takers else plain


def candidates(
    samples: Samples, quantiser: Quantiser, *, indexed: bool = False, medical: bool = False
) -> tuple[TileCoder, ...]:
    """Return the coders to be tried on a picture, the most promising one first; there is at least one.

    Args:
        samples: (H, W, C), or the values that stand for them.
        quantiser: of the layer.
        indexed: whether samples are numbers of colours in a palette.
        medical: see `Picture`.
    """
    rows = samples[:: max(1, samples.shape[0] * samples.shape[1] // LOOKED_AT)]
    numbers = list(dict.fromkeys(_promising(rows, quantiser, indexed=indexed, medical=medical)))
    takers = {coder.number: coder for coder in CODERS if coder.takes(samples.shape[2], quantiser)}
    if samples.size <= TINY and _ADAPTIVE in takers and not indexed:
        return (takers[_ADAPTIVE],)  # a trial would cost more than it could save, the preview among it
    if _ADAPTIVE not in numbers and (samples.size <= TINY or _is_noise(rows, quantiser)):
        numbers.append(_STORED)
    return tuple(takers[number] for number in numbers if number in takers) or (takers.get(_ADAPTIVE, takers[_STORED]),)


def _promising(rows: Samples, quantiser: Quantiser, *, indexed: bool, medical: bool) -> tuple[int, ...]:
    gray = rows.shape[2] == 1
    if quantiser.top == 1:
        return (_PAGE,) if gray else (_INDEX,)
    repeating = repetition(rows)
    if quantiser.high - quantiser.low > np.iinfo(np.uint8).max:
        return (_WIDE, _STORED) if repeating >= FLAT else (_WIDE,)
    adaptive = [coder for coder in CODERS if coder.number == _ADAPTIVE and coder.takes(rows.shape[2], quantiser)]
    photographic = _ADAPTIVE if adaptive else _WIDE
    if indexed and _is_shaded(rows):
        return (_INDEX, _WIDE, photographic)  # the palette is in the order of brightness
    if indexed or (repeating >= FLAT and not gray):
        return (_INDEX, _WIDE) if medical or _is_shaded(rows) else (_INDEX,)
    if repeating < (REPEATING_GRAY if gray else REPEATING) and not _has_few_colours(rows):
        return (photographic, _WIDE) if gray else (photographic,)
    if gray or _is_shaded(rows):
        return (_INDEX, _WIDE)
    return (_INDEX, photographic, _WIDE) if medical else (_INDEX, photographic)


def repetition(samples: Samples) -> float:
    """Return which share of the pixels of (H, W, C) equals the one to the left, 0 where there is none to the left."""
    if samples.shape[1] < 2:
        return 0.0
    same = samples[:, 1:, 0] == samples[:, :-1, 0]
    for c in range(1, samples.shape[2]):  # `np.all` over so few takes ten times as long
        same &= samples[:, 1:, c] == samples[:, :-1, c]
    return float(np.count_nonzero(same) / same.size)


def _is_shaded(rows: Samples) -> bool:
    """Tell whether the picture is gray where it changes, and changes little by little: gray behind labels in colour."""
    left, right = rows[:, :-1].astype(np.int32), rows[:, 1:].astype(np.int32)
    changes = np.any(left != right, axis=2)
    if not changes.any():
        return False
    steps, pixels = np.abs(left - right)[changes], right[changes][:, :_COLOURS]  # (n, C), without opacity
    gray = rows.shape[2] < _COLOURS or np.mean(np.all(pixels == pixels[:, :1], axis=1)) >= COLOURLESS
    return bool(gray and np.mean(np.all(steps <= STEP, axis=1)) >= 1 / 2)


def _has_few_colours(rows: Samples) -> bool:
    """Tell whether the picture has few colours for its channels: 256, or of one channel a quarter of its values."""
    pixels = rows.reshape(-1, rows.shape[2])
    pixels = pixels[:: -(-len(pixels) // _COUNTED)]
    most = FEW_COLOURS if rows.shape[2] > 1 else FEW_COLOURS // 4
    return all(_count_colours(some) <= most for some in (pixels[:: len(pixels) // _ENOUGH + 1], pixels))


def _count_colours(pixels: Samples) -> int:
    """Count the colours of pixels (n, C)."""
    return len(np.unique(pixels @ (1 << 8 * np.arange(pixels.shape[1], dtype=np.int64))))


def _is_noise(rows: Samples, quantiser: Quantiser) -> bool:
    """Tell whether the differences of neighbours are spread over all values evenly, as far as so few can be."""
    values = quantiser.values(rows)
    counts = np.bincount(((values[:, 1:] - values[:, :-1]) % (quantiser.top + 1)).ravel(), minlength=1)
    shares = counts[counts > 0] / max(1, counts.sum())
    most = np.log2(min(quantiser.top + 1, max(1, counts.sum())))
    return bool(-np.sum(shares * np.log2(shares)) >= NOISE * most)
