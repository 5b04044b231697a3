"""`hybridcodec extract`."""

from pathlib import Path

import click

from hybridcodec.cli import options
from hybridcodec.cli.messages import say_result
from hybridcodec.cli.outputs import ENCODING, plan


@click.command("extract")
@options.source
@options.target
@options.max_pixels
@options.force
@options.quiet
def command(source: Path, target: str, max_pixels: int, force: bool, quiet: bool) -> None:
    """Keep only the preview of a .hyc file, without encoding it again."""
    from hybridcodec.files import extract_file

    ((_, output),) = plan([str(source)], target, ENCODING, ".hyc", force=force)
    written = extract_file(source, output, max_pixels=max_pixels, force=force)
    say_result(f"{source} -> {output}: preview only, {written:,} bytes", output, quiet=quiet)
