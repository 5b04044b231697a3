"""A .hyc file without its exact layers, proven to decode."""

from pathlib import Path

from hybridcodec import codec
from hybridcodec.arguments import checked_path
from hybridcodec.errors import MismatchError
from hybridcodec.limits import MAX_PIXELS, memory_as_limit
from hybridcodec.storage.files import naming, read_bytes, write_proven
from hybridcodec.storage.targets import HYC, require_target


@memory_as_limit()
def extract_file(
    source: Path | str, target: Path | str, *, max_pixels: int | None = MAX_PIXELS, force: bool = False
) -> int:
    """Write the .hyc file `source` without its residual layer to `target`; returns the number of bytes written.

    The preview is decoded and compared with its hash first. `max_pixels` is that of `codec.decode`.

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
        preview = codec.extract(data, max_pixels=max_pixels)

    def prove(stored: bytes) -> None:
        if stored != preview:
            raise MismatchError(f"{target}: the disk gives back other bytes than were written; nothing was kept")

    write_proven(target, preview, prove, force=force)
    return len(preview)
