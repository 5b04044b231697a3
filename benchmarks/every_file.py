"""Every file of some folders, filed and proven: does it come back byte for byte, are its samples exact, or why not.

    python -m benchmarks.every_file FOLDER... --jobs 2 --out every_file.json

Each file is encoded to be kept (`--keep file`), decoded, rebuilt and compared; where its pictures were not coded
exactly then, because its own form is smaller, its content is encoded too. What is refused is refused in words. Anything
but this is a fault, and ends the command with 1.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from hybridcodec.errors import HybridcodecError
from hybridcodec.fidelity import Fidelity
from hybridcodec.filing import Filed, Terms, file_source
from hybridcodec.modes import Keep
from hybridcodec.proof.checks import Asked
from hybridcodec.proof.proving import Original, prove
from hybridcodec.sources.reading import read_document


@dataclass(frozen=True)
class Line:
    """What became of one file; sizes are in bytes, 0 where nothing was written; `content` is "exact" or a reason."""

    name: str
    source_bytes: int
    kept_bytes: int
    content_bytes: int
    pictures: int
    content: str
    fault: str
    seconds: float


def line_of(path: Path) -> Line:
    """File one file both ways."""
    started, stored = time.monotonic(), path.read_bytes()
    kept, content, fault, written = None, "", "", 0
    try:
        kept = file_source(stored, Terms(keep=Keep.FILE))
        fault = _fault(stored, kept)
        exact = kept.pictures and prove_exact(kept)
        content, written = ("exact", len(kept.data)) if exact else _content(stored)
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        fault = fault or f"{type(error).__name__}: {error}"
    seconds = round(time.monotonic() - started, 1)
    sizes = len(stored), len(kept.data) if kept else 0, written
    return Line(path.name, *sizes, kept.pictures if kept else 0, content, fault, seconds)


def prove_exact(kept: Filed) -> bool:
    """Tell whether a kept file holds its pictures exactly, and not only previews beside the file."""
    from hybridcodec.codec import read_infos

    return all(info.sample_hash for info in read_infos(kept.data))


def _content(stored: bytes) -> tuple[str, int]:
    try:
        filed = file_source(stored, Terms(keep=Keep.CONTENT))
    except HybridcodecError as error:
        return f"refused: {error}", 0
    fault = _fault(stored, filed)
    return (f"FAULT {fault}" if fault else "exact"), len(filed.data)


def _fault(stored: bytes, filed: Filed) -> str:
    document = read_document(stored) if filed.pictures else None
    proof = prove(filed.data, Original(stored, document), Asked(Fidelity()))
    return "; ".join(flag.detail for flag in proof.flags)


def files_of(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, in order; lists of sources are none of them."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.name not in ("SOURCES.md", "PILLOW-STATUS.tsv"):
            yield path


def row(folder: Path, lines: list[Line]) -> str:
    """Return a line of the table."""
    exact = [line for line in lines if line.content == "exact"]
    refused = sum(line.content.startswith("refused") for line in lines)
    sizes = [sum(getattr(line, name) for line in lines) for name in ("source_bytes", "kept_bytes")]
    name = "/".join(folder.parts[-2:])
    faults = sum(bool(line.fault) or line.content.startswith("FAULT") for line in lines)
    cells = [name, len(lines), len(lines) - faults, len(exact), refused, faults, *(f"{size:,}" for size in sizes)]
    return "| " + " | ".join(map(str, cells)) + " |"


@click.command(help=__doc__)
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="A line of JSON a file.")
@click.option("--every", type=click.IntRange(1), default=1, show_default=True, help="Look at one file of so many.")
def main(folders: tuple[Path, ...], jobs: int, out: Path | None, every: int) -> None:
    """Print a table of folders and the reasons of refusals; fail at a fault."""
    print("| folder | files | same file back | samples exact | content refused | faults | bytes | kept bytes |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    found: list[Line] = []
    with ProcessPoolExecutor(jobs) as pool:
        for folder in folders:
            lines = list(pool.map(line_of, list(files_of(folder))[::every]))
            found += lines
            print(row(folder, lines), flush=True)
    print("\nRefused in content mode:")
    for reason, count in Counter(line.content for line in found if line.content.startswith("refused")).most_common():
        print(f"* {count} x {reason[len('refused: ') :]}")
    if out is not None:
        out.write_text("".join(json.dumps(asdict(line)) + "\n" for line in found))
    faults = [f"{line.name}: {line.fault or line.content}" for line in found if line.fault or "FAULT" in line.content]
    if faults:
        raise click.ClickException("; ".join(faults))


if __name__ == "__main__":
    main()
