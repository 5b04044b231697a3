"""What is sent to whoever proves a file, and what comes back; plain data that JSON carries to another machine."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from hybridcodec.modes import Backend
from hybridcodec.pipeline.copying import COPY
from hybridcodec.pipeline.profiles import Settings
from hybridcodec.pipeline.record import Record
from hybridcodec.plain import made
from hybridcodec.storage.durable import Fingerprint

WORKERS: Final = {
    Backend.COMPILED: "hybridcodec.pipeline.worker",
    Backend.REFERENCE: "hybridcodec.pipeline.reference_worker",
}
"""Modules of worker processes, by who reads streams in their proofs."""


@dataclass(frozen=True)
class Limits:
    """What one step (encoding or proving) of one file may take, and which module runs as worker process.

    Attributes:
        seconds: before the worker is killed.
        memory: bytes that a worker may use beyond what it holds when it is ready; 0 for no limit.
        module: run as `python -m` does (`isolation`); another one serves tests that break things on purpose.
    """

    seconds: float = 600.0
    memory: int = 0
    module: str = WORKERS[Backend.COMPILED]


@dataclass(frozen=True)
class Task:
    """One file to prove.

    Attributes:
        source: absolute path of the picture.
        destination: absolute path of the destination folder.
        output: path below it, with forward slashes.
        workspace: absolute path of the folder for this run's temporary files, on the destination's file system.
        evidence: absolute path of the folder for evidence.
        settings: what is asked for.
        known: what the ledger says of this source and output.
        recheck: prove what is there again; nothing that the ledger knows is encoded anew.
        overwrite: replace an output that is not what the ledger says.
        delete_source: the source is to go, for which an earlier proof that found nothing left out is not enough.
        copy: the source is no picture, and its bytes are the output.
    """

    source: str
    destination: str
    output: str
    workspace: str
    evidence: str
    settings: Settings
    known: Record | None = None
    recheck: bool = False
    overwrite: bool = False
    delete_source: bool = False
    copy: bool = False

    @property
    def final(self) -> Path:
        """Absolute path of the output."""
        return Path(self.destination, self.output)

    @property
    def asked(self) -> dict[str, Any]:
        """Fields of the record that say what was asked for; two files with equal `settings` are the same order."""
        return asked_of(self.settings, copy=self.copy)

    def to_dict(self) -> dict[str, Any]:
        """Return the task as JSON knows it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return the task that `to_dict` was asked for.

        Raises:
            ValueError: the values are no task's.
        """
        task: Self = made(cls, values)
        return task


@dataclass(frozen=True)
class Outcome:
    """What came of a task: a new record, or None where the ledger's is still true.

    `source` is what the source was when it was read last, None where it was not.
    """

    task: Task
    record: Record | None
    source: Fingerprint | None

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome, without its task, as JSON knows it."""
        return {
            "record": self.record.to_dict() if self.record else None,
            "source": asdict(self.source) if self.source else None,
        }

    @classmethod
    def from_dict(cls, task: Task, values: Mapping[str, Any]) -> Self:
        """Return the outcome of `task` that `to_dict` was asked for.

        Raises:
            ValueError: the values are no outcome's.
        """
        if values.keys() != {"record", "source"}:
            raise ValueError("expected a record and a source")
        record = None if values["record"] is None else Record.from_dict(values["record"])
        return cls(task, record, None if values["source"] is None else Fingerprint.from_dict(values["source"]))


def asked_of(settings: Settings, *, copy: bool) -> dict[str, Any]:
    """Return the fields of a record that say what was asked for, of a picture or of a file that is copied."""
    profile = {"profile": settings.profile.value}
    if copy:
        return profile | {"mode": COPY, "settings": COPY}
    return profile | {
        "mode": settings.mode.value, "max_error": settings.max_error, "accepted_lossy": settings.accepted_lossy,
        "settings": settings.digest,
    }  # fmt: skip
