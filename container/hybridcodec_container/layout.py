"""Every number of the .hyc format, version 2: records with their fields, ids, limits.

All integers are little-endian, and unsigned except where a type says s32. `container/FORMAT.md` says the same in words;
a test reads the tables there and compares them with this module. Ids are never reused, not even withdrawn ones.
"""

import struct
from enum import Enum, IntEnum, IntFlag
from typing import Any, Final


class Record:
    """A run of fixed-width fields without padding, in file order.

    Attributes:
        fields: pairs of field name and type: u8, u16, u32, u64, s32, or bytes4, bytes8, bytes16, bytes32.
        size: bytes that the record occupies.
        offsets: where each field starts, in bytes from the start of the record.
    """

    CODES: Final = {
        "u8": "B", "u16": "H", "u32": "I", "u64": "Q", "s32": "i",
        "bytes4": "4s", "bytes8": "8s", "bytes16": "16s", "bytes32": "32s",
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

    def named(self, data: bytes, offset: int = 0) -> dict[str, Any]:
        """Return the values at `offset` by field name; the caller has checked that enough bytes are there."""
        return dict(zip((name for name, _ in self.fields), self.unpack(data, offset), strict=True))


SIGNATURE: Final = b"\x89HYC\r\n\x1a\n"
VERSION_MAJOR: Final = 2
VERSION_MINOR: Final = 0

PROLOGUE: Final = Record(
    ("signature", "bytes8"), ("major", "u8"), ("minor", "u8"), ("reserved", "u16"), ("crc", "u32")
)  # fmt: skip
CHUNK_HEADER: Final = Record(("kind", "bytes4"), ("index", "u32"), ("length", "u32"), ("crc", "u32"))
DIGEST_BYTES: Final = 8  # the first 8 bytes of SHA-256(identity + SHA-256(chunk header + payload))
IDENTITY_BYTES: Final = 16  # the first 16 bytes of SHA-256(payload of HEAD)
CHUNK_OVERHEAD: Final = CHUNK_HEADER.size + DIGEST_BYTES
NO_IDENTITY: Final = bytes(IDENTITY_BYTES)  # of chunks that belong to the file instead of a picture, and of HEAD


class Kind(bytes, Enum):
    """Chunk kinds. First letter small: ancillary. Second letter small: kept when the residual is dropped."""

    ALBUM = b"ALBM"
    HEAD = b"HEAD"
    ICC = b"iccp"
    EXIF = b"exif"
    XMP = b"xmp_"
    PALETTE = b"PLTE"
    TONE = b"TONE"
    BASE_LAYER = b"BLYR"
    BASE = b"BASE"
    DISPLAY_LAYER = b"dlyr"
    DISPLAY = b"dtil"
    RESIDUAL_LAYER = b"RLYR"
    RESIDUAL = b"RESI"
    RECIPE = b"sRCP"
    LITERALS = b"sLIT"
    REST = b"srst"
    DONE = b"DONE"


LETTER_CASE_BIT: Final = 0x20  # set in small letters

ALBUM: Final = Record(("pictures", "u32"))  # then one ALBUM_ENTRY a picture
ALBUM_ENTRY: Final = Record(("front_bytes", "u64"), ("back_bytes", "u64"), ("identity", "bytes16"))

HEAD: Final = Record(
    ("width", "u32"),
    ("height", "u32"),
    ("roles", "bytes4"),
    ("bit_depth", "u8"),
    ("sample_format", "u8"),
    ("mode", "u8"),
    ("layers", "u8"),
    ("max_error", "u16"),
    ("flags", "u16"),
    ("group_position", "u8"),
    ("reserved", "u8"),
    ("source_hash", "bytes32"),
    ("parts_hash", "bytes8"),
)
REFERENCE: Final = Record(("reference_hash", "bytes32"))  # follows HEAD where group_position is not zero


class Role(IntEnum):
    """What a channel is."""

    GRAY = 1
    RED = 2
    GREEN = 3
    BLUE = 4
    ALPHA = 5
    ALPHA_PREMULTIPLIED = 6
    INDEX = 7
    OTHER = 8


class SampleFormat(IntEnum):
    """What a sample is."""

    UNSIGNED = 0
    SIGNED = 1


class ContainerMode(IntEnum):
    """What the file promises about the samples of a picture."""

    LOSSLESS = 0
    NEAR_LOSSLESS = 1
    PERCEPTUAL = 2
    GUARDED = 3


class Layers(IntFlag):
    """Layers of a picture, in file order."""

    BASE = 1 << 0
    DISPLAY = 1 << 1
    RESIDUAL = 1 << 2


LAYER_KINDS: Final = {
    Layers.BASE: (Kind.BASE_LAYER, Kind.BASE),
    Layers.DISPLAY: (Kind.DISPLAY_LAYER, Kind.DISPLAY),
    Layers.RESIDUAL: (Kind.RESIDUAL_LAYER, Kind.RESIDUAL),
}  # the chunk of the layer and the chunks of its tiles


class HeaderFlag(IntFlag):
    """Bits 0 to 7 are critical (a reader refuses unknown ones), bits 8 to 15 informative (it ignores them)."""

    EXTRACTED = 1 << 8
    LOSS_ACCEPTED = 1 << 9
    MATCHING_USED = 1 << 10
    GENERATED = 1 << 11


NO_FLAGS: Final = HeaderFlag(0)
CRITICAL_FLAGS: Final = 0x00FF
NO_HASH: Final = bytes(32)

LAYER: Final = Record(
    ("tile_width", "u32"), ("tile_height", "u32"), ("scale", "u8"), ("models", "u8"), ("sample_hash", "bytes32")
)  # then the hashes of the models, the tile table, the common payload
MODEL: Final = Record(("model", "bytes32"))
ABSENT: Final = 0  # coder of a tile that has no chunk

PALETTE: Final = Record(("entries", "u32"), ("channels", "u8"), ("bits", "u8"))  # then the entries
TONE: Final = Record(("method", "u8"), ("invert", "u8"))  # then LINEAR or 255 times THRESHOLD
LINEAR: Final = Record(("low", "s32"), ("high", "s32"))
THRESHOLD: Final = Record(("threshold", "s32"))
THRESHOLDS: Final = 255


class ToneMethod(IntEnum):
    """How the 8 bits of the base picture were made of the samples."""

    LINEAR = 1
    THRESHOLDS = 2


METADATA: Final = Record(("method", "u8"), ("raw_length", "u32"))  # then the bytes, stored or as one zstd frame


class Method(IntEnum):
    """How the bytes of a metadata chunk, or of literals, are kept."""

    STORED = 0
    ZSTD = 1


RECIPE: Final = Record(
    ("file_bytes", "u64"), ("file_hash", "bytes32"), ("literal_bytes", "u64"), ("pieces", "u32")
)  # then the pieces
PIECE: Final = Record(
    ("method", "u8"), ("picture", "u32"), ("length", "u64"), ("parameters", "u16")
)  # then so many bytes of parameters


class PieceMethod(IntEnum):
    """Where the bytes of a piece of the source file come from."""

    LITERAL = 0
    SAMPLES = 1
    NAMED = 2
    PACKED = 3


SERIAL: Final = Record(
    ("packing", "u8"),
    ("sample_bytes", "u8"),
    ("big_endian", "u8"),
    ("planar", "u8"),
    ("bottom_up", "u8"),
    ("invert", "u8"),
    ("row_step", "u16"),
    ("order", "bytes4"),
    ("first_row", "u32"),
    ("rows", "u32"),
)


PACKED: Final = Record(("literal_bytes", "u64"), ("name", "u8"))  # then the name, then more


class Packing(IntEnum):
    """How a sample lies in the bytes of a source file."""

    BYTES = 0
    HIGH_BITS_FIRST = 1
    LOW_BITS_FIRST = 2


REST: Final = Record(("file_bytes", "u64"), ("gaps", "u32"))  # then the gaps, then METADATA with the bytes
GAP: Final = Record(("start", "u64"), ("length", "u64"))

NO_CHANNEL: Final = 0xFF  # in `order`, behind the last channel
DONE: Final = Record(("file_hash", "bytes32"))

SAMPLES_TAG: Final = b"HYCS"
SAMPLES: Final = Record(
    ("tag", "bytes4"),
    ("width", "u32"),
    ("height", "u32"),
    ("channels", "u8"),
    ("sample_bytes", "u8"),
    ("sample_format", "u8"),
    ("zero", "u8"),
)

MAX_SIDE: Final = 1 << 20
MAX_PIXELS: Final = 1 << 30
MAX_CHANNELS: Final = 4
MAX_BIT_DEPTH: Final = 16
MAX_PICTURES: Final = 1 << 16
MAX_GROUP: Final = 8
MAX_SCALE: Final = 3
MAX_MODELS: Final = 8
MAX_TILE_PIXELS: Final = 1 << 24
MAX_TILES: Final = 1 << 18
MAX_CHUNK_BYTES: Final = 1 << 30
MAX_PALETTE_BYTES: Final = 1 << 19
MAX_LAYER_BYTES: Final = 1 << 24
MAX_METADATA_BYTES: Final = 1 << 24
MAX_ANCILLARY_CHUNKS: Final = 256
MAX_ANCILLARY_BYTES: Final = 1 << 26
MAX_PIECES: Final = 1 << 20
MAX_SOURCE_BYTES: Final = 1 << 40
MAX_LITERALS_BYTES: Final = 1 << 24
MAX_PACKED_BYTES: Final = 1 << 30
MAX_GAPS: Final = 1 << 16
