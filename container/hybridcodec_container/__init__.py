"""The .hyc file format: writing, strict reading, reading of cut files, damage reports. It knows no codec.

`container/FORMAT.md` describes the format; `layout.py` holds its numbers.
"""

from hybridcodec_container.errors import (
    ContainerError,
    CorruptError,
    LimitExceededError,
    TruncatedError,
    UnsupportedContainerError,
)
from hybridcodec_container.header import Header
from hybridcodec_container.index import TileIndex
from hybridcodec_container.layout import NO_HASH, ContainerMode, HeaderFlag, Kind
from hybridcodec_container.metadata import Metadata
from hybridcodec_container.prologue import Version
from hybridcodec_container.reader import (
    Container,
    Summary,
    read_container,
    read_cut,
    read_header,
    read_index,
    read_tile,
)
from hybridcodec_container.samples import hash_samples
from hybridcodec_container.scan import ChunkReport, scan_container
from hybridcodec_container.tiles import Box, TileGrid
from hybridcodec_container.writer import drop_residual, write_container

__all__ = [
    "NO_HASH",
    "Box",
    "ChunkReport",
    "Container",
    "ContainerError",
    "ContainerMode",
    "CorruptError",
    "Header",
    "HeaderFlag",
    "Kind",
    "LimitExceededError",
    "Metadata",
    "Summary",
    "TileGrid",
    "TileIndex",
    "TruncatedError",
    "UnsupportedContainerError",
    "Version",
    "drop_residual",
    "hash_samples",
    "read_container",
    "read_cut",
    "read_header",
    "read_index",
    "read_tile",
    "scan_container",
    "write_container",
]
