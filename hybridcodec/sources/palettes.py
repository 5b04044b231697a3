"""Palettes of picture files: every index has a colour, and one that is only a ramp of gray is none."""

import numpy as np

from hybridcodec.kinds import Palette, Samples


def covering(palette: Palette, samples: Samples, notes: list[str]) -> Palette:
    """Return a palette that has a colour for every index in the first channel of `samples` (H, W, C).

    Colours that a file lacks are black and opaque, as readers show them; what was added is said in `notes`.
    """
    lacking = int(samples[..., 0].max()) + 1 - palette.count
    if lacking <= 0:
        return palette
    notes.append(f"{lacking} colours that the palette lacks (taken as black)")
    black = b"\0" * (3 * palette.bits // 8) + b"\xff" * ((palette.channels - 3) * palette.bits // 8)
    return Palette(palette.channels, palette.bits, palette.entries + lacking * black)


def is_ramp(palette: Palette, bit_depth: int) -> bool:
    """Tell whether colours of 8 bits are the evenly spaced grays of so many bits, black first."""
    top = (1 << bit_depth) - 1
    if palette.channels != 3 or palette.bits != 8 or palette.count != top + 1 or bit_depth > 8:
        return False
    grays = (np.arange(top + 1) * 255 // top).astype(np.uint8)
    return palette.entries == np.repeat(grays, 3).tobytes()


def backwards(palette: Palette) -> Palette:
    """Return the palette with its last colour first."""
    size = palette.channels * palette.bits // 8
    entries = np.frombuffer(palette.entries, np.uint8).reshape(-1, size)
    return Palette(palette.channels, palette.bits, entries[::-1].tobytes())
