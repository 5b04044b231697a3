"""What comes from a worker on another machine is believed only as far as it fits the task and the disk."""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pipeline_runs import TRIVIAL, Draw, Run

from hybridcodec.errors import InputError
from hybridcodec.models.shipped import SHIPPED
from hybridcodec.pipeline import cluster, identity
from hybridcodec.pipeline.answers import checked_outcome
from hybridcodec.pipeline.cluster import LOCAL, ClusterEngine
from hybridcodec.pipeline.cluster_messages import read_answer, read_assignment
from hybridcodec.pipeline.crew import Crew
from hybridcodec.pipeline.profiles import Profile, settings_for
from hybridcodec.pipeline.prove import prove
from hybridcodec.pipeline.task import Outcome, Task
from hybridcodec.proof.flags import FlagKind, Verdict

Plain = dict[str, Any]
DEEP: list[Any] = []
for _ in range(100_000):
    DEEP = [DEEP]


@pytest.fixture
def task(tmp_path: Path, draw: Draw) -> Task:
    for folder in ("work", "evidence"):
        (tmp_path / "out" / folder).mkdir(parents=True)
    out = tmp_path / "out"
    settings = settings_for(Profile.PHOTO)
    return Task(str(draw("a.png")), str(out), "a.hyc", str(out / "work"), str(out / "evidence"), settings)


@pytest.fixture
def answer(task: Task, crew: Crew) -> Plain:
    return prove(task, crew).to_dict()


def test_honest_answer_is_taken_as_it_is(task: Task, answer: Plain) -> None:
    outcome = checked_outcome(task, answer)
    assert outcome.record is not None
    assert outcome.record.verdict is Verdict.PROVEN
    assert outcome.to_dict() == answer


def test_answer_about_a_copy_is_held_against_its_bytes(task: Task, crew: Crew) -> None:
    task = replace(task, output="a.nii", copy=True)
    answer = prove(task, crew).to_dict()
    outcome = checked_outcome(task, answer)
    assert outcome.record is not None
    assert (outcome.record.verdict, outcome.record.mode) == (Verdict.PROVEN, "copy")
    with pytest.raises(ValueError, match="hash of the copy"):
        checked_outcome(task, answer | {"record": answer["record"] | {"output_hash": "ab" * 32}})
    task.final.write_bytes(b"other")
    with pytest.raises(ValueError, match="of the output"):
        checked_outcome(task, answer)


RECORDS: dict[str, Plain] = {
    "another source": {"source": "/in/b.png"},
    "another output": {"output": "b.hyc"},
    "an output outside": {"output": "../a.hyc"},
    "other settings": {"settings": "5e" * 32},
    "another mode": {"mode": "perceptual"},
    "another profile": {"profile": "medical"},
    "accepted by nobody": {"accepted_lossy": True},
    "proven with flags": {"flags": [{"kind": "crash", "detail": ""}]},
    "flagged without flags": {"verdict": "flagged"},
    "no verifier": {"verifier": None},
    "its own verifier": {"verifier": 7, "encoder": 7},
    "no hash": {"output_hash": "ff"},
    "no samples": {"exact_samples": ""},
    "another hash": {"output_hash": "ab" * 32},
    "another size": {"output_bytes": 7},
    "another hash of the source": {"source_hash": "ab" * 32},
    "nothing measured": {"width": None},
    "an error": {"worst_error": 3},
    "an unmeasured error": {"worst_error": None},
    "deleted by the worker": {"source_deleted": True},
    "loss accepted by the worker": {"file_loss_accepted": True},
    "evidence elsewhere": {"evidence": "../../etc/passwd"},
    "verdict of another type": {"verdict": 1},
    "unknown verdict": {"verdict": "fine"},
    "negative size": {"width": -1},
    "text for a number": {"height": "6"},
    "yes for true": {"source_deleted": 1},
    "no number": {"encode_seconds": math.nan},
    "endless": {"verify_seconds": math.inf},
    "huge": {"proofs": 10**30},
    "no time": {"finished": "yesterday"},
    "names of another kind": {"models": "abc"},
    "deep": {"flags": DEEP},
    "half a letter": {"host": "\ud800"},
    "half a letter in a hash": {"output_hash": "\ud800" * 64},
    "bytes": {"source": b"/in/a.png"},
}


