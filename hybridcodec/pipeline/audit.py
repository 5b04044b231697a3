"""Going through an archive: every output that a ledger calls proven is read, decoded and compared with its record.

It differs from `run` with `recheck` in that it needs no sources and writes nothing, not even into the ledger.
"""

import hashlib
import os
import random
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hybridcodec.errors import InputError
from hybridcodec.pipeline.clutter import HIDDEN_FOLDER
from hybridcodec.pipeline.copying import COPY
from hybridcodec.pipeline.crew import Crew
from hybridcodec.pipeline.ledger import Ledger
from hybridcodec.pipeline.messages import InspectCopyRequest, InspectRequest
from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.recording import expected_of, stranger
from hybridcodec.pipeline.rows import Altered
from hybridcodec.proof.flags import Flag, FlagKind, Verdict
from hybridcodec.storage.durable import require_own_place


@dataclass(frozen=True)
class Finding:
    """What was found about one output; no flags means that it is what the ledger says."""

    path: Path
    record: Record
    flags: tuple[Flag, ...]
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON knows it."""
        return {
            "file": str(self.path),
            "source": self.record.source,
            "ok": not self.flags,
            "mode": self.record.mode,
            "flags": [flag.to_dict() for flag in self.flags],
            "error": self.error,
        }


@dataclass(frozen=True)
class Sample:
    """Which part of an archive to look at.

    Attributes:
        share: of all files, 0 to 1, drawn anew with `seed`; at least one file where there is one.
        part: the n-th, from 1, of `parts` parts that together are everything; 0 for a draw.
        parts: how many parts.
        seed: of the draw.
    """

    share: float = 1.0
    part: int = 0
    parts: int = 1
    seed: int = 0

    @classmethod
    def parse(cls, text: str, seed: int) -> "Sample":
        """Return what `5%` or `3/12` means.

        Raises:
            InputError: it means neither.
        """
        share, parts = re.fullmatch(r"(\d+(?:\.\d+)?)%", text), re.fullmatch(r"(\d+)/(\d+)", text)
        if share and 0 < float(share[1]) <= 100:
            return cls(share=float(share[1]) / 100, seed=seed)
        if parts and 1 <= int(parts[1]) <= int(parts[2]):
            return cls(part=int(parts[1]), parts=int(parts[2]))
        raise InputError(f"a sample is a share such as 5%, or a part such as 3/12, found {text!r}")

    def of(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yield those records that are in the sample."""
        if self.part:
            yield from (record for record in records if _number(record.output) % self.parts == self.part - 1)
            return
        draw = random.Random(self.seed)  # noqa: S311 - a sample, not a secret
        nearest, least = None, 1.0  # what is drawn where nothing else is
        for record in records:
            drawn = draw.random()
            if drawn < self.share:
                nearest, least = None, 0.0
                yield record
            elif drawn < least:
                nearest, least = record, drawn
        if nearest is not None:
            yield nearest


WHOLE = Sample()


def audit(
    ledger: Ledger, folder: Path, crew: Crew, jobs: int, sample: Sample = WHOLE, head: str = ""
) -> Iterator[Finding]:
    """Yield a finding for each output in the sample that was ever proven, and, for `WHOLE`, for files without a record.

    Rows of the ledger that were altered are findings too, whatever the sample; so is another head than `head`, which
    is given where the ledger's was kept.

    Raises:
        HybridcodecError: the ledger cannot be read, or no worker process can be started.
    """
    altered: list[Altered] = []
    with ThreadPoolExecutor(jobs) as pool:
        waiting: set[Future[Finding]] = set()
        proven = (record for record in ledger.records(altered=altered.append) if record.proofs)
        for record in sample.of(proven):
            waiting.add(pool.submit(_inspect, record, folder, crew))
            if len(waiting) >= 2 * jobs:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        yield from (future.result() for future in waiting)
    yield from _faults_of(ledger, altered, head)
    if sample == WHOLE:
        yield from _strangers(ledger, folder)


def _faults_of(ledger: Ledger, altered: list[Altered], head: str) -> Iterator[Finding]:
    """Yield a finding for every altered row, those of earlier records and of runs among them, and for another head."""
    ledger.runs(altered=altered.append)
    for _ in ledger.formers(altered=altered.append):
        pass
    reasons = [str(fault) for fault in altered]
    if head and altered:
        reasons.append("the ledger has no head, since rows were altered")
    elif head and (found := ledger.head()) != head:
        reasons.append(f"the head over all rows is {found}, expected {head}: rows were added, altered or removed")
    for reason in reasons:
        yield Finding(ledger.path, stranger(), (Flag(FlagKind.RECORD_ALTERED, reason),))


def _strangers(ledger: Ledger, folder: Path) -> Iterator[Finding]:
    """Yield a finding for every .hyc file below `folder` that no proof in the ledger is about."""
    closed: list[OSError] = []
    for above, _, names in os.walk(folder, onerror=closed.append):
        for name in names:
            path = Path(above, name)
            output = path.relative_to(folder).as_posix()
            if path.suffix == ".hyc" and HIDDEN_FOLDER not in path.parts and not ledger.has_proof(output):
                flag = Flag(FlagKind.OUTPUT_UNKNOWN, "the ledger has no proof of this file")
                yield Finding(path, stranger(output), (flag,))
    for error in closed:
        flag = Flag(FlagKind.OUTPUT_UNKNOWN, f"this folder cannot be looked into: {error.strerror}")
        yield Finding(Path(str(error.filename)), stranger(), (flag,))


def _inspect(record: Record, folder: Path, crew: Crew) -> Finding:
    try:
        path = require_own_place(folder, record.output)
    except OSError as error:  # nothing outside is ever read, whatever a row says
        flag = Flag(FlagKind.OUTPUT_ALTERED, f"the record names {record.output!r}, which {error.strerror}")
        return Finding(folder / record.output, record, (flag,))
    request = InspectCopyRequest if record.mode == COPY else InspectRequest
    answer = crew.run(request(os.path.abspath(path), expected_of(record)))
    flags = answer.flags
    if not flags and record.verdict is not Verdict.PROVEN:  # whole, but something else was wrong when it was looked at
        flags = tuple(flag for flag in record.flags if flag.kind is not FlagKind.SOURCE_NOT_DELETED)
    return Finding(path, record, flags, answer.error)


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:8], "big")
