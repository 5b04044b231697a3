"""What the pages for developers say is so: files they name are there, rooms are on the map, commands run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = ("CONTRIBUTING.md", "docs/architecture.md", "container/reference/README.md")
HOMES = ("", "hybridcodec", "container/hybridcodec_container", "container", "docs")
TREES = ("hybridcodec", "container/hybridcodec_container", "container/reference")
FILE = re.compile(r"`([\w./-]+(?:\.(?:py|md|hyc)|/))`")


def named_files(page: str) -> set[str]:
    return {name for name in FILE.findall((ROOT / page).read_text()) if "NAME" not in name}


def is_there(name: str) -> bool:
    if any((ROOT / home / name).exists() for home in HOMES):
        return True
    return "/" not in name and any(any((ROOT / tree).rglob(name)) for tree in TREES)


def commands() -> list[str]:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    block = text.partition("<!-- commands: begin -->")[2].partition("<!-- commands: end -->")[0]
    found = [line for line in block.splitlines() if line and not line.startswith("```")]
    assert len(found) >= 6
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    named = named_files(page)
    assert len(named) >= 5
    assert {name for name in named if not is_there(name)} == set()


def test_a_file_that_is_not_there_is_noticed() -> None:
    assert not is_there("hybridcodec/nowhere.py")
    assert not is_there("nowhere.py")


def test_every_room_is_on_the_map() -> None:
    rooms = [path.parent.name + "/" for path in (ROOT / "hybridcodec").glob("*/__init__.py")]
    modules = [path.name for path in (ROOT / "hybridcodec").glob("*.py") if not path.name.startswith("__")]
    page = (ROOT / "docs" / "architecture.md").read_text()
    assert [name for name in (*rooms, *modules) if name not in page] == []


def test_the_readme_leads_to_both_pages() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "`docs/architecture.md`" in readme
    assert "`CONTRIBUTING.md`" in readme


def test_every_word_of_the_glossary_has_one_meaning() -> None:
    glossary = (ROOT / "docs" / "architecture.md").read_text().partition("## The project's own words")[2]
    words = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", glossary, re.MULTILINE)[1:]
    each = [word.strip() for entry in words for word in entry.split(",")]
    assert len(each) > 30
    assert len(set(each)) == len(each)
    assert words == sorted(words)


@pytest.mark.parametrize("command", commands())
def test_every_command_of_the_recipes_runs(command: str) -> None:
    ours = f'python() {{ "{sys.executable}" "$@"; }}\n'
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "container")])}
    shell = ["/bin/bash", "-c", ours + command]
    done = subprocess.run(shell, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert done.stdout.strip()
