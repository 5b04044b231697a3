"""Every number of the .hyc format, version 1: records with their fields, ids, limits.

All integers are little-endian and unsigned. `container/FORMAT.md` says the same in words; a test reads the tables there
and compares them with this module. Ids are never reused, not even those of withdrawn kinds.
"""

import struct
from enum import Enum, IntEnum, IntFlag
from typing import Any, Final


class Record:
    """A run of fixed-width fields without padding, in file order.

    Attributes:
        fields: pairs of field name and type: u8, u16, u32, u64, or bytes4, bytes8, bytes32.
        size: bytes that the record occupies.
        offsets: where each field starts, in bytes from the start of the record.
    """

    CODES: Final = {
        "u8": "B", "u16": "H", "u32": "I", "u64": "Q", "bytes4": "4s", "bytes8": "8s", "bytes32": "32s",
    }  # fmt: skip

    def __init__(self, *fields: tuple[str, str]) -> None:
        self.fields = fields
        self._struct = struct.Struct("<" + "".join(self.CODES[kind] for _, kind in fields))
        self.size = self._struct.size
        sizes = [struct.calcsize("<" + self.CODES[kind]) for _, kind in fields]
        self.offsets = tuple(sum(sizes[:i]) for i in range(len(sizes)))

    def pack(self, *values: int | bytes) -> bytes:
        """Return the bytes of one record; one value a field, in order."""
        return self._struct.pack(*values)

    def unpack(self, data: bytes, offset: int = 0) -> tuple[Any, ...]:
        """Return the values at `offset`; the caller has checked that enough bytes are there."""
        return self._struct.unpack_from(data, offset)


SIGNATURE: Final = b"\x89HYC\r\n\x1a\n"
VERSION_MAJOR: Final = 1
VERSION_MINOR: Final = 0

PROLOGUE: Final = Record(
    ("signature", "bytes8"), ("major", "u8"), ("minor", "u8"), ("reserved", "u16"), ("crc", "u32")
)  # fmt: skip
CHUNK_HEADER: Final = Record(("kind", "bytes4"), ("index", "u32"), ("length", "u32"), ("crc", "u32"))
DIGEST_BYTES: Final = 8  # the first 8 bytes of SHA-256 over chunk header and payload
CHUNK_OVERHEAD: Final = CHUNK_HEADER.size + DIGEST_BYTES


class Kind(bytes, Enum):
    """Chunk kinds. First letter small: ancillary. Second letter small: kept when the residual is dropped."""

    HEAD = b"HEAD"
    ICC = b"iccp"
    EXIF = b"exif"
    XMP = b"xmp_"
    BASE_COMMON = b"BCOM"
    TILE_INDEX = b"TIDX"
    BASE = b"BASE"
    ADAPTATION = b"ADPT"  # reserved: per-image adaptation of the residual model; version 1 refuses it
    RESIDUAL = b"RESI"
    DONE = b"DONE"


LETTER_CASE_BIT: Final = 0x20  # set in small letters

HEAD: Final = Record(
    ("width", "u32"),
    ("height", "u32"),
    ("channels", "u8"),
    ("bit_depth", "u8"),
    ("sample_format", "u8"),
    ("mode", "u8"),
    ("max_error", "u16"),
    ("flags", "u16"),
    ("base_tile_width", "u32"),
    ("base_tile_height", "u32"),
    ("residual_tile_width", "u32"),
    ("residual_tile_height", "u32"),
    ("base_model", "bytes32"),
    ("residual_model", "bytes32"),
    ("base_hash", "bytes32"),
    ("sample_hash", "bytes32"),
    ("source_hash", "bytes32"),
)


class SampleFormat(IntEnum):
    """What a sample is."""

    UNSIGNED = 0


class ContainerMode(IntEnum):
    """What the file promises about its samples."""

    LOSSLESS = 0
    NEAR_LOSSLESS = 1
    PERCEPTUAL = 2


class HeaderFlag(IntFlag):
    """Bits 0 to 7 are critical (a reader refuses unknown ones), bits 8 to 15 informative (it ignores them)."""

    EXTRACTED = 1 << 8
    LOSS_ACCEPTED = 1 << 9


NO_FLAGS: Final = HeaderFlag(0)
CRITICAL_FLAGS: Final = 0x00FF
NO_HASH: Final = bytes(32)

METADATA: Final = Record(("method", "u8"), ("raw_length", "u32"))  # then the bytes, stored or as one zstd frame


class Method(IntEnum):
    """How the bytes of a metadata chunk are kept."""

    STORED = 0
    ZSTD = 1


TILE_INDEX: Final = Record(("base_offset", "u64"), ("residual_offset", "u64"))  # then one TILE_LENGTH a tile
TILE_LENGTH: Final = Record(("length", "u32"))
DONE: Final = Record(("chunks", "u32"), ("file_hash", "bytes32"))

SAMPLES_TAG: Final = b"HYCS"
SAMPLES: Final = Record(
    ("tag", "bytes4"), ("width", "u32"), ("height", "u32"), ("channels", "u8"), ("sample_bytes", "u8"), ("zero", "u16")
)

BASE_TILE_STEP: Final = 64
MAX_SIDE: Final = 1 << 20
MAX_PIXELS: Final = 1 << 30
MAX_CHANNELS: Final = 4
MAX_BIT_DEPTH: Final = 16
MAX_TILE_PIXELS: Final = 1 << 24
MAX_TILES: Final = 1 << 18
MAX_CHUNK_BYTES: Final = 1 << 30
MAX_BASE_COMMON_BYTES: Final = 1 << 24
MAX_METADATA_BYTES: Final = 1 << 24
MAX_ANCILLARY_CHUNKS: Final = 256
MAX_ANCILLARY_BYTES: Final = 1 << 26
