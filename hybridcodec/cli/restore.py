"""`hybridcodec restore`."""

from pathlib import Path

import click

from hybridcodec.cli import options
from hybridcodec.cli.messages import say_result
from hybridcodec.cli.outputs import as_path


@click.command("restore")
@options.source
@click.argument("target", metavar="[OUT]", required=False, type=options.NAME)
@click.option(
    "--rest",
    "rest",
    is_flag=True,
    help="Write what else the file held where its samples alone are kept, with zeros in their place. Needs OUT.",
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
def command(
    source: Path, target: str | None, rest: bool, max_pixels: int, max_bytes: int, force: bool, quiet: bool
) -> None:
    """Write the file that a .hyc file was made of, byte for byte.

    OUT is a file, a folder, or a dash. Without OUT the file lies beside its .hyc file and has its name, with the suffix
    of what it holds: photo.png for photo.hyc. Its SHA-256 is compared, on the disk too, before it gets its name.
    """
    from hybridcodec.files import restore_file, restore_rest

    out = None if target is None else as_path(target)
    if rest:
        if out is None:
            raise click.UsageError(
                "--rest needs OUT: what it writes is not the source file, and must not be taken for it"
            )
        done = restore_rest(source, out, max_bytes=max_bytes, force=force)
        said = f"not the source file but the rest of it, zeros for its samples, {done.written_bytes:,} bytes"
        say_result(f"{source} -> {done.path}: {said}", done.path, quiet=quiet)
        return
    done = restore_file(source, out, max_pixels=max_pixels, max_bytes=max_bytes, force=force)
    say_result(
        f"{source} -> {done.path}: the same file, {done.written_bytes:,} bytes, sha256 {done.sha256}",
        done.path,
        quiet=quiet,
    )
