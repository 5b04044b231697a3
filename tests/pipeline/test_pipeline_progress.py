"""The line that says how far a run is."""

from collections.abc import Iterator

from hybridcodec.pipeline.progress import Progress, in_words
from hybridcodec.pipeline.record import Record
from hybridcodec.proof.flags import Verdict


def clock(*moments: float) -> Iterator[float]:
    yield from moments
    while True:
        yield moments[-1]


def test_line_tells_files_rate_flags_and_time_left() -> None:
    progress = Progress(total=10, clock=clock(100.0, 110.0).__next__)
    record = Record(source="a", output="a", verdict=Verdict.PROVEN, width=2000, height=1000)
    for verdict in (Verdict.PROVEN, Verdict.PROVEN, Verdict.FLAGGED):
        progress.add(Record(**{**vars(record), "verdict": verdict}))
    progress.add(None)
    assert (progress.files, progress.skipped, progress.pixels) == (4, 1, 6_000_000)
    assert progress.line().split("; ") == [
        "4 of 10 files",
        "6.0 megapixels",
        "0.40 files/s, 0.60 megapixels/s",
        "1 flagged, 0 failed",
        "1 proven before",
        "20 s left",
    ]


def test_time_left_is_told_by_files_that_were_worked_on() -> None:
    moments = iter([0.0, *(float(second) for second in range(1, 901)), 910.0, 920.0, 920.0])
    progress = Progress(total=1002, clock=moments.__next__)
    for _ in range(900):
        progress.add(None)
    assert progress.seconds_left is None
    for _ in range(2):
        progress.add(Record(source="a", output="a", verdict=Verdict.PROVEN))
    assert progress.seconds_left == 1000.0


def test_nothing_is_said_of_a_time_that_cannot_be_told() -> None:
    progress = Progress()
    assert progress.seconds_left is None
    assert "left" not in progress.line()


def test_time_is_in_words() -> None:
    assert [in_words(seconds) for seconds in (5, 90, 600, 9000)] == ["5 s", "90 s", "10 min", "2.5 h"]
