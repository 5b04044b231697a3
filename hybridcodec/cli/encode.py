"""`hybridcodec encode`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hybridcodec.cli import options
from hybridcodec.cli.messages import for_each, restored, say_result, warn
from hybridcodec.cli.outputs import ENCODING, plan
from hybridcodec.cli.progress import progress_bar
from hybridcodec.modes import Effort, Keep, Mode, Preview

if TYPE_CHECKING:
    from hybridcodec.files import Encoded


@dataclass(frozen=True)
class Given:
    """What `encode` was given."""

    arguments: tuple[str, ...]
    output: str | None
    mode: str
    max_error: int | None
    keep: str | None
    preview: str
    allow_matching: bool
    quality: float | None
    target_bpp: float | None
    target_size: int | None
    no_display: bool
    effort: str
    no_verify: bool
    force: bool
    quiet: bool


@click.command("encode")
@options.sources
@options.output
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    default=Mode.LOSSLESS.value,
    show_default=True,
    help="Every sample exactly; every sample within --max-error; or only the preview.",
)
@options.max_error
@options.keep
@options.preview
@options.allow_matching
@options.quality
@options.target_bpp
@options.target_size
@options.no_display
@options.effort
@click.option("--no-verify", is_flag=True, help="Do not decode what was written and compare it with the picture.")
@options.force
@options.quiet
@options.gathered(Given)
def command(ctx: click.Context, given: Given) -> None:
    """Encode pictures into .hyc files.

    OUT is the last argument where that ends in .hyc or /, is a folder, does not exist, or is a dash; with several
    pictures it is a folder. Without OUT each file is written beside its picture, as photo.hyc for photo.png. Each file
    is decoded from disk and compared before it gets its name.
    """
    _check(given)
    jobs = plan(given.arguments, given.output, ENCODING, ".hyc", force=given.force)

    from hybridcodec.files import EncodeSettings, encode_file
    from hybridcodec.options import Options

    settings = EncodeSettings(
        Mode(given.mode),
        given.max_error or 0,
        verify=not given.no_verify,
        keep=Keep(given.keep or Keep.AUTO),
        options=Options(
            Preview(given.preview),
            matching=given.allow_matching,
            quality=given.quality,
            target_bpp=given.target_bpp,
            target_size=given.target_size,
            display=not given.no_display,
            effort=Effort(given.effort),
        ),
    )

    def encode_one(source: Path, output: Path) -> None:
        with progress_bar(f"encode {source.name}", quiet=given.quiet) as progress:
            result = encode_file(source, output, settings, force=given.force, progress=progress)
        if result.left_out:
            warn(f"{source}: left out of its file: {'; '.join(result.left_out)}")
        if result.off_target:
            warn(f"{source}: {result.off_target}")
        if given.quiet and result.growth > 1:
            warn(f"{source}: {_growth(result)}")
        say_result(
            f"{source} -> {output}: {_summary(result, given)}, {given.mode}, {_proof(result)}",
            output,
            quiet=given.quiet,
        )

    ctx.exit(for_each(jobs, encode_one))


def _check(given: Given) -> None:
    """Refuse options that do not go together."""
    if given.mode == Mode.NEAR_LOSSLESS and given.max_error is None:
        raise click.UsageError("near-lossless mode needs --max-error N (from 1)")
    if given.mode != Mode.NEAR_LOSSLESS and given.max_error is not None:
        raise click.UsageError(f"--max-error belongs to --mode near-lossless, found --mode {given.mode}")
    rates = given.quality, given.target_bpp, given.target_size
    if any(rate is not None for rate in rates) and given.mode != Mode.PERCEPTUAL:
        raise click.UsageError(f"--quality and targets belong to --mode perceptual, found --mode {given.mode}")
    if sum(rate is not None for rate in rates) > 1:
        raise click.UsageError("give one of --quality, --target-bpp and --target-size")
    if given.no_display and given.mode != Mode.PERCEPTUAL:
        raise click.UsageError(f"--no-display belongs to --mode perceptual, found --mode {given.mode}")
    if given.effort == Effort.FAST and given.mode == Mode.PERCEPTUAL:
        raise click.UsageError(f"--effort {given.effort} belongs to exact layers, found --mode {given.mode}")


def _summary(result: "Encoded", given: Given) -> str:
    size = f"{result.source_bytes:,} -> {result.written_bytes:,} bytes{f', {_growth(result)}' * (result.growth > 1)}"
    if result.unread:
        return f"{size}, kept as a file without a picture: {result.unread}"
    whole = restored(Mode(given.mode), given.max_error or 0, file=result.restores)
    bits = f"{8 * result.written_bytes / result.samples:.3f} bits per sub-pixel"
    pages = f", {result.pictures:,} pictures" if result.pictures > 1 else ""
    return f"{size}{pages}, {bits}, restores {whole}"


def _growth(result: "Encoded") -> str:
    if not result.source_bytes:
        return "LARGER than the file of its source, which is empty"
    return f"{result.growth:.2f} times LARGER than the file of its source"


def _proof(result: "Encoded") -> str:
    if not result.verified:
        return "not verified"
    return f"verified, worst error {result.worst_error}" if result.worst_error else "verified"
