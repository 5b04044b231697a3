"""The commands on small folders: what they measure, print, write, and when they fail."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import hybridcodec
from benchmarks import ablation, base, lossless, near_lossless
from benchmarks.base import Comparison, missed_bars
from benchmarks.codecs import U8
from benchmarks.folder import find_pictures
from benchmarks.measure import measure, worst_error
from benchmarks.memory import peak_mb, resident_mb
from benchmarks.previews import Preview, judged, other_preview


def _picture(height: int, width: int) -> U8:
    rng = np.random.default_rng(3)
    field = (
        128 + np.cumsum(rng.normal(0, 2, (height, width, 3)), 0) + np.cumsum(rng.normal(0, 2, (height, width, 3)), 1)
    )
    return np.clip(field, 0, 255).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures of 24x17 pixels, one of a kind that is refused, and a text."""
    path = tmp_path / "few"
    path.mkdir()
    for name, samples in (("a", _picture(17, 24)), ("b", _picture(17, 24)[::-1])):
        Image.fromarray(samples).save(path / f"{name}.png")
    Image.fromarray(np.zeros((5, 5), np.uint16)).save(path / "deep.png")
    (path / "SOURCES.md").write_text("none")
    return path


def test_what_cannot_be_read_is_left_out_by_name(folder: Path) -> None:
    found = find_pictures(folder)
    assert [path.name for path in found.files] == ["a.png", "b.png"]
    assert len(found.left_out) == 1
    assert "deep.png" in found.left_out[0]
    assert len(find_pictures(folder, limit=1).files) == 1


def test_a_codec_is_measured_in_a_process_of_its_own(folder: Path) -> None:
    pytest.importorskip("imagecodecs")
    found = measure("png", find_pictures(folder).files, threads=1)
    assert [file.name for file in found.files] == ["a.png", "b.png"]
    assert found.within_bound
    assert found.samples == 2 * 17 * 24 * 3
    assert found.peak_mb >= found.idle_mb > 5
    assert min(file.encode_s for file in found.files) > 0


