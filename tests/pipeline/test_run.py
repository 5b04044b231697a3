"""A run leaves proven files and a record of everything, and a second run knows what the first one did."""

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from pipeline_runs import TRIVIAL, Draw, Run

from hybridcodec.errors import InputError
from hybridcodec.modes import Effort, Mode
from hybridcodec.pipeline.crew import Answer, Crew
from hybridcodec.pipeline.ledger import Ledger, ledger_path
from hybridcodec.pipeline.listing import Listing
from hybridcodec.pipeline.profiles import Profile, Settings, settings_for
from hybridcodec.pipeline.progress import Progress
from hybridcodec.pipeline.prove import prove
from hybridcodec.pipeline.record import Record
from hybridcodec.pipeline.task import Outcome, Task
from hybridcodec.proof.flags import Flag, FlagKind, Verdict
from hybridcodec.storage import durable


def kinds(record: Record) -> list[FlagKind]:
    return [flag.kind for flag in record.flags]


def names(folder: Path) -> set[str]:
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {name for name in found if not name.startswith(".hybridcodec/")}


def test_overwriting_does_not_replace_what_is_no_output(tmp_path: Path, draw: Draw, run: Run) -> None:
    photo = draw("a.png").read_bytes()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.hyc").write_bytes(photo)
    record = run(overwrite=True)["a.hyc"]
    assert [flag.kind for flag in record.flags] == [FlagKind.OUTPUT_EXISTS]
    assert "is never replaced" in record.flags[0].detail
    assert (tmp_path / "out" / "a.hyc").read_bytes() == photo


def test_tree_is_mirrored_and_every_file_proven_by_another_process(tmp_path: Path, draw: Draw, run: Run) -> None:
    pictures = [draw("a.png", 1), draw("sub/deep/b.png", 2), draw("sub/c.tif", 3)]
    before = [path.read_bytes() for path in pictures]
    records = run()
    assert names(tmp_path / "out") == set(records) == {"a.hyc", "sub/deep/b.hyc", "sub/c.hyc"}
    for record in records.values():
        assert (record.verdict, record.flags, record.proofs, record.worst_error) == (Verdict.PROVEN, (), 1, 0)
        assert record.encoder not in (None, record.verifier, os.getpid())
        assert record.exact_samples == record.source_samples != ""
    assert [path.read_bytes() for path in pictures] == before
    assert not (tmp_path / "out" / ".hybridcodec" / "work").exists()


def test_second_run_skips_what_is_proven_and_takes_what_is_new(draw: Draw, run: Run) -> None:
    draw("a.png")
    first = run()["a.hyc"]
    draw("b.png")
    progress = Progress()
    records = run(progress=progress)
    assert records["a.hyc"] == first
    assert records["b.hyc"].verdict is Verdict.PROVEN
    assert (progress.skipped, progress.files) == (1, 2)


