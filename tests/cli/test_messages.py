"""What is printed is one line that steers nothing, whatever the names and messages in it are."""

import io
import json
import sys
from pathlib import Path

import pytest

from hybridcodec.cli import messages, progress, run
from hybridcodec.errors import InputError
from hybridcodec.modes import Mode

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


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("nope", "hybridcodec: No such command 'nope'; hybridcodec --help says more"),
        ("--nope", "hybridcodec: No such option '--nope'; hybridcodec --help says more"),
        ("encode", "hybridcodec encode: Missing argument 'IN... [OUT]'; hybridcodec encode --help says more"),
        ("encode a.png --max-error 2", "hybridcodec encode: --max-error belongs to --mode near-lossless, found --mode"),
        ("decode a.hyc --layer x", "hybridcodec decode: Invalid value for '--layer': 'x' is not one of"),
        ("ledger show", "hybridcodec ledger: No such command 'show'; hybridcodec ledger --help says more"),
        ("verify a b c --jsom", "hybridcodec verify: "),
    ],
)
def test_a_wrong_command_line_is_answered_in_one_line(line: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(line.split()) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(says)
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize("line", ["", "ledger"])
def test_a_group_without_a_command_says_what_there_is(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(line.split()) == 2
    assert "Commands:\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("mode", "file", "says"),
    [
        (Mode.LOSSLESS, False, "content"),
        (Mode.NEAR_LOSSLESS, False, "content within 2"),
        (Mode.PERCEPTUAL, False, "preview"),
        (Mode.PERCEPTUAL, True, "file"),
        (None, True, "file"),
    ],
)
def test_what_a_file_gives_back_is_not_said_to_be_more(mode: Mode | None, file: bool, says: str) -> None:
    assert messages.restored(mode, 2, file=file) == says


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
