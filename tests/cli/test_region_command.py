"""`decode --region` and `--scale`: what a shell sees."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import hybridcodec
from hybridcodec import cli
from hybridcodec.sources import read_picture

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> tuple[int, str]:
        """The exit code, and all that is said."""
        code = cli.run([str(argument) for argument in arguments])
        said = capfd.readouterr()
        return code, said.out + said.err

    return run


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    samples = np.random.default_rng(5).integers(90, 110, (19, 33, 3), np.uint8)
    path = tmp_path_factory.mktemp("regions") / "photo.hyc"
    path.write_bytes(hybridcodec.encode(samples))
    return path


def test_a_region_is_written_and_what_is_proven_is_said(file: Path, tmp_path: Path, run: Run) -> None:
    code, said = run("decode", "--region", "3,4,20,10", file, tmp_path / "cut.png")
    assert code == 0, said
    assert "20x10 RGB, exact layer, region 3,4,20,10 of 33x19; " in said
    assert " tiles read and proven, not the rest of the file, " in said
    whole = hybridcodec.decode(file.read_bytes())
    assert np.array_equal(read_picture(tmp_path / "cut.png").samples, whole[4:14, 3:23])


def test_a_preview_is_written_in_another_size(file: Path, tmp_path: Path, run: Run) -> None:
    code, said = run("decode", "--layer", "base", "--scale", 1, "--region", "1,2,9,8", file, tmp_path / "cut.png")
    assert code == 0, said
    half = hybridcodec.decode(file.read_bytes(), layer="base", scale=1)
    assert half.shape == (10, 17, 3)
    assert np.array_equal(read_picture(tmp_path / "cut.png").samples, half[2:10, 1:10])
    assert run("decode", "--layer", "base", "--scale", 1, file, tmp_path / "half.png")[0] == 0
    assert np.array_equal(read_picture(tmp_path / "half.png").samples, half)


@pytest.mark.parametrize("region", ["", "1,2,3", "a,b,c,d", "0,0,0,5", "-1,0,5,5", "1,2,3,4,5", "1.5,0,2,2"])
def test_what_is_no_region_is_a_usage_error(region: str, file: Path, tmp_path: Path, run: Run) -> None:
    code, said = run("decode", "--region", region, file, tmp_path / "cut.png")
    assert code == 2
    (line,) = said.splitlines()
    assert line.startswith("hybridcodec decode: Invalid value for '--region': expected X,Y,W,H, ")
    assert not (tmp_path / "cut.png").exists()


def test_a_region_beyond_the_picture_is_one_line(file: Path, tmp_path: Path, run: Run) -> None:
    code, said = run("decode", "--region", "30,0,4,4", file, tmp_path / "cut.png")
    assert code == 1
    assert said == f"hybridcodec: {file}: the region 30,0,4,4 reaches beyond the picture of 33x19 pixels\n"


@pytest.mark.parametrize("other", ["--partial", "--salvage"])
def test_regions_are_of_whole_files(other: str, file: Path, tmp_path: Path, run: Run) -> None:
    code, said = run("decode", "--layer", "perceptual", other, "--region", "0,0,4,4", file, tmp_path / "cut.png")
    assert code == 2
    assert "--region and --scale take whole files" in said
    assert run("decode", "--scale", 1, file, tmp_path / "cut.png")[0] == 2
