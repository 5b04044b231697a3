"""An interrupted command ends with its own code and leaves no temporary file."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os, signal, sys
from pathlib import Path
from hybridcodec import cli, storage

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit it ignored

def waiting(*arguments, **options):
    storage.write_proven(Path(sys.argv[-1]), b"data", lambda stored: (print("ready", flush=True), sys.stdin.read()),
                         force=False)

import hybridcodec.files
hybridcodec.files.encode_file = waiting
sys.argv = ["hybridcodec", "encode", "in", sys.argv[-1]]
cli.main()
"""


@pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_while_writing_removes_the_temporary_file(tmp_path: Path, number: int, code: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "out.hyc")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    assert len(list(tmp_path.iterdir())) == 1
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert b"Traceback" not in errors
    assert list(tmp_path.iterdir()) == []
