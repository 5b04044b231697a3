"""Made-up records and ledgers that a report must cope with."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from hybridcodec.image import Picture
from hybridcodec.pipeline.evidence import keep_evidence
from hybridcodec.pipeline.ledger import Ledger
from hybridcodec.pipeline.record import Record
from hybridcodec.proof.flags import Box, Flag, FlagKind, Verdict

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>.hyc"
REVERSED = "photo_\u202egnp.hyc"


def proven(number: int) -> Record:
    return Record(
        source=f"/in/scan {number}.png",
        output=f"scan {number}.hyc",
        verdict=Verdict.PROVEN,
        profile="photo",
        mode="lossless",
        settings="5e" * 32,
        source_bytes=10_000 + 7 * number % 1000,
        source_hash=f"{number:064x}",
        output_bytes=5_000 - number % 4_000,
        output_hash=f"{number + 1:064x}",
        width=100,
        height=80,
        channels=3,
        worst_error=0,
        models=("ab" * 32,),
        versions={"python": "3.11"},
        host="host",
        started="2026-03-02T08:00:00.000+00:00",
        finished=f"2026-03-02T08:{number // 60 % 60:02}:{number % 60:02}.000+00:00",
        encode_seconds=1.25,
        verify_seconds=0.5,
    )


def flagged(folder: Path) -> Record:
    """Samples differ in a box of 6 x 4 at column 50, row 30; the evidence is kept."""
    rng = np.random.default_rng(2)
    original = rng.integers(0, 200, (80, 100, 3), np.uint8)
    decoded = original.copy()
    decoded[30:34, 50:56] += 5
    stem, crop = keep_evidence(
        folder, "wrong.hyc", *map(Picture.of, (original, decoded)), Box(50, 30, 6, 4), (30, 50, 0)
    )
    flag = Flag(FlagKind.SAMPLES_DIFFER, "72 of 24000 samples differ by up to 5", 72, 5, (30, 50, 0), Box(50, 30, 6, 4))
    place = (crop.x, crop.y, crop.width, crop.height)
    return replace(proven(500), source="/in/wrong.png", output="wrong.hyc", verdict=Verdict.FLAGGED, flags=(flag,),
                   worst_error=5, evidence=stem, crop=place)  # fmt: skip


def write_ledger(path: Path, records: list[Record]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with Ledger.open(path, write=True) as ledger:
        run = ledger.begin_run("host", {"jobs": 2})
        for record in records:
            ledger.write(record, run)
        ledger.end_run(run, {"proven": len(records)})
        ledger.commit()
    return path
