"""Whole jobs on files: encode, decode, extract, restore and verify, each proven before its output gets its name.

`codec` works on arrays and bytes and knows no paths; here are the paths, and the promise that success means proof: what
was written is read back from disk, decoded, and compared with the source in every sample.

Names are loaded when they are first used: decoding needs nothing of what makes files.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hybridcodec.files.decoding import Decoded, DecodeSettings, decode_file
    from hybridcodec.files.encoding import Encoded, EncodeSettings, encode_file
    from hybridcodec.files.extracting import Extracted, extract_file
    from hybridcodec.files.restoring import Restored, restore_file, restore_rest, write_restored
    from hybridcodec.files.verifying import verify_file

__all__ = [
    "DecodeSettings",
    "Decoded",
    "EncodeSettings",
    "Encoded",
    "Extracted",
    "Restored",
    "decode_file",
    "encode_file",
    "extract_file",
    "restore_file",
    "restore_rest",
    "verify_file",
    "write_restored",
]

_MODULES = {
    "decoding": "Decoded DecodeSettings decode_file",
    "encoding": "Encoded EncodeSettings encode_file",
    "extracting": "Extracted extract_file",
    "restoring": "Restored restore_file restore_rest write_restored",
    "verifying": "verify_file",
}
_PLACES = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"hybridcodec.files.{_PLACES[name]}"), name)
