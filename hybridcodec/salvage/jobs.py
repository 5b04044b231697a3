"""The whole jobs on files: salvage one, and write its picture with the damage map beside it, or the source file."""

from dataclasses import dataclass, replace
from pathlib import Path

from hybridcodec.arguments import Progress, checked_format, checked_layer, checked_path
from hybridcodec.errors import InputError
from hybridcodec.files import Restored, write_restored
from hybridcodec.image import Layer, Picture
from hybridcodec.keeping import MAX_RESTORED
from hybridcodec.limits import MAX_PIXELS, memory_as_limit
from hybridcodec.salvage.damage_map import map_as_json, map_as_png
from hybridcodec.salvage.restore import Salvaged, salvage
from hybridcodec.salvage.source import salvage_source
from hybridcodec.sources import format_for, write_picture
from hybridcodec.sources.parts.xmp import marked
from hybridcodec.storage.files import STREAM, naming, read_bytes, require_writable, write_together
from hybridcodec.storage.targets import PICTURE, require_target


@dataclass(frozen=True)
class SalvageResult:
    """What `salvage_file` wrote: the picture, its damage map as PNG and as JSON."""

    salvaged: Salvaged
    written_bytes: int
    left_out: tuple[str, ...]
    map_png: Path
    map_json: Path


def map_paths(target: Path) -> tuple[Path, Path]:
    """Return where the damage map of the picture `target` lies, as PNG and as JSON."""
    return target.with_name(f"{target.name}.damage.png"), target.with_name(f"{target.name}.damage.json")


@memory_as_limit()
def salvage_file(
    source: Path | str,
    target: Path | str,
    *,
    layer: Layer | str = Layer.EXACT,
    picture_format: str | None = None,
    picture: int | None = None,
    max_pixels: int | None = MAX_PIXELS,
    force: bool = False,
    progress: Progress = None,
) -> SalvageResult:
    """Salvage the .hyc file `source`, or the one of its pictures that `picture` names, into the file `target`.

    Raises:
        InputError: not readable or not writable, or `target` is standard output, which has no place for a map.
        HybridcodecError: as `salvage` says.
    """
    source, target, layer = checked_path(source), checked_path(target), checked_layer(layer)
    if target == STREAM:
        raise InputError("-: a salvaged picture needs a damage map beside it; name an output file")
    picture_format = checked_format(picture_format) or format_for(target)
    paths = (*map_paths(target), target)
    for path in paths[:2]:
        require_writable(path, force=force, source=source)
    require_target(target, PICTURE, force=force, source=source)
    data = read_bytes(source)
    with naming(source):
        found = salvage(data, layer=layer, picture=picture, max_pixels=max_pixels, progress=progress)
        metadata = replace(found.metadata, xmp=marked(found.metadata.xmp, found.mark))
        written = write_picture(Picture.of(found.samples, found.kind, metadata), picture_format)
    contents = (map_as_png(found.states), map_as_json(found, str(source)), written.data)
    write_together(dict(zip(paths, contents, strict=True)), force=force)
    return SalvageResult(found, len(written.data), written.left_out, *paths[:2])


@dataclass(frozen=True)
class SalvagedSource:
    """What `salvage_source_file` wrote, and the first thing that is wrong with the .hyc file; empty if nothing is."""

    restored: Restored
    fault: str


@memory_as_limit()
def salvage_source_file(
    source: Path | str,
    target: Path | str | None = None,
    *,
    max_pixels: int | None = MAX_PIXELS,
    max_bytes: int | None = MAX_RESTORED,
    force: bool = False,
) -> SalvagedSource:
    """Write the file that the .hyc file `source`, which may be damaged, was made of, or nothing; see `restore_file`.

    Raises:
        InputError: not readable or not writable, or nothing tells what to call it.
        HybridcodecError: as `salvage_source` says.
    """
    source, target = checked_path(source), None if target is None else checked_path(target)
    data = read_bytes(source)
    with naming(source):
        restored, fault = salvage_source(data, max_pixels=max_pixels, max_bytes=max_bytes)
    return SalvagedSource(write_restored(source, target, restored, force=force), fault)
