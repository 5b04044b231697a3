"""A source goes only after the output was read again and is what was proven, and while the source is what it was."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pipeline_runs import TRIVIAL, Draw, Run

from hybridcodec.pipeline.audit import audit
from hybridcodec.pipeline.crew import Crew
from hybridcodec.pipeline.engine import LocalEngine
from hybridcodec.pipeline.ledger import Ledger, ledger_path
from hybridcodec.pipeline.others import OnOther
from hybridcodec.pipeline.record import Record
from hybridcodec.proof.flags import FlagKind, Verdict


def kinds(record: Record) -> list[FlagKind]:
    return [flag.kind for flag in record.flags]


@dataclass
class Meddling:
    """An engine that lets something happen between the proof and its use."""

    meddle: Callable[[], Any]

    def require(self, settings: Any) -> None:
        pass

    def prove_all(self, tasks: Any, stop: Any) -> Any:
        for outcome in LocalEngine(1, TRIVIAL).prove_all(tasks, stop):
            self.meddle()
            yield outcome


def altered(path: Path) -> None:
    data = path.read_bytes()
    state = path.stat()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def replaced_by_a_link(path: Path) -> None:
    path.rename(path.with_suffix(".away"))
    path.symlink_to(path.with_suffix(".away").name)


FAULTS = {
    "gone": (Path.unlink, FlagKind.OUTPUT_VANISHED),
    "altered": (altered, FlagKind.OUTPUT_ALTERED),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:-1]), FlagKind.OUTPUT_ALTERED),
    "a link": (replaced_by_a_link, FlagKind.OUTPUT_ALTERED),
}


@pytest.mark.parametrize("before", [False, True], ids=["proven in this run", "proven before"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ["a.png", "a.nii"])
def test_output_that_is_no_longer_what_was_proven_keeps_its_source(
    tmp_path: Path, draw: Draw, run: Run, name: str, fault: str, before: bool
) -> None:
    source = draw("a.png")
    source = source.rename(source.with_name(name))
    output = tmp_path / "out" / ("a.hyc" if name == "a.png" else name)
    meddle, flag = FAULTS[fault]
    if before:
        run(on_other=OnOther.COPY)
    records = run(on_other=OnOther.COPY, delete_source=True, engine=Meddling(lambda: meddle(output)))
    assert source.exists()
    assert kinds(records[output.name]) == [flag]
    assert not records[output.name].source_deleted


def test_source_that_changed_since_its_proof_is_kept(draw: Draw, run: Run) -> None:
    source = draw("a.png")
    records = run(delete_source=True, engine=Meddling(lambda: source.write_bytes(b"new")))
    assert kinds(records["a.hyc"]) == [FlagKind.SOURCE_CHANGED]
    assert source.read_bytes() == b"new"


@pytest.mark.parametrize("before", [False, True], ids=["proven in this run", "proven before"])
def test_source_that_cannot_be_deleted_is_said_and_tried_again(
    tmp_path: Path, draw: Draw, run: Run, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    source = draw("a.png")
    if before:
        run()

    really = Path.unlink

    def refuse(path: Path, **options: bool) -> None:
        if path == source:
            raise PermissionError(1, "Operation not permitted", str(path))
        really(path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        record = run(delete_source=True)["a.hyc"]
    assert source.exists()
    assert (record.verdict, kinds(record)) == (Verdict.FAILED, [FlagKind.SOURCE_NOT_DELETED])
    assert "Operation not permitted" in record.flags[0].detail
    assert (record.source_deleted, record.proofs) == (False, 1 + before)
    with Ledger.open(ledger_path(tmp_path / "out")) as ledger, Crew(TRIVIAL) as crew:
        assert [finding.flags for finding in audit(ledger, tmp_path / "out", crew, 1)] == [()]  # the output is sound
    record = run(delete_source=True)["a.hyc"]
    assert (record.verdict, record.source_deleted, source.exists()) == (Verdict.PROVEN, True, False)


def test_source_that_is_a_link_goes_and_what_it_led_to_stays(tmp_path: Path, draw: Draw, run: Run) -> None:
    picture = draw("a.png").rename(tmp_path / "a.png")
    (tmp_path / "in" / "a.png").symlink_to(picture)
    assert run(delete_source=True)["a.hyc"].source_deleted
    assert picture.exists()
    assert not (tmp_path / "in" / "a.png").is_symlink()


def test_output_that_is_a_hard_link_to_its_source_is_no_second_copy(tmp_path: Path, draw: Draw, run: Run) -> None:
    source = draw("a.png")
    source = source.rename(source.with_name("a.nii"))
    (tmp_path / "out").mkdir()
    os.link(source, tmp_path / "out" / "a.nii")
    assert kinds(run(on_other=OnOther.COPY, delete_source=True)["a.nii"]) == [FlagKind.OUTPUT_EXISTS]
    assert source.exists()
