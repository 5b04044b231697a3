"""`benchmarks.rates` measures whole files at the rates that were asked for."""

import json
from pathlib import Path

import base_models
import pytest
from click.testing import CliRunner
from PIL import Image

from benchmarks import rates


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pictures"
    made.mkdir()
    for number in range(2):
        Image.fromarray(base_models.photograph_like(180, 190, seed=number)).save(made / f"{number}.png")
    return made


def test_rates_are_met_and_what_is_out_of_range_is_counted(folder: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        rates.main, [str(folder), "--rates", "0.7,50", "--only", "1.png", "--check", "--json", str(tmp_path / "a.json")]
    )
    assert done.exit_code == 0, done.output
    near, far = json.loads((tmp_path / "a.json").read_text())["results"]
    assert near["name"] == far["name"] == "1.png"
    assert abs(near["bits"] / 0.7 - 1) < rates.WITHIN
    assert far["level"] == 1023
    assert far["bits"] < 50


def test_a_rate_that_is_no_number_is_refused(folder: Path) -> None:
    done = CliRunner().invoke(rates.main, [str(folder), "--rates", "0.1,much"])
    assert done.exit_code == 2
    assert "much" in done.output
