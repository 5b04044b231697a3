"""What a run is about, what each file is, and what each output is called."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hybridcodec.errors import InputError
from hybridcodec.pipeline.listing import Entry, Listing
from hybridcodec.pipeline.others import Kind

PNG, APPLE_DOUBLE = b"\x89PNG\r\n\x1a\n", b"\0\x05\x16\x07"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("in/a.png", "in/b.JPG", "in/note.txt", "in/sub/c.tif", "in/sub/deep/d.webp", "in/e.hyc", "other.xyz"):
        put(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(path: Path, data: bytes = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def entries(*names: str, lines: str = "", keep_suffix: bool = False, destination: str = "out") -> list[Entry]:
    return list(Listing(names, Path(destination), keep_suffix, lines.split("\n")[:-1]))


def outputs(*names: str, lines: str = "", keep_suffix: bool = False) -> dict[str, str]:
    """Return the sources of pictures by output."""
    found = [entry for entry in entries(*names, lines=lines, keep_suffix=keep_suffix) if entry.kind is Kind.PICTURE]
    assert len({entry.output for entry in found}) == len(found)
    return {entry.output: os.path.relpath(entry.source) for entry in found}


def kinds(*names: str, lines: str = "") -> dict[str, Kind]:
    """Return the kind of every file by where it would be mirrored."""
    found = entries(*names, lines=lines)
    assert len({entry.source for entry in found}) == len(found)
    return {entry.output: entry.kind for entry in found}


def test_folder_gives_its_pictures_and_an_entry_of_all_the_rest(tree: Path) -> None:
    listing = Listing(["in"], tree / "out")
    found = {os.path.relpath(entry.source): (entry.output, entry.kind) for entry in listing}
    assert found == {
        "in/a.png": ("a.hyc", Kind.PICTURE),
        "in/b.JPG": ("b.hyc", Kind.PICTURE),
        "in/sub/c.tif": ("sub/c.hyc", Kind.PICTURE),
        "in/sub/deep/d.webp": ("sub/deep/d.hyc", Kind.PICTURE),
        "in/note.txt": ("note.txt", Kind.OTHER),
        "in/e.hyc": ("e.hyc", Kind.OTHER),
    }
    assert all(os.path.isabs(entry.source) for entry in listing)
    assert listing.others == {Kind.OTHER: {".txt": 1, ".hyc": 1}}
    assert listing.count() == 6


def test_file_that_is_named_is_a_picture_by_suffix_or_by_content(tree: Path) -> None:
    put(tree / "shot", PNG)
    put(tree / "in" / "shot", PNG)
    assert outputs("other.xyz", "missing.png", "shot") == {"missing.hyc": "missing.png", "shot.hyc": "shot"}
    assert kinds("other.xyz", "in/shot") == {"other.xyz": Kind.OTHER, "shot.hyc": Kind.PICTURE}
    assert kinds("in")["shot"] is Kind.OTHER  # in a folder the suffix decides


def test_file_whose_name_tells_nothing_is_a_picture_where_dicom_is_in_it(tree: Path) -> None:
    dicom = bytes(128) + b"DICM\2\0\0\0UL\4\0" + bytes(4)
    for name in ("IM000001", "1.2.840.5", "1.2.840.6", "DICOMDIR", "scan.xyz"):
        put(tree / "in" / name, dicom)
    found = kinds("in")
    assert found["IM000001.hyc"] is found["1.2.840.5.hyc"] is found["1.2.840.6.hyc"] is Kind.PICTURE
    assert found["DICOMDIR"] is found["scan.xyz"] is Kind.OTHER


@pytest.mark.usefixtures("tree")
def test_pattern_mirrors_the_tree_below_what_is_fixed_of_it() -> None:
    assert set(outputs("in/**/*.tif", "in/*/deep/*")) == {"sub/c.hyc", "sub/deep/d.hyc"}
    assert set(outputs("*/a.png")) == {"in/a.hyc"}
    with pytest.raises(InputError, match="no file has such a name"):
        outputs("in/*.bmp")


@pytest.mark.usefixtures("tree")
def test_pattern_that_fits_nothing_is_said_behind_everything_else() -> None:
    listing = iter(Listing(["in/*.bmp", "in/a.png"], Path("out")))
    assert next(listing).output == "a.hyc"
    with pytest.raises(InputError, match="no file has such a name"):
        next(listing)


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("pattern", ["i*/../../x*.png", "in/*/../a.png", "**/.."])
def test_pattern_that_goes_up_behind_a_wildcard_is_refused_before_any_work(pattern: str) -> None:
    with pytest.raises(InputError, match="cannot go up"):
        Listing([pattern], Path("out"))


def test_list_mirrors_paths_as_they_are_named(tree: Path) -> None:
    lines = f"in/a.png\nin/sub\n{tree}/in/b.JPG\n../elsewhere/x.png\n"
    found = outputs("-", lines=lines)
    elsewhere = str(tree.parent / "elsewhere" / "x.hyc").lstrip("/")
    assert set(found) == {"in/a.hyc", "in/sub/c.hyc", "in/sub/deep/d.hyc", "in/b.hyc", elsewhere}
    assert Listing(["-"], Path("out"), lines=lines.splitlines()).count() is None


def test_no_output_leaves_the_destination_whatever_a_list_says(tree: Path) -> None:
    put(tree / "..a" / "x.png")
    lines = "..a/x.png\n./in/../in/a.png\nin/sub/../../../y.png\n//in/b.png\nin/\0.png\n"
    for entry in entries("-", lines=lines):
        assert not os.path.isabs(entry.output)
        assert ".." not in entry.output.split("/"), entry
    assert "..a/x.hyc" in outputs("-", lines="..a/x.png\n")


def test_way_up_behind_a_link_is_what_the_system_says(tree: Path) -> None:
    put(tree / "far" / "x.png")
    (tree / "far" / "folder").mkdir()
    (tree / "link").symlink_to("far/folder")
    (entry,) = entries("link/../x.png")
    assert entry.source == str(tree / "far" / "x.png")
    (entry,) = entries("-", lines="link/../x.png\n")
    assert (entry.source, entry.output) == (str(tree / "far" / "x.png"), "far/x.hyc")


@pytest.mark.usefixtures("tree")
def test_kept_suffix_tells_twins_apart() -> None:
    assert set(outputs("in/a.png", "in/b.JPG", keep_suffix=True)) == {"a.png.hyc", "b.JPG.hyc"}


def test_destination_is_no_source(tree: Path) -> None:
    inside = str(tree / "in" / "sub")
    assert {entry.output for entry in entries("in", destination=inside)} == {"a.hyc", "b.hyc", "note.txt", "e.hyc"}
    assert {entry.output for entry in entries("in/**", destination=inside)} == {"a.hyc", "b.hyc", "note.txt", "e.hyc"}


@pytest.mark.usefixtures("tree")
def test_file_that_is_given_twice_is_one_source() -> None:
    everything = set(kinds("in"))
    assert set(kinds("in", "./in", "in/", "in/../in", "in/**/*", "in/a.png", "in/sub")) == everything
    assert set(kinds("-", lines="in\nin/a.png\nin/sub/\n")) == {f"in/{name}" for name in everything}


def test_folder_behind_a_link_and_the_folder_itself_are_one_source(tree: Path) -> None:
    (tree / "way").symlink_to("in")
    assert set(kinds("way", "in")) == set(kinds("in"))


def test_loop_of_links_gives_every_file_once(tree: Path) -> None:
    (tree / "in" / "sub" / "loop").symlink_to("..")
    (tree / "in" / "self").symlink_to(".")
    for name in ("in/**/*", "in/**", "in"):
        found = kinds(name)
        assert {found.pop("self"), found.pop("sub/loop")} == {Kind.LINKED_FOLDER}
        (tree / "in" / "sub" / "loop").unlink()
        (tree / "in" / "self").unlink()
        assert found == kinds(name)
        (tree / "in" / "sub" / "loop").symlink_to("..")
        (tree / "in" / "self").symlink_to(".")
    assert set(outputs("in/**/*.png", "in/*/*.png", "in/*/*/*.png")) == {"a.hyc"}


def test_links_are_followed_to_files_and_said_where_they_lead_elsewhere(tree: Path) -> None:
    put(tree / "away" / "x.png")
    (tree / "in" / "x.png").symlink_to("../away/x.png")
    (tree / "in" / "z.png").symlink_to("a.png")
    (tree / "in" / "broken.png").symlink_to("nowhere.png")
    (tree / "in" / "away").symlink_to("../away")
    found = kinds("in")
    assert found["x.hyc"] is Kind.PICTURE
    assert (found["broken.png"], found["away"]) == (Kind.BROKEN_LINK, Kind.LINKED_FOLDER)
    assert found["a.hyc"] is Kind.PICTURE
    assert found.get("z.png", found.get("z.hyc")) in (Kind.SAME, Kind.PICTURE)  # as the system lists them
    assert kinds("in/a.png", "in/z.png")["z.png"] is Kind.SAME
    assert kinds("-", lines="in/broken.png\n") == {"in/broken.png": Kind.BROKEN_LINK}


@pytest.fixture
def special(tree: Path) -> Iterator[Path]:
    """Make a pipe, a socket, and links to them and to a device in `in`."""
    os.mkfifo(tree / "in" / "pipe.png")
    (tree / "in" / "to pipe.png").symlink_to("pipe.png")
    (tree / "in" / "to device.png").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind("in/socket.png")
        yield tree / "in"


@pytest.mark.skipif(os.name != "posix", reason="this system has no such files")
def test_pipes_sockets_and_devices_are_told_wherever_they_come_from(special: Path) -> None:
    names = {"pipe.png", "to pipe.png", "to device.png", "socket.png"}
    lines = "".join(f"in/{name}\n" for name in names)
    found = kinds("in")
    assert {found[name] for name in names} == {Kind.SPECIAL}
    assert kinds(*(str(special / name) for name in names)) == dict.fromkeys(names, Kind.SPECIAL)
    assert set(kinds("-", lines=lines).values()) == {Kind.SPECIAL}
    assert {name for name, kind in kinds("in/*.png").items() if kind is Kind.SPECIAL} == names


def test_hidden_and_system_files_are_told_and_no_pictures(tree: Path) -> None:
    expected = {
        ".hidden/photo.png": Kind.HIDDEN, ".x.png": Kind.HIDDEN, "$RECYCLE.BIN/x.png": Kind.HIDDEN,
        "lost+found/#12.png": Kind.HIDDEN, ".Trash-1000/files/x.png": Kind.HIDDEN, ".Trashes/501/x.png": Kind.HIDDEN,
        "Thumbs.db": Kind.REMADE, "desktop.ini": Kind.REMADE, ".DS_Store": Kind.REMADE, "@eaDir/a/b.jpg": Kind.REMADE,
        "__MACOSX/._a.png": Kind.REMADE, ".thumbnails/n/1.png": Kind.REMADE, "._a.png": Kind.REMADE,
        "System Volume Information/x.png": Kind.REMADE, ".Spotlight-V100/x.png": Kind.REMADE,
        "old/.hybridcodec/evidence/0-original.png": Kind.OURS, "old/.HybridCodec/x.png": Kind.OURS,
    }  # fmt: skip
    for name in expected:
        put(tree / "all" / name, APPLE_DOUBLE)
    assert kinds("all") == expected


def test_picture_that_only_begins_like_a_file_of_a_mac_is_hidden_and_not_made_by_a_system(tree: Path) -> None:
    put(tree / "all" / "._a.png", PNG)
    assert kinds("all") == {"._a.png": Kind.HIDDEN}


def test_hidden_file_that_is_named_is_taken(tree: Path) -> None:
    put(tree / ".hidden" / "sub" / "a.png")
    put(tree / ".b.png")
    assert set(outputs(".hidden", ".b.png")) == {"sub/a.hyc", ".b.hyc"}
    assert set(outputs(".hidden/**/*.png", ".*.png")) == {"sub/a.hyc", ".b.hyc"}
    assert set(outputs("-", lines=".hidden/sub/a.png\n")) == {".hidden/sub/a.hyc"}


def test_pattern_meets_no_hidden_names(tree: Path) -> None:
    put(tree / "in" / ".hidden" / "a.png")
    put(tree / "in" / ".b.png")
    assert set(outputs("in/**/*.png", "in/*.png")) == {"a.hyc"}


@pytest.mark.parametrize(
    "name", ["out/.hybridcodec/evidence", "out/.hybridcodec/evidence/1-original.png", "out/.hybridcodec/*/*.png"]
)
def test_evidence_is_never_a_source_by_whatever_name(tree: Path, name: str) -> None:
    put(tree / "out" / ".hybridcodec" / "evidence" / "1-original.png")
    (tree / "way").symlink_to("out/.hybridcodec/evidence/1-original.png")
    assert set(kinds(name).values()) == {Kind.OURS}
    assert set(kinds("-", lines=f"{name}\n").values()) <= {Kind.OURS, Kind.PICTURE}
    assert kinds("way", "out") == {"way": Kind.OURS}


def test_ledger_and_evidence_in_another_place_are_no_sources(tree: Path) -> None:
    put(tree / "in" / "book.sqlite")
    put(tree / "in" / "book.sqlite-wal")
    put(tree / "in" / "evidence" / "1-original.png")
    listing = Listing(["in"], tree / "out", ledger=tree / "in" / "book.sqlite")
    assert {entry.output for entry in listing} == set(kinds("in")) - {
        "book.sqlite", "book.sqlite-wal", "evidence/1-original.hyc",
    }  # fmt: skip


def test_folder_that_cannot_be_listed_is_an_entry_and_not_the_end(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    def scandir(path: str) -> object:
        if path == os.path.join("in", "sub"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    for name in ("in", "in/**/*"):
        (folder,) = [entry for entry in entries(name) if entry.kind is Kind.UNREADABLE]
        assert (folder.source, folder.output, folder.about) == (str(tree / "in" / "sub"), "sub", "Permission denied")
        assert {"a.hyc", "b.hyc", "note.txt", "e.hyc"} <= set(kinds(name))


def test_tree_deeper_than_the_stack_is_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    deep = Path("in", *["d"] * 400)
    put(deep / "a.png")
    for name in ("in", "in/**/*.png"):
        assert [entry.kind for entry in entries(name)] == [Kind.PICTURE]


def test_words_for_what_is_no_picture_are_bounded(tree: Path) -> None:
    for number in range(100):
        put(tree / "many" / f"x.{number}")
    listing = Listing(["many"], tree / "out")
    assert len(list(listing)) == 100
    counter = listing.others[Kind.OTHER]
    assert (len(counter), counter.total(), counter["of other names"]) == (41, 100, 60)


@pytest.mark.parametrize("name", ["nope/", "nope/.", "nope/..", "in/a.png/", "in/a.png/.", ""])
def test_folder_by_its_name_that_is_none_is_one_unreadable_entry(tree: Path, name: str) -> None:
    listing = Listing([name, "in/a.png"], tree / "out")
    odd, picture = list(listing)
    assert (odd.kind, picture.output, listing.count()) == (Kind.UNREADABLE, "a.hyc", 2)
    assert odd.about == ("Not a directory" if "a.png" in name else "No such file or directory")
    assert name == "" or {entry.kind for entry in entries("-", lines=f"{name}\n")} == {Kind.UNREADABLE}
