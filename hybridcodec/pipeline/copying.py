"""The jobs for a file that is no picture and comes along as it is: copied, proven, and looked at later, byte for byte.

It differs from `jobs` in that nothing is decoded: what is proven is the hash of all bytes, read from the disk by
another process than the one that wrote them. Files pass through piece by piece, whatever their size.
"""

import hashlib
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import IO

from hybridcodec.pipeline.messages import CompareRequest, CopyRequest, InspectCopyRequest, Inspected, Verified, Written
from hybridcodec.proof.flags import Flag, FlagKind
from hybridcodec.proof.rejected import Rejected, rejected
from hybridcodec.storage.durable import Fingerprint, fingerprint, is_full, settle
from hybridcodec.storage.regular import open_regular

COPY = "copy"
"""The mode of a record whose output is the source's bytes."""
_PIECE = 1 << 20


def copy(request: CopyRequest) -> Written:
    """Copy `source` into the new file `temporary`; return what was read and written.

    Raises:
        Rejected: with the flag of what went wrong.
    """
    started = time.monotonic()
    try:
        source = open_regular(Path(request.source))
    except OSError as error:
        raise rejected(error, FlagKind.SOURCE_UNREADABLE, "the source cannot be read") from error
    with source:
        size, digest = _written(source, Path(request.temporary))
    return Written(size, digest, size, digest, encode_seconds=time.monotonic() - started)


def compare(request: CompareRequest) -> Verified:
    """Prove the file `path` to be the bytes of `source`, read again; return what was found, flags among it.

    `expected` holds what `copy` returned, or nothing for a file that was there before.
    """
    started = time.monotonic()
    try:
        found = _compared(request)
    except Rejected as rejected:
        found = Verified(flags=rejected.flags, error=rejected.error)
    return replace(found, verify_seconds=time.monotonic() - started)


def inspect_copy(request: InspectCopyRequest) -> Inspected:
    """Compare the file `path` by itself with what a ledger expects of it: size and hash.

    Raises:
        Rejected: with the flag of what is wrong.
    """
    output = _read(Path(request.path), FlagKind.OUTPUT_VANISHED, "the output cannot be read", follow=False)
    expected = request.expected
    _require_same(output, expected.output_bytes, expected.output_hash, FlagKind.OUTPUT_ALTERED)
    return Inspected(output.size, output.sha256)


def _compared(request: CompareRequest) -> Verified:
    expected = request.expected
    output = _read(Path(request.path), FlagKind.OUTPUT_VANISHED, "the copy cannot be read", follow=False)
    if expected is not None:
        _require_same(output, expected.output_bytes, expected.output_hash, FlagKind.HASH_DIFFERS)
    kind = FlagKind.SOURCE_UNREADABLE if expected is None else FlagKind.SOURCE_CHANGED
    source = _read(Path(request.source), kind, "the source cannot be read", follow=True)
    if expected is not None and source.sha256 != expected.source_hash:
        raise Rejected((Flag(FlagKind.SOURCE_CHANGED, "the source was written to while it was copied"),))
    _require_same(output, source.size, source.sha256, FlagKind.HASH_DIFFERS)
    return Verified(source=source, output_bytes=output.size, output_hash=output.sha256, pictures=0, restores=True)


def _written(source: IO[bytes], target: Path) -> tuple[int, str]:
    """Write what `source` still holds to a new file, durably; return its size and hash, of what was read."""
    digest, size = hashlib.sha256(), 0
    try:
        with target.open("xb") as file:
            while piece := _piece(source):
                digest.update(piece)
                size += file.write(piece)
            settle(file)
    except OSError as error:
        kind = FlagKind.DISK_FULL if is_full(error) else FlagKind.DESTINATION_UNWRITABLE
        raise rejected(error, kind, "the copy cannot be written") from error
    return size, digest.hexdigest()


def _piece(source: IO[bytes]) -> bytes:
    try:
        return source.read(_PIECE)
    except OSError as error:
        raise rejected(error, FlagKind.SOURCE_UNREADABLE, "the source cannot be read") from error


def _read(path: Path, kind: FlagKind, what: str, *, follow: bool) -> Fingerprint:
    try:
        return fingerprint(path, follow=follow)
    except OSError as error:
        raise rejected(error, kind, f"{what}: {os.fspath(path)}") from error


def _require_same(found: Fingerprint, size: int | None, digest: str, kind: FlagKind) -> None:
    if (found.size, found.sha256) != (size, digest):
        detail = f"the copy has {found.size} bytes with hash {found.sha256}, expected {size} bytes with hash {digest}"
        raise Rejected((Flag(kind, detail),))