def test_recheck_proves_again_without_writing(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("a.png")
    first = run()["a.hyc"]
    state = (tmp_path / "out" / "a.hyc").stat()
    again = run(recheck=True)["a.hyc"]
    assert (again.verdict, again.proofs, again.output_hash) == (Verdict.PROVEN, 2, first.output_hash)
    assert (tmp_path / "out" / "a.hyc").stat().st_mtime_ns == state.st_mtime_ns
    (tmp_path / "out" / "a.hyc").unlink()
    assert kinds(run(recheck=True)["a.hyc"]) == [FlagKind.OUTPUT_VANISHED]


def test_output_that_vanished_is_made_again_by_the_next_run(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("a.png")
    first = run()["a.hyc"]
    (tmp_path / "out" / "a.hyc").unlink()
    again = run()["a.hyc"]
    assert (again.verdict, again.output_hash, again.proofs) == (Verdict.PROVEN, first.output_hash, 2)


def test_altered_output_stays_flagged_until_it_is_overwritten_or_restored(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("a.png")
    first = run()["a.hyc"]
    output = tmp_path / "out" / "a.hyc"
    good = output.read_bytes()
    output.write_bytes(good[:-1] + b"!")
    for _ in range(2):
        record = run()["a.hyc"]
        assert (kinds(record), record.output_hash) == ([FlagKind.OUTPUT_ALTERED], first.output_hash)
    output.write_bytes(good)
    assert run()["a.hyc"].verdict is Verdict.PROVEN
    output.write_bytes(b"")
    assert run(overwrite=True)["a.hyc"].verdict is Verdict.PROVEN
    assert output.read_bytes() == good


def test_source_that_changed_after_its_proof_is_flagged_and_the_old_output_kept(
    tmp_path: Path, draw: Draw, run: Run
) -> None:
    draw("a.png", 1)
    old = run()["a.hyc"]
    kept = (tmp_path / "out" / "a.hyc").read_bytes()
    draw("a.png", 2)
    record = run()["a.hyc"]
    assert (kinds(record), record.output_hash) == ([FlagKind.SOURCE_CHANGED], old.output_hash)
    assert (tmp_path / "out" / "a.hyc").read_bytes() == kept
    new = run(overwrite=True)["a.hyc"]
    assert (new.verdict, new.proofs) == (Verdict.PROVEN, 1)
    assert new.output_hash != old.output_hash


def test_other_settings_make_the_file_anew(draw: Draw, run: Run) -> None:
    draw("a.png")
    run()
    near = run(settings=settings_for(Profile.PHOTO, mode=Mode.NEAR_LOSSLESS, max_error=2))["a.hyc"]
    assert (near.verdict, near.mode, near.max_error, near.proofs) == (Verdict.PROVEN, "near-lossless", 2, 1)


def test_another_effort_makes_the_file_anew_and_the_same_one_skips_it(draw: Draw, run: Run) -> None:
    draw("a.png")
    run()
    best, progress = settings_for(Profile.PHOTO, effort=Effort.BEST), Progress()
    assert run(settings=best)["a.hyc"].settings == best.digest
    run(settings=best, progress=progress)
    assert progress.skipped == 1


class Failing:
    """An engine in which nothing can be encoded."""

    def require(self, settings: Settings) -> None:
        pass

    def run(self, request: object, *, other_than: int | None = None) -> Answer[Any]:  # noqa: ARG002
        return Answer(7, None, (Flag(FlagKind.OUT_OF_MEMORY, "it wants more"),), "MemoryError")

    def prove_all(self, tasks: Iterator[Task], stop: threading.Event) -> Iterator[Outcome]:  # noqa: ARG002
        for task in tasks:
            yield prove(task, cast("Crew", self))


@pytest.mark.parametrize("gone", [False, True])
def test_output_that_other_settings_could_not_replace_keeps_its_proof(
    tmp_path: Path, draw: Draw, run: Run, gone: bool
) -> None:
    draw("a.png")
    proven, best = run()["a.hyc"], settings_for(Profile.PHOTO, effort=Effort.BEST)
    if gone:
        (tmp_path / "out" / "a.hyc").unlink()
    failed = run(settings=best, engine=Failing())["a.hyc"]
    assert (kinds(failed), failed.verdict, failed.error) == ([FlagKind.OUT_OF_MEMORY], Verdict.FLAGGED, "MemoryError")
    assert (failed.output_hash, failed.settings, failed.proofs) == (proven.output_hash, proven.settings, 1)
    assert (tmp_path / "out" / "a.hyc").exists() is not gone
    made = run(settings=best)["a.hyc"]
    assert (made.verdict, made.settings, made.error) == (Verdict.PROVEN, best.digest, "")


def test_output_that_was_replaced_before_the_disk_failed_is_not_taken_for_the_one_before(
    draw: Draw, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw("a.png")
    run()
    best = settings_for(Profile.PHOTO, effort=Effort.BEST)

    def fail(folder: Path) -> None:
        if folder.name == "out":
            raise OSError(errno.EIO, "Input/output error", str(folder))

    with monkeypatch.context() as broken:
        broken.setattr(durable, "sync_folder", fail)
        failed = run(settings=best)["a.hyc"]
    assert (kinds(failed), failed.settings) == ([FlagKind.DESTINATION_UNWRITABLE], best.digest)
    again = run(settings=best)["a.hyc"]
    assert (again.verdict, again.output_hash) == (Verdict.PROVEN, failed.output_hash)


def test_accepted_loss_is_in_the_record_for_ever(draw: Draw, run: Run) -> None:
    draw("a.png")
    lossy = settings_for(Profile.DOCUMENT, mode=Mode.PERCEPTUAL, accept_lossy=True)
    assert run(settings=lossy)["a.hyc"].accepted_lossy
    exact = run(settings=settings_for(Profile.DOCUMENT))["a.hyc"]
    assert (exact.mode, exact.verdict, exact.accepted_lossy) == ("lossless", Verdict.PROVEN, True)


def test_bad_file_is_a_record_and_not_the_end(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("good.png")
    draw("kill.png")
    draw("late kill.png")
    draw("raise.png")
    (tmp_path / "in" / "empty.png").touch()
    records = run()
    assert names(tmp_path / "out") == {"good.hyc"}
    assert records["good.hyc"].verdict is Verdict.PROVEN
    assert kinds(records["empty.hyc"]) == [FlagKind.SOURCE_UNREADABLE]
    assert records["empty.hyc"].verdict is Verdict.FAILED
    for name in ("kill.hyc", "late kill.hyc", "raise.hyc"):
        assert (records[name].verdict, kinds(records[name])) == (Verdict.FLAGGED, [FlagKind.CRASH])


def test_names_that_collide_are_flagged_and_nothing_is_overwritten(draw: Draw, run: Run) -> None:
    for name in ("a.png", "a.tif", "A.bmp"):
        draw(name)
    records = run()
    assert len([record for record in records.values() if record.verdict is Verdict.PROVEN]) == 1
    records = run(keep_suffix=True)
    told_apart = [records[name] for name in ("a.png.hyc", "a.tif.hyc", "A.bmp.hyc")]
    assert [record.verdict for record in told_apart] == [Verdict.PROVEN] * 3


def test_file_in_the_way_is_kept_unless_it_is_what_would_be_written(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("a.png")
    draw("b.png", 5)
    run()
    good = (tmp_path / "out" / "a.hyc").read_bytes()
    for path in (tmp_path / "out" / ".hybridcodec").glob("ledger*"):
        path.unlink()
    (tmp_path / "out" / "b.hyc").write_bytes(b"another's")
    records = run()
    assert records["a.hyc"].verdict is Verdict.PROVEN  # a run that was killed before it could note that
    assert records["a.hyc"].encoder is None
    assert (tmp_path / "out" / "a.hyc").read_bytes() == good
    assert FlagKind.OUTPUT_EXISTS in kinds(records["b.hyc"])
    assert (tmp_path / "out" / "b.hyc").read_bytes() == b"another's"


def test_source_is_deleted_only_after_its_proof(draw: Draw, run: Run) -> None:
    good, bad = draw("a.png"), draw("kill.png")
    records = run(delete_source=True)
    assert (good.exists(), bad.exists()) == (False, True)
    assert (records["a.hyc"].source_deleted, records["a.hyc"].proofs) == (True, 1)
    assert not records["kill.hyc"].source_deleted


def test_source_that_was_proven_before_is_proven_again_and_deleted_when_asked_later(draw: Draw, run: Run) -> None:
    picture = draw("a.png")
    run()
    record = run(delete_source=True)["a.hyc"]
    assert not picture.exists()
    assert (record.source_deleted, record.proofs) == (True, 2)


def test_new_picture_under_the_name_of_a_deleted_one_never_replaces_its_only_copy(
    tmp_path: Path, draw: Draw, run: Run
) -> None:
    draw("a.png", 1)
    run(delete_source=True)
    only_copy = (tmp_path / "out" / "a.hyc").read_bytes()
    draw("a.png", 2)
    for overwrite in (False, True):
        record = run(delete_source=True, overwrite=overwrite)["a.hyc"]
        assert kinds(record) == [FlagKind.SOURCE_CHANGED]
        assert (tmp_path / "out" / "a.hyc").read_bytes() == only_copy
        assert (tmp_path / "in" / "a.png").exists()


def test_deleting_what_only_a_lossy_file_keeps_must_be_accepted(draw: Draw, run: Run) -> None:
    draw("a.png")
    with pytest.raises(InputError, match="--accept-lossy"):
        run(delete_source=True, settings=settings_for(Profile.PHOTO, mode=Mode.PERCEPTUAL))


def test_stopped_run_finishes_what_is_in_hand_and_can_be_taken_up(tmp_path: Path, draw: Draw, run: Run) -> None:
    for number in range(8):
        draw(f"{number}.png", number)
    stop = threading.Event()

    class Stopping(Progress):
        def add(self, record: Record | None) -> None:
            super().add(record)
            stop.set()

    first = run(stop=stop, progress=Stopping())
    assert 1 <= len(first) < 8
    assert names(tmp_path / "out") == set(first)
    progress = Progress()
    assert len(run(progress=progress)) == 8
    assert progress.skipped == len(first)
    with Ledger.open(ledger_path(tmp_path / "out")) as ledger:
        assert all(run.ended for run in ledger.runs())


def test_two_runs_do_not_work_on_one_destination(tmp_path: Path, draw: Draw, run: Run) -> None:
    from hybridcodec.pipeline.workspace import workspace_in

    draw("a.png")
    with workspace_in(tmp_path / "out"), pytest.raises(InputError, match="another run"):
        run()


def test_what_a_killed_run_left_is_removed(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("a.png")
    left = tmp_path / "out" / ".hybridcodec" / "work" / "abc"
    left.mkdir(parents=True)
    (tmp_path / "out" / ".hybridcodec" / "lock").touch()
    (left / "x.tmp").write_bytes(b"half a fi")
    run()
    assert not left.exists()


def test_destination_inside_the_source_is_left_out(tmp_path: Path, draw: Draw, run: Run) -> None:
    draw("a.png")
    run(str(tmp_path))
    assert set(run(str(tmp_path))) == {"in/a.hyc"}


def test_no_source_at_all_is_an_empty_run(tmp_path: Path, run: Run) -> None:
    (tmp_path / "in").mkdir()
    assert run() == {}
    assert list(Listing([str(tmp_path / "in")], tmp_path / "out")) == []


def test_time_limit_costs_one_file(draw: Draw, run: Run) -> None:
    from dataclasses import replace

    draw("sleep.png")
    draw("a.png")
    records = run(limits=replace(TRIVIAL, seconds=1.0))
    assert kinds(records["sleep.hyc"]) == [FlagKind.TIME_OUT]
    assert records["a.hyc"].verdict is Verdict.PROVEN
