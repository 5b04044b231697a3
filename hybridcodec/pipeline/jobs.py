"""The two jobs of a worker process: encode a picture to a temporary file, and prove a file that another one wrote.

They take and return plain data, know nothing of ledgers, and say what is wrong with flags. `prove` puts them together.
"""

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any

from hybridcodec import codec
from hybridcodec.codec import Info
from hybridcodec.errors import HybridcodecError, MismatchError, UnsupportedError
from hybridcodec.image import Layer, Mode, Samples, checked_samples
from hybridcodec.pipeline.checks import CHECKS, Comparison, error_of, sample_hash
from hybridcodec.pipeline.copying import compare, copy, inspect_copy
from hybridcodec.pipeline.evidence import keep_evidence
from hybridcodec.pipeline.flags import Flag, FlagKind
from hybridcodec.pipeline.profiles import Settings
from hybridcodec.pipeline.rejected import Rejected, rejected
from hybridcodec.sources import Picture, read_picture
from hybridcodec.storage.durable import is_full, write_durably
from hybridcodec.storage.files import open_regular

_DECISIVE = ("hybridcodec", "torch", "numpy", "numba", "constriction", "zstandard", "pillow")
Facts = dict[str, Any]


def encode(request: Facts) -> Facts:
    """Encode `source` into the new file `temporary`; return what was read and what was written.

    Raises:
        Rejected: with the flag of what went wrong.
    """
    started = time.monotonic()
    settings = Settings.from_dict(request["settings"])
    stored = _read(Path(request["source"]), FlagKind.SOURCE_UNREADABLE)
    picture = _picture(stored)
    try:
        data = codec.encode(
            picture.samples,
            mode=settings.mode,
            max_error=settings.max_error,
            metadata=picture.metadata,
            accept_loss=settings.accepted_lossy,
        )
    except HybridcodecError as error:
        raise rejected(error, FlagKind.CRASH, "encoding failed") from error
    try:
        write_durably(Path(request["temporary"]), data)
    except OSError as error:
        kind = FlagKind.DISK_FULL if is_full(error) else FlagKind.DESTINATION_UNWRITABLE
        raise rejected(error, kind, "the output cannot be written") from error
    return {
        "source_bytes": len(stored),
        "source_hash": hashlib.sha256(stored).hexdigest(),
        "source_samples": sample_hash(picture.samples),
        "output_bytes": len(data),
        "output_hash": hashlib.sha256(data).hexdigest(),
        "encode_seconds": time.monotonic() - started,
    }


def verify(request: Facts) -> Facts:
    """Prove the file `path` against `source`; return what was found, flags among it.

    `expected` holds what `encode` returned, or nothing for a file that was there before. Nothing is raised for what is
    wrong with the file: the facts that are known go into the record beside the flags.
    """
    started = time.monotonic()
    facts: Facts = {"flags": [], "error": ""}
    try:
        _prove(request, facts)
    except Rejected as rejected:
        facts["flags"] += rejected.flags
        facts["error"] = rejected.error
    facts["flags"] = [flag.to_dict() for flag in facts["flags"]]
    return facts | {"verify_seconds": time.monotonic() - started}


def inspect(request: Facts) -> Facts:
    """Prove the file `path` by itself: checksums, models, each layer against its hash; `expected` is from a ledger.

    Raises:
        Rejected: with the flag of what is wrong.
    """
    expected = request["expected"]
    data = _read(Path(request["path"]), FlagKind.OUTPUT_VANISHED, follow=False)
    found = {"output_bytes": len(data), "output_hash": hashlib.sha256(data).hexdigest()}
    _compare_bytes(found, expected, FlagKind.OUTPUT_ALTERED)
    info, _ = _decoded(data)
    found |= {"base_samples": info.base_hash, "exact_samples": info.sample_hash, "mode": str(info.mode)}
    wrong = [
        name for name in ("base_samples", "exact_samples", "mode") if found[name] != expected.get(name, found[name])
    ]
    if wrong:
        detail = f"the file and the ledger disagree on {', '.join(wrong)}"
        raise Rejected((Flag(FlagKind.HASH_DIFFERS, detail),))
    return found