def test_lossless_writes_table_and_json(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("imagecodecs")
    results, data = tmp_path / "results.md", tmp_path / "out.json"
    results.write_text("<!-- begin lossless few -->\n<!-- end lossless few -->\n")
    options = ["--codecs", "hybridcodec,png", "--json", str(data), "--results", str(results)]
    done = CliRunner().invoke(lossless.main, [str(folder), *options])
    assert done.exit_code == 0, done.output
    ours, png = json.loads(data.read_text())["results"]
    assert png["within_bound"]
    assert ours["within_bound"]
    assert png["base_bits"] is None
    assert 0 < ours["base_bits"] < ours["bits"]
    assert ours["verify_s"] > 0
    assert "deep.png" in results.read_text()
    assert "| PNG, level 9 |" in results.read_text()


def test_threads_are_counted_where_they_can_matter(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("imagecodecs")
    data = tmp_path / "out.json"
    options = ["--codecs", "png,jxl7", "--threads", "2,1", "--limit", "1", "--json", str(data)]
    done = CliRunner().invoke(lossless.main, [str(folder), *options])
    assert done.exit_code == 0, done.output
    found = [(each["codec"], each["threads"]) for each in json.loads(data.read_text())["results"]]
    assert found == [("png", 1), ("jxl7", 1), ("jxl7", 2)]


@pytest.mark.parametrize("threads", ["0", "1,", "two", "-1"])
def test_threads_are_numbers_from_one(folder: Path, threads: str) -> None:
    done = CliRunner().invoke(lossless.main, [str(folder), f"--threads={threads}"])
    assert done.exit_code == 2
    assert f"separated by commas, found {threads}" in done.output


def test_an_unknown_codec_is_a_usage_error(folder: Path) -> None:
    done = CliRunner().invoke(lossless.main, [str(folder), "--codecs", "png,gif"])
    assert done.exit_code == 2
    assert "gif" in done.output


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    done = CliRunner().invoke(lossless.main, [str(tmp_path)])
    assert done.exit_code == 1
    assert "no 8-bit gray or RGB picture" in done.output


def test_near_lossless_shows_bits_and_largest_error(folder: Path) -> None:
    pytest.importorskip("imagecodecs")
    done = CliRunner().invoke(near_lossless.main, [str(folder), "--codecs", "jpegls,png", "--bounds", "1,5"])
    assert done.exit_code == 0, done.output
    assert "[1]" in done.output
    assert "[5]" in done.output
    assert "quantised, then PNG" in done.output


def test_ablation_counts_the_residual_with_and_without_a_base_picture(folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "out.json"
    done = CliRunner().invoke(ablation.main, [str(folder), "--limit", "1", "--json", str(data)])
    assert done.exit_code == 0, done.output
    (found,) = json.loads(data.read_text())["results"]
    assert found["samples"] == 17 * 24 * 3
    assert min(found[part] for part in ("base", "residual", "gray")) > 0
    assert found["alone"] is found["beside"] is None
    shipped = str(Path(hybridcodec.__file__).parent / "models" / "residual-v2-normal.safetensors")
    given = [str(folder), "--limit", "1", "--json", str(data), "--with-base", shipped, "--without-base", shipped]
    done = CliRunner().invoke(ablation.main, given)
    assert done.exit_code == 0, done.output
    (found,) = json.loads(data.read_text())["results"]
    assert (found["beside"], found["alone"]) == (found["residual"], found["gray"])
    cost = (found["base"] + found["residual"]) / found["gray"] - 1
    assert done.output.count(f"{cost:+.2%}") == 2


@pytest.mark.parametrize("content", [b"", b"no model", b"\2\0\0\0\0\0\0\0{}"])
def test_what_is_no_residual_model_is_named_by_the_ablation(folder: Path, tmp_path: Path, content: bytes) -> None:
    odd = tmp_path / "odd.safetensors"
    odd.write_bytes(content)
    done = CliRunner().invoke(ablation.main, [str(folder), "--limit", "1", "--without-base", str(odd)])
    assert done.exit_code == 2
    assert f"{odd} is no residual model" in done.output


def test_without_other_codecs_a_benchmark_says_in_one_line_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    Image.fromarray(_picture(180, 180)).save(tmp_path / "one.png")
    done = CliRunner().invoke(base.main, [str(tmp_path)])
    assert done.exit_code == 1
    assert done.output.splitlines() == ["Error: other codecs need imagecodecs, of the extra `benchmark`"]


def test_base_compares_with_files_that_are_no_smaller(tmp_path: Path) -> None:
    pytest.importorskip("imagecodecs")
    pictures, data = tmp_path / "large", tmp_path / "out.json"
    pictures.mkdir()
    for name, side in (("large", 180), ("small", 30)):
        Image.fromarray(_picture(side, side)).save(pictures / f"{name}.png")
    done = CliRunner().invoke(base.main, [str(pictures), "--json", str(data)])
    assert done.exit_code == 0, done.output
    found = json.loads(data.read_text())["results"]
    assert [(each["name"], each["asked"]) for each in found] == [("large.png", rate) for rate in (None, 0.15, 0.40)]
    for each in found:
        assert min(each[name]["bytes"] for name in ("jpeg", "webp")) >= each["ours"]["bytes"]
    assert "1 picture was too small" in done.output


@pytest.mark.parametrize("name", ["jpeg", "webp"])
@pytest.mark.parametrize("colours", [1, 3])
def test_other_previews_have_at_least_the_bytes_asked_for(name: str, colours: int) -> None:
    pytest.importorskip("imagecodecs")
    original = _picture(180, 190) if colours == 3 else _picture(180, 190)[..., 0]
    small, large = (other_preview(original, name, least) for least in (1500, 6000))
    assert 1500 <= small.bytes < 6000 <= large.bytes
    assert small.ms_ssim < large.ms_ssim < 1
    assert small.psnr < large.psnr


def test_a_shift_in_brightness_is_seen_per_channel() -> None:
    original = _picture(180, 180).clip(20, 200)
    shifted = original + np.array([0, 2, 0], np.uint8)
    assert judged(original, shifted, 100).mean_errors == pytest.approx((0, 2, 0))


def test_each_missed_bar_is_named() -> None:
    good = Preview(3750, 0.97, 28.0, (0.1, -0.2, 0.0))
    worse = Preview(3800, 0.93, 27.0, (0.0, 0.0, 0.0))
    better = Preview(3800, 0.98, 30.0, (0.0, 0.0, 0.0))
    shifted = Preview(37500, 0.97, 28.0, (0.1, -0.7, 0.0))
    assert missed_bars([Comparison("a", asked, 100_000, 3000, good, worse, worse) for asked in (None, 0.30)]) == []
    for asked, name in ((None, "usual quality"), (0.4, "0.40 asked for")):
        missed = missed_bars([Comparison("b", asked, 100_000, 3000, shifted, better, better)])
        assert [line.split(",")[0] for line in missed] == [
            f"{name}: 3.000 bits per pixel",
            f"{name}: b: MS-SSIM below JPEG's",
            f"{name}: mean MS-SSIM 0.9700",
            f"{name}: b: mean error -0.70",
        ]


def test_a_usual_preview_may_be_small_and_one_at_a_rate_may_not() -> None:
    small, worse = Preview(1500, 0.93, 27.0, (0.0, 0.0, 0.0)), Preview(1600, 0.80, 23.0, (0.0, 0.0, 0.0))
    assert missed_bars([Comparison("a", None, 100_000, 1400, small, worse, worse)]) == []
    (missed,) = missed_bars([Comparison("a", 0.15, 100_000, 1400, small, worse, worse)])
    assert missed == "0.15 asked for: 0.120 bits per pixel, 0.15 asked for"


def test_peak_memory_remembers_what_was_given_back() -> None:
    before = peak_mb()
    held = np.ones(40_000_000, np.uint8)
    during = resident_mb()
    del held
    assert peak_mb() >= during - 1
    assert peak_mb() >= before


def test_pictures_of_different_shapes_differ_by_more_than_any_sample_can() -> None:
    assert worst_error(np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.uint8)) > 255
    assert worst_error(np.array([[0]], np.uint8), np.array([[255]], np.uint8)) == 255
