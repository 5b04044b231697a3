"""Every file that a run meets has a record, pictures or not; what is no picture is flagged, copied or left as asked."""

import os
from collections import Counter
from pathlib import Path

import pytest
from pipeline_runs import TRIVIAL, Draw, Run

from hybridcodec.errors import InputError
from hybridcodec.modes import Keep
from hybridcodec.pipeline.audit import audit
from hybridcodec.pipeline.crew import Crew
from hybridcodec.pipeline.ledger import Ledger, ledger_path
from hybridcodec.pipeline.others import OnOther
from hybridcodec.pipeline.profiles import Profile, settings_for
from hybridcodec.pipeline.progress import Progress
from hybridcodec.pipeline.record import Record
from hybridcodec.proof.flags import FlagKind, Verdict


def put(path: Path, data: bytes = b"data") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def kinds(record: Record) -> list[FlagKind]:
    return [flag.kind for flag in record.flags]


def mixed_tree(folder: Path, draw: Draw, each: int) -> int:
    """Make `each` files of ten kinds, and return how many there are."""
    for number in range(each):
        draw(f"{number}/picture.png", number)
        place = folder / str(number)
        put(place / "scan.nii", bytes(128) + b"DICM" + bytes([number]))
        put(place / "Thumbs.db")
        put(place / ".hidden" / "photo.png")
        put(place / "bad.png", b"no picture")
        put(place / "old" / ".hybridcodec" / "evidence" / "x-whole.png")
        os.mkfifo(place / "pipe.png")
        (place / "link.png").symlink_to("picture.png")
        (place / "loop").symlink_to(".")
        (place / "broken.tif").symlink_to("nowhere")
    return 10 * each


@pytest.mark.skipif(os.name != "posix", reason="this system has no pipes with names")
def test_run_of_mixed_files_has_a_record_of_each(tmp_path: Path, draw: Draw, run: Run) -> None:
    count = mixed_tree(tmp_path / "in", draw, 6)
    progress = Progress()
    records = run(progress=progress)
    assert count == len(records) == progress.files == len({record.source for record in records.values()})
    by_name = Counter((Path(record.source).name, record.verdict) for record in records.values())
    links = by_name.pop(("link.png", Verdict.PROVEN), 0) + by_name.pop(("link.png", Verdict.IGNORED), 0)
    assert links == 6  # proven where the system lists it before its picture
    assert by_name == dict.fromkeys(
        [
            ("picture.png", Verdict.PROVEN), ("scan.nii", Verdict.FLAGGED), ("Thumbs.db", Verdict.IGNORED),
            ("photo.png", Verdict.FLAGGED), ("bad.png", Verdict.FAILED), ("x-whole.png", Verdict.FLAGGED),
            ("pipe.png", Verdict.FLAGGED), ("loop", Verdict.FLAGGED), ("broken.tif", Verdict.FLAGGED),
        ],
        6,
    )  # fmt: skip
    taken = {FlagKind.SOURCE_UNREADABLE} | {
        kind for record in records.values() if record.verdict is not Verdict.FAILED for kind in kinds(record)
    }
    assert taken == {FlagKind.SOURCE_UNREADABLE, FlagKind.NOT_TAKEN}
    assert len(run()) == count


def test_second_run_says_the_same_and_writes_nothing_about_what_it_does_not_take(
    tmp_path: Path, draw: Draw, run: Run
) -> None:
    draw("a.png")
    put(tmp_path / "in" / "scan.nii")
    progress = Progress()
    assert run() == run(progress=progress)
    assert (progress.counts[Verdict.FLAGGED], progress.skipped) == (1, 1)
    with Ledger.open(ledger_path(tmp_path / "out")) as ledger:
        assert ledger.history(str(tmp_path / "in" / "scan.nii"), "scan.nii") == []


