"""The one task of the pipeline: take a picture and leave a proven file, or a record that says why there is none.

Both engines run `prove`. It is idempotent and safe to run twice, also at the same time: temporary files have names of
their own, a final name is given once and only to a proven file, and an output that is there already is proven, not
written again.
"""

import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hybridcodec.pipeline.crew import Answer, Crew
from hybridcodec.pipeline.flags import Flag, FlagKind, Verdict, verdict_of
from hybridcodec.pipeline.ledger import now
from hybridcodec.pipeline.record import NAMES, Record
from hybridcodec.pipeline.task import Outcome, Task
from hybridcodec.storage.durable import Fingerprint, fingerprint, is_full, is_same, publish, require_own_place
from hybridcodec.storage.targets import HYC, content_in_the_way


def prove(task: Task, crew: Crew) -> Outcome:
    """Encode, prove and publish one file, as far as the ledger's record does not say that this is done.

    Raises:
        HybridcodecError: no worker process can be started.
    """
    return _Job(task, crew).run()


@dataclass
class _Job:
    """One task on its way; `facts` gathers what goes into the record."""

    task: Task
    crew: Crew
    started: str = field(default_factory=now)
    facts: dict[str, Any] = field(default_factory=dict)
    source: Fingerprint | None = None

    def run(self) -> Outcome:
        known = self.task.known if self.task.known is not None and self.task.known.proofs else None
        try:
            present = self._present()
        except OSError as error:
            if known is not None:
                return self._still(known, Flag(FlagKind.OUTPUT_ALTERED, f"the output {error.strerror or error}"))
            return self._ended(_os_flag(error, "the output cannot be read"))
        if present is not None and is_same(self.task.final, Path(self.task.source)):
            return self._ended(Flag(FlagKind.OUTPUT_EXISTS, "the output would take the place of the source itself"))
        if known is not None:
            return self._known(known, present)
        if present is None or self.task.overwrite:
            return self._make(replaces=present is not None)
        return self._adopt()

    def _present(self) -> Fingerprint | None:
        """Return what has the output's name, in the place where outputs may be; None if nothing has."""
        try:
            require_own_place(Path(self.task.destination), self.task.output)
            return fingerprint(self.task.final, follow=False)
        except FileNotFoundError:
            return None

    def _known(self, known: Record, present: Fingerprint | None) -> Outcome:
        """Go on where the ledger says that this output was proven before."""
        try:
            self.source = fingerprint(Path(self.task.source))
        except OSError as error:
            return self._still(known, Flag(FlagKind.SOURCE_CHANGED, f"the source is gone: {error.strerror}"))
        source, again = self.source.sha256, self.task.recheck
        if known.source_hash != source and (again or known.source_deleted or not self.task.overwrite):
            return self._still(known, _source_changed(known))
        if present is None:
            if again:
                return self._still(known, Flag(FlagKind.OUTPUT_VANISHED, "the output is not there any more"))
            return self._make(replaces=False)
        if present.sha256 != known.output_hash:
            if again or not self.task.overwrite:
                return self._still(known, _output_altered(known, present))
            return self._make(replaces=True)
        if (known.source_hash, known.settings) != (source, self.task.asked["settings"]):
            return self._make(replaces=True)
        if known.verdict is Verdict.PROVEN and not again and (known.left_out or not self.task.delete_source):
            return Outcome(self.task, None, self.source)
        return self._prove_again(known)

    def _make(self, *, replaces: bool) -> Outcome:
        """Encode to a temporary file, have another process prove it, and give it its name."""
        if replaces and (found := content_in_the_way(self.task.final, HYC)):
            detail = f"the output's name is that of {found}, which is never replaced; move it away"
            return self._kept(Flag(FlagKind.OUTPUT_EXISTS, detail))
        workspace = Path(self.task.workspace)
        temporary = workspace / f"{secrets.token_hex(12)}.tmp"
        try:
            encoded = self._ask("copy" if self.task.copy else "encode", temporary=str(temporary))
            if encoded.flags:
                return self._ended(*encoded.flags, error=encoded.error)
            self.facts |= encoded.facts | {"encoder": encoded.process}
            verified = self._verify(temporary, encoded.facts, other_than=encoded.process)
            self._take(verified)
            if self.facts["flags"]:
                return self._ended()
            require_own_place(Path(self.task.destination), self.task.output)
            publish(temporary, self.task.final, replace=replaces)
        except FileExistsError:
            return self._adopt()  # another run of this very task was faster
        except OSError as error:
            return self._ended(_os_flag(error, "the output cannot be given its name"))
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        return self._ended()

    def _kept(self, flag: Flag) -> Outcome:
        known = self.task.known
        return self._still(known, flag) if known is not None and known.proofs else self._ended(flag)

    def _adopt(self) -> Outcome:
        """Prove an output that is there although the ledger does not know it: a run was killed after naming it."""
        self.facts.pop("encoder", None)
        self._take(self._verify(self.task.final, {}))
        if not self.facts["flags"]:
            return self._ended()
        if any(flag.kind in _NOT_THE_FILES_FAULT for flag in self.facts["flags"]):
            return self._ended()
        reasons = "; ".join(flag.detail for flag in self.facts["flags"])
        detail = f"another file has the output's name, and it is not what this source gives: {reasons}"
        self.facts["flags"] = [Flag(FlagKind.OUTPUT_EXISTS, detail), *self.facts["flags"]]
        self.facts |= {"output_bytes": None, "output_hash": ""}
        return self._ended()

    def _prove_again(self, known: Record) -> Outcome:
        expected = {name: getattr(known, name) for name in _EXPECTED}
        self.facts = {name: getattr(known, name) for name in ("encoder", "encode_seconds")}
        self._take(self._verify(self.task.final, expected))
        return self._still(known, *self.facts["flags"]) if self.facts["flags"] else self._ended()

    def _verify(self, path: Path, expected: dict[str, Any], *, other_than: int | None = None) -> Answer:
        job = "compare" if self.task.copy else "verify"
        return self._ask(job, path=str(path), expected=expected, other_than=other_than)

    def _ask(self, job: str, *, other_than: int | None = None, **request: object) -> Answer:
        request |= {"source": self.task.source, "settings": self.task.settings.to_dict()}
        request |= {"evidence": self.task.evidence}
        return self.crew.run(job, request, other_than=other_than)

    def _take(self, verified: Answer) -> None:
        """Add what the verifier found to the facts."""
        flags = [*verified.flags, *(Flag.from_dict(flag) for flag in verified.facts.get("flags", ()))]
        error = verified.error or verified.facts.get("error", "")
        self.facts |= verified.facts | {"flags": flags, "error": error, "verifier": verified.process}
        state = verified.facts.get("source_state")
        if state:
            self.source = Fingerprint(state[0], verified.facts["source_hash"], state[1], state[2])

    def _still(self, known: Record, *flags: Flag) -> Outcome:
        """Flag a file that was proven once: what the ledger knew of it stays what is expected."""
        kept = {name: self.facts[name] for name in ("evidence", "crop", "verifier", "error") if name in self.facts}
        record = replace(
            known, **kept | {"crop": _as_crop(kept.get("crop"))}, verdict=verdict_of(flags), flags=tuple(flags),
            started=self.started, finished=now(),
        )  # fmt: skip
        return Outcome(self.task, record, self.source)

    def _ended(self, *flags: Flag, error: str = "") -> Outcome:
        """Return the record of what was found: proven if no flag was raised."""
        task = self.task
        flags = (*flags, *self.facts.pop("flags", ()))
        facts = {name: value for name, value in self.facts.items() if name in NAMES}
        if not flags and facts.get("verifier") in (None, facts.get("encoder")):
            raise AssertionError("nothing is proven that another process has not seen")
        facts["crop"] = _as_crop(facts.get("crop"))
        facts |= {name: tuple(facts.get(name, ())) for name in ("models", "left_out")}
        facts["error"] = error or facts.get("error", "")
        record = Record(
            source=task.source, output=task.output, verdict=verdict_of(flags), flags=flags, host=socket.gethostname(),
            started=self.started, finished=now(), **task.asked, **facts,
        )  # fmt: skip
        return Outcome(task, record, self.source)


