"""How a `Record` comes to be, in one place: from what was asked for, what each step found, and what was known before.

Nothing else in the pipeline makes or changes records, but for the ledger, which counts proofs and runs.
"""

import socket
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from hybridcodec.pipeline.ledger import now
from hybridcodec.pipeline.messages import Expected, Verified, Written
from hybridcodec.pipeline.profiles import Settings
from hybridcodec.pipeline.record import NAMES, Record
from hybridcodec.pipeline.release import gives_back
from hybridcodec.pipeline.task import Task, asked_of
from hybridcodec.proof.flags import Flag, Verdict, verdict_of

_NOTHING: tuple[object, ...] = (None, "", (), {})


@dataclass(frozen=True)
class Steps:
    """What the processes that worked on a file found, as far as they came.

    Attributes:
        started: wall clock when the work began.
        encoder: process that encoded.
        encode_seconds: how long that took, now or when the output was made.
        written: what it says.
        verifier: process that proved.
        verified: what it says.
        flags: what is wrong, those of `verified` among them.
        error: the message of what went wrong.
    """

    started: str = field(default_factory=now)
    encoder: int | None = None
    encode_seconds: float | None = None
    written: Written | None = None
    verifier: int | None = None
    verified: Verified | None = None
    flags: tuple[Flag, ...] = ()
    error: str = ""


def recorded(task: Task, steps: Steps) -> Record:
    """Return the record of what was found: proven if no flag was raised."""
    if not steps.flags and steps.verifier in (None, steps.encoder):
        raise AssertionError("nothing is proven that another process has not seen")
    found = _facts(steps.written) | _facts(steps.verified)
    if found.get("pictures") == 0 and task.known is not None:
        found = {"unread": task.known.unread} | found
    said = {"encoder": steps.encoder, "encode_seconds": steps.encode_seconds, "verifier": steps.verifier}
    return _new(task.source, task.output, steps.flags, steps.started, task.asked | found | said, steps.error)


def recorded_again(known: Record, steps: Steps, flags: tuple[Flag, ...]) -> Record:
    """Flag a file that was proven once: what the ledger knew of it stays what is expected."""
    seen = steps.verified
    if seen is not None:
        known = replace(known, evidence=seen.evidence or known.evidence, crop=seen.crop or known.crop)
    if steps.verifier is not None:
        known = replace(known, verifier=steps.verifier)
    if steps.verifier is not None or steps.error:
        known = replace(known, error=steps.error)
    return replace(known, verdict=verdict_of(flags), flags=flags, started=steps.started, finished=now())


def unanswered(task: Task, flag: Flag, error: str) -> Record:
    """Return the record of a file of which nobody said anything: what the ledger knew of it stays what is expected."""
    if task.known is not None and task.known.proofs:
        known = replace(task.known, verifier=None, evidence="", crop=None)
        return replace(known, verdict=Verdict.FLAGGED, flags=(flag,), error=error, finished=now())
    return replace(
        _new(task.source, task.output, (flag,), "", task.asked, error), host="", verdict=Verdict.FLAGGED
    )  # fmt: skip


def refused(source: str, output: str, settings: Settings, flag: Flag) -> Record:
    """Return the record of a file that nothing is done for."""
    return _new(source, output, (flag,), now(), asked_of(settings, copy=False))


def left(source: str, output: str, settings: Settings, verdict: Verdict, flag: Flag) -> Record:
    """Return the record of a file that gets no output, and of which nothing was asked."""
    return replace(_new(source, output, (flag,), now(), {"profile": settings.profile.value}), verdict=verdict)


def flagged(record: Record, flag: Flag) -> Record:
    """Return the record with one flag more."""
    flags = (*record.flags, flag)
    return replace(record, flags=flags, verdict=verdict_of(flags))


def let_go(record: Record) -> Record:
    """Return the record of a source that goes: its file was accepted as lost, if it does not come back."""
    return replace(record, source_deleted=True, file_loss_accepted=not gives_back(record), error="")


def not_let_go(written: Record, before: Record, flag: Flag) -> Record:
    """Return the record of a source that should go and could not; `written` says that it went."""
    return flagged(replace(written, source_deleted=False, file_loss_accepted=before.file_loss_accepted), flag)


def kept(record: Record) -> Record:
    """Return the record of a source that stays because its file does not come back; it stays proven."""
    more = f", and it holds more than the output: {'; '.join(record.left_out)}" if record.left_out else ""
    said = f"the source was not deleted: its file does not come back from the output{more}"
    return replace(record, error=f"{said} (--keep file keeps it; --accept-file-loss deletes it)")


def stranger(output: str = "") -> Record:
    """Return the record of a file, or of nothing, that no ledger has a record of."""
    return Record(source="", output=output, verdict=Verdict.FLAGGED)


def expected_of(record: Record) -> Expected:
    """Return what a record says of its output."""
    return Expected(
        record.output_bytes, record.output_hash, record.source_hash, record.source_samples,
        record.base_samples, record.exact_samples, record.mode,
    )  # fmt: skip


def _new(
    source: str, output: str, flags: Iterable[Flag], started: str, facts: dict[str, Any], error: str = ""
) -> Record:
    flags = tuple(flags)
    return Record(
        source=source, output=output, verdict=verdict_of(flags), flags=flags, error=error,
        host=socket.gethostname(), started=started, finished=now(), **facts,
    )  # fmt: skip


def _facts(message: Written | Verified | None) -> dict[str, Any]:
    """Return what a message says that a record has too; a later one is right where both say something."""
    if message is None:
        return {}
    facts = {name: value for name, value in vars(message).items() if name in NAMES and value not in _NOTHING}
    source = message.source if isinstance(message, Verified) else None
    if source is not None:
        facts |= {"source_bytes": source.size, "source_hash": source.sha256}
    return {name: value for name, value in facts.items() if name not in ("source", "flags", "error", "encode_seconds")}
