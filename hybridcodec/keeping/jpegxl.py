"""JPEG streams packed by JPEG XL (ISO/IEC 18181-2, annex A: reconstruction of a JPEG), through `imagecodecs`.

It packs less than Lepton does, and is here for where that is not. The library is an extra: without it nothing is
packed.
"""

from types import ModuleType
from typing import Final

from hybridcodec.errors import CorruptFileError, UnsupportedError


class JpegXl:
    """The packer of this name."""

    name: Final = "jpegxl"

    def pack(self, data: bytes) -> bytes | None:
        """See `Packer`."""
        library = _library()
        if library is None:
            return None
        try:
            return bytes(library.jpegxl_encode_jpeg(data, numthreads=1))
        except (RuntimeError, ValueError):
            return None

    def unpack(self, packed: bytes, length: int) -> bytes:
        """See `Packer`."""
        library = _library()
        if library is None:
            raise UnsupportedError("a JPEG in this file is packed by JPEG XL; install imagecodecs: [jpeg]")
        try:
            return bytes(library.jpegxl_decode_jpeg(packed, numthreads=1))
        except (RuntimeError, ValueError) as error:
            raise CorruptFileError(f"JPEG XL cannot unpack a JPEG of {length} bytes: {error}") from error


def _library() -> ModuleType | None:
    try:
        import imagecodecs
    except ImportError:
        return None
    return imagecodecs if imagecodecs.JPEGXL.available else None
