"""A lost worker process costs one job, and a proof comes from another process."""

import errno
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pipeline_runs import TRIVIAL, Draw

from hybridcodec.errors import HybridcodecError
from hybridcodec.pipeline.crew import Answer, Crew
from hybridcodec.pipeline.messages import EncodeRequest, Written
from hybridcodec.pipeline.profiles import Profile, settings_for
from hybridcodec.proof.flags import FlagKind


@pytest.fixture
def crew() -> Iterator[Crew]:
    with Crew(replace(TRIVIAL, seconds=20.0, memory=1 << 32)) as crew:
        yield crew


def encode(crew: Crew, source: Path, other_than: int | None = None) -> Answer[Written]:
    temporary = source.with_suffix(f".{os.urandom(4).hex()}")
    return crew.run(EncodeRequest(str(source), str(temporary), settings_for(Profile.PHOTO)), other_than=other_than)


NOTHING = EncodeRequest("", "", settings_for(Profile.PHOTO))


def test_jobs_share_a_process_unless_another_is_asked_for(crew: Crew, draw: Draw) -> None:
    picture = draw("a.png")
    first, second = encode(crew, picture), encode(crew, picture)
    assert first.flags == ()
    assert first.result is not None
    assert first.result.source_bytes == picture.stat().st_size
    assert first.process == second.process != os.getpid()
    assert encode(crew, picture, other_than=first.process).process not in (first.process, os.getpid())


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("kill.png", FlagKind.CRASH, "was ended by SIGKILL"),
        ("raise.png", FlagKind.CRASH, "as the name says"),
        ("hoard.png", FlagKind.OUT_OF_MEMORY, "allocate"),
    ],
)
def test_job_that_ends_its_process_is_flagged_and_the_next_one_runs(
    crew: Crew, draw: Draw, name: str, kind: FlagKind, says: str
) -> None:
    lost = encode(crew, draw(name))
    assert [flag.kind for flag in lost.flags] == [kind]
    assert says in lost.flags[0].detail
    after = encode(crew, draw("a.png"))
    assert after.flags == ()
    assert after.process != lost.process


def test_job_that_hangs_is_ended_at_its_limit(draw: Draw) -> None:
    with Crew(replace(TRIVIAL, seconds=0.5)) as crew:
        hung = encode(crew, draw("sleep.png"))
        assert [flag.kind for flag in hung.flags] == [FlagKind.TIME_OUT]
        with pytest.raises(ProcessLookupError):
            os.kill(hung.process, 0)


def test_process_that_dies_between_jobs_costs_nothing(crew: Crew, draw: Draw) -> None:
    picture = draw("a.png")
    idle = encode(crew, picture).process
    os.kill(idle, signal.SIGKILL)
    os.waitid(os.P_PID, idle, os.WEXITED | os.WNOWAIT)
    after = encode(crew, picture)
    assert after.flags == ()
    assert after.process != idle


def test_process_that_cannot_start_is_an_error_with_its_reason() -> None:
    with (
        Crew(replace(TRIVIAL, module="hybridcodec.no_such_worker")) as crew,
        pytest.raises(HybridcodecError, match="No module named"),
    ):
        crew.run(NOTHING)


def test_system_that_has_no_room_for_a_process_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr("subprocess.Popen", refuse)
    with Crew(TRIVIAL) as crew, pytest.raises(HybridcodecError, match=r"no worker .* Resource temporarily unavailable"):
        crew.run(NOTHING)


def test_closed_crew_leaves_no_process(draw: Draw) -> None:
    with Crew(TRIVIAL) as crew:
        process = encode(crew, draw("a.png")).process
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    with pytest.raises(HybridcodecError, match="told to end"):
        crew.run(NOTHING)
