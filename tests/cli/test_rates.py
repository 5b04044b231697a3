"""`encode --quality`, `--target-bpp` and `--target-size`, and the same as options of the library."""

import subprocess
import sys
from pathlib import Path

import base_models
import numpy as np
import pytest
from click.testing import CliRunner
from hyc_files import only
from PIL import Image

import hybridcodec
from hybridcodec import Palette, Picture, SampleKind
from hybridcodec.base.variable.decoder import Common
from hybridcodec.cli.encode import command
from hybridcodec.errors import InputError
from hybridcodec.files import verify_file
from hybridcodec.kinds import INDEXED
from hybridcodec.modes import Effort
from hybridcodec.options import Options

PICTURE = base_models.photograph_like(190, 270)
PIXELS = 190 * 270


def perceptual(**options: float) -> bytes:
    return hybridcodec.encode(PICTURE, mode="perceptual", options=Options(**options))


def quality_of(data: bytes) -> int:
    layer = only(data).base
    assert layer is not None
    return Common.of(layer.common).quality


@pytest.mark.parametrize("bits", [0.4, 0.8])
def test_bits_per_pixel_are_those_of_the_whole_file(bits: float) -> None:
    assert abs(8 * len(perceptual(target_bpp=bits)) / PIXELS / bits - 1) < 0.02


def test_a_size_is_that_of_the_whole_file() -> None:
    assert abs(len(perceptual(target_size=4000)) - 4000) < 80


def test_a_quality_is_written_into_the_file_and_the_usual_one_is_that_of_lossless_files() -> None:
    assert [quality_of(perceptual(quality=q)) for q in (0, 50, 100)] == [0, 512, 1023]
    assert quality_of(hybridcodec.encode(PICTURE)) == quality_of(perceptual())


@pytest.mark.parametrize(
    "options",
    [
        {"quality": -1},
        {"quality": 100.5},
        {"quality": "high"},
        {"quality": True},
        {"quality": float("nan")},
        {"target_bpp": 0},
        {"target_size": 0},
        {"quality": 10, "target_size": 1000},
    ],
)
def test_a_rate_that_is_none_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        Options(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["lossless", "near-lossless"])
def test_a_rate_in_another_mode_is_refused_rather_than_left_out(mode: str) -> None:
    with pytest.raises(InputError, match="perceptual"):
        hybridcodec.encode(PICTURE, mode=mode, max_error=int(mode != "lossless"), options=Options(quality=50))


def test_less_effort_for_a_preview_alone_is_refused_and_so_is_one_that_is_none() -> None:
    with pytest.raises(InputError, match="effort fast belongs to exact layers"):
        hybridcodec.encode(PICTURE[:9, :9], mode="perceptual", options=Options(effort=Effort.FAST))
    with pytest.raises(InputError, match="effort"):
        Options(effort="most")  # type: ignore[arg-type]


def test_more_effort_is_an_option_of_the_command(tmp_path: Path) -> None:
    Image.fromarray(PICTURE[:48, :64]).save(tmp_path / "b.png")
    options = [str(tmp_path / "b.png"), str(tmp_path / "b.hyc"), "--target-size", "600", "--effort", "best"]
    done = CliRunner().invoke(command, [*options, "--mode", "perceptual"])
    assert done.exit_code == 0, done.output
    assert abs((tmp_path / "b.hyc").stat().st_size - 600) < 40
    refused = CliRunner().invoke(command, [*options[:2], "--mode", "perceptual", "--effort", "fast", "-f"])
    assert refused.exit_code == 2


def test_the_effort_of_a_photograph_stands_in_its_file(tmp_path: Path) -> None:
    samples, found = PICTURE[:48, :64], {}
    for effort in Effort:
        for mode, bound in (("lossless", 0), ("near-lossless", 2)):
            data = hybridcodec.encode(samples, mode=mode, max_error=bound, options=Options(effort=effort))
            info = hybridcodec.read_info(data)
            assert info.effort.startswith(f"{effort}, decoded in ")
            found[effort, mode] = len(data)
            assert np.abs(hybridcodec.decode(data).astype(int) - samples).max() <= bound
    Image.fromarray(samples).save(tmp_path / "b.png")
    done = CliRunner().invoke(command, [str(tmp_path / "b.png"), str(tmp_path / "b.hyc"), "--effort", "best"])
    assert done.exit_code == 0, done.output
    assert hybridcodec.read_info((tmp_path / "b.hyc").read_bytes()).effort.startswith("best")


def test_pictures_of_every_kind_meet_a_size() -> None:
    indexed = SampleKind(INDEXED, 4, palette=Palette(3, 8, bytes(range(48))))
    kinds = [
        Picture.of(PICTURE[..., 0] // 16, indexed),
        Picture.of(PICTURE[..., :2]),
        Picture.of(np.concatenate([PICTURE, PICTURE[..., :1]], 2)),
        Picture.of(PICTURE[..., 0].astype(np.uint16) * 200),
    ]
    for picture in kinds:
        data = hybridcodec.encode(picture, mode="perceptual", options=Options(target_size=3000))
        assert abs(len(data) - 3000) < 90, picture.kind


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    Image.fromarray(PICTURE).save(path)
    return path


def test_the_command_meets_a_target_and_proves_the_file(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.hyc"
    given = [str(source), str(out), "--mode", "perceptual", "--target-size", "3000"]
    result = CliRunner().invoke(command, given)
    assert result.exit_code == 0, result.output
    assert abs(out.stat().st_size - 3000) < 60
    assert verify_file(out).mode == "perceptual"
    assert np.abs(hybridcodec.decode(out.read_bytes(), layer="perceptual").astype(int) - PICTURE).mean() < 20


@pytest.mark.parametrize(("size", "word"), [("1", "coarsest"), ("5000000", "finest")])
def test_a_target_out_of_reach_is_said(source: Path, tmp_path: Path, size: str, word: str) -> None:
    out = tmp_path / "a.hyc"
    result = CliRunner().invoke(command, [str(source), str(out), "--mode", "perceptual", "--target-size", size])
    assert result.exit_code == 0, result.output
    assert f"asked for {int(size):,} bytes, found {out.stat().st_size:,}" in result.output
    assert word in result.output


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n\0\0", b"no picture at all"])
def test_bad_input_with_a_target_is_one_line_and_no_file(tmp_path: Path, content: bytes) -> None:
    source, out = tmp_path / "a.png", tmp_path / "a.hyc"
    source.write_bytes(content)
    given = ["encode", str(source), str(out), "--mode", "perceptual", "--target-bpp", "0.3"]
    arguments = [sys.executable, "-P", "-m", "hybridcodec", *given]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode in (1, 4, 5)
    assert len(done.stderr.splitlines()) == 1
    assert not out.exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--quality", "50"], "belong to --mode perceptual"),
        (["--mode", "perceptual", "--quality", "50", "--target-bpp", "0.2"], "one of"),
        (["--mode", "perceptual", "--quality", "101"], "101"),
        (["--mode", "perceptual", "--target-size", "0"], "0"),
        (["--mode", "perceptual", "--target-bpp", "nan"], "nan"),
        (["--mode", "perceptual", "--quality", "nan"], "nan"),
    ],
)
def test_rates_that_do_not_fit_are_refused_before_anything_is_written(
    source: Path, given: list[str], message: str
) -> None:
    result = CliRunner().invoke(command, [str(source), *given])
    assert result.exit_code == 2
    assert message in result.output
    assert not source.with_suffix(".hyc").exists()
