"""What is printed is one line that steers nothing, whatever the names and messages in it are."""

import io
import json
import sys
from pathlib import Path

import pytest

from hybridcodec.cli import messages, progress, run
from hybridcodec.errors import InputError

NASTY = "a\x1b[2J\nhybridcodec: b\u202e\udcff[/red].png"


def test_messages_are_one_line_without_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    messages.say(NASTY)
    messages.warn(NASTY)
    messages.say_error(InputError(NASTY))
    messages.say_result(NASTY, Path("x"), quiet=False)
    messages.say_result(NASTY, Path("-"), quiet=False)
    shown = capsys.readouterr()
    escaped = "a\\x1b[2J\\nhybridcodec: b\\u202e\\udcff[/red].png"
    assert shown.out == f"{escaped}\n" * 2
    assert shown.err == f"hybridcodec: {escaped}\n" * 2 + f"{escaped}\n"


def test_json_is_exact(capsys: pytest.CaptureFixture[str]) -> None:
    messages.say_json({"file": NASTY})
    line = capsys.readouterr().out
    assert line.isascii()
    assert json.loads(line) == {"file": NASTY}


@pytest.mark.parametrize("arguments", [["info", NASTY], ["info", f"--{NASTY}", "x"], [NASTY], ["info", "a", NASTY]])
def test_names_in_messages_of_every_origin_are_escaped(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) in (1, 2)
    shown = capsys.readouterr()
    assert "\x1b" not in shown.err
    assert "\u202e" not in shown.err
    assert "\nhybridcodec: b" not in shown.err
    assert shown.out == ""


def test_every_command_prints_through_the_border() -> None:
    users = [path.name for path in Path(messages.__file__).parent.glob("*.py") if "click.echo" in path.read_text()]
    assert users == []


def test_name_with_brackets_is_no_markup_in_a_progress_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with progress.progress_bar(f"encode {NASTY}", quiet=False) as tell:
        assert tell is not None
        tell(0.5)
    assert "[/red]" in sys.stderr.getvalue()
    assert "\u202e" not in sys.stderr.getvalue()
