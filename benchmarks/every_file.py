"""Every file of some folders, filed and proven: does it come back byte for byte, are its samples exact, or why not.

    python -m benchmarks.every_file FOLDER... --found every_file.jsonl --results docs/results.md

Each file is encoded to be kept (`--keep file`), decoded, rebuilt and compared; where its pictures were not coded
exactly then, because its own form is smaller, or with --twice in any case, its content is encoded too. What is refused
is refused in words. Anything but this is a fault, and so is a kept file that is more than 1,024 bytes larger; a fault
ends the command with 1. With --found it goes on where it was stopped, and the table has all that was found so far.
"""

import json
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

import click

from benchmarks.machine import this_machine
from benchmarks.report import Table, about, show, write_section
from hybridcodec.errors import HybridcodecError
from hybridcodec.fidelity import Fidelity
from hybridcodec.filing import MOST_GROWTH, Filed, Terms, file_source
from hybridcodec.modes import Keep
from hybridcodec.proof.checks import Asked
from hybridcodec.proof.proving import Original, prove
from hybridcodec.sources.reading import read_document

_FAULT: Final = "FAULT"
_REFUSED: Final = "refused: "
_HEADINGS: Final = (
    "folder",
    "files",
    "same file back",
    "samples exact",
    "content refused",
    "faults",
    "bytes",
    "kept",
    "largest growth",
)


@dataclass(frozen=True)
class Line:
    """What became of one file; sizes are in bytes, 0 where nothing was written; `content` is "exact" or a reason."""

    folder: str
    name: str
    source_bytes: int
    kept_bytes: int
    content_bytes: int
    pictures: int
    content: str
    fault: str
    seconds: float

    @property
    def wrong(self) -> str:
        """What is wrong, empty where nothing is."""
        grown = self.kept_bytes - self.source_bytes
        return self.fault or (f"{grown:,} bytes larger" if grown > MOST_GROWTH else "")


def line_of(folder: Path, path: Path, *, twice: bool) -> Line:
    """File one file both ways."""
    started, stored = time.monotonic(), path.read_bytes()
    kept, content, fault, written = None, "", "", 0
    try:
        kept = file_source(stored, Terms(keep=Keep.FILE))
        fault = _fault(stored, kept)
        exact = not twice and kept.pictures and prove_exact(kept)
        content, written = ("exact", len(kept.data)) if exact else _content(stored)
        if content.startswith(_FAULT):
            fault = fault or content
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        fault = fault or f"{type(error).__name__}: {error}"
    seconds = round(time.monotonic() - started, 1)
    sizes = len(stored), len(kept.data) if kept else 0, written
    names = _name(folder), path.relative_to(folder).as_posix()
    return Line(*names, *sizes, kept.pictures if kept else 0, content, fault, seconds)


def _name(folder: Path) -> str:
    return "/".join(folder.resolve().parts[-2:])


def prove_exact(kept: Filed) -> bool:
    """Tell whether a kept file holds its pictures exactly, and not only previews beside the file."""
    from hybridcodec.codec import read_infos

    return all(info.sample_hash for info in read_infos(kept.data))


def _content(stored: bytes) -> tuple[str, int]:
    try:
        filed = file_source(stored, Terms(keep=Keep.CONTENT))
    except HybridcodecError as error:
        return f"{_REFUSED}{error}", 0
    fault = _fault(stored, filed)
    return (f"{_FAULT} {fault}" if fault else "exact"), len(filed.data)


def _fault(stored: bytes, filed: Filed) -> str:
    document = read_document(stored) if filed.pictures else None
    proof = prove(filed.data, Original(stored, document), Asked(Fidelity()))
    return "; ".join(flag.detail for flag in proof.flags)


def files_of(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, in order; lists of sources are none of them."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.name not in ("SOURCES.md", "PILLOW-STATUS.tsv"):
            yield path


def row(lines: Sequence[Line]) -> tuple[str, ...]:
    """Return a line of the table: what became of the files of one folder."""
    exact = sum(line.content == "exact" for line in lines)
    refused = sum(line.content.startswith(_REFUSED) for line in lines)
    sizes = [sum(getattr(line, name) for line in lines) for name in ("source_bytes", "kept_bytes")]
    faults = sum(bool(line.wrong) for line in lines)
    grown = max(line.kept_bytes - line.source_bytes for line in lines)
    numbers = (len(lines), len(lines) - faults, exact, refused, faults, *sizes, max(grown, 0))
    return (lines[0].folder, *(f"{number:,}" for number in numbers))


def reasons(lines: Sequence[Line]) -> list[tuple[str, ...]]:
    """Return what was refused in content mode, and how often; numbers and names in a reason count for nothing."""
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.content.startswith(_REFUSED):
            reason = line.content.removeprefix(_REFUSED)
            found.setdefault(re.sub(r"'[^']*'|\d[\d,]*", "", reason), []).append(reason)
    return [(each[0], str(len(each))) for each in sorted(found.values(), key=len, reverse=True)]


def tables(lines: Sequence[Line]) -> list[Table]:
    """Return the table of folders, in the order in which they were met, and that of reasons."""
    folders: dict[str, list[Line]] = {}
    for line in lines:
        folders.setdefault(line.folder, []).append(line)
    rows = tuple(row(each) for each in folders.values())
    refused = Table("Refused in content mode, the first of each kind", ("reason", "files"), tuple(reasons(lines)))
    return [Table("Every file", _HEADINGS, rows), refused]


def _read(path: Path | None) -> list[Line]:
    if path is None or not path.exists():
        return []
    return [Line(**json.loads(text)) for text in path.read_text(encoding="utf-8").splitlines()]


@click.command(help=__doc__)
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True)
@click.option("--every", type=click.IntRange(1), default=1, show_default=True, help="Look at one file of so many.")
@click.option("--twice", is_flag=True, help="Encode the content of every file, too.")
@click.option("--found", "found_file", type=click.Path(path_type=Path), help="A line of JSON a file; it is continued.")
@click.option("--results", type=click.Path(path_type=Path), help="Put the tables into this file.")
def main(
    folders: tuple[Path, ...], jobs: int, every: int, twice: bool, found_file: Path | None, results: Path | None
) -> None:
    """Look at every file, print a table of folders and the reasons of refusals; fail at a fault."""
    found = _read(found_file)
    known = {(line.folder, line.name) for line in found}
    with ProcessPoolExecutor(jobs) as pool:
        for folder in folders:
            files = list(files_of(folder))[::every]
            new = [path for path in files if (_name(folder), path.relative_to(folder).as_posix()) not in known]
            for line in pool.map(partial(line_of, folder, twice=twice), new):
                found.append(line)
                if found_file is not None:
                    with found_file.open("a", encoding="utf-8") as stream:
                        stream.write(json.dumps(asdict(line)) + "\n")
    made, notes = tables(found), [about("every_file", this_machine())]
    show(made, notes)
    if results is not None:
        write_section(results, "every_file", made, notes)
    faults = [f"{line.folder}/{line.name}: {line.wrong}" for line in found if line.wrong]
    if faults:
        raise click.ClickException("; ".join(faults))


if __name__ == "__main__":
    main()
