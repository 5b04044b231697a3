"""The sample hash: what a decoded picture must be, as 32 bytes.

It differs from the chunk digests in what it proves: they show that the file's bytes arrived, this shows that a decoder
made the right samples of them.
"""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybridcodec_container.errors import ContainerError
from hybridcodec_container.layout import MAX_CHANNELS, SAMPLES, SAMPLES_TAG, SampleFormat


def hash_samples(samples: NDArray[Any]) -> bytes:
    """Return the SHA-256 of a picture's samples, independent of byte order and memory layout.

    Hashed are a prefix (tag, width, height, channels, bytes of a sample, signed or not: `layout.SAMPLES`), then the
    samples: rows from top to bottom, pixels from left to right, channels interleaved, little-endian.

    Args:
        samples: (H, W) or (H, W, C) of uint8, uint16, int8 or int16; (H, W) and (H, W, 1) have the same hash.

    Raises:
        ContainerError: if shape or dtype is another.
    """
    if samples.ndim == 2:
        samples = samples[:, :, np.newaxis]  # (H, W, 1)
    hasher = SampleHasher(samples.shape, samples.dtype)
    hasher.add(samples)
    return hasher.digest()


class SampleHasher:
    """The same of a picture that comes in rows, from top to bottom."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Begin with a picture (H, W, C); raises ContainerError where shape or dtype is another."""
        if len(shape) != 3 or not 1 <= shape[2] <= MAX_CHANNELS or 0 in shape:
            raise ContainerError(f"samples must be (H, W) or (H, W, 1 to {MAX_CHANNELS}), found shape {shape}")
        if dtype.kind not in "ui" or dtype.itemsize > 2:
            raise ContainerError(f"samples must be uint8, uint16, int8 or int16, found {dtype}")
        H, W, C = shape
        sample_format = SampleFormat.SIGNED if dtype.kind == "i" else SampleFormat.UNSIGNED
        self._type = f"<{dtype.kind}{dtype.itemsize}"
        self._digest = hashlib.sha256(SAMPLES.pack(SAMPLES_TAG, W, H, C, dtype.itemsize, sample_format, 0))

    def add(self, rows: NDArray[Any]) -> None:
        """Go on with the next rows (n, W, C)."""
        self._digest.update(np.ascontiguousarray(rows, dtype=self._type).data)

    def digest(self) -> bytes:
        """Return the hash of all rows so far."""
        return self._digest.digest()
