"""`hybridcodec encode`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hybridcodec.cli import options
from hybridcodec.cli.messages import for_each, say_result, warn
from hybridcodec.cli.progress import progress_bar
from hybridcodec.modes import Mode
from hybridcodec.storage import plan_outputs

if TYPE_CHECKING:
    from hybridcodec.files import Encoded


@click.command("encode")
@options.sources
@options.target
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    default=Mode.LOSSLESS.value,
    show_default=True,
    help="Every sample exactly; every sample within --max-error; or only the preview.",
)
@click.option("--max-error", type=click.IntRange(1, 255), help="Largest error of any sample in near-lossless mode.")
@click.option("--no-verify", is_flag=True, help="Do not decode what was written and compare it with the picture.")
@options.force
@options.quiet
@click.pass_context
def command(
    ctx: click.Context,
    sources: tuple[Path, ...],
    target: Path,
    mode: str,
    max_error: int | None,
    no_verify: bool,
    force: bool,
    quiet: bool,
) -> None:
    """Encode pictures into .hyc files.

    With several pictures, OUT is a folder. Each file is decoded from disk and compared before it gets its name.
    """
    if mode == Mode.NEAR_LOSSLESS and max_error is None:
        raise click.UsageError("near-lossless mode needs --max-error N (1 to 255)")
    if mode != Mode.NEAR_LOSSLESS and max_error is not None:
        raise click.UsageError(f"--max-error belongs to --mode near-lossless, found --mode {mode}")
    jobs = plan_outputs(sources, target, ".hyc")

    from hybridcodec.files import EncodeSettings, encode_file

    settings = EncodeSettings(Mode(mode), max_error or 0, verify=not no_verify)

    def encode_one(source: Path, output: Path) -> None:
        with progress_bar(f"encode {source.name}", quiet=quiet) as progress:
            result = encode_file(source, output, settings, force=force, progress=progress)
        say_result(f"{source} -> {output}: {_summary(result)}, {mode}, {_proof(result)}", output, quiet=quiet)
        if result.left_out:
            warn(f"{source}: left out of its file: {'; '.join(result.left_out)}")

    ctx.exit(for_each(jobs, encode_one))


def _summary(result: "Encoded") -> str:
    bits = 8 * result.written_bytes / result.samples
    return (
        f"{result.source_bytes:,} -> {result.written_bytes:,} bytes, {bits:.3f} bits per sub-pixel, "
        f"{result.samples / result.written_bytes:.2f} times smaller than its samples"
    )


def _proof(result: "Encoded") -> str:
    if not result.verified:
        return "not verified"
    return f"verified, worst error {result.worst_error}" if result.worst_error else "verified"
