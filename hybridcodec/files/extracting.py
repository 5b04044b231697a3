"""A .hyc file without its exact layers, proven to decode."""

from dataclasses import dataclass
from pathlib import Path

from hybridcodec import codec
from hybridcodec.arguments import checked_path
from hybridcodec.errors import MismatchError
from hybridcodec.info import Info
from hybridcodec.limits import MAX_PIXELS, memory_as_limit
from hybridcodec.storage.files import naming, read_bytes, write_proven
from hybridcodec.storage.targets import HYC, require_target


@dataclass(frozen=True)
class Extracted:
    """What `extract_file` wrote, and in words what else the .hyc file kept of its source and this one does not."""

    written_bytes: int
    left_out: tuple[str, ...] = ()


@memory_as_limit()
def extract_file(
    source: Path | str,
    target: Path | str,
    *,
    rest: bool = False,
    max_pixels: int | None = MAX_PIXELS,
    force: bool = False,
) -> Extracted:
    """Write the .hyc file `source` without its residual layer to `target`.

    The preview is decoded and compared with its hash first. `rest` and `max_pixels` are those of `codec.extract`.

    Raises:
        InputError: not readable or not writable.
        CorruptFileError: the file is damaged or cut off.
        UnsupportedError: it needs a version or a model that is not here.
        LimitError: more pixels than `max_pixels`, or more memory needed than there is.
        MismatchError: the preview is not what it should be, or the disk gives back other bytes than were written.
    """
    source, target = checked_path(source), checked_path(target)
    require_target(target, HYC, force=force, source=source)
    data = read_bytes(source)
    with naming(source):
        preview = codec.extract(data, rest=rest, max_pixels=max_pixels)
        left_out = _left_out(codec.read_info(data, 0), rest=rest)

    def prove(stored: bytes) -> None:
        if stored != preview:
            raise MismatchError(f"{target}: the disk gives back other bytes than were written; nothing was kept")

    write_proven(target, preview, prove, force=force)
    return Extracted(len(preview), left_out)


def _left_out(info: Info, *, rest: bool) -> tuple[str, ...]:
    if info.restores:
        return ("the source file",)
    return (f"the rest of the source file ({info.rest_bytes:,} bytes)",) if info.rest_bytes and not rest else ()
