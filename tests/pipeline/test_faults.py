"""Every kind of fault of the harness, once: all are flagged by their name, and sound files are proven."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_kind_of_fault_is_flagged() -> None:
    command = [sys.executable, "-m", "benchmarks.faults", "--count", "2", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    injections = [json.loads(line) for line in done.stdout.splitlines()]
    assert [injection for injection in injections if injection["proven"] or not injection["right"]] == []
    assert done.returncode == 0, done.stderr
    assert len({injection["kind"] for injection in injections}) >= 84
