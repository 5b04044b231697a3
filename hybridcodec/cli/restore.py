"""`hybridcodec restore`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hybridcodec.cli import options
from hybridcodec.cli.messages import say_result
from hybridcodec.cli.outputs import as_path
from hybridcodec.errors import CorruptFileError

if TYPE_CHECKING:
    from hybridcodec.files import Restored


@dataclass(frozen=True)
class Given:
    """What `restore` was given."""

    source: Path
    target: str | None
    rest: bool
    damaged: bool
    max_pixels: int
    max_bytes: int
    force: bool
    quiet: bool


@click.command("restore")
@options.source
@click.argument("target", metavar="[OUT]", required=False, type=options.NAME)
@click.option(
    "--rest",
    "rest",
    is_flag=True,
    help="Write what else the file held where its samples alone are kept, with zeros in their place. Needs OUT.",
)
@click.option(
    "--salvage",
    "damaged",
    is_flag=True,
    help="Take a damaged file too: the same file comes back where all that it needs is whole; exits 4.",
)
@options.max_pixels
@click.option(
    "--max-bytes",
    type=click.IntRange(1),
    default=1 << 32,
    show_default=True,
    metavar="N",
    help="Refuse to write a larger file.",
)
@options.force
@options.quiet
@options.gathered(Given)
def command(_: click.Context, given: Given) -> None:
    """Write the file that a .hyc file was made of, byte for byte.

    OUT is a file, a folder, or a dash. Without OUT the file lies beside its .hyc file and has its name, with the suffix
    of what it holds: photo.png for photo.hyc. Its SHA-256 is compared, on the disk too, before it gets its name.
    """
    out = None if given.target is None else as_path(given.target)
    if given.rest and (out is None or given.damaged):
        why = "what it writes is not the source file" if out is None else "a damaged file gives back all or nothing"
        raise click.UsageError(f"--rest {'needs OUT' if out is None else 'goes without --salvage'}: {why}")
    if given.rest and out is not None:
        _restore_rest(out, given)
    elif given.damaged:
        _salvage(out, given)
    else:
        from hybridcodec.files import restore_file

        done = restore_file(
            given.source, out, max_pixels=given.max_pixels, max_bytes=given.max_bytes, force=given.force
        )
        _say(done, given)


def _restore_rest(out: Path, given: Given) -> None:
    from hybridcodec.files import restore_rest

    done = restore_rest(given.source, out, max_bytes=given.max_bytes, force=given.force)
    said = f"not the source file but the rest of it, zeros for its samples, {done.written_bytes:,} bytes"
    say_result(f"{given.source} -> {done.path}: {said}", done.path, quiet=given.quiet)


def _salvage(out: Path | None, given: Given) -> None:
    from hybridcodec.salvage import salvage_source_file

    found = salvage_source_file(
        given.source, out, max_pixels=given.max_pixels, max_bytes=given.max_bytes, force=given.force
    )
    _say(found.restored, given)
    if found.fault:
        raise CorruptFileError(f"{given.source}: is damaged ({found.fault}); what it kept came back whole")


def _say(done: "Restored", given: Given) -> None:
    said = f"the same file, {done.written_bytes:,} bytes, sha256 {done.sha256}"
    say_result(f"{given.source} -> {done.path}: {said}", done.path, quiet=given.quiet)
