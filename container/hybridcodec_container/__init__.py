"""The .hyc file format: writing, strict reading, random access, cut files, damage reports. It knows no codec.

`container/FORMAT.md` describes the format; `layout.py` holds its numbers.

| to | use |
|---|---|
| write | `Layer` and `Tile.of`, then `Picture.seal`, then `write_container`, or `AlbumWriter` in bounded memory |
| read all of a small file, every byte proven | `read_container`; what arrived of a cut one: `read_cut` |
| see headers, layers and sizes | `read_header` |
| read one picture or tile of a large file | `Album` |
| rebuild the source file | `rebuild` with `Source.literals` or `Album.literals` |
| drop the residual layers | `drop_residual` |
| get what is left of a damaged file | `read_remains` |
| see what is damaged | `scan_container` |

Names are loaded when they are first used: reading a header needs few of these modules.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hybridcodec_container.album import Album
    from hybridcodec_container.errors import (
        ContainerError,
        CorruptError,
        LimitExceededError,
        TruncatedError,
        UnsupportedContainerError,
    )
    from hybridcodec_container.extract import drop_residual
    from hybridcodec_container.header import Header
    from hybridcodec_container.layer import Layer, Tile
    from hybridcodec_container.layout import (
        ABSENT,
        NO_HASH,
        ContainerMode,
        HeaderFlag,
        Kind,
        Layers,
        Packing,
        PieceMethod,
        Role,
        SampleFormat,
    )
    from hybridcodec_container.metadata import Metadata
    from hybridcodec_container.palette import Palette
    from hybridcodec_container.picture import Picture
    from hybridcodec_container.prologue import Version
    from hybridcodec_container.reader import File, Overview, read_container, read_cut, read_header
    from hybridcodec_container.rebuild import NamedMethod, PackedMethod, rebuild
    from hybridcodec_container.recipe import Piece, Recipe
    from hybridcodec_container.remains import Remains, read_remains
    from hybridcodec_container.rest import Rest
    from hybridcodec_container.roles import GRAY, INDEXED, RGB, base_channels
    from hybridcodec_container.samples import SampleHasher, hash_samples
    from hybridcodec_container.scan import ChunkReport, scan_container
    from hybridcodec_container.serial import Serial, deserialise, serialise
    from hybridcodec_container.source import Source
    from hybridcodec_container.tiles import Box, TileGrid
    from hybridcodec_container.tone import Linear, Thresholds, Tone
    from hybridcodec_container.writer import AlbumWriter, write_container

__all__ = [
    "ABSENT",
    "GRAY",
    "INDEXED",
    "NO_HASH",
    "RGB",
    "Album",
    "AlbumWriter",
    "Box",
    "ChunkReport",
    "ContainerError",
    "ContainerMode",
    "CorruptError",
    "File",
    "Header",
    "HeaderFlag",
    "Kind",
    "Layer",
    "Layers",
    "LimitExceededError",
    "Linear",
    "Metadata",
    "NamedMethod",
    "Overview",
    "PackedMethod",
    "Packing",
    "Palette",
    "Picture",
    "Piece",
    "PieceMethod",
    "Recipe",
    "Remains",
    "Rest",
    "Role",
    "SampleFormat",
    "SampleHasher",
    "Serial",
    "Source",
    "Thresholds",
    "Tile",
    "TileGrid",
    "Tone",
    "TruncatedError",
    "UnsupportedContainerError",
    "Version",
    "base_channels",
    "deserialise",
    "drop_residual",
    "hash_samples",
    "read_container",
    "read_cut",
    "read_header",
    "read_remains",
    "rebuild",
    "scan_container",
    "serialise",
    "write_container",
]

_NAMES = {
    "album": "Album",
    "errors": "ContainerError CorruptError LimitExceededError TruncatedError UnsupportedContainerError",
    "extract": "drop_residual",
    "header": "Header",
    "layer": "Layer Tile",
    "layout": "ABSENT ContainerMode HeaderFlag Kind Layers NO_HASH Packing PieceMethod Role SampleFormat",
    "metadata": "Metadata",
    "palette": "Palette",
    "picture": "Picture",
    "prologue": "Version",
    "reader": "File Overview read_container read_cut read_header",
    "rebuild": "NamedMethod PackedMethod rebuild",
    "recipe": "Piece Recipe",
    "remains": "Remains read_remains",
    "rest": "Rest",
    "roles": "GRAY INDEXED RGB base_channels",
    "samples": "SampleHasher hash_samples",
    "scan": "ChunkReport scan_container",
    "serial": "Serial deserialise serialise",
    "source": "Source",
    "tiles": "Box TileGrid",
    "tone": "Linear Thresholds Tone",
    "writer": "AlbumWriter write_container",
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"hybridcodec_container.{_MODULES[name]}")
    for other in _NAMES[_MODULES[name]].split():  # one may be called like its module
        globals()[other] = getattr(module, other)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
