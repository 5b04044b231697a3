"""Versions stand in three places: ranges in pyproject.toml, tested ones in constraints.txt, and those with hashes."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
HASHES = r"(?: \\\n +--hash=sha256:[0-9a-f]{64})+"
ENTRY = re.compile(rf"(?P<name>[\w.-]+)==(?P<version>\S+)(?: ; [^\\]+?)?{HASHES}")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {
    "requirements.txt": ("build", "dicom", "example", "jpeg"),
    "requirements-test.txt": tuple(PROJECT["optional-dependencies"]),
}


def hashed(name: str) -> dict[str, str]:
    """Return the versions in a file in which every line is an entry with hashes."""
    text = (ROOT / name).read_text()
    entries = re.split(r"\n(?=\w)", text.rstrip("\n"))
    found = [ENTRY.fullmatch(entry) for entry in entries]
    assert None not in found, next(entry for entry, match in zip(entries, found, strict=True) if match is None)
    return {canonicalize_name(match["name"]): match["version"] for match in found if match}


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.mark.parametrize("name", EXTRAS)
def test_file_with_hashes_has_what_the_project_asks_for_in_the_versions_that_are_tested(name: str) -> None:
    versions, tested = hashed(name), pinned()
    asked = [*PROJECT["dependencies"]]
    for extra in EXTRAS[name]:
        asked += PROJECT["optional-dependencies"][extra]
    for requirement in map(Requirement, asked):
        package = canonicalize_name(requirement.name)
        assert requirement.specifier.contains(versions[package]), f"make hashes: {package}"
    assert {package: tested.get(package, version) for package, version in versions.items()} == versions, "make hashes"
    assert "setuptools" in versions  # which builds the package where nothing else may be fetched


def test_every_dependency_has_a_version_that_is_tested() -> None:
    asked = [*PROJECT["dependencies"], *(one for extra in PROJECT["optional-dependencies"].values() for one in extra)]
    assert {canonicalize_name(Requirement(one).name) for one in asked} <= set(pinned())
