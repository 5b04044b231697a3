"""What a run is about, and what each output is called."""

import os
from pathlib import Path

import pytest

from hybridcodec.errors import InputError
from hybridcodec.pipeline.listing import Listing


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("in/a.png", "in/b.JPG", "in/note.txt", "in/sub/c.tif", "in/sub/deep/d.webp", "in/e.hyc", "other.xyz"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def outputs(*names: str, lines: str = "", keep_suffix: bool = False) -> dict[str, str]:
    listing = Listing(names, Path("out"), keep_suffix, lines.splitlines())
    return {output: os.path.relpath(source) for source, output in listing}


def test_folder_gives_its_pictures_and_counts_the_rest(tree: Path) -> None:
    listing = Listing(["in"], tree / "out")
    found = dict(listing)
    assert {os.path.relpath(source): output for source, output in found.items()} == {
        "in/a.png": "a.hyc",
        "in/b.JPG": "b.hyc",
        "in/sub/c.tif": "sub/c.hyc",
        "in/sub/deep/d.webp": "sub/deep/d.hyc",
    }
    assert all(os.path.isabs(source) for source in found)
    assert (listing.left_out, listing.count()) == (2, 4)


@pytest.mark.usefixtures("tree")
def test_file_that_is_named_is_taken_whatever_its_suffix() -> None:
    assert outputs("other.xyz", "missing.png") == {"other.hyc": "other.xyz", "missing.hyc": "missing.png"}


@pytest.mark.usefixtures("tree")
def test_pattern_mirrors_the_tree_below_what_is_fixed_of_it() -> None:
    assert set(outputs("in/**/*.tif", "in/*/deep/*")) == {"sub/c.hyc", "sub/deep/d.hyc"}
    assert set(outputs("*/a.png")) == {"in/a.hyc"}
    with pytest.raises(InputError, match="no file has such a name"):
        outputs("in/*.bmp")


def test_list_mirrors_paths_as_they_are_named(tree: Path) -> None:
    lines = f"in/a.png\nin/sub\n{tree}/in/b.JPG\n../elsewhere/x.png\n"
    found = outputs("-", lines=lines)
    elsewhere = str(tree.parent / "elsewhere" / "x.hyc").lstrip("/")
    assert set(found) == {"in/a.hyc", "in/sub/c.hyc", "in/sub/deep/d.hyc", "in/b.hyc", elsewhere}
    assert Listing(["-"], Path("out"), lines=lines.splitlines()).count() is None


@pytest.mark.usefixtures("tree")
def test_kept_suffix_tells_twins_apart() -> None:
    assert set(outputs("in/a.png", "in/b.JPG", keep_suffix=True)) == {"a.png.hyc", "b.JPG.hyc"}


def test_destination_is_no_source(tree: Path) -> None:
    assert set(dict(Listing(["in"], tree / "in" / "sub")).values()) == {"a.hyc", "b.hyc"}
    assert set(dict(Listing(["in/**"], tree / "in" / "sub")).values()) == {"a.hyc", "b.hyc", "note.hyc", "e.hyc"}
