"""hybridcodec: one image file with a learned preview and, above it, the exact pixels, verified.

    >>> import hybridcodec
    >>> data = hybridcodec.encode(samples)                      # (H, W) or (H, W, C), 8 or 16 bits
    >>> hybridcodec.decode(data)                                # every sample as it was
    >>> hybridcodec.decode(data, layer="perceptual")            # the preview

Names are loaded when they are first used: importing this package is cheap.
"""

from importlib import import_module

TYPE_CHECKING = False  # as typing has it; what is imported here comes before the search path is safe (isolation.py)
if TYPE_CHECKING:
    from hybridcodec.codec import (
        Info,
        check,
        decode,
        decode_cut,
        decode_picture,
        encode,
        encode_album,
        extract,
        read_info,
        read_metadata,
    )
    from hybridcodec.errors import (
        CorruptFileError,
        FidelityError,
        HybridcodecError,
        InputError,
        LimitError,
        MismatchError,
        ModelError,
        TruncatedFileError,
        UnsupportedError,
    )
    from hybridcodec.image import Layer, Metadata, Mode, Picture, Window
    from hybridcodec.kinds import Palette, Role, SampleKind
    from hybridcodec.modes import Effort, Preview
    from hybridcodec.options import Options

__all__ = [
    "CorruptFileError",
    "Effort",
    "FidelityError",
    "HybridcodecError",
    "Info",
    "InputError",
    "Layer",
    "LimitError",
    "Metadata",
    "MismatchError",
    "Mode",
    "ModelError",
    "Options",
    "Palette",
    "Picture",
    "Preview",
    "Role",
    "SampleKind",
    "TruncatedFileError",
    "UnsupportedError",
    "Window",
    "check",
    "decode",
    "decode_cut",
    "decode_picture",
    "encode",
    "encode_album",
    "extract",
    "read_info",
    "read_metadata",
]

_MODULES = {
    "codec": "Info check decode decode_cut decode_picture encode encode_album extract read_info read_metadata",
    "image": "Layer Metadata Mode Picture Window",
    "kinds": "Palette Role SampleKind",
    "modes": "Effort Preview",
    "options": "Options",
}
_PLACES = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"hybridcodec.{_PLACES.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
