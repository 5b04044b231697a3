"""Workers that encode for Orthanc: answers, and what becomes of requests over which one fails, ends or hangs."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from toys import zlib_worker

from hybridcodec.errors import HybridcodecError, InputError
from hybridcodec.orthanc.area import Area
from hybridcodec.orthanc.assistant import ANSWER, DONE, FAILED, Assistant
from hybridcodec.orthanc.worker import answer

COMMAND = (sys.executable, "-P", zlib_worker.__file__)
DATA = bytes(100_000)


@pytest.fixture
def assistant() -> Iterator[Assistant]:
    assistant = Assistant(COMMAND)
    yield assistant
    assistant.close()


def test_worker_packs_and_restores_one_file_after_the_other(assistant: Assistant, tmp_path: Path) -> None:
    for number in range(3):
        source, target = tmp_path / f"{number}", tmp_path / f"{number}.hyc"
        source.write_bytes(DATA + bytes([number]))
        assistant.pack(source, target)
        assert assistant.restore(target) == DATA + bytes([number])


def test_worker_that_refuses_a_file_says_why_and_takes_the_next(assistant: Assistant, tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"refuse")
    (tmp_path / "good").write_bytes(DATA)
    with pytest.raises(HybridcodecError, match="this one is refused"):
        assistant.pack(tmp_path / "bad", tmp_path / "bad.hyc")
    assistant.pack(tmp_path / "good", tmp_path / "good.hyc")
    assert assistant.restore(tmp_path / "good.hyc") == DATA


@pytest.mark.parametrize("content", [b"crash", b"hang"])
def test_worker_that_ends_or_hangs_over_a_file_is_replaced(tmp_path: Path, content: bytes) -> None:
    assistant = Assistant(COMMAND, longest=1.5 if content == b"hang" else 60.0)
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(HybridcodecError, match=r"the worker ended over .*bad: it gave no answer"):
        assistant.pack(tmp_path / "bad", tmp_path / "bad.hyc")
    assistant.longest = 60.0
    (tmp_path / "good").write_bytes(DATA)
    assistant.pack(tmp_path / "good", tmp_path / "good.hyc")
    assert assistant.restore(tmp_path / "good.hyc") == DATA
    assistant.close()


def test_worker_that_cannot_be_started_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(HybridcodecError, match="cannot be started: No such file"):
        Assistant((str(tmp_path / "no-python"),)).restore(tmp_path / "x")


def test_archive_keeps_what_a_worker_dies_over_and_packs_the_rest(tmp_path: Path) -> None:
    area = Area(tmp_path, Assistant(COMMAND), Assistant(COMMAND))
    stored = {"aaaa-1": b"crash" + DATA, "aaaa-2": DATA, "aaaa-3": b"other" + DATA}
    for name, data in stored.items():
        area.create(name, data, pack=True)
    area.close(finish=True)
    assert {name: area.read(name) for name in stored} == stored
    assert [path.name for path in sorted(tmp_path.rglob("aaaa-*"))] == ["aaaa-1", "aaaa-2.hyc", "aaaa-3"]
    for assistant in (area.packer, area.prover):
        assert isinstance(assistant, Assistant)
        assistant.close()


def test_answer_is_a_byte_a_length_and_the_bytes() -> None:
    def fail(path: str) -> bytes:
        raise InputError(f"{path}: no")

    lines = [json.dumps([name, "a"]).encode() + b"\n" for name in ("good", "bad")]
    answers = io.BytesIO()
    answer(io.BytesIO(b"".join(lines)), answers, {"good": str.encode, "bad": fail})
    assert answers.getvalue() == ANSWER.pack(DONE, 1) + b"a" + ANSWER.pack(FAILED, 5) + b"a: no"
