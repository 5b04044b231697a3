"""What a restored file is called where nobody says so: like its .hyc file, with the suffix of what it holds."""

from pathlib import Path
from typing import Final

from hybridcodec.errors import InputError
from hybridcodec.sources.formats import FORMATS
from hybridcodec.storage.files import STREAM

_OTHERS: Final = (
    (128, b"DICM", ".dcm"),
    (0, b"%PDF", ".pdf"),
    (0, b"GIF8", ".gif"),
    (0, b"8BPS", ".psd"),
    (0, b"\x93NUMPY", ".npy"),
    (0, b"\xff\x0a", ".jxl"),
    (4, b"JXL ", ".jxl"),
    (4, b"jP  ", ".jp2"),
)
"""Offset, mark and suffix of files whose pictures this version may not read."""


def name_restored(source: Path, target: Path | None, data: bytes) -> Path:
    """Return where to write `data`, which the .hyc file `source` keeps; `target` is a file, a folder, or not given.

    Raises:
        InputError: nothing tells what to call it.
    """
    if target is not None and (target == STREAM or not target.is_dir()):
        return target
    if source == STREAM:
        raise InputError("-: standard input has no name to give a file; name the output file")
    path = source.with_suffix("") if source.suffix.lower() == ".hyc" else source
    suffixes = _suffixes(data)
    if suffixes and path.suffix.lower() not in suffixes:
        path = path.with_name(path.name + suffixes[0])
    if not suffixes and (path == source or not path.suffix):
        raise InputError(f"{source}: nothing tells what the file that it keeps was called; name the output file")
    return path if target is None else target / path.name


def _suffixes(data: bytes) -> tuple[str, ...]:
    """Return what files are called that begin like this one; nothing where its bytes do not tell."""
    for form in FORMATS:
        if form.begins(data):
            return form.suffixes
    return tuple(suffix for at, mark, suffix in _OTHERS if data.startswith(mark, at))[:1]
