"""A run of the pipeline: from a listing, through an engine, into the ledger. The driver, alone in one process.

Every record is durable before anything follows from it; `delete_source` acts last.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from hybridcodec.errors import InputError, MismatchError
from hybridcodec.modes import Keep
from hybridcodec.pipeline.copying import COPY
from hybridcodec.pipeline.engine import Engine
from hybridcodec.pipeline.evidence import EVIDENCE_FOLDER
from hybridcodec.pipeline.ledger import Ledger, ledger_path
from hybridcodec.pipeline.listing import Entry, Listing, NothingFitsError
from hybridcodec.pipeline.others import Kind, OnOther, is_copied, is_kept_whole, why_not_taken
from hybridcodec.pipeline.profiles import Settings
from hybridcodec.pipeline.progress import Progress
from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.recording import flagged, kept, left, let_go, not_let_go, refused
from hybridcodec.pipeline.release import gives_back, why_kept
from hybridcodec.pipeline.task import Outcome, Task
from hybridcodec.pipeline.workspace import workspace_in
from hybridcodec.proof.flags import Flag, FlagKind, Verdict
from hybridcodec.storage.durable import sync_folder

Watcher = Callable[[Record | None], None]


@dataclass(frozen=True)
class Order:
    """What a run is to do.

    Attributes:
        destination: folder of the outputs.
        settings: of every file.
        ledger: where the ledger lies; None for its place in the destination.
        recheck: prove again what the ledger says is proven.
        overwrite: replace outputs that are in the way or not what the ledger says.
        delete_source: remove each source once its proof is durable, if its file comes back from the output.
        accept_file_loss: remove sources also where their files do not come back; records say so.
        on_other: what to do with files that are no pictures.
    """

    destination: Path
    settings: Settings
    ledger: Path | None = None
    recheck: bool = False
    overwrite: bool = False
    delete_source: bool = False
    accept_file_loss: bool = False
    on_other: OnOther = OnOther.FLAG

    def __post_init__(self) -> None:
        lossy = self.settings.mode != "lossless"
        if self.delete_source and lossy and not self.settings.accepted_lossy:
            raise InputError("deleting sources of which only a lossy file remains needs --accept-lossy")
        if self.on_other is OnOther.KEEP and self.settings.keep is not Keep.FILE:
            raise InputError("--on-other keep needs --keep file, which the document and medical profiles have")


_LOST_SIGHT = "the ledger has a proof of {}, which it does not find by this source; the file is not replaced"
"""What is wrong where a row and what leads to it disagree: the output may be the only copy of another picture."""


def run_pipeline(
    order: Order, listing: Listing, engine: Engine, *, stop: threading.Event, progress: Progress, watch: Watcher
) -> None:
    """Prove every file of `listing`; `progress` counts them, `watch` sees each record, or None for a skipped file.

    `stop` makes the run finish the files in hand and return. What is wrong with the listing is raised at the end.

    Raises:
        InputError: the destination or the ledger cannot be used, another run uses it, or a pattern fits nothing.
        HybridcodecError: no worker process can be started, or what files by the settings need is not there.
    """
    engine.require(order.settings)
    destination = Path(os.path.abspath(order.destination))
    path = Path(os.path.abspath(order.ledger or ledger_path(destination)))
    listing.ledger = path
    problems: list[InputError] = []
    with workspace_in(destination) as workspace, _opened(path) as ledger:
        ledger.belong_to(destination)
        run = ledger.begin_run(socket.gethostname(), _summary(order, listing))
        driver = _Driver(order, listing, destination, workspace, path.parent / EVIDENCE_FOLDER, ledger, run)

        def seen(record: Record | None) -> None:
            progress.add(record)
            progress.kept += order.delete_source and _is_kept(record)
            watch(record)

        for outcome in engine.prove_all(driver.tasks(stop, problems, seen), stop):
            seen(driver.settle(outcome))
        whole = all(isinstance(problem, NothingFitsError) for problem in problems)
        if whole:  # a run that breaks off never ended
            counts = {verdict.value: count for verdict, count in progress.counts.items()}
            ledger.end_run(run, counts | {"skipped": progress.skipped})
    progress.through = whole and not stop.is_set()
    if problems:
        raise problems[0]


@dataclass(frozen=True)
class _Driver:
    """What stays the same during a run."""

    order: Order
    listing: Listing
    destination: Path
    workspace: Path
    evidence: Path
    ledger: Ledger
    run: int

    def tasks(self, stop: threading.Event, problems: list[InputError], seen: Watcher) -> Iterator[Task]:
        """Yield a task for every file that is to have an output whose name is free; of the others there is a record."""
        for met in _entries(self.listing, stop, problems):
            entry = self._named(met)
            try:
                known = self.ledger.find(entry.source, entry.output)
            except MismatchError as error:  # the row is evidence, and stays as it is
                seen(self._refused(entry, Flag(FlagKind.RECORD_ALTERED, str(error))))
                continue
            copies = is_copied(entry.kind, self.order.on_other) or (known is not None and known.mode == COPY)
            if entry.kind is not Kind.PICTURE and self._is_output(entry):
                self.listing.take_back(met)
                continue
            if entry.kind is not Kind.PICTURE and not copies and not is_kept_whole(entry.kind, self.order.on_other):
                seen(self._left(entry, known))
                continue
            owner = self.ledger.claim(entry.output, entry.source, self.run)
            if owner is not None:
                seen(self._written(self._refused(entry, _collision(entry.output, owner))))
                continue
            if self.order.overwrite and known is None and self.ledger.has_proof(entry.output):
                seen(self._refused(entry, Flag(FlagKind.RECORD_ALTERED, _LOST_SIGHT.format(entry.output))))
                continue
            yield Task(
                source=entry.source,
                destination=str(self.destination),
                output=entry.output,
                workspace=str(self.workspace),
                evidence=str(self.evidence),
                settings=self.order.settings,
                known=known,
                recheck=self.order.recheck,
                overwrite=self.order.overwrite,
                delete_source=self._may_go(known),
                copy=copies,
            )

    def settle(self, outcome: Outcome) -> Record | None:
        """Make an outcome durable, then let go of the source if that was asked for; returns the record as it ends."""
        record = outcome.record
        deletes = self.order.delete_source and (record is None or record.verdict is Verdict.PROVEN)
        proven = record or outcome.task.known
        if deletes and proven is not None and not self.order.accept_file_loss and not gives_back(proven):
            return self._keep(proven, skipped=record is None)
        if record is None:
            if deletes and outcome.task.known is not None:
                return self._delete(outcome.task.known, outcome, skipped=True)
            return None
        return self._delete(record, outcome, skipped=False) if deletes else self._written(record)

    def _may_go(self, known: Record | None) -> bool:
        """Whether the source is to be removed, as far as one can tell before its proof."""
        told = known is not None and known.pictures is not None
        stays = told and known is not None and not gives_back(known) and not self.order.accept_file_loss
        return self.order.delete_source and not stays

    def _keep(self, record: Record, *, skipped: bool) -> Record:
        """Write that the source stays because its file does not come back; the record stays proven."""
        stays = kept(record)
        if skipped and record.error == stays.error:
            return record
        return self._written(stays, count=not skipped)

    def _delete(self, record: Record, outcome: Outcome, *, skipped: bool) -> Record | None:
        """Write the record, which says that the source goes, and remove the source if it still is what was proven."""
        source = Path(outcome.task.source)
        reason = why_kept(record, source, outcome.source, self.destination)
        if reason is not None:
            return self._written(flagged(record, reason), count=not skipped)
        written = self._written(let_go(record), count=not skipped)
        try:
            source.unlink()
        except OSError as error:
            flag = Flag(FlagKind.SOURCE_NOT_DELETED, f"the source cannot be deleted: {error.strerror or error}")
            return self._written(not_let_go(written, record, flag), count=False)
        with suppress(OSError):  # it is gone; that it may come back after a power cut harms nobody
            sync_folder(source.parent)
        return None if skipped else written

    def _written(self, record: Record, *, count: bool = True) -> Record:
        written = self.ledger.write(record, self.run, count=count)
        self.ledger.commit()
        return written

    def _is_output(self, entry: Entry) -> bool:
        """Whether it is what this or an earlier run made, in a destination that is a source as well."""
        places = (str(self.destination), os.path.realpath(self.destination))
        inside = next((place for place in places if entry.source.startswith(os.path.join(place, ""))), None)
        return inside is not None and self.ledger.has_proof(Path(entry.source).relative_to(inside).as_posix())

    def _named(self, entry: Entry) -> Entry:
        """Name the output of a file that is no picture and becomes a .hyc file: its own name stays in it."""
        if not is_kept_whole(entry.kind, self.order.on_other):
            return entry
        return replace(entry, output=f"{entry.output}.hyc")

    def _left(self, entry: Entry, known: Record | None) -> Record:
        """Return the record of a file that gets no output; it is durable together with the next one that does."""
        verdict, flag = why_not_taken(entry.kind, entry.about, self.order.on_other)
        if known is not None and (known.verdict, known.flags) == (verdict, (flag,)):
            return known
        record = left(entry.source, entry.output, self.order.settings, verdict, flag)
        return self.ledger.write(record, self.run)

    def _refused(self, entry: Entry, flag: Flag) -> Record:
        return refused(entry.source, entry.output, self.order.settings, flag)


def _entries(listing: Listing, stop: threading.Event, problems: list[InputError]) -> Iterator[Entry]:
    """Yield the entries of a listing until the run is stopped; what is wrong with it does not end the work in hand."""
    try:
        for entry in listing:
            if stop.is_set():
                return
            yield entry
    except InputError as error:
        problems.append(error)


def _collision(output: str, owner: str) -> Flag:
    detail = f"{owner} has the output {output}, or one that differs only in case; --keep-suffix may tell them apart"
    return Flag(FlagKind.NAME_COLLISION, detail)


def _is_kept(record: Record | None) -> bool:
    return record is not None and record.verdict is Verdict.PROVEN and not record.source_deleted


def _summary(order: Order, listing: Listing) -> dict[str, object]:
    return order.settings.to_dict() | {
        "sources": [os.path.abspath(name) if name != "-" else name for name in listing.names],
        "recheck": order.recheck,
        "overwrite": order.overwrite,
        "delete_source": order.delete_source,
        "accept_file_loss": order.accept_file_loss,
        "on_other": order.on_other.value,
    }


def _opened(path: Path) -> AbstractContextManager[Ledger]:
    return Ledger.open(path, write=True)
