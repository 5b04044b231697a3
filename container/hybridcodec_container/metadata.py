"""Metadata of the picture: ICC profile, Exif, XMP, each in a chunk of its own, as one zstd frame where that is smaller.

The bytes are kept as they are and never interpreted.
"""

from dataclasses import dataclass

import zstandard

from hybridcodec_container.errors import ContainerError, CorruptError, LimitExceededError, UnsupportedContainerError
from hybridcodec_container.layout import MAX_METADATA_BYTES, METADATA, Kind, Method

_LEVEL = 19


@dataclass(frozen=True)
class Metadata:
    """Metadata as bytes; empty where there is none.

    Attributes:
        icc: ICC profile.
        exif: Exif, starting with its TIFF header.
        xmp: XMP packet in UTF-8.
        extra: pairs of kind (four bytes) and payload of the ancillary chunks of the picture that this version does not
            know.
    """

    icc: bytes = b""
    exif: bytes = b""
    xmp: bytes = b""
    extra: tuple[tuple[bytes, bytes], ...] = ()


NO_METADATA = Metadata()
FIELDS = {Kind.ICC: "icc", Kind.EXIF: "exif", Kind.XMP: "xmp"}


def pack_metadata(raw: bytes, level: int = _LEVEL) -> bytes:
    """Return the payload of a metadata chunk; `level` is Zstandard's.

    Raises:
        ContainerError: if `raw` is empty.
        LimitExceededError: if it is over the limit.
    """
    if not raw:
        raise ContainerError("an empty metadata chunk must not be written")
    if len(raw) > MAX_METADATA_BYTES:
        raise LimitExceededError(f"metadata has {len(raw)} bytes, the limit is {MAX_METADATA_BYTES}")
    packed = zstandard.ZstdCompressor(level=level, write_checksum=False, write_content_size=True).compress(raw)
    method, kept = (Method.ZSTD, packed) if len(packed) < len(raw) else (Method.STORED, raw)
    return METADATA.pack(method, len(raw)) + kept


def unpack_metadata(payload: bytes) -> bytes:
    """Return what `pack_metadata` was given. Memory is allocated only for lengths within the limit.

    Raises:
        CorruptError: if lengths disagree or the frame is no zstd.
        LimitExceededError: if the stated length is over the limit.
        UnsupportedContainerError: if the method is unknown.
    """
    method, length = unpack_stated(payload)
    kept = payload[METADATA.size :]
    raw = kept if method == Method.STORED else _decompress(kept, length)
    if not raw or len(raw) != length:
        raise CorruptError(f"metadata has {len(raw)} bytes, but {length} (from 1) are stated")
    return raw


def unpack_stated(payload: bytes) -> tuple[Method, int]:
    """Return method and stated length, which the bytes or the head of their frame agree with, without decompressing.

    Raises:
        ContainerError: as `unpack_metadata` does.
    """
    if len(payload) < METADATA.size:
        raise CorruptError(f"a metadata chunk has {len(payload)} bytes, at least {METADATA.size} needed")
    method, length = METADATA.unpack(payload)
    if length > MAX_METADATA_BYTES:
        raise LimitExceededError(f"metadata has {length} bytes, the limit is {MAX_METADATA_BYTES}")
    if method not in set(Method):
        raise UnsupportedContainerError(f"metadata method {method} is unknown to this version")
    kept = payload[METADATA.size :]
    found = len(kept) if method == Method.STORED else _stated_size(kept)
    if found != length or not length:
        raise CorruptError(f"metadata has {found} bytes, but {length} (from 1) are stated")
    return Method(method), length


def _stated_size(frame: bytes) -> int:
    try:
        stated = zstandard.get_frame_parameters(frame)
    except zstandard.ZstdError as error:
        raise CorruptError(f"metadata cannot be decompressed: {error}") from error
    return -1 if stated.dict_id else int(stated.content_size)


def _decompress(frame: bytes, length: int) -> bytes:
    try:
        decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_METADATA_BYTES)
        return decompressor.decompress(frame, max_output_size=length, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise CorruptError(f"metadata cannot be decompressed: {error}") from error
