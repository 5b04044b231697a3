"""What a worker on another machine answers, held against its task before anything follows from it.

`prove` is trusted to say what it found; that this is an answer to this task, and true on the disk as the driver sees
it, is looked at here. It stops faults, such as other folders under the same names; a worker that lies is stopped by
nobody, since it can write the files.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hybridcodec.modes import Keep, Mode
from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.task import Outcome, Task
from hybridcodec.proof.flags import Verdict, verdict_of
from hybridcodec.storage.durable import Fingerprint, fingerprint

_HASH = re.compile("[0-9a-f]{64}")
_EVIDENCE = re.compile("([0-9a-f]{16})?")
_ASKED = ("profile", "mode", "max_error", "accepted_lossy", "settings")
_HASHES = ("source_hash", "output_hash")
_MEASURED = ("source_bytes", "output_bytes", "width", "height", "channels", "verify_seconds")


def checked_outcome(task: Task, values: Any) -> Outcome:
    """Return the outcome of `task` that plain data from another machine say.

    Raises:
        ValueError: they are no outcome, are about something else, or do not fit what is on the disk.
    """
    if not isinstance(values, Mapping):
        raise ValueError("it is no outcome")
    outcome = Outcome.from_dict(task, values)
    if outcome.record is None:
        _require_still_true(task, outcome.source)
    else:
        _require_about(task, outcome.record)
        if outcome.record.verdict is Verdict.PROVEN:
            _require_proven(task, outcome.record, outcome.source)
    return outcome


def _require_still_true(task: Task, source: Fingerprint | None) -> None:
    """An answer that the ledger is still true needs a ledger that says so."""
    known = task.known
    if known is None or known.verdict is not Verdict.PROVEN or not known.proofs or task.recheck:
        raise ValueError("it says that the ledger is still true, and the ledger has no such proof")
    if task.delete_source and not known.left_out:
        raise ValueError("it says that the ledger is still true, and a source that goes is looked at again")
    if known.settings != task.asked["settings"]:
        raise ValueError("it says that the ledger is still true, and the ledger is about other settings")
    if source is None or (source.sha256, source.size) != (known.source_hash, known.source_bytes):
        raise ValueError("it says that the ledger is still true, and saw another source")
    size = _looked_at(task.final, lambda path: path.stat().st_size)
    if size != known.output_bytes:
        raise ValueError(f"it says that the ledger is still true, and the output has {size} bytes here")


def _require_about(task: Task, record: Record) -> None:
    _require_equal("source", task.source, record.source)
    _require_equal("output", task.output, record.output)
    _require_equal("verdict", verdict_of(record.flags).value, record.verdict.value)
    known = task.known
    allowed = [Record(source="", output="", verdict=Verdict.PROVEN, **task.asked)]
    if known is not None and record.verdict is not Verdict.PROVEN:  # what was proven once stays as it was
        allowed.append(known)
    if all(any(getattr(record, name) != getattr(one, name) for name in _ASKED) for one in allowed):
        raise ValueError(f"{', '.join(_ASKED)} are not those of the task")
    for name in ("source_deleted", "file_loss_accepted"):
        if getattr(record, name) and not (known is not None and getattr(known, name)):
            raise ValueError(f"{name} is for the driver to say")
    if not _EVIDENCE.fullmatch(record.evidence):
        raise ValueError("evidence is no stem of a file")
    if not record.host.isprintable():
        raise ValueError("host is no name of a machine")


def _require_proven(task: Task, record: Record, source: Fingerprint | None) -> None:
    """A proof is by another process than the encoder's, complete, and of the file that is on the disk."""
    if record.verifier is None or record.verifier == record.encoder:
        raise ValueError("no other process than the encoder proved it")
    hashes = ("source_hash", "output_hash") if task.copy else _HASHES
    for name in hashes:
        if not _HASH.fullmatch(getattr(record, name)):
            raise ValueError(f"{name} is no SHA-256")
    if task.copy:
        _require_equal("hash of the copy", record.source_hash, record.output_hash)
    else:
        _require_measured(task, record)
    if source is None or (source.sha256, source.size) != (record.source_hash, record.source_bytes):
        raise ValueError("its source is not the one that it read last")
    found = _looked_at(task.final, lambda path: fingerprint(path, follow=False))
    _require_equal("size of the output", record.output_bytes, found.size)
    _require_equal("hash of the output", record.output_hash, found.sha256)


def _require_measured(task: Task, record: Record) -> None:
    """What is said of a picture is all there, and within what was asked for."""
    if task.settings.keep is Keep.FILE and not record.restores:
        raise ValueError("its file was to come back, and does not")
    if record.restores and not record.pictures:
        return  # a file that is kept without a picture has nothing to measure: its bytes were compared
    if not _HASH.fullmatch(record.source_samples):
        raise ValueError("source_samples is no SHA-256")
    missing = [name for name in _MEASURED if getattr(record, name) is None]
    if missing or not record.pixels:
        raise ValueError(f"nothing was measured of {', '.join(missing) or 'the picture'}")
    if task.settings.mode is Mode.PERCEPTUAL or (
        record.restores and not record.exact_samples and record.worst_error is None
    ):
        return  # of the second, the source file itself is what is exact
    if not _HASH.fullmatch(record.exact_samples):
        raise ValueError("exact_samples is no SHA-256")
    if record.worst_error is None or record.worst_error > task.settings.max_error:
        raise ValueError("the worst error is not within what was asked for")


def _looked_at(path: Path, look: Any) -> Any:
    try:
        return look(path)
    except OSError as error:
        raise ValueError(f"the output cannot be read here: {error.strerror or error}") from error


def _require_equal(name: str, expected: object, found: object) -> None:
    if expected != found:
        raise ValueError(f"{name}: expected {str(expected)[:200]}, found {str(found)[:200]}")
