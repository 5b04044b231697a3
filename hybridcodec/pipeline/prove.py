"""The one task of the pipeline: take a picture and leave a proven file, or a record that says why there is none.

Both engines run `prove`. It is idempotent and safe to run twice, also at the same time: temporary files have names of
their own, a final name is given once and only to a proven file, and an output that is there already is proven, not
written again.
"""

import secrets
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from hybridcodec.pipeline.crew import Crew
from hybridcodec.pipeline.messages import CompareRequest, CopyRequest, EncodeRequest, Expected, VerifyRequest
from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.recording import Steps, expected_of, recorded, recorded_again
from hybridcodec.pipeline.task import Outcome, Task
from hybridcodec.proof.flags import Flag, FlagKind, Verdict
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
    """One task on its way; `steps` gathers what goes into the record."""

    task: Task
    crew: Crew
    steps: Steps = field(default_factory=Steps)
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
        if known.verdict is Verdict.PROVEN and not again and not self.task.delete_source:
            return Outcome(self.task, None, self.source)
        return self._prove_again(known)

    def _make(self, *, replaces: bool) -> Outcome:
        """Encode to a temporary file, have another process prove it, and give it its name."""
        if replaces and (found := content_in_the_way(self.task.final, HYC)):
            detail = f"the output's name is that of {found}, which is never replaced; move it away"
            return self._unmade(Flag(FlagKind.OUTPUT_EXISTS, detail))
        workspace = Path(self.task.workspace)
        temporary = workspace / f"{secrets.token_hex(12)}.tmp"
        try:
            encoder, expected = self._write(temporary)
            if expected is None or not self._verify(temporary, expected, other_than=encoder):
                return self._unmade()
            require_own_place(Path(self.task.destination), self.task.output)
            publish(temporary, self.task.final, replace=replaces)
        except FileExistsError:
            return self._adopt()  # another run of this very task was faster
        except OSError as error:
            flag = _os_flag(error, "the output cannot be given its name")
            return self._ended(flag) if self._is_named() else self._unmade(flag)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        return self._ended()

    def _unmade(self, *flags: Flag) -> Outcome:
        """End without a new output: one that was proven before is there as it was, and keeps its proof."""
        known = self.task.known
        if known is None or not known.proofs:
            return self._ended(*flags)
        return self._still(known, *flags, *self.steps.flags)

    def _is_named(self) -> bool:
        """Whether the new output has its name in spite of an error, which came when that was flushed to the disk."""
        try:
            present = self._present()
        except OSError:
            return False
        written = self.steps.written
        return present is not None and written is not None and present.sha256 == written.output_hash

    def _adopt(self) -> Outcome:
        """Prove an output that is there although the ledger does not know it: a run was killed after naming it."""
        self.steps = replace(self.steps, encoder=None)
        if self._verify(self.task.final, None) or any(flag.kind in _NOT_THE_FILES_FAULT for flag in self.steps.flags):
            return self._ended()
        reasons = "; ".join(flag.detail for flag in self.steps.flags)
        detail = f"another file has the output's name, and it is not what this source gives: {reasons}"
        verified = self.steps.verified and replace(self.steps.verified, output_bytes=None, output_hash="")
        self.steps = replace(self.steps, written=None, verified=verified)
        return self._ended(Flag(FlagKind.OUTPUT_EXISTS, detail))

    def _prove_again(self, known: Record) -> Outcome:
        self.steps = replace(self.steps, encoder=known.encoder, encode_seconds=known.encode_seconds)
        sound = self._verify(self.task.final, expected_of(known))
        return self._ended() if sound else self._still(known, *self.steps.flags)

    def _write(self, temporary: Path) -> tuple[int, Expected | None]:
        """Have a process write the output under another name; return which, and what is to be found there."""
        source, path = self.task.source, str(temporary)
        request = CopyRequest(source, path) if self.task.copy else EncodeRequest(source, path, self.task.settings)
        answer = self.crew.run(request)
        written = answer.result
        if written is None:
            self.steps = replace(self.steps, flags=answer.flags, error=answer.error)
            return answer.process, None
        self.steps = replace(self.steps, encoder=answer.process, encode_seconds=written.encode_seconds, written=written)
        return answer.process, written.expected

    def _verify(self, path: Path, expected: Expected | None, *, other_than: int | None = None) -> bool:
        """Have a process prove a file, and say whether it did."""
        task = self.task
        answer = self.crew.run(
            CompareRequest(str(path), task.source, expected)
            if task.copy
            else VerifyRequest(str(path), task.source, task.settings, task.evidence, expected),
            other_than=other_than,
        )
        found = answer.result
        flags = answer.flags if found is None else found.flags
        error = answer.error if found is None else found.error
        self.steps = replace(self.steps, verifier=answer.process, verified=found, flags=flags, error=error)
        if found is not None and found.source is not None:
            self.source = found.source
        return not flags

    def _still(self, known: Record, *flags: Flag) -> Outcome:
        """Flag a file that was proven once."""
        return Outcome(self.task, recorded_again(known, self.steps, flags), self.source)

    def _ended(self, *flags: Flag) -> Outcome:
        """End with what was found and these flags: proven if there are none."""
        steps = replace(self.steps, flags=(*flags, *self.steps.flags))
        return Outcome(self.task, recorded(self.task, steps), self.source)


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
