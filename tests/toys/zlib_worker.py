"""A toy of the worker that encodes for Orthanc: zlib instead of pictures, and ways to fail."""

import os
import sys
import zlib
from pathlib import Path

from hybridcodec.errors import InputError
from hybridcodec.orthanc.worker import answer


def pack(source: str, target: str) -> bytes:
    """Write a packed file; some contents make it fail, end, hang, or write what gives back another file."""
    data = Path(source).read_bytes()
    if data.startswith(b"refuse"):
        raise InputError("this one is refused")
    if data.startswith(b"crash"):
        os._exit(3)
    if data.startswith(b"hang"):
        sys.stdin.buffer.read()
    Path(target).write_bytes(zlib.compress(data + b"!" if data.startswith(b"other") else data))
    return b""


def restore(source: str) -> bytes:
    """Return what was packed."""
    return zlib.decompress(Path(source).read_bytes())


if __name__ == "__main__":
    answer(sys.stdin.buffer, sys.stdout.buffer, {"pack": pack, "restore": restore})
