"""The files of an archive: what was stored comes back, packed or not, whatever happens to those who pack."""

import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from toys import zlib_worker

from hybridcodec.errors import HybridcodecError, InputError
from hybridcodec.orthanc.area import WAITING, Area

DATA = bytes(5000)
NAME = "0f1e2d3c-0000-4000-8000-000000000001"


class Zlib:
    """Packs in this process; `before` is called before each request."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self.before = before

    def pack(self, source: Path, target: Path) -> None:
        self.before()
        zlib_worker.pack(str(source), str(target))

    def restore(self, source: Path) -> bytes:
        try:
            return zlib_worker.restore(str(source))
        except zlib.error as error:
            raise HybridcodecError(str(error)) from error


@pytest.fixture
def area(tmp_path: Path) -> Area:
    area = Area(tmp_path, Zlib(), Zlib())
    area.close()  # what waits is packed when a test says so
    return area


def files(area: Area) -> set[str]:
    """Return the names of all files below the folder of an archive."""
    return {str(path.relative_to(area.root)) for path in area.root.rglob("*") if path.is_file()}


def test_file_is_read_as_it_was_stored_before_and_after_it_is_packed(area: Area) -> None:
    area.create(NAME, DATA, pack=True)
    assert files(area) == {f"0f/1e/{NAME}", f"{WAITING}/{NAME}"}
    assert area.read(NAME) == DATA
    assert area.pack(NAME) == ""
    assert files(area) == {f"0f/1e/{NAME}.hyc"}
    assert area.read(NAME) == DATA


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"refuse" + DATA, "is refused"), (b"other" + DATA, "gives back another file"), (b"x", "would not be smaller")],
)
def test_what_cannot_be_packed_or_does_not_come_back_stays_as_it_is(area: Area, data: bytes, reason: str) -> None:
    area.create(NAME, data, pack=True)
    assert reason in area.pack(NAME)
    assert files(area) == {f"0f/1e/{NAME}"}
    assert area.read(NAME) == data


def test_files_that_orthanc_stored_before_are_read(area: Area) -> None:
    (area.root / "0f" / "1e").mkdir(parents=True)
    (area.root / "0f" / "1e" / NAME).write_bytes(DATA)
    assert area.read(NAME) == DATA


def test_file_that_is_removed_is_gone_in_every_form(area: Area) -> None:
    for packed in (False, True):
        area.create(NAME, DATA, pack=True)
        if packed:
            area.pack(NAME)
        area.remove(NAME)
        assert files(area) == set()
        with pytest.raises(InputError, match="is not stored here"):
            area.read(NAME)
    area.remove(NAME)


def test_file_that_is_removed_while_it_is_packed_does_not_come_again(tmp_path: Path) -> None:
    area = Area(tmp_path, Zlib(lambda: area.remove(NAME)), Zlib())
    area.close()
    area.create(NAME, DATA, pack=True)
    assert area.pack(NAME) == "was removed"
    assert files(area) == set()


def test_file_is_never_replaced_by_another_of_its_name(area: Area) -> None:
    area.create(NAME, DATA, pack=True)
    with pytest.raises(FileExistsError):
        area.create(NAME, b"other", pack=True)
    area.pack(NAME)
    with pytest.raises(InputError, match="is stored already"):
        area.create(NAME, b"other", pack=True)
    assert area.read(NAME) == DATA


@pytest.mark.parametrize("name", ["", "abc", "../../etc/passwd", "0f/1e/x", "a\0bcd", ".hidden"])
def test_name_that_is_none_of_orthancs_leads_nowhere(area: Area, name: str) -> None:
    for call in (area.read, area.remove, lambda name: area.create(name, DATA, pack=True)):
        with pytest.raises(InputError, match="no name of a stored file"):
            call(name)


def test_what_waits_is_packed_by_the_next_run_and_killed_ones_leave_nothing(area: Area, tmp_path: Path) -> None:
    area.create(NAME, DATA, pack=True)
    place = tmp_path / "0f" / "1e"
    (place / f"{NAME}.hyc.tmp").write_bytes(b"half a fi")
    (place / f"{NAME}2.tmp").write_bytes(b"half a fi")
    following = Area(tmp_path, Zlib(), Zlib())
    following.create(NAME + "2", b"refuse", pack=True)
    following.close(finish=True)
    assert files(area) == {f"0f/1e/{NAME}.hyc", f"0f/1e/{NAME}2"}


def test_damaged_file_is_an_error_and_never_other_bytes(area: Area, tmp_path: Path) -> None:
    area.create(NAME, DATA, pack=True)
    area.pack(NAME)
    (tmp_path / "0f" / "1e" / f"{NAME}.hyc").write_bytes(b"damaged")
    with pytest.raises(HybridcodecError, match="incorrect header check"):
        area.read(NAME)
