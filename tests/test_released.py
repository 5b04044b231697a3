"""What a release left behind never changes: golden files, and models that files name."""

import hashlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LISTS = sorted((ROOT / "container" / "golden").glob("released-*.sha256"))


def test_there_is_a_list_of_the_first_release() -> None:
    assert LISTS[0].name == "released-1.0.0.sha256"


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_every_file_of_a_release_is_as_it_was(path: Path) -> None:
    lines = [line.split(maxsplit=1) for line in path.read_text(encoding="ascii").splitlines()]
    assert len(lines) > 100  # golden files alone are more
    changed = [name for digest, name in lines if hashlib.sha256((ROOT / name).read_bytes()).hexdigest() != digest]
    assert not changed
