"""The files of an older commit, in a folder of their own, for what is compared with today's; git keeps no trace."""

import io
import subprocess
import tarfile
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]


def unpacked(commit: str, folder: Path, repository: Path = ROOT) -> str:
    """Put the files of a commit into a folder and return its short name.

    Raises:
        click.ClickException: no git, no repository, or no such commit in it.
    """
    known = _git(repository, "rev-parse", "--short", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")
    if not known:
        raise click.ClickException(f"no commit {commit!r} in {repository.name}, or no git")
    name = known.decode().strip()
    with tarfile.open(fileobj=io.BytesIO(_git(repository, "archive", "--format=tar", name))) as files:
        files.extractall(folder, filter="data")
    return name


def _git(repository: Path, *arguments: str) -> bytes:
    """Return what git prints, nothing where it fails."""
    try:
        command = ["git", "-C", str(repository), *arguments]
        done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - whichever git is used here
    except (OSError, subprocess.CalledProcessError):
        return b""
    return done.stdout
