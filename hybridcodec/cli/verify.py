"""`hybridcodec verify`."""

from pathlib import Path

import click

from hybridcodec.cli import options
from hybridcodec.cli.messages import for_each, say_result
from hybridcodec.cli.progress import progress_bar


@click.command("verify")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=options.PATH)
@click.option("--against", metavar="ORIGINAL", type=options.PATH, help="Compare every sample with this picture too.")
@options.quiet
@click.pass_context
def command(ctx: click.Context, files: tuple[Path, ...], against: Path | None, quiet: bool) -> None:
    """Check that .hyc files are whole and decode to what they should."""
    if against is not None and len(files) != 1:
        raise click.UsageError(f"--against compares one file with one picture, found {len(files)} files")

    from hybridcodec.files import verify_file

    def verify_one(file: Path, _: Path) -> None:
        with progress_bar(f"verify {file.name}", quiet=quiet) as progress:
            info = verify_file(file, against=against, progress=progress)
        bound = f" within {info.max_error}" if info.max_error else ""
        compared = f", the same as {against}{bound}" if against else ""
        say_result(f"{file}: ok, {info.mode}{compared}", file, quiet=quiet)

    ctx.exit(for_each([(file, file) for file in files], verify_one))
