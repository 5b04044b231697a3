"""Tiny pictures with metadata for `benchmarks.faults`, each another one, the same ones for the same seed."""

import random
import struct
from pathlib import Path

import numpy as np

from hybridcodec.image import Metadata, Picture
from hybridcodec.sources import write_picture


def write_tiny_picture(path: Path, seed: int) -> None:
    """Write a PNG of at most 24 x 24 pixels, gray or RGB, with ICC profile, EXIF and XMP."""
    rng = random.Random(f"{seed} {path.name}")  # noqa: S311
    H, W, C = rng.randint(3, 24), rng.randint(3, 24), rng.choice((1, 3))
    noise = np.frombuffer(rng.randbytes(H * W * C), np.uint8).reshape(H, W, C) >> 4
    slope = np.add.outer(np.arange(H) * rng.randint(1, 6), np.arange(W) * rng.randint(1, 4))[..., None]
    samples = (slope + noise).astype(np.uint8)
    exif = b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 305, 2, 4, 0x61626300) + b"\0\0\0\0"
    metadata = Metadata(icc=rng.randbytes(90), exif=exif, xmp=f"<x:xmpmeta>{path.name}</x:xmpmeta>".encode())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(write_picture(Picture.of(samples, metadata=metadata)).data)
