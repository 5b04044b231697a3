"""`hybridcodec extract`."""

from pathlib import Path

import click

from hybridcodec.cli import options
from hybridcodec.cli.messages import say_result
from hybridcodec.cli.outputs import ENCODING, plan


@click.command("extract")
@options.source
@options.target
@click.option(
    "--rest",
    is_flag=True,
    help="Keep what else the source file held where its samples alone are kept: it may name a patient.",
)
@options.max_pixels
@options.force
@options.quiet
def command(source: Path, target: str, rest: bool, max_pixels: int, force: bool, quiet: bool) -> None:
    """Keep only the preview of a .hyc file, without encoding it again.

    ICC profile, EXIF and XMP stay. The source file, or the rest of it, is left out, and that is said.
    """
    from hybridcodec.files import extract_file

    ((_, output),) = plan([str(source)], target, ENCODING, ".hyc", force=force)
    done = extract_file(source, output, rest=rest, max_pixels=max_pixels, force=force)
    note = f"; without {', '.join(done.left_out)}" if done.left_out else ""
    say_result(f"{source} -> {output}: preview only, {done.written_bytes:,} bytes{note}", output, quiet=quiet)