JOBS: dict[str, Callable[[Facts], Facts]] = {
    "encode": encode,
    "verify": verify,
    "inspect": inspect,
    "copy": copy,
    "compare": compare,
    "inspect copy": inspect_copy,
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


def _prove(request: Facts, facts: Facts) -> None:
    settings, expected = Settings.from_dict(request["settings"]), request["expected"]
    data = _read(Path(request["path"]), FlagKind.OUTPUT_VANISHED, follow=False)
    facts |= {"output_bytes": len(data), "output_hash": hashlib.sha256(data).hexdigest(), "versions": versions()}
    if expected:
        _compare_bytes(facts, expected, FlagKind.HASH_DIFFERS)
    original = _source_again(Path(request["source"]), expected, facts)
    info, decoded = _decoded(data)
    facts |= {
        "base_samples": info.base_hash,
        "exact_samples": info.sample_hash,
        "models": [*info.base_models, *info.residual_models],
    }
    pair = Comparison(original.samples, original.metadata, decoded, codec.read_metadata(data), info, settings)
    for check in CHECKS:
        facts["flags"] += check(pair)
    _keep_evidence(pair, request, facts)
    if settings.mode is not Mode.PERCEPTUAL and original.samples.shape == decoded.shape:
        flags = [flag.worst for flag in facts["flags"] if flag.worst]
        facts["worst_error"] = max(flags) if flags else int(error_of(pair).max())


def _source_again(path: Path, expected: Facts, facts: Facts) -> Picture:
    """Read the source once more, in this process, and say so if it is another than the encoder saw."""
    try:
        with open_regular(path) as file:
            stored, state = file.read(), os.fstat(file.fileno())
    except OSError as error:
        kind = FlagKind.SOURCE_CHANGED if expected else FlagKind.SOURCE_UNREADABLE
        raise rejected(error, kind, "the source cannot be read") from error
    facts |= {"source_bytes": len(stored), "source_hash": hashlib.sha256(stored).hexdigest()}
    facts["source_state"] = [state.st_size, state.st_mtime_ns, state.st_ino]
    if expected and facts["source_hash"] != expected["source_hash"]:
        raise Rejected((Flag(FlagKind.SOURCE_CHANGED, "the source was written to while it was encoded"),))
    picture = _picture(stored)
    facts |= dict(zip(("height", "width", "channels"), picture.samples.shape, strict=True))
    facts |= {"source_samples": sample_hash(picture.samples), "left_out": list(picture.left_out)}
    if expected and facts["source_samples"] != expected["source_samples"]:
        detail = "the same source gives other samples here than in the process that encoded it"
        raise Rejected((Flag(FlagKind.DECODER_DISAGREES, detail),))
    return picture


def _decoded(data: bytes) -> tuple[Info, Samples]:
    """Decode every layer, each against its hash; return the best one as (H, W, C)."""
    try:
        info = codec.read_info(data)
        layer = Layer.PERCEPTUAL if info.mode is Mode.PERCEPTUAL else Layer.EXACT
        return info, checked_samples(codec.decode(data, layer=layer))
    except MismatchError as error:
        raise rejected(error, FlagKind.DECODER_DISAGREES, "decoded here, the file gives other samples") from error
    except HybridcodecError as error:
        raise rejected(error, FlagKind.NOT_DECODABLE, "the file cannot be decoded") from error


def _keep_evidence(pair: Comparison, request: Facts, facts: Facts) -> None:
    shown = next((flag for flag in facts["flags"] if flag.box and flag.first), None)
    if shown is None or shown.box is None or shown.first is None:
        return
    try:
        stem, crop = keep_evidence(
            Path(request["evidence"]), request["source"], pair.original, pair.decoded, shown.box, shown.first[:2]
        )
    except (OSError, HybridcodecError) as error:
        facts["error"] = f"no evidence could be kept: {error}"
    else:
        facts |= {"evidence": stem, "crop": [crop.x, crop.y, crop.width, crop.height]}


def _read(path: Path, kind: FlagKind, *, follow: bool = True) -> bytes:
    try:
        with open_regular(path, follow=follow) as file:
            return file.read()
    except OSError as error:
        raise rejected(error, kind, f"{path} cannot be read") from error


def _picture(stored: bytes) -> Picture:
    """Return the picture with samples of shape (H, W, C)."""
    try:
        picture = read_picture(stored)
    except UnsupportedError as error:
        raise rejected(error, FlagKind.SOURCE_UNSUPPORTED, "the source") from error
    except HybridcodecError as error:
        raise rejected(error, FlagKind.SOURCE_UNREADABLE, "the source") from error
    return replace(picture, samples=checked_samples(picture.samples))


def _compare_bytes(found: Facts, expected: Facts, kind: FlagKind) -> None:
    for name in ("output_bytes", "output_hash"):
        if found[name] != expected[name]:
            what = name.replace("output_", "").replace("bytes", "size")
            detail = f"the {what} of the file is {found[name]}, expected {expected[name]}"
            raise Rejected((Flag(kind, detail),))
