"""`hybridcodec restore`."""

from pathlib import Path

import click

from hybridcodec.cli import options
from hybridcodec.cli.messages import say_result
from hybridcodec.cli.outputs import as_path


@click.command("restore")
@options.source
@click.argument("target", metavar="[OUT]", required=False, type=options.NAME)
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
def command(source: Path, target: str | None, max_pixels: int, max_bytes: int, force: bool, quiet: bool) -> None:
    """Write the file that a .hyc file was made of, byte for byte.

    OUT is a file, a folder, or a dash. Without OUT the file lies beside its .hyc file and has its name, with the suffix
    of what it holds: photo.png for photo.hyc. Its SHA-256 is compared, on the disk too, before it gets its name.
    """
    from hybridcodec.files import restore_file

    out = None if target is None else as_path(target)
    done = restore_file(source, out, max_pixels=max_pixels, max_bytes=max_bytes, force=force)
    say_result(
        f"{source} -> {done.path}: the same file, {done.written_bytes:,} bytes, sha256 {done.sha256}",
        done.path,
        quiet=quiet,
    )
