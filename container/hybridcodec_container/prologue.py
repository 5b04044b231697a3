"""The first 16 bytes: signature, version, and a checksum of both. Their layout is the same in every version for ever.

A transfer in text mode changes the signature in a way that shows what happened, and the error says so.
"""

from typing import NamedTuple
from zlib import crc32

from hybridcodec_container.errors import CorruptError, TruncatedError, UnsupportedContainerError
from hybridcodec_container.layout import PROLOGUE, SIGNATURE, VERSION_MAJOR, VERSION_MINOR

_CHECKED = PROLOGUE.offsets[-1]
_BEFORE_CTRL_Z = (6, 7)  # bytes that are left where ^Z ended a file, without and with it
_TRANSFERS = (
    (b"\x09HYC", "its high bits were cleared, as by a transfer over a 7-bit channel"),
    (b"\x89HYC\n\x1a", "its line ends were changed from CR LF to LF, as by a transfer in text mode"),
    (b"\x89HYC\r\r\n", "its line ends were changed from LF to CR LF, as by a transfer in text mode"),
    (b"\x89HYC\r\n\x1a\r\n", "its line ends were changed from LF to CR LF, as by a transfer in text mode"),
    (b"\x89HYC\r\r\x1a", "its line ends were changed from LF to CR, as by a transfer in text mode"),
    (b"\x89HYC\r\x1a", "its line ends were changed to CR, as by a transfer in text mode"),
    (b"\xc2\x89HYC", "it was recoded from Latin-1 to UTF-8, as by an editor"),
    (b"\xef\xbf\xbdHYC", "its bytes were replaced by UTF-8 replacement characters, as by an editor"),
    (b"\xef\xbb\xbf\x89HYC", "a byte order mark was put in front of it, as by an editor"),
)


class Version(NamedTuple):
    """Version of the format that a file was written in."""

    major: int
    minor: int


def pack_prologue(major: int = VERSION_MAJOR, minor: int = VERSION_MINOR) -> bytes:
    """Return the first bytes of a file; those of other versions serve tests."""
    checked = PROLOGUE.pack(SIGNATURE, major, minor, 0, 0)[:_CHECKED]
    return checked + crc32(checked).to_bytes(4, "little")


def read_prologue(data: bytes) -> Version:
    """Return the version of a file, after checking that it is one of ours and readable here.

    Raises:
        TruncatedError: if `data` ends inside the prologue.
        CorruptError: if the signature or the checksum is wrong.
        UnsupportedContainerError: if the major version is another.
    """
    found = data[: len(SIGNATURE)]
    if found != SIGNATURE[: len(found)]:
        raise CorruptError(_explain(data[:16]))
    if len(data) < PROLOGUE.size:
        reason = "; a program took the ^Z after it for the end of the file" if len(data) in _BEFORE_CTRL_Z else ""
        raise TruncatedError(f"the file ends after {len(data)} bytes, inside its first {PROLOGUE.size}{reason}")
    _, major, minor, reserved, crc = PROLOGUE.unpack(data)
    expected = crc32(data[:_CHECKED])
    if crc != expected:
        raise CorruptError(f"the version bytes are damaged: CRC-32 {crc:08x} found, {expected:08x} expected")
    if major != VERSION_MAJOR:
        raise UnsupportedContainerError(
            f"the file has format version {major}.{minor}, this version reads {VERSION_MAJOR}.x"
        )
    if reserved:
        raise CorruptError(f"the reserved bytes of the prologue must be zero, found {reserved:#06x}")
    return Version(major, minor)


def _explain(start: bytes) -> str:
    for damaged, reason in _TRANSFERS:
        if start.startswith(damaged):
            return f"the signature shows that {reason}: transfer the original again, in binary mode"
    return f"not a .hyc file: it starts with {start[:8].hex(' ')}, not with {SIGNATURE.hex(' ')}"
