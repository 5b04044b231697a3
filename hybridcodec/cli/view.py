"""`hybridcodec view`."""

from dataclasses import dataclass
from pathlib import Path

import click

from hybridcodec.cli import options
from hybridcodec.cli.messages import say_error, say_result
from hybridcodec.cli.outputs import as_path
from hybridcodec.storage.files import STREAM, with_suffix


@dataclass(frozen=True)
class Given:
    """What `view` was given."""

    source: Path
    original: Path | None
    output: str | None
    picture: int | None
    max_pixels: int
    force: bool
    quiet: bool


@click.command("view")
@options.source
@click.argument("original", metavar="[ORIGINAL]", required=False, type=options.PATH)
@click.option("-o", "--output", metavar="PAGE.html", type=options.NAME, help="Page to write instead of IN.html.")
@options.picture
@options.max_pixels
@options.force
@options.quiet
@options.gathered(Given)
def command(ctx: click.Context, given: Given) -> None:
    """Make one page, for a browser, that shows a .hyc file: its layers on top of each other.

    Layers are toggled in place, divided by a slider, subtracted and enlarged to pixels; with sizes and rates. ORIGINAL
    is a picture file to compare with. Where IN is a folder, the page is a gallery of the .hyc files in it. A page needs
    nothing else, no network either. Without -o it lies beside IN.
    """
    target = _target(given)
    if given.source.is_dir():
        ctx.exit(_folder(given, target))
    from hybridcodec.view import view_file

    source = given.source
    done = view_file(
        source, target, given.original, picture=given.picture, max_pixels=given.max_pixels, force=given.force
    )
    some = f", {done.full:,} of them in full" if done.full < done.pictures else ""
    count = f"{done.pictures:,} picture{'s' if done.pictures > 1 else ''}{some}"
    say_result(f"{source} -> {target}: {count}, {done.page_bytes:,} bytes", target, quiet=given.quiet)


def _target(given: Given) -> Path:
    from hybridcodec.view.page import require_ours

    if given.output is not None:
        return as_path(given.output)
    if given.source == STREAM:
        raise click.UsageError("standard input has no name to give a page: name it with -o")
    if given.source.is_dir():
        folder = given.source.resolve()
        if not folder.name:
            raise click.UsageError(f"{given.source} has no name to give a page: name it with -o")
        named = given.source if given.source.name == folder.name else folder
        target = named.with_name(f"{folder.name}.html")
    else:
        target = with_suffix(given.source, ".html")
    if given.force:
        require_ours(target)
    return target


def _folder(given: Given, target: Path) -> int:
    """Make a gallery; return the exit code of the first file that cannot be shown."""
    from hybridcodec.view import view_folder

    if given.original is not None or given.picture is not None:
        raise click.UsageError("a gallery has neither ORIGINAL nor --picture: view one file")
    done = view_folder(given.source, target, max_pixels=given.max_pixels, force=given.force)
    some = f", {done.full:,} of them in full" if done.full < done.files else ""
    more = f", {done.left_out:,} left out" if done.left_out else ""
    count = f"{done.files:,} file{'s' if done.files > 1 else ''}{some}{more}"
    say_result(f"{given.source} -> {target}: {count}, {done.page_bytes:,} bytes", target, quiet=given.quiet)
    for fault in done.faults:
        say_error(fault)
    return done.faults[0].exit_code if done.faults else 0