_NOT_THE_FILES_FAULT = frozenset(
    {
        FlagKind.CRASH,
        FlagKind.TIME_OUT,
        FlagKind.OUT_OF_MEMORY,
        FlagKind.MODEL_ALTERED,
        FlagKind.SOURCE_CHANGED,
        FlagKind.SOURCE_UNREADABLE,
        FlagKind.SOURCE_UNSUPPORTED,
    }
)
_EXPECTED = ("source_hash", "source_samples", "output_bytes", "output_hash")


def _source_changed(known: Record) -> Flag:
    if known.source_deleted:
        detail = "another picture has the name of a source that was deleted after its proof; give it another name"
    else:
        detail = "the source is not what it was when the output was proven; --overwrite encodes it anew"
    return Flag(FlagKind.SOURCE_CHANGED, detail)


def _output_altered(known: Record, present: Fingerprint) -> Flag:
    found = f"{present.size} bytes with hash {present.sha256}"
    expected = f"{known.output_bytes} with hash {known.output_hash}"
    return Flag(FlagKind.OUTPUT_ALTERED, f"the output has {found}, proven were {expected}; --overwrite makes it anew")


def _os_flag(error: OSError, what: str) -> Flag:
    kind = FlagKind.DISK_FULL if is_full(error) else FlagKind.DESTINATION_UNWRITABLE
    return Flag(kind, f"{what}: {error.strerror or error}")


def _as_crop(crop: Any) -> tuple[int, int, int, int] | None:
    return (crop[0], crop[1], crop[2], crop[3]) if crop else None
