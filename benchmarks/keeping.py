"""How much of source files comes from their samples, or packs smaller: recipes alone, nothing is encoded.

    python -m benchmarks.keeping PATH... [--each]

Of each file: is it read, which methods made its bytes, how many bytes stay literal. Each recipe is followed from the
samples as they were read, and the file compared; a difference ends the command with 1.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import click
from hybridcodec_container import Header, PieceMethod, Recipe, Source, rebuild
from hybridcodec_container.recipe import split_name, split_packed

from hybridcodec.errors import HybridcodecError
from hybridcodec.image import Samples
from hybridcodec.keeping import source_of
from hybridcodec.keeping.laid import header_of
from hybridcodec.keeping.named import NAMED, PACKED
from hybridcodec.sources import Document, read_document

_RAW, _LITERAL, _REFUSED = "raw", "literal", "refused"


@dataclass(frozen=True)
class Kept:
    """A file: how its samples' bytes are made, its bytes, those that stay literal, and seconds."""

    kind: str
    file_bytes: int
    literal_bytes: int
    seconds: float


def kept(path: Path) -> Kept:
    """Make the recipe of a file, and follow it."""
    stored, started = path.read_bytes(), time.monotonic()
    document: Document | None
    try:
        document = read_document(stored)
        source = source_of(stored, document)
    except HybridcodecError:
        document = None
        source = source_of(stored)
    seconds = time.monotonic() - started
    assert _rebuilt(source, document) == stored, f"{path}: another file comes back"
    return Kept(_kind(source.recipe, document), len(stored), sum(map(len, source.packed)), seconds)


def _rebuilt(source: Source, document: Document | None) -> bytes:
    def picture_of(number: int) -> tuple[Header, Samples]:
        assert document is not None
        picture = document.pictures[number]
        return header_of(picture), picture.samples

    return b"".join(rebuild(source.recipe, source.literals(), picture_of, NAMED, PACKED))


def _kind(recipe: Recipe, document: Document | None) -> str:
    found = []
    for piece in recipe.pieces:
        if piece.method == PieceMethod.SAMPLES:
            found.append(_RAW)
        elif piece.method == PieceMethod.NAMED:
            found.append(split_name(piece.parameters)[0])
        elif piece.method == PieceMethod.PACKED:
            found.append(split_packed(piece.parameters)[1])
    made = ", ".join(sorted(set(found))) or _LITERAL
    return made if document else f"{_REFUSED}: {made}"


def table(lines: Iterable[Kept]) -> list[str]:
    """Return a row for each way in which bytes are made."""
    files, size, literal = Counter[str](), Counter[str](), Counter[str]()
    for line in lines:
        files[line.kind] += 1
        size[line.kind] += line.file_bytes
        literal[line.kind] += line.literal_bytes
    rows = [f"| {kind} | {files[kind]} | {size[kind]:,} | {literal[kind]:,} |" for kind in sorted(files)]
    return ["| made by | files | bytes | literal bytes, packed |", "|---|---|---|---|", *rows]


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--each", is_flag=True, help="A line for each file too.")
def main(paths: tuple[Path, ...], each: bool) -> None:
    """Make and follow the recipe of every file, of folders all files in them."""
    lines = []
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                lines.append(kept(file))
                if each:
                    print(f"{file.name}: {lines[-1]}")
    print("\n".join(table(lines)))


if __name__ == "__main__":
    main()
