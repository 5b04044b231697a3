"""The jobs of a worker process: encode a picture to a temporary file, and prove a file that another one wrote.

They take and return messages, know nothing of ledgers, and say what is wrong with flags. `prove` puts them together.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any

from hybridcodec.errors import FidelityError, HybridcodecError, InputError, MismatchError, UnsupportedError
from hybridcodec.filing import file_source
from hybridcodec.info import Info
from hybridcodec.keeping import still_left_out
from hybridcodec.modes import Keep, Mode
from hybridcodec.pipeline.copying import compare, copy, inspect_copy
from hybridcodec.pipeline.evidence import keep_evidence
from hybridcodec.pipeline.messages import (
    EncodeRequest,
    Expected,
    Inspected,
    InspectRequest,
    Request,
    Result,
    Verified,
    VerifyRequest,
    Written,
)
from hybridcodec.plain import Wide
from hybridcodec.proof.checks import Asked, Comparison
from hybridcodec.proof.flags import Flag, FlagKind
from hybridcodec.proof.port import CODEC, Port
from hybridcodec.proof.proving import Original, Proof, decoded_pictures, joined, prove
from hybridcodec.proof.rejected import Rejected, rejected
from hybridcodec.storage.durable import Fingerprint, is_full, write_durably
from hybridcodec.storage.regular import open_regular

_NO_PICTURE = frozenset({FlagKind.SOURCE_UNREADABLE, FlagKind.SOURCE_UNSUPPORTED})
_DECISIVE = ("hybridcodec", "torch", "numpy", "numba", "constriction", "zstandard", "pillow")


def do(request: Request[Result], port: Port = CODEC) -> Result:
    """Do the job that a request asks for, with the functions of `port`.

    Raises:
        Rejected: with the flag of what went wrong.
    """
    result: Result = JOBS[request.job](request, port)
    return result


def encode(request: EncodeRequest, port: Port) -> Written:
    """Encode `source` into the new file `temporary`; return what was read and what was written.

    Raises:
        Rejected: with the flag of what went wrong.
    """
    started = time.monotonic()
    settings = request.settings
    stored = _read(Path(request.source), FlagKind.SOURCE_UNREADABLE)
    with _source_faults_as_flags():
        filed = file_source(stored, settings.terms, port)
    data = filed.data
    try:
        write_durably(Path(request.temporary), data)
    except OSError as error:
        kind = FlagKind.DISK_FULL if is_full(error) else FlagKind.DESTINATION_UNWRITABLE
        raise rejected(error, kind, "the output cannot be written") from error
    return Written(
        source_bytes=len(stored),
        source_hash=hashlib.sha256(stored).hexdigest(),
        output_bytes=len(data),
        output_hash=hashlib.sha256(data).hexdigest(),
        encode_seconds=time.monotonic() - started,
        source_samples=joined(filed.hashes),
        unread=filed.unread,
    )


def verify(request: VerifyRequest, port: Port) -> Verified:
    """Prove the file `path` against `source`; return what was found, flags among it.

    Nothing is raised for what is wrong with the file: what is known goes into the record beside the flags.
    """
    started = time.monotonic()
    job = _Verification(request, port)
    try:
        job.run()
    except Rejected as rejected:
        job.found = replace(
            job.found, flags=(*job.found.flags, *rejected.flags), error=rejected.error or job.found.error
        )
    return replace(job.found, verify_seconds=time.monotonic() - started)


def inspect(request: InspectRequest, port: Port) -> Inspected:
    """Prove the file `path` by itself: checksums, models, each layer against its hash; `expected` is from a ledger.

    Raises:
        Rejected: with the flag of what is wrong.
    """
    expected = request.expected
    data = _read(Path(request.path), FlagKind.OUTPUT_VANISHED, follow=False)
    inspected = Inspected(len(data), hashlib.sha256(data).hexdigest())
    _require_bytes(inspected, expected, FlagKind.OUTPUT_ALTERED)
    with _faults_as_flags():
        infos = [found.info for found in decoded_pictures(data, port)] or [port.read_info(data)]
        for _ in port.rebuild(data) if infos[0].restores else ():
            pass
    found = {
        "base_samples": joined([info.base_hash for info in infos]),
        "exact_samples": joined([info.sample_hash for info in infos]),
        "mode": expected.mode if infos[0].restores and infos[0].mode in (None, Mode.PERCEPTUAL) else str(infos[0].mode),
    }
    wrong = [name for name, value in found.items() if value != getattr(expected, name)]
    if wrong:
        detail = f"the file and the ledger disagree on {', '.join(wrong)}"
        raise Rejected((Flag(FlagKind.HASH_DIFFERS, detail),))
    return inspected


JOBS: dict[str, Callable[[Any, Port], Any]] = {
    "encode": encode,
    "verify": verify,
    "inspect": inspect,
    "copy": lambda request, _: copy(request),
    "compare": lambda request, _: compare(request),
    "inspect copy": lambda request, _: inspect_copy(request),
}


@cache
def versions() -> dict[str, str]:
    """Return the versions of what decides the bytes of a file."""
    found = {"python": python_version()}
    for name in _DECISIVE:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


@dataclass
class _Verification:
    """A proof on its way; `found` is what is known so far."""

    request: VerifyRequest
    port: Port
    found: Verified = field(default_factory=Verified)

    def run(self) -> None:
        """Prove the file; raises Rejected where that cannot go on."""
        settings, expected = self.request.settings, self.request.expected
        data = _read(Path(self.request.path), FlagKind.OUTPUT_VANISHED, follow=False)
        output = Inspected(len(data), hashlib.sha256(data).hexdigest())
        self.found = replace(self.found, **vars(output), versions=versions())
        if expected is not None:
            _require_bytes(output, expected, FlagKind.HASH_DIFFERS)
        original = self._source_again(Path(self.request.source), expected)
        asked = Asked(settings.fidelity, settings.accepted_lossy, settings.matching)
        with _faults_as_flags():
            proof = prove(data, original, asked, self.port)
        self.found = replace(self.found, **_told(proof))
        if expected is not None and expected.source_samples not in ("", proof.source_samples):
            detail = "the same source gives other samples here than in the process that encoded it"
            raise Rejected((Flag(FlagKind.DECODER_DISAGREES, detail),))
        self.found = replace(self.found, flags=(*proof.flags, *_lacking(proof, settings.keep)))
        self.found = replace(self.found, left_out=_still_left_out(self.found.left_out, proof.info))
        if proof.pair is not None:
            self._keep_evidence(proof.pair)

    def _source_again(self, path: Path, expected: Expected | None) -> Original:
        """Read the source once more, in this process, and say so if it is another than the encoder saw."""
        try:
            with open_regular(path) as file:
                stored, state = file.read(), os.fstat(file.fileno())
        except OSError as error:
            kind = FlagKind.SOURCE_UNREADABLE if expected is None else FlagKind.SOURCE_CHANGED
            raise rejected(error, kind, "the source cannot be read") from error
        digest = hashlib.sha256(stored).hexdigest()
        source = Fingerprint(len(stored), digest, Wide(state.st_mtime_ns), Wide(state.st_ino))
        self.found = replace(self.found, source=source)
        if expected is not None and digest != expected.source_hash:
            raise Rejected((Flag(FlagKind.SOURCE_CHANGED, "the source was written to while it was encoded"),))
        try:
            with _source_faults_as_flags():
                document = self.port.read_document(stored)
        except Rejected as refused:
            unread = all(flag.kind in _NO_PICTURE for flag in refused.flags)
            if self.request.settings.keep is not Keep.FILE or not unread:
                raise
            self.found = replace(self.found, unread=str(refused.__cause__))
            return Original(stored, None)  # it may be kept without its pictures
        self.found = replace(self.found, left_out=document.left_out)
        return Original(stored, document)

    def _keep_evidence(self, pair: Comparison) -> None:
        shown = next((flag for flag in self.found.flags if flag.box and flag.first), None)
        if shown is None or shown.box is None or shown.first is None:
            return
        folder, name = Path(self.request.evidence), self.request.source
        try:
            stem, crop = keep_evidence(folder, name, pair.original, pair.decoded, shown.box, shown.first)
        except (OSError, HybridcodecError) as error:
            self.found = replace(self.found, error=f"no evidence could be kept: {error}")
        else:
            self.found = replace(self.found, evidence=stem, crop=(crop.x, crop.y, crop.width, crop.height))


@contextmanager
def _faults_as_flags() -> Iterator[None]:
    """Make what decoding raises the flag of a file that is not what it should be."""
    try:
        yield
    except MismatchError as error:
        raise rejected(error, FlagKind.DECODER_DISAGREES, "decoded here, the file gives other samples") from error
    except HybridcodecError as error:
        raise rejected(error, FlagKind.NOT_DECODABLE, "the file cannot be decoded") from error


def _read(path: Path, kind: FlagKind, *, follow: bool = True) -> bytes:
    try:
        with open_regular(path, follow=follow) as file:
            return file.read()
    except OSError as error:
        raise rejected(error, kind, f"{path} cannot be read") from error


@contextmanager
def _source_faults_as_flags() -> Iterator[None]:
    """Make what reading and encoding a source raise the flag of a source, or of a crash."""
    try:
        yield
    except (UnsupportedError, FidelityError) as error:
        raise rejected(error, FlagKind.SOURCE_UNSUPPORTED, "the source") from error
    except InputError as error:
        raise rejected(error, FlagKind.SOURCE_UNREADABLE, "the source") from error
    except HybridcodecError as error:
        raise rejected(error, FlagKind.CRASH, "encoding failed") from error


def _still_left_out(left_out: tuple[str, ...], info: Info) -> tuple[str, ...]:
    """Return which parts of a source are not in its proven output: none where the file is, or the rest holds them."""
    if info.restores:
        return ()
    return still_left_out(left_out) if info.rest_bytes else left_out


def _lacking(proof: Proof, keep: Keep) -> tuple[Flag, ...]:
    """Return what is wrong with a file that lacks what it was made for."""
    if proof.info.restores:
        return ()
    if not proof.info.pictures:
        return (Flag(FlagKind.NOT_DECODABLE, "the file holds neither a picture nor its source"),)
    if keep is Keep.FILE:
        return (Flag(FlagKind.FILE_DIFFERS, "the source file was to come back from the file, and does not"),)
    return ()


def _told(proof: Proof) -> dict[str, Any]:
    """Return what a proof says that a record says too; of several pictures, the size is that of the first."""
    info = proof.info
    size: tuple[int | None, ...] = (info.height, info.width, info.channels) if info.pictures else (None,) * 3
    if proof.pair is not None and info.pictures == 1:
        size = proof.pair.original.samples.shape
    names = ("base_samples", "exact_samples", "source_samples", "models", "worst_error")
    told = {name: getattr(proof, name) for name in names}
    told |= dict(zip(("height", "width", "channels"), size, strict=True))
    return told | {"pictures": info.pictures, "restores": info.restores, "samples": info.samples}


def _require_bytes(found: Inspected, expected: Expected, kind: FlagKind) -> None:
    for name, is_, wanted in (
        ("size", found.output_bytes, expected.output_bytes),
        ("hash", found.output_hash, expected.output_hash),
    ):
        if is_ != wanted:
            raise Rejected((Flag(kind, f"the {name} of the file is {is_}, expected {wanted}"),))
