"""`hybridcodec view`."""

from dataclasses import dataclass
from pathlib import Path

import click

from hybridcodec.cli import options
from hybridcodec.cli.messages import say_result
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
def command(_: click.Context, given: Given) -> None:
    """Make one page, for a browser, that shows a .hyc file: its layers on top of each other.

    Layers are toggled in place, divided by a slider, subtracted and enlarged to pixels; with sizes and rates. ORIGINAL
    is a picture file to compare with. The page needs nothing else, no network either. Without -o it lies beside IN.
    """
    from hybridcodec.view import view_file
    from hybridcodec.view.page import require_ours

    source = given.source
    if given.output is not None:
        target = as_path(given.output)
    elif source == STREAM:
        raise click.UsageError("standard input has no name to give a page: name it with -o")
    else:
        target = with_suffix(source, ".html")
        if given.force:
            require_ours(target)
    done = view_file(
        source, target, given.original, picture=given.picture, max_pixels=given.max_pixels, force=given.force
    )
    some = f", {done.full:,} of them in full" if done.full < done.pictures else ""
    count = f"{done.pictures:,} picture{'s' if done.pictures > 1 else ''}{some}"
    say_result(f"{source} -> {target}: {count}, {done.page_bytes:,} bytes", target, quiet=given.quiet)
