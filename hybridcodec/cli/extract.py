"""`hybridcodec extract`."""

from pathlib import Path

import click

from hybridcodec.cli import options
from hybridcodec.cli.messages import say_result


@click.command("extract")
@options.source
@options.target
@options.max_pixels
@options.force
@options.quiet
def command(source: Path, target: Path, max_pixels: int, force: bool, quiet: bool) -> None:
    """Keep only the preview of a .hyc file, without encoding it again."""
    from hybridcodec.files import extract_file

    written = extract_file(source, target, max_pixels=max_pixels, force=force)
    say_result(f"{source} -> {target}: preview only, {written:,} bytes", target, quiet=quiet)
