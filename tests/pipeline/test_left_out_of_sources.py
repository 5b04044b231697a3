"""A source whose file does not come back from its output is deleted only where somebody accepted that."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from pipeline_runs import TRIVIAL, Run

from hybridcodec.cli import run as command
from hybridcodec.modes import Keep
from hybridcodec.pipeline.cluster import LOCAL, ClusterEngine
from hybridcodec.pipeline.ledger import Ledger, ledger_path
from hybridcodec.pipeline.profiles import Profile, settings_for
from hybridcodec.pipeline.progress import Progress
from hybridcodec.pipeline.record import Record
from hybridcodec.proof.flags import Verdict
from hybridcodec.report.page import build_page
from tests.picture_parts import jpeg_with, png_with

FILM = b"\0\0\0\x18ftypmp42" + bytes(range(200))
CONTENT = settings_for(Profile.PHOTO, keep=Keep.CONTENT)
SAID = "212 bytes behind the end of the JPEG (looks like an MP4 film)"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A phone's picture with a film behind it."""
    path = tmp_path / "in" / "film.jpg"
    path.parent.mkdir()
    path.write_bytes(jpeg_with(last=FILM))
    return path


def test_source_that_holds_more_stays_and_its_record_is_proven_and_says_why(film: Path, run: Run) -> None:
    progress = Progress()
    record = run(settings=CONTENT, delete_source=True, progress=progress)["film.hyc"]
    assert film.exists()
    assert (record.verdict, record.left_out, record.source_deleted) == (Verdict.PROVEN, (SAID,), False)
    assert not record.file_loss_accepted
    assert SAID in record.error
    assert progress.kept == 1


def test_source_that_holds_more_goes_where_that_is_accepted_and_the_record_says_so(film: Path, run: Run) -> None:
    record = run(settings=CONTENT, delete_source=True, accept_file_loss=True)["film.hyc"]
    assert not film.exists()
    assert (record.left_out, record.source_deleted, record.file_loss_accepted) == ((SAID,), True, True)


def test_source_that_is_kept_whole_goes_and_nobody_accepted_anything(film: Path, run: Run) -> None:
    record = run(delete_source=True)["film.hyc"]
    assert not film.exists()
    assert (record.left_out, record.restores, record.file_loss_accepted, record.error) == ((), True, False, "")


def test_source_of_which_nothing_is_left_out_stays_too_where_its_file_does_not_come_back(film: Path, run: Run) -> None:
    film.write_bytes(png_with())
    record = run(settings=CONTENT, delete_source=True)["film.hyc"]
    assert film.exists()
    assert (record.left_out, record.restores, record.verdict) == ((), False, Verdict.PROVEN)
    assert "does not come back" in record.error
    record = run(settings=CONTENT, delete_source=True, accept_file_loss=True)["film.hyc"]
    assert not film.exists()
    assert (record.source_deleted, record.file_loss_accepted) == (True, True)


def test_proof_of_a_version_that_did_not_ask_is_made_again_before_the_source_goes(
    film: Path, run: Run, tmp_path: Path
) -> None:
    known = run()["film.hyc"]
    with Ledger.open(ledger_path(tmp_path / "out"), write=True) as ledger:
        ledger.write(replace(known, pictures=None, restores=False), known.run, count=False)
        ledger.commit()
    record = run(delete_source=True)["film.hyc"]
    assert not film.exists()
    assert (record.restores, record.pictures, record.file_loss_accepted) == (True, 1, False)


def test_source_proven_by_an_earlier_run_stays_too_and_goes_once_that_is_accepted(film: Path, run: Run) -> None:
    assert run(settings=CONTENT)["film.hyc"].left_out == (SAID,)
    for _ in range(2):
        progress = Progress()
        record = run(settings=CONTENT, delete_source=True, progress=progress)["film.hyc"]
        assert film.exists()
        assert (progress.kept, record.verdict, record.source_deleted) == (1, Verdict.PROVEN, False)
        assert SAID in record.error
    record = run(settings=CONTENT, delete_source=True, accept_file_loss=True)["film.hyc"]
    assert not film.exists()
    assert (record.source_deleted, record.file_loss_accepted, record.error) == (True, True, "")


def test_proof_of_a_version_that_named_nothing_is_not_enough_to_delete_a_source(
    film: Path, run: Run, tmp_path: Path
) -> None:
    known = run(settings=CONTENT)["film.hyc"]
    with Ledger.open(ledger_path(tmp_path / "out"), write=True) as ledger:
        ledger.write(replace(known, left_out=(), pictures=None), known.run, count=False)
        ledger.commit()
    record = run(settings=CONTENT, delete_source=True)["film.hyc"]
    assert film.exists()
    assert record.left_out == (SAID,)


def test_output_that_no_ledger_knows_is_proven_with_what_its_source_holds_besides(
    film: Path, run: Run, tmp_path: Path
) -> None:
    run(settings=CONTENT)
    ledger_path(tmp_path / "out").unlink()
    assert run(settings=CONTENT, delete_source=True)["film.hyc"].left_out == (SAID,)
    assert film.exists()


def test_cluster_keeps_the_source_too(film: Path, run: Run) -> None:
    with ClusterEngine(LOCAL, 1, TRIVIAL) as engine:
        record = run(settings=CONTENT, delete_source=True, engine=engine)["film.hyc"]
    assert film.exists()
    assert (record.verdict, record.left_out) == (Verdict.PROVEN, (SAID,))


def test_command_keeps_the_source_says_so_and_ends_with_1(
    film: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["pipeline", str(film.parent), str(tmp_path / "out"), "--profile", "photo", "-j1", "-q"]
    arguments += ["--keep", "content"]
    assert command([*arguments, "--delete-source"]) == 1
    said = capfd.readouterr().err
    assert (
        f"{film}: proven: the source was not deleted: its file does not come back from the output, and it holds" in said
    )
    assert SAID in said
    assert "1 source was not deleted" in said
    assert "1 source holds more than its output: left_out in `hybridcodec ledger export`" in said
    assert command(arguments) == 0
    capfd.readouterr()
    assert command(["ledger", "export", str(tmp_path / "out")]) == 0
    assert json.loads(capfd.readouterr().out)["left_out"] == [SAID]
    assert command([*arguments, "--delete-source", "--accept-file-loss"]) == 0
    assert not film.exists()


def test_report_names_what_was_left_out_and_counts_it(film: Path, run: Run, tmp_path: Path) -> None:
    assert film.exists()
    records: dict[str, Record] = run(settings=CONTENT)
    page = build_page(ledger_path(tmp_path / "out")).page
    assert records["film.hyc"].left_out[0] in page
    assert "<dt>Files that hold more</dt><dd>1</dd>" in page
