"""Arithmetic of FORMAT.md on arrays, in plain NumPy: sample hash, tone maps, the enlarged base picture."""

import hashlib
import struct
from typing import Any

import numpy as np


def sample_hash(samples: np.ndarray) -> bytes:
    """Return the hash of samples (H, W) or (H, W, C) of 8 or 16 bits, signed or not."""
    H, W = samples.shape[:2]
    item, signed = samples.dtype.itemsize, samples.dtype.kind == "i"
    record = struct.pack("<4sIIBBBB", b"HYCS", W, H, samples.size // (W * H), item, signed, 0)
    return hashlib.sha256(record + samples.astype(samples.dtype.newbyteorder("<")).tobytes()).digest()


def tone(samples: np.ndarray, tone_map: dict[str, Any] | None, bit_depth: int) -> np.ndarray:
    """Return samples as 8 bits, uint8 of the same shape; without a tone map, unsigned samples of up to 8 bits."""
    s = samples.astype(np.int64)
    if tone_map is None:
        return (s * 255 // (2**bit_depth - 1)).astype(np.uint8)
    if "thresholds" in tone_map:
        v = (np.array(tone_map["thresholds"]) <= s[..., None]).sum(axis=-1)
    else:
        low, high = tone_map["low"], tone_map["high"]
        v = np.clip((510 * (s - low) + (high - low)) // (2 * (high - low)), 0, 255)
    return (255 - v if tone_map["invert"] else v).astype(np.uint8)


def colours(indices: np.ndarray, palette: dict[str, Any]) -> np.ndarray:
    """Return what the base picture shows of indices (H, W): uint8 (H, W, 3)."""
    kind = "<u2" if palette["bits"] == 16 else "u1"
    entries = np.frombuffer(bytes.fromhex(palette["entries"]), kind).reshape(-1, palette["channels"])[:, :3]
    return (entries.astype(np.int64) // (257 if palette["bits"] == 16 else 1)).astype(np.uint8)[indices]


def enlarge(base: np.ndarray, scale: int, width: int, height: int) -> np.ndarray:
    """Return a base picture (h, w, C) of uint8 in the size of the picture: (height, width, C)."""
    f = 2**scale

    def places(side: int, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        p = 2 * np.arange(length) + 1 - f
        first = p // (2 * f)
        return np.clip(first, 0, side - 1), np.clip(first + 1, 0, side - 1), p - 2 * f * first

    b = base.astype(np.int64)
    y0, y1, wy = places(base.shape[0], height)
    x0, x1, wx = places(base.shape[1], width)
    wy, wx = wy[:, None, None], wx[None, :, None]
    upper = (2 * f - wx) * b[y0][:, x0] + wx * b[y0][:, x1]
    lower = (2 * f - wx) * b[y1][:, x0] + wx * b[y1][:, x1]
    return (((2 * f - wy) * upper + wy * lower + 2 * f * f) >> (2 * scale + 2)).astype(np.uint8)