def test_other_files_are_ignored_on_request_and_the_record_says_so(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("a.png")
    put(tmp_path / "in" / "scan.nii")
    put(tmp_path / "in" / ".hidden" / "photo.png")
    (tmp_path / "in" / "loop").symlink_to(".")
    records = run(on_other=OnOther.IGNORE)
    found = {name: (record.verdict, kinds(record)) for name, record in records.items()}
    assert found == {
        "a.hyc": (Verdict.PROVEN, []),
        "scan.nii": (Verdict.IGNORED, [FlagKind.NOT_TAKEN]),
        ".hidden/photo.png": (Verdict.IGNORED, [FlagKind.NOT_TAKEN]),
        "loop": (Verdict.FLAGGED, [FlagKind.NOT_TAKEN]),  # whatever lies behind it was not looked at
    }
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.hyc", ".hybridcodec"}


def test_other_files_are_copied_byte_for_byte_by_one_process_and_proven_by_another(
    tmp_path: Path, draw: Draw, run: Run
) -> None:
    draw("sub/a.png")
    large = bytes(range(256)) * 10000
    put(tmp_path / "in" / "sub" / "scan.nii", large)
    put(tmp_path / "in" / ".hidden" / "photo.png", b"hidden")
    put(tmp_path / "in" / "empty", b"")
    records = run(on_other=OnOther.COPY)
    assert set(records) == {"sub/a.hyc", "sub/scan.nii", ".hidden/photo.png", "empty"}
    assert {record.verdict for record in records.values()} == {Verdict.PROVEN}
    copied = records["sub/scan.nii"]
    assert (copied.mode, copied.source_bytes, copied.output_bytes) == ("copy", len(large), len(large))
    assert copied.source_hash == copied.output_hash != ""
    assert copied.encoder not in (None, copied.verifier, os.getpid())
    assert (tmp_path / "out" / "sub" / "scan.nii").read_bytes() == large
    assert (tmp_path / "out" / ".hidden" / "photo.png").read_bytes() == b"hidden"


def test_copy_is_skipped_when_it_is_there_and_made_again_when_it_is_gone(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("a.png")
    put(tmp_path / "in" / "b.nii")
    put(tmp_path / "in" / "c.nii")
    first = run(on_other=OnOther.COPY)
    (tmp_path / "out" / "c.nii").unlink()
    progress = Progress()
    settings = settings_for(Profile.DOCUMENT, keep=Keep.AUTO)
    again = run(on_other=OnOther.COPY, progress=progress, settings=settings)
    assert (again["b.nii"], progress.skipped) == (first["b.nii"], 2)
    assert (again["c.nii"].verdict, again["c.nii"].proofs) == (Verdict.PROVEN, 2)
    assert run(on_other=OnOther.COPY, recheck=True)["b.nii"].proofs == 2


def test_file_that_was_copied_once_stays_in_care_whatever_is_asked_later(tmp_path: Path, run: Run) -> None:
    put(tmp_path / "in" / "b.nii")
    first = run(on_other=OnOther.COPY)
    assert run() == run(on_other=OnOther.IGNORE) == first
    put(tmp_path / "in" / "b.nii", b"other")
    assert kinds(run()["b.nii"]) == [FlagKind.SOURCE_CHANGED]
    assert (tmp_path / "out" / "b.nii").read_bytes() == b"data"


def test_copy_never_replaces_a_file_or_takes_the_name_of_an_output(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("a.png")
    put(tmp_path / "in" / "a.hyc", b"somebody's")
    put(tmp_path / "in" / "b.nii")
    put(tmp_path / "out" / "b.nii", b"another's")
    put(tmp_path / "in" / "c.nii")
    put(tmp_path / "out" / "c.nii")
    run(on_other=OnOther.COPY)
    with Ledger.open(ledger_path(tmp_path / "out")) as ledger:
        found = {Path(record.source).name: record for record in ledger.records()}
    twins = {found["a.png"].verdict, found["a.hyc"].verdict}
    assert twins == {Verdict.PROVEN, Verdict.FLAGGED}
    assert FlagKind.OUTPUT_EXISTS in kinds(found["b.nii"])
    assert (tmp_path / "out" / "b.nii").read_bytes() == b"another's"
    assert (found["c.nii"].verdict, found["c.nii"].encoder) == (Verdict.PROVEN, None)  # the same bytes already


def test_archive_with_copies_is_checked_by_their_hashes(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("a.png")
    for name in ("b.nii", "c.nii", "d.nii", "e.nii", "f.hyc"):
        put(tmp_path / "in" / name)
    put(tmp_path / "in" / "Thumbs.db")
    run(on_other=OnOther.COPY)
    out = tmp_path / "out"
    (out / "b.nii").write_bytes(b"tada")
    (out / "c.nii").unlink()
    (out / "d.nii").write_bytes(b"dat")
    with Ledger.open(ledger_path(out)) as ledger, Crew(TRIVIAL) as crew:
        found = {
            finding.record.output: [flag.kind for flag in finding.flags] for finding in audit(ledger, out, crew, 2)
        }
    assert found == {
        "a.hyc": [], "e.nii": [], "f.hyc": [], "b.nii": [FlagKind.OUTPUT_ALTERED], "c.nii": [FlagKind.OUTPUT_VANISHED],
        "d.nii": [FlagKind.OUTPUT_ALTERED],
    }  # fmt: skip


def test_source_of_a_copy_is_deleted_after_its_proof_and_no_other(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("a.png")
    for name in ("b.nii", "Thumbs.db"):
        put(tmp_path / "in" / name)
    (tmp_path / "in" / "loop").symlink_to(".")
    run(delete_source=True)
    assert {path.name for path in (tmp_path / "in").iterdir()} == {"b.nii", "Thumbs.db", "loop"}
    records = run(delete_source=True, on_other=OnOther.COPY)
    assert records["b.nii"].source_deleted
    assert {path.name for path in (tmp_path / "in").iterdir()} == {"Thumbs.db", "loop"}
    assert (tmp_path / "out" / "b.nii").read_bytes() == b"data"


def test_destination_that_is_the_source_keeps_every_file_and_no_output_is_a_source(
    tmp_path: Path, draw: Draw, run: Run
) -> None:
    out = tmp_path / "out"
    draw("a.png")
    out.mkdir()
    (tmp_path / "in" / "a.png").rename(out / "a.png")
    put(out / "note.txt")
    for _ in range(2):
        records = run(str(out), on_other=OnOther.COPY, delete_source=True, overwrite=True)
        assert kinds(records["note.txt"]) == [FlagKind.OUTPUT_EXISTS]
        assert set(records) == {"a.hyc", "note.txt"}
        assert {path.name for path in out.iterdir()} == {"a.hyc", "note.txt", ".hybridcodec"}
    assert (out / "note.txt").read_bytes() == b"data"


def test_picture_with_the_name_of_its_own_output_is_not_replaced(tmp_path: Path, draw: Draw, run: Run) -> None:
    out = tmp_path / "out"
    picture = draw("a.png").read_bytes()
    put(out / "a.hyc", picture)
    record = run(str(out / "a.hyc"), overwrite=True, delete_source=True)["a.hyc"]
    assert kinds(record) == [FlagKind.OUTPUT_EXISTS]
    assert (out / "a.hyc").read_bytes() == picture


@pytest.mark.skipif(os.name != "posix", reason="this system has no pipes with names")
def test_pipe_in_the_place_of_an_output_costs_one_file_and_blocks_nobody(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("a.png")
    draw("b.png")
    (tmp_path / "out").mkdir()
    os.mkfifo(tmp_path / "out" / "a.hyc")
    records = run()
    assert (records["a.hyc"].verdict, records["b.hyc"].verdict) == (Verdict.FAILED, Verdict.PROVEN)
    assert kinds(records["a.hyc"]) == [FlagKind.DESTINATION_UNWRITABLE]


def test_pattern_that_fits_nothing_does_not_cost_the_work_in_hand(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("a.png")
    with pytest.raises(InputError, match="no file has such a name"):
        run(str(tmp_path / "in" / "*.gif"), str(tmp_path / "in"))
    with Ledger.open(ledger_path(tmp_path / "out")) as ledger:
        assert [record.verdict for record in ledger.records()] == [Verdict.PROVEN]
        assert all(run.ended for run in ledger.runs())


def test_folder_that_is_not_there_is_one_failed_record(tmp_path: Path, draw: Draw, run: Run) -> None:
    picture = draw("a.png")
    records = run(f"{tmp_path / 'nope'}/", f"{picture}/", str(picture))
    assert {name: record.verdict for name, record in records.items()} == {
        "nope": Verdict.FAILED, "a.png": Verdict.FAILED, "a.hyc": Verdict.PROVEN,
    }  # fmt: skip
