"""A folder of everything that people keep, tiny."""

from pathlib import Path

from benchmarks.faults_pictures import SORTS, write_tiny_file

_NAMES = {
    "photo.png": ".png", "pages.tif": ".tif", "plain.pgm": ".pgm", "camera.jpg": ".jpg", "junk.bmp": ".bmp",
    "deep.webp": ".webp", "palette.jfif": ".jfif", "frames.dcm": ".dcm", "notes.txt": ".txt",
}  # fmt: skip


def mixed_folder(folder: Path) -> dict[str, bytes]:
    """Write a file of each sort, and return their bytes by name."""
    found = {}
    for name in (name for name, sort in _NAMES.items() if sort in SORTS):
        write_tiny_file(folder / name, 1)
        found[name] = (folder / name).read_bytes()
    return found
