"""Messages between processes: what is said comes back equal, and what nobody said is refused."""

import json
from dataclasses import replace
from typing import Any

import pytest

from hybridcodec.pipeline.cluster_messages import answer_line, assignment_line, read_answer, read_assignment
from hybridcodec.pipeline.jobs import JOBS
from hybridcodec.pipeline.messages import (
    REQUESTS,
    CompareRequest,
    CopyRequest,
    EncodeRequest,
    Expected,
    InspectCopyRequest,
    Inspected,
    InspectRequest,
    Reply,
    Request,
    Verified,
    VerifyRequest,
    Written,
    read_reply,
    read_request,
    reply_line,
    request_line,
)
from hybridcodec.pipeline.profiles import Profile, settings_for
from hybridcodec.pipeline.task import Limits, Outcome, Task
from hybridcodec.plain import Wide
from hybridcodec.proof.flags import Box, Flag, FlagKind
from hybridcodec.storage.durable import Fingerprint

SETTINGS = settings_for(Profile.DOCUMENT)
EXPECTED = Expected(5, "ab" * 32, "cd" * 32, "ef" * 32, "01" * 32, "", "copy")
FLAG = Flag(FlagKind.SAMPLES_DIFFER, "one sample differs", 1, 7, (1, 2, 0), Box(2, 1, 1, 1))
SOURCE = Fingerprint(9, "cd" * 32, Wide(-1), Wide(2**64 - 1))
REQUEST = EncodeRequest("/in/a\udcff.png", "/out/1.tmp", SETTINGS)
FORGED = {"profile": "photo", "fidelity": {"mode": "lossless", "max_error": 3}, "accepted_lossy": False}
REQUESTED: list[Request[Any]] = [
    REQUEST,
    CopyRequest("/in/a", "/out/1.tmp"),
    VerifyRequest("/out/1.tmp", "/in/a.png", SETTINGS, "/out/evidence", EXPECTED),
    CompareRequest("/out/1.tmp", "/in/a"),
    InspectRequest("/out/a.hyc", EXPECTED),
    InspectCopyRequest("/out/a", EXPECTED),
]
WRITTEN = Written(9, "cd" * 32, 5, "ab" * 32, 0.5, "ef" * 32)
VERIFIED = Verified(
    (FLAG,), "two\nlines", 0.25, SOURCE, "ef" * 32, 5, "ab" * 32, "01" * 32, "23" * 32, 6, 5, 3, 7, ("45" * 32,),
    {"python": "3"}, "0123456789abcdef", (0, 1, 2, 3), ("comment",),
)  # fmt: skip


@pytest.mark.parametrize("request_", REQUESTED, ids=lambda request: request.job)
def test_request_comes_back_equal(request_: Request[Any]) -> None:
    line = request_line(request_)
    assert "\n" not in line
    assert read_request(line) == request_


def test_every_request_has_a_job() -> None:
    assert {type(request) for request in REQUESTED} == set(REQUESTS.values())
    assert REQUESTS.keys() == JOBS.keys()


@pytest.mark.parametrize(
    ("request_", "result"), [(REQUEST, WRITTEN), (REQUESTED[2], VERIFIED), (REQUESTED[4], Inspected(5, "ab" * 32))]
)
def test_reply_comes_back_equal(request_: Request[Any], result: object) -> None:
    for reply in (Reply(result), Reply(flags=(FLAG,), error="why", retire=True)):
        assert read_reply(request_, reply_line(reply)) == reply


@pytest.mark.parametrize(
    "change",
    [
        {"job": "destroy"},
        {"job": 5},
        {"more": 1},
        {"request": {}},
        {"request": None},
        {"request": {"source": 1, "temporary": "", "settings": {}}},
        {"request": {"source": "", "temporary": "", "settings": FORGED}},
    ],
)
def test_request_that_is_none_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_request(json.dumps(json.loads(request_line(REQUEST)) | change))


@pytest.mark.parametrize(
    "change",
    [
        {"result": None},
        {"result": {"source_bytes": 1}},
        {"result": vars(WRITTEN) | {"source_bytes": -1}},
        {"result": vars(WRITTEN) | {"encode_seconds": "1"}},
        {"result": vars(WRITTEN) | {"more": 1}},
        {"flags": [{"kind": "no such kind", "detail": ""}]},
        {"flags": [{"kind": "crash", "detail": ""}]},
        {"retire": 1},
        {"facts": {}},
    ],
)
def test_reply_that_is_none_is_refused(change: dict[str, object]) -> None:
    sound = json.loads(reply_line(Reply(WRITTEN)))
    with pytest.raises(ValueError, match=r"."):
        read_reply(REQUEST, json.dumps(sound | change))


@pytest.mark.parametrize("line", ["", "{", "null", "[]", "7", "[" * 100_000])
def test_line_that_says_nothing_is_refused(line: str) -> None:
    for read in (read_request, lambda line: read_reply(REQUEST, line)):
        with pytest.raises(ValueError, match=r"."):
            read(line)


def test_assignment_and_answer_come_back_equal() -> None:
    task = Task("/in/a.png", "/out", "a.hyc", "/out/work", "/out/evidence", SETTINGS)
    limits = Limits(seconds=60)
    assert read_assignment(assignment_line("me", task, limits)).work() == (task, limits)
    outcome = Outcome(task, None, SOURCE)
    answer = read_answer(answer_line("me", outcome))
    assert answer.identity == "me"
    assert Outcome.from_dict(task, answer.outcome) == outcome
    assert read_answer(answer_line("me", None)).outcome is None


def test_expected_is_what_was_written() -> None:
    assert WRITTEN.expected == replace(EXPECTED, base_samples="", mode="")
