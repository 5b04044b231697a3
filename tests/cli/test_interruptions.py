"""An interrupted command ends with its own code and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybridcodec.cli import run
from hybridcodec.cli.pipeline import _stopping

GOLDEN = Path(__file__).parents[2] / "container" / "golden" / "v2.0" / "pictures"
# Stops before the proof of the last file that a command writes.
SCRIPT = """
import signal, sys
from hybridcodec import cli
from hybridcodec.storage import files

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit it ignored
last, write, count = int(sys.argv.pop(1)), files.write_durably, 0

def waiting(path, data):
    global count
    write(path, data)
    count += 1
    if count == last:
        print("ready", flush=True)
        sys.stdin.read()

files.write_durably = waiting
cli.main()
"""
COMMANDS = {
    "encode": (1, ["encode", "{folder}/a.png", "{folder}/out/x.hyc"]),
    "decode": (1, ["decode", "{golden}/rgb.hyc", "{folder}/out/x.png"]),
    "extract": (1, ["extract", "{golden}/rgb.hyc", "{folder}/out/x.hyc"]),
    "restore": (1, ["restore", "{golden}/../structure/source_alone.hyc", "{folder}/out/x"]),
    "salvage": (3, ["decode", "--salvage", "{golden}/rgb.hyc", "{folder}/out/x.png"]),
}
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
CASES = [(command, number) for command in COMMANDS for number in SIGNALS if "extract" in command or number == 1]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")


@pytest.mark.parametrize(("command", "number"), CASES)
def test_signal_while_writing_removes_what_was_written(tmp_path: Path, command: str, number: signal.Signals) -> None:
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "out").mkdir()
    last, arguments = COMMANDS[command]
    filled = [argument.format(folder=tmp_path, golden=GOLDEN) for argument in arguments]
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", SCRIPT, str(last), *filled],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # these tests may run under nohup
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    assert list((tmp_path / "out").iterdir())
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (SIGNALS[number], b"")
    assert list((tmp_path / "out").iterdir()) == []


def test_signal_that_is_ignored_from_the_start_stays_ignored() -> None:
    program = (
        "import os, signal\nfrom hybridcodec.cli.endings import end_on_signals\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\nend_on_signals()\n"
        "os.kill(os.getpid(), signal.SIGHUP)\nprint('goes on')"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"goes on\n")


@pytest.mark.parametrize("number", SIGNALS)
def test_interruption_of_a_run_is_said_past_the_progress_and_not_within_it(number: signal.Signals) -> None:
    stop = threading.Event()
    said: list[str] = []
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with _stopping(stop, said.append):
            os.kill(os.getpid(), number)
            assert stop.is_set()
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), number)
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)
    assert said == ["hybridcodec: finishing the files in hand; interrupt again to drop them"]


def test_run_that_is_not_interrupted_says_nothing_of_it() -> None:
    said: list[str] = []
    with _stopping(threading.Event(), said.append):
        pass
    assert said == []


def test_the_end_of_some_file_is_no_interruption(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ended(*_: object, **__: object) -> None:
        raise EOFError

    monkeypatch.setattr("hybridcodec.info.read_info", ended)
    assert run(["info", __file__]) == 1
    assert capsys.readouterr().err.count("\n") == 2  # click's own empty line, and ours
