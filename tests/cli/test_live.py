"""The progress of a long run: one line now and then where standard error is no terminal."""

import io
import sys
import threading

import pytest

from hybridcodec.cli import live
from hybridcodec.pipeline.progress import Progress


class Watched(Progress):
    """Tells when it was asked for its line."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.asked = threading.Event()

    def line(self) -> str:
        self.asked.set()
        return "so far"


def test_one_line_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(live, "EVERY_SECONDS", 0.01)
    progress = Watched()
    with live.show_progress(progress, quiet=False) as say:
        assert progress.asked.wait(timeout=30)
        say("a message")
    shown = capsys.readouterr()
    assert {*shown.err.splitlines()} == {"so far", "a message"}
    assert shown.out == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_bar_on_a_terminal_has_share_and_words_of_the_run_and_messages_above_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "300")
    progress = Progress(total=4)
    with live.show_progress(progress, quiet=False) as say:
        progress.add(None)
        say("a [bold]message[/bold]")
    shown = sys.stderr.getvalue()
    assert "25%" in shown
    assert "1 of 4 files" in shown
    assert "a [bold]message[/bold]\n" in shown


def test_quiet_run_says_only_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Watched()
    with live.show_progress(progress, quiet=True) as say:
        say("a message")
    assert not progress.asked.is_set()
    assert capsys.readouterr().err == "a message\n"


def test_a_line_comes_every_minute() -> None:
    assert live.EVERY_SECONDS == 60
