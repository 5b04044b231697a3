"""`hybridcodec decode`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from hybridcodec.cli import options
from hybridcodec.cli.messages import for_each, say_result
from hybridcodec.cli.outputs import DECODING, plan
from hybridcodec.cli.progress import progress_bar
from hybridcodec.errors import CorruptFileError, TruncatedFileError
from hybridcodec.modes import Layer

_FORMATS = ("png", "tiff", "bmp", "ppm", "webp", "npy")


@dataclass(frozen=True)
class Given:
    """What `decode` was given."""

    arguments: tuple[str, ...]
    output: str | None
    layer: str
    picture_format: str | None
    partial: bool
    damaged: bool
    region: tuple[int, ...] | None
    scale: int | None
    picture: int | None
    max_pixels: int
    force: bool
    quiet: bool


@click.command("decode")
@options.sources
@options.output
@click.option(
    "--layer",
    type=click.Choice([layer.value for layer in Layer]),
    default=Layer.EXACT.value,
    show_default=True,
    help="The picture itself, or its preview. A file that holds only a preview is refused unless it is asked for.",
)
@click.option("--format", "picture_format", type=click.Choice(_FORMATS), help="Instead of what the name of OUT says.")
@click.option("--partial", is_flag=True, help="With --layer perceptual: take what arrived of a cut-off file; exits 4.")
@click.option(
    "--salvage",
    "damaged",
    is_flag=True,
    help="Take what is whole of a damaged or cut-off file, with a damage map beside OUT; exits 4 if anything is wrong.",
)
@options.region
@options.scale
@options.picture
@options.max_pixels
@options.force
@options.quiet
@options.gathered(Given)
def command(ctx: click.Context, given: Given) -> None:
    """Decode .hyc files into PNG, TIFF, BMP, Netpbm (PPM), NPY or lossless WebP.

    OUT is the last argument where that does not end in .hyc; with several files, or where it ends in /, it is a folder.
    Without OUT each picture is written beside its file. Pictures whose names do not say more are PNG, or --format.
    """
    if given.partial and given.layer == Layer.EXACT:
        raise click.UsageError("--partial needs --layer perceptual: only the preview can be decoded in part")
    if given.partial and given.damaged:
        raise click.UsageError("--salvage takes cut-off files too; leave --partial out")
    if (given.partial or given.damaged) and (given.region is not None or given.scale is not None):
        raise click.UsageError("--region and --scale take whole files; leave --partial and --salvage out")
    if given.scale is not None and given.layer == Layer.EXACT:
        raise click.UsageError("--scale is of a preview: it needs --layer perceptual or base")
    jobs = plan(given.arguments, given.output, DECODING, f".{given.picture_format or 'png'}", force=given.force)
    if given.damaged:
        ctx.exit(for_each(jobs, _salvager(given)))

    from hybridcodec.files import DecodeSettings, decode_file
    from hybridcodec.region import Region

    settings = DecodeSettings(
        layer=Layer(given.layer),
        picture_format=given.picture_format.upper() if given.picture_format else None,
        partial=given.partial,
        picture=given.picture,
        max_pixels=given.max_pixels,
        region=None if given.region is None else Region(*given.region),
        scale=given.scale,
    )

    def decode_one(source: Path, output: Path) -> None:
        with progress_bar(f"decode {source.name}", quiet=given.quiet) as progress, _hint_for_cut_files(given.partial):
            result = decode_file(source, output, settings, force=given.force, progress=progress)
        H, W, C = (*result.shape, 1)[:3]
        note = f"; {', '.join(result.left_out)} left out, which this format cannot hold" if result.left_out else ""
        kind = f"{W}x{H} {'gray' if C == 1 else 'RGB'}, {result.layer} layer"
        if result.tiles and result.size:
            (read, tiles), (height, width) = result.tiles, result.size
            kind += f", region {settings.region} of {width}x{height}"
            proven = f"{read} of {tiles} tiles read and proven, not the rest of the file"
            kind += f"; {proven if tiles else 'cut from all of the source file, which is kept'}"
        if result.layer != given.layer:
            kind += ", since the generated picture is not there"
        say_result(f"{source} -> {output}: {kind}, {result.written_bytes:,} bytes{note}", output, quiet=given.quiet)
        if not result.complete:
            raise TruncatedFileError(f"{source}: is cut off; {result.arrived:.0%} of the preview arrived")

    ctx.exit(for_each(jobs, decode_one))


def _salvager(given: Given) -> Callable[[Path, Path], None]:
    """Return a job that salvages one file and ends in an error that says what came of it."""
    from hybridcodec.salvage import State, salvage_file

    def salvage_one(source: Path, output: Path) -> None:
        with progress_bar(f"salvage {source.name}", quiet=given.quiet) as progress:
            result = salvage_file(
                source,
                output,
                layer=Layer(given.layer),
                picture_format=given.picture_format.upper() if given.picture_format else None,
                picture=given.picture,
                max_pixels=given.max_pixels,
                force=given.force,
                progress=progress,
            )
        found = result.salvaged
        if not found.fault:
            say_result(
                f"{source} -> {output}: nothing is wrong with it, {given.layer} layer", output, quiet=given.quiet
            )
            return
        exact, preview, nothing = (f"{found.share(state):.1%}" for state in State)
        raise CorruptFileError(
            f"{source}: is damaged ({found.fault}); {output} is {exact} exact, {preview} preview only, {nothing} "
            f"marked fill: see {result.map_png.name} and {result.map_json.name}"
        )

    return salvage_one


@contextmanager
def _hint_for_cut_files(partial: bool) -> Iterator[None]:
    try:
        yield
    except TruncatedFileError as error:
        hint = "" if partial else "; --layer perceptual --partial gives the preview of what arrived"
        raise TruncatedFileError(f"{error}{hint}") from error
