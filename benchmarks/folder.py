"""The pictures of a folder that are measured: 8-bit gray and RGB; what is left out is named, never silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hybridcodec.errors import HybridcodecError
from hybridcodec.sources import read_picture

SUFFIXES = (".png", ".webp", ".tif", ".tiff", ".bmp", ".ppm", ".pgm", ".pbm", ".jpg", ".jpeg")


@dataclass(frozen=True)
class Folder:
    """Files in order of their names, and for each one that was left out, why."""

    path: Path
    files: tuple[Path, ...]
    left_out: tuple[str, ...]

    def only(self, parts: str) -> Folder:
        """Return the files whose names hold one of these parts, separated by commas; all where there are none."""
        wanted = [part for part in parts.split(",") if part]
        files = [path for path in self.files if not wanted or any(part in path.name for part in wanted)]
        return replace(self, files=tuple(files))


def find_pictures(path: Path, limit: int | None = None, suffixes: Sequence[str] = SUFFIXES) -> Folder:
    """Return the first `limit` pictures of a folder (all, where None) that this version reads."""
    files: list[Path] = []
    left_out: list[str] = []
    for file in sorted(path.iterdir()):
        if file.suffix.lower() not in suffixes:
            continue
        if limit is not None and len(files) == limit:
            break
        try:
            read_picture(file)
        except HybridcodecError as error:
            left_out.append(f"{file.name}: {error}")
        else:
            files.append(file)
    return Folder(path, tuple(files), tuple(left_out))
