"""A run over a mixed folder that is killed twice and resumed: nothing is lost, half-written or proven twice."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_killed_runs_over_a_mixed_folder_are_resumed() -> None:
    command = [sys.executable, "-m", "benchmarks.kill_resume", "--kills", "2", "--files", "300"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "2 kills, 300 files, all proven once, nothing lost" in done.stdout
