"""Which argument is the output: told by its name alone where it can be, and nothing is replaced that nobody named."""

from pathlib import Path

import click
import pytest

from hybridcodec.cli.outputs import DECODING, ENCODING, Grammar, as_path, plan
from hybridcodec.errors import HybridcodecError, InputError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two pictures, two .hyc files, and a folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.png", "b.png", "sub/a.png", "a.hyc", "b.hyc", "notes"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    return tmp_path


def planned(line: str, grammar: Grammar = ENCODING, *, force: bool = False, output: str | None = None) -> list[str]:
    suffix = ".hyc" if grammar is ENCODING else ".png"
    return [f"{source} -> {target}" for source, target in plan(line.split(), output, grammar, suffix, force=force)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a.png", ["a.png -> a.hyc"]),
        ("sub/a.png", ["sub/a.png -> sub/a.hyc"]),
        ("a.png b.png", ["a.png -> a.hyc", "b.png -> b.hyc"]),
        ("a.png sub/a.png", ["a.png -> a.hyc", "sub/a.png -> sub/a.hyc"]),
        ("a.png new.hyc", ["a.png -> new.hyc"]),
        ("a.png b.hyc", ["a.png -> b.hyc"]),
        ("a.png NEW.HYC", ["a.png -> NEW.HYC"]),
        ("a.png new", ["a.png -> new"]),
        ("a.png 1.2.5", ["a.png -> 1.2.5"]),
        ("a.png sub", ["a.png -> sub/a.hyc"]),
        ("a.png sub/", ["a.png -> sub/a.hyc"]),
        ("a.png made/deep/", ["a.png -> made/deep/a.hyc"]),
        ("a.png x.png/", ["a.png -> x.png/a.hyc"]),
        ("a.png b.png made", ["a.png -> made/a.hyc", "b.png -> made/b.hyc"]),
        ("a.png -", ["a.png -> -"]),
        ("- x.hyc", ["- -> x.hyc"]),
        ("- -", ["- -> -"]),
        ("missing.png new.hyc", ["missing.png -> new.hyc"]),
    ],
)
def test_encoding_finds_its_output(line: str, expected: list[str]) -> None:
    assert planned(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a.hyc", ["a.hyc -> a.png"]),
        ("a.hyc b.hyc", ["a.hyc -> a.png", "b.hyc -> b.png"]),
        ("a.hyc new.tif", ["a.hyc -> new.tif"]),
        ("a.hyc a.png", ["a.hyc -> a.png"]),
        ("a.hyc b.hyc made", ["a.hyc -> made/a.png", "b.hyc -> made/b.png"]),
        ("a.hyc made/", ["a.hyc -> made/a.png"]),
        ("a.hyc x.jpg", ["a.hyc -> x.jpg"]),
        ("- -", ["- -> -"]),
    ],
)
def test_decoding_finds_its_output(line: str, expected: list[str]) -> None:
    assert planned(line, DECODING) == expected


def test_output_that_is_named_by_an_option_leaves_all_arguments_inputs() -> None:
    assert planned("a.png b.png", output="made") == ["a.png -> made/a.hyc", "b.png -> made/b.hyc"]
    assert planned("a.hyc", DECODING, output="x.ppm") == ["a.hyc -> x.ppm"]
    assert planned("a.png", output="a.hyc", force=True) == ["a.png -> a.hyc"]


@pytest.mark.parametrize(
    ("grammar", "line", "output", "says"),
    [
        (ENCODING, "a.png new.png", None, "new.png: is no name for a .hyc file"),
        (ENCODING, "a.png b.png new.png", None, "new.png: is no name for a .hyc file"),
        (ENCODING, "a.png", "b.png", "b.png: is no name for a .hyc file"),
        (ENCODING, "a.png out.txt", None, "out.txt: is no name for a .hyc file; call it .hyc, or name a folder"),
        (ENCODING, "a.png", "out.hyx", "out.hyx: is no name for a .hyc file"),
        (ENCODING, "a.png missing.png made/", None, "missing.png: does not exist, and nothing was done"),
        (DECODING, "a.hyc out.txt", None, "out.txt: is no name for a picture"),
        (DECODING, "a.hyc missing.hyc", None, "missing.hyc: does not exist, and nothing was done"),
        (ENCODING, "a.png b.png new.hyc", None, "is one file, found 2 inputs; name a folder, such as new/"),
        (ENCODING, "a.png b.png -", None, "is one file, found 2 inputs"),
        (ENCODING, "a.png sub/a.png made/", None, "would become made/a.hyc, as a.png would"),
        (ENCODING, "a.png ./a.png", None, "would become a.hyc, as a.png would"),
        (ENCODING, ". made/", None, "is a folder; name files"),
        (ENCODING, "- made/", None, "has no name"),
        (ENCODING, "a.png a.hyc/", None, "cannot be used as output folder"),
        (DECODING, "a.hyc b.hyc", "x.hyc", "x.hyc: is no name for a picture"),
        (DECODING, "a.hyc b.hyc x.png", None, "is one file, found 2 inputs"),
    ],
)
def test_what_is_not_clear_is_refused_and_makes_nothing(
    here: Path, grammar: Grammar, line: str, output: str | None, says: str
) -> None:
    before = sorted(here.rglob("*"))
    with pytest.raises(InputError, match=says):
        planned(line, grammar, output=output)
    assert sorted(here.rglob("*")) == before


@pytest.mark.parametrize(
    ("grammar", "line"),
    [(ENCODING, "a.png b.png"), (ENCODING, "a.png notes"), (DECODING, "a.hyc"), (DECODING, "a.hyc b.hyc")],
)
def test_force_replaces_nothing_that_nobody_named(grammar: Grammar, line: str) -> None:
    with pytest.raises(click.UsageError, match="OUT is missing"):
        planned(line, grammar, force=True)


def test_force_may_renew_the_file_beside_one_picture() -> None:
    assert planned("a.png", force=True) == ["a.png -> a.hyc"]


def test_standard_input_alone_needs_an_output() -> None:
    with pytest.raises(click.UsageError, match="name OUT"):
        planned("-")


def test_no_output_is_an_input_of_another_job(here: Path) -> None:
    (here / "x").mkdir()
    (here / "x" / "b.png").hardlink_to(here / "a.hyc")
    with pytest.raises(HybridcodecError, match=r"which is the input a\.hyc"):
        planned("a.hyc b.hyc x", DECODING)


def test_dash_with_a_folder_in_front_is_a_file(here: Path) -> None:
    assert as_path("-") == Path("-")
    assert as_path("./-") == here / "-"
    assert as_path("sub/../-") == Path("sub/../-")