@pytest.mark.parametrize("change", RECORDS.values(), ids=RECORDS)
def test_record_that_does_not_fit_is_refused(task: Task, answer: Plain, change: Plain) -> None:
    with pytest.raises(ValueError, match=r"."):
        checked_outcome(task, answer | {"record": answer["record"] | change})


@pytest.mark.parametrize("values", [None, 7, "proven", [], {}, {"record": None}, {"record": 7, "source": None}, DEEP,
                                    {"record": {}, "source": None}, {"record": [], "source": []}])  # fmt: skip
def test_answer_that_is_none_is_refused(task: Task, values: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        checked_outcome(task, values)


def test_odd_but_true_facts_are_taken(task: Task, answer: Plain) -> None:
    """A file of before 1970, numbers of files as some systems give them, words that are no Unicode."""
    odd = {"modified_ns": -1, "inode": 2**64 - 1}
    outcome = checked_outcome(task, {"record": answer["record"], "source": answer["source"] | odd})
    assert outcome.source is not None
    assert outcome.source.inode == 2**64 - 1
    words = {"error": "\ud800", "left_out": ["text \udcff\ud800"]}
    assert checked_outcome(task, answer | {"record": answer["record"] | words}).record is not None


@pytest.mark.parametrize(
    "source",
    [
        None,
        {},
        5,
        {"size": True, "sha256": "a", "modified_ns": 0, "inode": 0},
        {"size": 1, "sha256": "ab" * 32, "modified_ns": 0, "inode": 0},
    ],
)
def test_proof_of_another_source_is_refused(task: Task, answer: Plain, source: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        checked_outcome(task, answer | {"source": source})


def test_proof_of_a_file_that_is_not_on_the_disk_is_refused(task: Task, answer: Plain) -> None:
    data = task.final.read_bytes()
    task.final.write_bytes(data[:-1] + b"?")
    with pytest.raises(ValueError, match="hash of the output"):
        checked_outcome(task, answer)
    task.final.unlink()
    with pytest.raises(ValueError, match="cannot be read here"):
        checked_outcome(task, answer)


def test_answer_that_nothing_changed_needs_a_ledger_that_says_so(task: Task, answer: Plain) -> None:
    record = checked_outcome(task, answer).record
    assert record is not None
    same = {"record": None, "source": answer["source"]}
    known = replace(task, known=replace(record, proofs=1))
    assert checked_outcome(known, same).record is None
    wrong = [
        task,
        replace(known, recheck=True),
        replace(known, delete_source=True),
        replace(known, known=replace(record, proofs=0)),
        replace(known, known=replace(record, proofs=1, source_hash="ab" * 32)),
        replace(known, known=replace(record, proofs=1, output_bytes=1)),
        replace(known, known=replace(record, proofs=1, verdict=Verdict.FLAGGED)),
        replace(
            known,
            settings=settings_for(
                Profile.PHOTO,
                accept_lossy=True,
                max_error=1,
                mode=settings_for(Profile.PHOTO).mode.__class__("near-lossless"),
            ),
        ),
    ]
    for one in wrong:
        with pytest.raises(ValueError, match=r"."):
            checked_outcome(one, same)
    task.final.unlink()
    with pytest.raises(ValueError, match="cannot be read here"):
        checked_outcome(known, same)  # fmt: skip


@pytest.fixture
def lying() -> Iterator[Callable[..., ClusterEngine]]:
    """A cluster whose worker changes what it answers."""
    with pytest.MonkeyPatch.context() as patch:

        def start(change: Callable[[Task, Plain], object]) -> ClusterEngine:
            class Lie(Outcome):
                def to_dict(self) -> Plain:
                    return change(self.task, super().to_dict())  # type: ignore[return-value]

            patch.setattr(cluster, "prove", lambda task, crew: Lie(**vars(prove(task, crew))))
            return ClusterEngine(LOCAL, 1, TRIVIAL)

        yield start


@pytest.mark.parametrize("change", [
    lambda _, plain: plain | {"record": plain["record"] | {"output_hash": "ab" * 32}},
    lambda _, plain: plain | {"record": plain["record"] | {"source": "/etc/passwd"}},
    lambda _, plain: plain | {"record": None},
    lambda _, plain: None,  # noqa: ARG005
    lambda _, plain: [plain],
    lambda task, plain: task.final.unlink() or plain,
], ids=["another hash", "another source", "skipped", "nothing", "a list", "no file"])  # fmt: skip
def test_no_source_is_deleted_after_an_answer_that_does_not_fit(
    draw: Draw, run: Run, lying: Callable[..., ClusterEngine], change: Callable[[Task, Plain], object]
) -> None:
    source = draw("a.png")
    with lying(change) as engine:
        records = run(engine=engine, delete_source=True)
    assert [flag.kind for flag in records["a.hyc"].flags] == [FlagKind.ANSWER_REFUSED]
    assert source.exists()
    assert run(overwrite=True)["a.hyc"].verdict is Verdict.PROVEN


def test_what_was_proven_stays_what_is_expected_after_an_answer_that_does_not_fit(
    draw: Draw, run: Run, lying: Callable[..., ClusterEngine]
) -> None:
    draw("a.png")
    before = run()["a.hyc"]
    with lying(lambda *_: 7) as engine:
        after = run(engine=engine, recheck=True)["a.hyc"]
    assert (after.output_hash, after.proofs, after.verdict) == (before.output_hash, 1, Verdict.FLAGGED)


def test_worker_of_another_program_is_refused_before_any_task(monkeypatch: pytest.MonkeyPatch) -> None:
    own = identity.own_identity()
    for change in ({"package": "9.9"}, {"code": "ab" * 32}, {"models": ("base-v1=" + "ab" * 32,)}, {"format": "9.0"}):
        other = replace(own, **change).to_line()
        monkeypatch.setattr(cluster, "describe_here", lambda other=other: other)
        with pytest.raises(
            InputError, match=rf"the Dask worker inproc.* is not what this driver is: {next(iter(change))} "
        ):
            ClusterEngine(LOCAL, 1, TRIVIAL)


@pytest.mark.parametrize("says", [None, 5, {}, {"package": 1}, {"package": "1", "code": "", "models": 0, "format": ""}])
def test_worker_that_does_not_say_what_it_is_is_refused(monkeypatch: pytest.MonkeyPatch, says: object) -> None:
    monkeypatch.setattr(cluster, "describe_here", lambda: json.dumps(says))
    with pytest.raises(InputError, match="does not say what it is"):
        ClusterEngine(LOCAL, 1, TRIVIAL)


@pytest.mark.parametrize("says", [None, 5, {}, "", "{", b"\xff", "[" * 100_000])
def test_what_is_no_json_says_nothing(says: object) -> None:
    assert identity.differences(says).startswith("it does not say what it is")
    for read in (read_answer, read_assignment):
        with pytest.raises(ValueError, match=r"."):
            read(says)


def test_worker_that_cannot_say_what_it_is_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def describe() -> None:
        raise ModuleNotFoundError("No module named 'hybridcodec'\nand more")

    monkeypatch.setattr(cluster, "describe_here", describe)
    with pytest.raises(InputError, match="ModuleNotFoundError: No module named 'hybridcodec'; install"):
        ClusterEngine(LOCAL, 1, TRIVIAL)


def test_worker_of_another_program_that_comes_later_does_nothing(
    tmp_path: Path, draw: Draw, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw("a.png")
    seen: list[object] = []
    with ClusterEngine(LOCAL, 1, TRIVIAL) as engine:
        other = replace(identity.own_identity(), package="9.9")
        monkeypatch.setattr(cluster, "own_identity", lambda: other)  # what it says, and what the driver sends
        monkeypatch.setattr(cluster, "prove", lambda *arguments: seen.append(arguments))
        with pytest.raises(InputError, match=r"package 9\.9, here"):
            run(engine=engine)
    assert seen == []
    assert not (tmp_path / "out" / "a.hyc").exists()


def test_altered_model_or_module_makes_another_identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = identity.own_identity()
    assert identity.differences(own.to_line()) == ""
    assert len(own.models) == len(identity.found_models()) == len(SHIPPED)
    monkeypatch.setattr("hybridcodec.models.store.FOLDER", tmp_path)
    assert identity.found_models() == {}
