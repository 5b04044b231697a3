"""What a preview shows: 8 bits of samples of any kind, in a smaller size; see FORMAT.md, "The base picture"."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from hybridcodec_container import Linear, Tone, base_channels
from numpy.typing import NDArray

from hybridcodec.image import Picture
from hybridcodec.kinds import GRAY, INDEXED, Palette, SampleKind, Samples

OUTLIERS: Final = 0.005
"""Share of the darkest samples, and of the brightest, that a window leaves out where nothing names one."""
_WHITE: Final = 255
_ROWS: Final = 1 << 8

U8 = NDArray[np.uint8]


def has_preview(kind: SampleKind) -> bool:
    """Tell whether there is a rule for what a preview of such samples shows."""
    return bool(base_channels(kind.roles))


def tone_for(picture: Picture) -> Tone | None:
    """Return the tone map of a picture's preview: its window, or robust percentiles; None where no map is needed."""
    kind, window = picture.kind, picture.window
    if kind.roles[:1] == INDEXED or not has_preview(kind):
        return None
    if window is not None:
        return Linear(window.low, window.high, window.invert)
    if kind.bit_depth <= 8 and not kind.signed:
        return None
    colour = picture.samples[..., : base_channels(kind.roles)]
    low, high = _percentiles(colour.ravel(), kind)
    return Linear(low, max(high, low + 1))


def shown(samples: Samples, kind: SampleKind, tone: Tone | None) -> U8:
    """Return what a preview of samples (H, W, C) shows, in full size: (H, W, 1) or (H, W, 3).

    Raises:
        ValueError: there is no rule for such channels; ask `has_preview`.
    """
    channels = base_channels(kind.roles)
    if not channels:
        raise ValueError(f"no rule says what a preview of {kind} shows")
    if kind.palette is not None:
        return _colours(kind.palette)[samples[..., 0]]  # (H, W, 3)
    colour = samples[..., :channels]
    if tone is None and kind.bit_depth == 8 and samples.dtype == np.uint8:  # it shows what it is
        return np.ascontiguousarray(colour)
    table, out = _table(kind, tone), np.empty(colour.shape, np.uint8)
    for begin in range(0, len(out), _ROWS):
        out[begin : begin + _ROWS] = table[colour[begin : begin + _ROWS].astype(np.int32) - kind.low]
    return out


def shown_alike(pictures: Sequence[Picture], channel: int) -> list[U8]:
    """Return what pictures show beside each other, each (H, W, 1) or (H, W, 3), by one tone map.

    Samples of more than 8 bits, or with a sign, are shown from the least of all pictures, black, to the largest, white.
    A `channel` that previews leave out is shown by itself, as gray.
    """
    seen = [_visible(picture, channel) for picture in pictures]
    tone = None
    if tone_for(seen[0]) is not None:
        low = min(int(picture.samples.min()) for picture in seen)
        tone = Linear(low, max(low + 1, *(int(picture.samples.max()) for picture in seen)))
    return [shown(picture.samples, picture.kind, tone) for picture in seen]


def _visible(picture: Picture, channel: int) -> Picture:
    kind = picture.kind
    if channel < base_channels(kind.roles):
        return picture
    return Picture(picture.samples[..., channel : channel + 1], SampleKind(GRAY, kind.bit_depth, kind.signed))


def reduced(picture: U8, scale: int) -> U8:
    """Return (H, W, C) with each side divided by 2^scale and rounded up: means of squares, the border repeated."""
    if not scale:
        return picture
    f = 1 << scale
    H, W, C = picture.shape
    h, w = -(-H // f), -(-W // f)
    out = np.empty((h, w, C), np.uint8)
    for begin in range(0, h, _ROWS):
        rows = picture[begin * f : min((begin + _ROWS) * f, H)]
        n = -(-len(rows) // f)
        padded = np.pad(rows, ((0, n * f - len(rows)), (0, w * f - W), (0, 0)), mode="edge")
        sums = padded.reshape(n, f, w, f, C).sum(axis=(1, 3), dtype=np.uint32)  # (n, w, C)
        out[begin : begin + n] = (sums + f * f // 2) // (f * f)
    return out


def _percentiles(samples: NDArray[Any], kind: SampleKind) -> tuple[int, int]:
    counts = np.bincount(samples.astype(np.int32) - kind.low, minlength=kind.high - kind.low + 1)
    below = np.cumsum(counts)
    least, most = np.searchsorted(below, [OUTLIERS * len(samples), (1 - OUTLIERS) * len(samples)])
    return int(least) + kind.low, int(most) + kind.low


def _table(kind: SampleKind, tone: Tone | None) -> U8:
    """What each sample, from the least on, shows."""
    samples = np.arange(kind.low, kind.high + 1, dtype=np.int64)
    if tone is None:
        values = samples * _WHITE // kind.high
    elif isinstance(tone, Linear):
        values = (2 * _WHITE * (samples - tone.low) + (tone.high - tone.low)) // (2 * (tone.high - tone.low))
    else:
        values = np.searchsorted(np.array(tone.thresholds), samples, side="right")
    values = np.clip(values, 0, _WHITE)
    return (_WHITE - values if tone is not None and tone.invert else values).astype(np.uint8)


def _colours(palette: Palette) -> U8:
    """Red, green, blue of every index that there may be, (n, 3); black beyond the last entry."""
    entries = np.frombuffer(palette.entries, "u1" if palette.bits == 8 else "<u2").reshape(-1, palette.channels)
    table = np.zeros((1 << 16, 3), np.uint8)
    table[: len(entries)] = entries[:, :3] if palette.bits == 8 else entries[:, :3] // 257
    return table
