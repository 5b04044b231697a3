"""JPEG streams packed by Lepton (a model of the coefficients and an arithmetic coder), through `lepton-jpeg-python`.

Source: Horn et al., "The Design, Implementation, and Deployment of a System to Transparently Compress Hundreds of
Petabytes of Image Files for a File-Storage Service", NSDI 2017. The library is an extra: without it nothing is packed.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Final

from hybridcodec.errors import CorruptFileError, UnsupportedError

_SIZE: Final = struct.Struct("<20xI")  # of the JPEG, in the header
_MARK: Final = b"\xcf\x84"
_CONFIG: Final = {"max_partitions": 1}  # parts are for threads, and each costs bytes


class Lepton:
    """The packer of this name."""

    name: Final = "lepton"

    def pack(self, data: bytes) -> bytes | None:
        """See `Packer`."""
        library = _library()
        if library is None:
            return None
        try:
            with _failures_as_ours():
                return bytes(library.compress_bytes(data, _CONFIG))
        except CorruptFileError:
            return None

    def unpack(self, packed: bytes, length: int) -> bytes:
        """See `Packer`."""
        library = _library()
        if library is None:
            raise UnsupportedError("a JPEG in this file is packed by Lepton; install lepton-jpeg-python: [jpeg]")
        if len(packed) < _SIZE.size or packed[:2] != _MARK or _SIZE.unpack_from(packed)[0] != length:
            raise CorruptFileError(f"expected a JPEG of {length} bytes packed by Lepton, found something else")
        with _failures_as_ours():
            return bytes(library.decompress_bytes(packed))


def _library() -> ModuleType | None:
    try:
        return import_module("lepton_jpeg_python")
    except ImportError:
        return None


@contextmanager
def _failures_as_ours() -> Iterator[None]:
    """Run one call of the library; its panic derives from BaseException, so that is what must be caught."""
    try:
        yield
    except MemoryError:
        raise
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise CorruptFileError(f"Lepton refuses a JPEG: {str(error).partition(chr(10))[0]}") from error
        raise
