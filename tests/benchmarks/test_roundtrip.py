"""A sample of the pictures that `python -m benchmarks.roundtrip` sends through the codec."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import roundtrip
from benchmarks.pictures import KINDS
from benchmarks.roundtrip import check_picture
from hybridcodec.image import Samples

SEED = 1
LARGEST = 64


@pytest.mark.parametrize("index", range(2 * len(KINDS)))
def test_a_generated_picture_comes_back_exactly(index: int) -> None:
    assert check_picture(index, SEED, LARGEST, all_modes=index % 5 == 0) == []


def test_a_wrong_sample_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    from hybridcodec.codec import decode

    def off_by_nine(data: bytes, **settings: str) -> Samples:
        wrong = decode(data, **settings)
        wrong[-1, -1] = np.where(wrong[-1, -1] > 100, wrong[-1, -1] - 9, wrong[-1, -1] + 9)
        return wrong

    monkeypatch.setattr("hybridcodec.codec.decode", off_by_nine)
    found = check_picture(2, SEED, 8, all_modes=True)
    assert any("lossless is off by 9" in line for line in found)
    assert any("near-lossless at 1 is off by" in line for line in found)


def test_the_command_says_how_many_failed(tmp_path: Path) -> None:
    summary = tmp_path / "summary.json"
    arguments = ["--count", "2", "--largest", "9", "--jobs", "1", "--json", str(summary)]
    done = CliRunner().invoke(roundtrip.main, arguments)
    assert done.exit_code == 0, done.output
    assert "2 pictures lossless, 1 of them" in done.output
    assert '"failures": []' in summary.read_text()
