"""A run of the pipeline: from a listing, through an engine, into the ledger. The driver, alone in one process.

Every record is durable before anything follows from it; `delete_source` acts last.
"""

import os
import secrets
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from hybridcodec.errors import InputError, MismatchError
from hybridcodec.pipeline.durable import make_folder, sync_folder
from hybridcodec.pipeline.engine import Engine
from hybridcodec.pipeline.evidence import EVIDENCE_FOLDER
from hybridcodec.pipeline.flags import Flag, FlagKind, Verdict, verdict_of
from hybridcodec.pipeline.ledger import HIDDEN_FOLDER, Ledger, ledger_path, now
from hybridcodec.pipeline.listing import Listing
from hybridcodec.pipeline.profiles import Settings
from hybridcodec.pipeline.progress import Progress
from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.task import Outcome, Task

Watcher = Callable[[Record | None], None]
_WORK = "work"


@dataclass(frozen=True)
class Order:
    """What a run is to do.

    Attributes:
        destination: folder of the outputs.
        settings: of every file.
        ledger: where the ledger lies; None for its place in the destination.
        recheck: prove again what the ledger says is proven.
        overwrite: replace outputs that are in the way or not what the ledger says.
        delete_source: remove each source once its proof is durable, if its file holds nothing that the output lacks.
        accept_file_loss: remove sources also where their files hold more; records say so.
    """

    destination: Path
    settings: Settings
    ledger: Path | None = None
    recheck: bool = False
    overwrite: bool = False
    delete_source: bool = False
    accept_file_loss: bool = False

    def __post_init__(self) -> None:
        lossy = self.settings.mode != "lossless"
        if self.delete_source and lossy and not self.settings.accepted_lossy:
            raise InputError("deleting sources of which only a lossy file remains needs --accept-lossy")


def run_pipeline(
    order: Order, listing: Listing, engine: Engine, *, stop: threading.Event, progress: Progress, watch: Watcher
) -> None:
    """Prove every file of `listing`; `progress` counts them, `watch` sees each record, or None for a skipped file.

    `stop` makes the run finish the files in hand and return.

    Raises:
        InputError: the destination or the ledger cannot be used, or another run uses it.
        HybridcodecError: no worker process can be started.
    """
    destination = Path(os.path.abspath(order.destination))
    path = order.ledger or ledger_path(destination)
    with _workspace(destination) as workspace, _opened(path) as ledger:
        ledger.belong_to(destination)
        run = ledger.begin_run(socket.gethostname(), _summary(order, listing))
        driver = _Driver(order, destination, workspace, path.absolute().parent / EVIDENCE_FOLDER, ledger, run)

        def seen(record: Record | None) -> None:
            progress.add(record)
            progress.kept += order.delete_source and _is_kept(record)
            watch(record)

        try:
            for outcome in engine.prove_all(driver.tasks(listing, seen), stop):
                seen(driver.settle(outcome))
        finally:
            counts = {verdict.value: count for verdict, count in progress.counts.items()}
            ledger.end_run(run, counts | {"skipped": progress.skipped})


