"""Long files that are made here, the same for a seed: a TIFF of bilevel pages, and a DICOM file of frames."""

import io
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

A4_INCHES: Final = (11.69, 8.27)
GLYPHS: Final = 60
Bits = NDArray[np.bool_]


def write_pages(path: Path, count: int, dpi: int = 200, seed: int = 0) -> None:
    """Write a TIFF of `count` A4 pages, coded by T.6 as scanners do: every tenth full of print, others are letters."""
    from PIL import Image

    rng = np.random.default_rng(seed)
    glyphs = _glyphs(rng, dpi)
    pages = (Image.fromarray(~_page(rng, glyphs, dpi, full=number % 10 == 0)) for number in range(count))
    first = next(pages)
    first.save(path, "TIFF", compression="group4", save_all=True, append_images=pages, dpi=(dpi, dpi))


def write_frames(path: Path, count: int, side: int = 256, seed: int = 0) -> None:
    """Write a DICOM file of `count` frames of 12 bits: tissue that moves slowly, and noise that does not."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

    rng = np.random.default_rng(seed)
    made: Any = _data_set(count, side, UID(f"2.25.{seed + 1}"), CTImageStorage)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.PixelData = b"".join(_frame(rng, number, side).astype("<u2").tobytes() for number in range(count))
    stream = io.BytesIO()
    made.save_as(stream, enforce_file_format=True)
    path.write_bytes(stream.getvalue())


def _glyphs(rng: np.random.Generator, dpi: int) -> list[Bits]:
    """Return shapes of strokes, about as large as letters of 11 points."""
    height = dpi * 11 // 72
    glyphs = []
    for _ in range(GLYPHS):
        width = int(rng.integers(height // 3, height))
        glyph, stroke = np.zeros((height, width), np.bool_), max(1, height // 9)
        for _ in range(3):
            x, y = int(rng.integers(0, width - stroke)), int(rng.integers(0, height - stroke))
            glyph[:, x : x + stroke] |= rng.random() < 0.5
            glyph[y : y + stroke, :] = True
        glyph[:: height - 1, rng.random(width) < 0.3] = False
        glyphs.append(glyph)
    return glyphs


def _page(rng: np.random.Generator, glyphs: list[Bits], dpi: int, *, full: bool) -> Bits:
    """Return a page (H, W), True where there is ink, with some dirt on it."""
    H, W = (int(dpi * side) for side in A4_INCHES)
    page = np.zeros((H, W), np.bool_)
    for top in range(dpi, H - dpi if full else H // 3, dpi // 4):
        left, end = dpi, W - dpi - int(rng.integers(0, dpi))
        while left < end:
            glyph = glyphs[int(rng.integers(GLYPHS))]
            h, w = glyph.shape
            ragged = (rng.random((h, w)) < 0.03) & (glyph != np.roll(glyph, 1, 1))
            page[top : top + h, left : left + w] |= glyph ^ ragged
            left += w + dpi // (20 if rng.random() < 0.8 else 8)
    page[rng.integers(0, H, 60), rng.integers(0, W, 60)] = True
    return page


def _data_set(count: int, side: int, uid: Any, storage: Any) -> Any:
    from pydicom.dataset import Dataset

    made: Any = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = storage, uid
    made.PatientName, made.NumberOfFrames = "Made^Up", count
    made.Rows = made.Columns = side
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PixelRepresentation = 1, "MONOCHROME2", 0
    made.BitsAllocated, made.BitsStored, made.HighBit = 16, 12, 11
    return made


def _frame(rng: np.random.Generator, number: int, side: int) -> NDArray[np.uint16]:
    """Return a frame (side, side) of values below 4096."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    body = (x**2 + (1.3 * y) ** 2 < 0.7).astype(np.float64)
    organs = np.zeros((side, side))
    for k in range(6):
        across, down = x - 0.4 * np.cos(k + number / 30), y - 0.3 * np.sin(2 * k)
        organs += np.exp(-(across**2 + down**2) * (20 + 10 * k))
    noise = rng.normal(0, 6, (side, side)) * (0.3 + body)
    values: NDArray[np.uint16] = np.clip(60 + body * (900 + 500 * organs) + noise, 0, 4095).astype(np.uint16)
    return values
