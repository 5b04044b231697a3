"""A small ledger with everything in it that a report must cope with."""

from dataclasses import replace
from pathlib import Path

import pytest
from browsers import browser
from report_ledgers import HOSTILE, REVERSED, flagged, proven, write_ledger

from hybridcodec.pipeline.evidence import EVIDENCE_FOLDER
from hybridcodec.pipeline.ledger import ledger_path
from hybridcodec.proof.flags import Flag, FlagKind, Verdict

__all__ = ["browser"]


@pytest.fixture(scope="session")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """250 proven files, one of them with a hostile name, one flagged with evidence, one without, one failed."""
    path = ledger_path(tmp_path_factory.mktemp("out"))
    wrong = flagged(path.parent / EVIDENCE_FOLDER)
    gone = replace(wrong, output="gone.hyc", source="/in/gone.png", evidence="0123456789abcdef")
    unread = Flag(FlagKind.SOURCE_UNREADABLE, "not a <b>picture</b>")
    failed = replace(proven(0), source="/in/odd.txt", output="odd.hyc", verdict=Verdict.FAILED, flags=(unread,),
                     error="line one\n<i>line two</i>", output_bytes=None, width=None, height=None)  # fmt: skip
    records = [proven(number) for number in range(248)]
    records += [replace(proven(300), source="/in/x", output=HOSTILE), replace(proven(301), output=REVERSED)]
    return write_ledger(path, [*records, wrong, gone, failed])