@dataclass(frozen=True)
class _Driver:
    """What stays the same during a run."""

    order: Order
    destination: Path
    workspace: Path
    evidence: Path
    ledger: Ledger
    run: int

    def tasks(self, listing: Listing, seen: Watcher) -> Iterator[Task]:
        """Yield a task for every file whose output's name is free; the others are flagged at once."""
        for source, output in listing:
            owner = self.ledger.claim(output, source, self.run)
            if owner is not None:
                seen(self._written(self._refused(source, output, _collision(output, owner))))
                continue
            try:
                known = self.ledger.find(source, output)
            except MismatchError as error:  # the row is evidence, and stays as it is
                seen(self._refused(source, output, Flag(FlagKind.RECORD_ALTERED, str(error))))
                continue
            yield Task(
                source=source,
                destination=str(self.destination),
                output=output,
                workspace=str(self.workspace),
                evidence=str(self.evidence),
                settings=self.order.settings,
                known=known,
                recheck=self.order.recheck,
                overwrite=self.order.overwrite,
                delete_source=self.order.delete_source,
            )

    def settle(self, outcome: Outcome) -> Record | None:
        """Make an outcome durable, then let go of the source if that was asked for; returns the record as it ends."""
        record = outcome.record
        deletes = self.order.delete_source and (record is None or record.verdict is Verdict.PROVEN)
        proven = record or outcome.task.known
        if deletes and proven is not None and proven.left_out and not self.order.accept_file_loss:
            return self._keep(proven, skipped=record is None)
        if record is None:
            if deletes and outcome.task.known is not None:
                return self._delete(outcome.task.known, outcome, skipped=True)
            return None
        return self._delete(record, outcome, skipped=False) if deletes else self._written(record)

    def _keep(self, record: Record, *, skipped: bool) -> Record:
        """Write that the source stays because its file holds more than the output; the record stays proven."""
        said = f"the source was not deleted: its file holds more than the output: {'; '.join(record.left_out)}"
        said += " (--accept-file-loss deletes it)"
        if skipped and record.error == said:
            return record
        return self._written(replace(record, error=said), count=not skipped)

    def _delete(self, record: Record, outcome: Outcome, *, skipped: bool) -> Record | None:
        """Write the record, which says that the source goes, and remove the source if it still is what was proven."""
        source = Path(record.source)
        problem = ""
        try:
            if outcome.source is None or not outcome.source.still_fits(source):
                problem = "the source was written to after it was proven; it was not deleted"
        except OSError as error:
            problem = f"the source vanished after it was proven: {error.strerror}"
        if problem:
            return self._written(_flagged(record, Flag(FlagKind.SOURCE_CHANGED, problem)))
        written = self._written(_let_go(record), count=not skipped)
        try:
            source.unlink()
            sync_folder(source.parent)
        except OSError as error:
            kept = replace(written, source_deleted=False, error=f"the source cannot be deleted: {error.strerror}")
            return self._written(kept, count=False)
        return None if skipped else written

    def _written(self, record: Record, *, count: bool = True) -> Record:
        written = self.ledger.write(record, self.run, count=count)
        self.ledger.commit()
        return written

    def _refused(self, source: str, output: str, flag: Flag) -> Record:
        """Return the record of a file that nothing is done for."""
        settings = self.order.settings
        return Record(
            source=source, output=output, verdict=verdict_of([flag]), flags=(flag,), profile=settings.profile.value,
            mode=settings.mode.value, max_error=settings.max_error, accepted_lossy=settings.accepted_lossy,
            settings=settings.digest, host=socket.gethostname(), started=now(), finished=now(),
        )  # fmt: skip


def _collision(output: str, owner: str) -> Flag:
    detail = f"{owner} has the output {output}, or one that differs only in case; --keep-suffix may tell them apart"
    return Flag(FlagKind.NAME_COLLISION, detail)


def _let_go(record: Record) -> Record:
    """Return the record of a source that goes: what its file held besides was accepted as lost, if there was any."""
    return replace(record, source_deleted=True, file_loss_accepted=bool(record.left_out), error="")


def _is_kept(record: Record | None) -> bool:
    return record is not None and record.verdict is Verdict.PROVEN and not record.source_deleted


def _flagged(record: Record, flag: Flag) -> Record:
    flags = (*record.flags, flag)
    return replace(record, flags=flags, verdict=verdict_of(flags))


def _summary(order: Order, listing: Listing) -> dict[str, object]:
    return order.settings.to_dict() | {
        "sources": [os.path.abspath(name) if name != "-" else name for name in listing.names],
        "recheck": order.recheck,
        "overwrite": order.overwrite,
        "delete_source": order.delete_source,
        "accept_file_loss": order.accept_file_loss,
    }


@contextmanager
def _workspace(destination: Path) -> Iterator[Path]:
    """Make the folder for this run's temporary files, alone; what killed runs left there is removed.

    A process of a killed run that still lives somewhere cannot publish any more: its folder is gone.
    """
    hidden = destination / HIDDEN_FOLDER
    with ExitStack() as stack:
        try:
            make_folder(hidden)
            stack.enter_context(_lock(hidden))
            shutil.rmtree(hidden / _WORK, ignore_errors=True)
            stack.callback(shutil.rmtree, hidden / _WORK, ignore_errors=True)
            workspace = hidden / _WORK / secrets.token_hex(6)
            make_folder(workspace)
        except OSError as error:
            raise InputError(f"{destination}: cannot be used as destination: {error.strerror or error}") from error
        yield workspace


@contextmanager
def _lock(hidden: Path) -> Iterator[IO[bytes]]:
    """Keep other runs away from this destination for as long as this process lives."""
    with (hidden / "lock").open("ab") as file:
        with suppress(ImportError):
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise InputError(f"{hidden.parent}: another run of the pipeline works here; wait for it") from error
        yield file


def _opened(path: Path) -> AbstractContextManager[Ledger]:
    return Ledger.open(path, write=True)
