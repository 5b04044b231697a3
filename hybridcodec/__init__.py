"""hybridcodec: one image file with a learned preview and, above it, the exact pixels, verified.

    >>> import hybridcodec
    >>> data = hybridcodec.encode(samples)                      # uint8 (H, W) or (H, W, 3)
    >>> hybridcodec.decode(data)                                # every sample as it was
    >>> hybridcodec.decode(data, layer="perceptual")            # the preview

Names are loaded when they are first used: importing this package is cheap.
"""

from importlib import import_module

TYPE_CHECKING = False  # as typing has it; what is imported here comes before the search path is safe (isolation.py)
if TYPE_CHECKING:
    from hybridcodec.codec import Info, check, decode, decode_cut, encode, extract, read_info, read_metadata
    from hybridcodec.errors import (
        CorruptFileError,
        HybridcodecError,
        InputError,
        LimitError,
        MismatchError,
        ModelError,
        TruncatedFileError,
        UnsupportedError,
    )
    from hybridcodec.image import Layer, Metadata, Mode

__all__ = [
    "CorruptFileError",
    "HybridcodecError",
    "Info",
    "InputError",
    "Layer",
    "LimitError",
    "Metadata",
    "MismatchError",
    "Mode",
    "ModelError",
    "TruncatedFileError",
    "UnsupportedError",
    "check",
    "decode",
    "decode_cut",
    "encode",
    "extract",
    "read_info",
    "read_metadata",
]

_CODEC = {"Info", "check", "decode", "decode_cut", "encode", "extract", "read_info", "read_metadata"}
_IMAGE = {"Layer", "Metadata", "Mode"}


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "codec" if name in _CODEC else "image" if name in _IMAGE else "errors"
    return getattr(import_module(f"hybridcodec.{module}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
