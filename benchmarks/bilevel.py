"""Formats of bilevel pages, for `documents`: what Pillow writes, and programs where they are installed.

Pages are uint8 (H, W) of 0 and 255, as they are for all formats; JBIG1 and JB2 are written by jbigkit and djvulibre.
"""

import io
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

U8 = NDArray[np.uint8]


def written(page: U8, **options: Any) -> bytes:
    """Return a page as Pillow writes it with these options."""
    stream = io.BytesIO()
    Image.fromarray(page).convert("1", dither=Image.Dither.NONE).save(stream, **options)
    return stream.getvalue()


def read(data: bytes) -> U8:
    """Return the page that Pillow reads."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("L"))


def png(page: U8) -> bytes:
    """PNG of one bit."""
    return written(page, format="PNG", optimize=True)


def group4(page: U8) -> bytes:
    """TIFF with group 4, one strip."""
    return written(page, format="TIFF", compression="group4")


def jbig1(page: U8) -> bytes:
    """A JBIG1 stream."""
    return _by_program(["pbmtojbg", "-q"], written(page, format="PPM"))


def read_jbig1(data: bytes) -> U8:
    """The page of a JBIG1 stream."""
    return read(_by_program(["jbgtopbm"], data))


def jb2(page: U8) -> bytes:
    """A DjVu file whose page is JB2 without loss."""
    return _by_program(["cjb2", "-lossless"], written(page, format="PPM"))


def read_jb2(data: bytes) -> U8:
    """The page of a DjVu file."""
    return read(_by_program(["ddjvu", "-format=pbm"], data))


def installed(program: str) -> bool:
    """Tell whether a program is here; none always is."""
    return not program or shutil.which(program) is not None


def _by_program(command: list[str], data: bytes) -> bytes:
    with TemporaryDirectory() as folder:
        given, made = Path(folder, "given"), Path(folder, "made")
        given.write_bytes(data)
        subprocess.run([*command, str(given), str(made)], check=True, capture_output=True)  # noqa: S603
        return made.read_bytes()


RIVALS = {
    "png1": ("PNG, one bit", png, read, ""),
    "g4": ("TIFF, group 4", group4, read, ""),
    "jbig1": ("JBIG1 (jbigkit)", jbig1, read_jbig1, "pbmtojbg"),
    "jb2": ("JB2 (djvulibre)", jb2, read_jb2, "cjb2"),
}
"""Name, encoder, decoder, and the program that they need."""
