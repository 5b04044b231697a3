"""An archive is checked against its ledger, whole or in samples, without its sources."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pipeline_runs import Draw, Run

from hybridcodec.errors import InputError
from hybridcodec.pipeline.audit import WHOLE, Finding, Sample, audit
from hybridcodec.pipeline.crew import Crew
from hybridcodec.pipeline.ledger import Ledger, ledger_path
from hybridcodec.proof.flags import FlagKind

Audit = Callable[..., dict[str, list[FlagKind]]]


@pytest.fixture
def look(tmp_path: Path, crew: Crew) -> Audit:
    def audit_once(sample: Sample = WHOLE) -> dict[str, list[FlagKind]]:
        with Ledger.open(ledger_path(tmp_path / "out")) as ledger:
            findings: list[Finding] = list(audit(ledger, tmp_path / "out", crew, 2, sample))
        return {finding.record.output: [flag.kind for flag in finding.flags] for finding in findings}

    return audit_once


def test_sound_archive_needs_no_sources(tmp_path: Path, draw: Draw, run: Run, look: Audit) -> None:
    draw("a.png", 1)
    draw("sub/b.png", 2)
    draw("kill.png")
    run()
    shutil.rmtree(tmp_path / "in")
    assert look() == {"a.hyc": [], "sub/b.hyc": []}


def test_whatever_happened_to_an_output_is_found(tmp_path: Path, draw: Draw, run: Run, look: Audit) -> None:
    for number, name in enumerate(("gone", "cut", "rot", "swapped", "sound")):
        draw(f"{name}.png", number)
    run()
    out = tmp_path / "out"
    (out / "gone.hyc").unlink()
    (out / "cut.hyc").write_bytes((out / "cut.hyc").read_bytes()[:-1])
    data = bytearray((out / "rot.hyc").read_bytes())
    data[-5] ^= 1
    (out / "rot.hyc").write_bytes(data)
    shutil.copyfile(out / "sound.hyc", out / "swapped.hyc")
    shutil.copyfile(out / "sound.hyc", out / "stranger.hyc")
    assert look() == {
        "gone.hyc": [FlagKind.OUTPUT_VANISHED],
        "cut.hyc": [FlagKind.OUTPUT_ALTERED],
        "rot.hyc": [FlagKind.OUTPUT_ALTERED],
        "swapped.hyc": [FlagKind.OUTPUT_ALTERED],
        "sound.hyc": [],
        "stranger.hyc": [FlagKind.OUTPUT_UNKNOWN],
    }


def test_parts_together_are_everything_and_a_draw_can_be_repeated(draw: Draw, run: Run, look: Audit) -> None:
    for number in range(12):
        draw(f"{number}.png", number)
    names = set(run())
    parts = [set(look(Sample.parse(f"{part}/3", 0))) for part in (1, 2, 3)]
    assert set.union(*parts) == names
    assert sum(len(part) for part in parts) == len(names)
    drawn = [set(look(Sample.parse("40%", seed))) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[0] < names


@pytest.mark.parametrize("text", ["5", "0%", "101%", "0/3", "4/3", "x%", "3/"])
def test_sample_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="3/12"):
        Sample.parse(text, 0)


def test_flag_of_the_last_run_is_still_said(draw: Draw, run: Run, look: Audit) -> None:
    draw("a.png", 1)
    run()
    draw("a.png", 2)
    run()
    assert look() == {"a.hyc": [FlagKind.SOURCE_CHANGED]}


def test_folder_that_cannot_be_looked_into_is_said(
    tmp_path: Path, draw: Draw, run: Run, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw("a.png")
    run()
    (tmp_path / "out" / "closed").mkdir()
    scan = os.scandir

    def refuse(path: str) -> object:
        if os.path.basename(path) == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with Ledger.open(ledger_path(tmp_path / "out")) as ledger:
        wrong = [finding for finding in audit(ledger, tmp_path / "out", crew, 1) if finding.flags]
    assert [(finding.path.name, finding.flags[0].kind) for finding in wrong] == [("closed", FlagKind.OUTPUT_UNKNOWN)]


def test_share_of_a_small_archive_is_at_least_one_file(draw: Draw, run: Run, look: Audit) -> None:
    for number in range(3):
        draw(f"{number}.png", number)
    names = set(run())
    drawn = [set(look(Sample.parse("0.001%", seed))) for seed in range(12)]
    assert {len(few) for few in drawn} == {1}
    assert set.union(*drawn) == names
