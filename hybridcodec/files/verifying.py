"""A .hyc file proven by itself, or against an original."""

from dataclasses import replace
from pathlib import Path

from hybridcodec import codec
from hybridcodec.arguments import Progress, checked_path, checked_progress
from hybridcodec.codec import Info
from hybridcodec.errors import MismatchError
from hybridcodec.files.proven import limited, require_proven
from hybridcodec.image import Mode
from hybridcodec.keeping import rebuild_source
from hybridcodec.limits import MAX_PIXELS, memory_as_limit
from hybridcodec.modes import Backend
from hybridcodec.proof.checks import CONTENT
from hybridcodec.proof.port import CODEC, Port
from hybridcodec.proof.proving import Original, prove
from hybridcodec.storage.files import naming, read_bytes


@memory_as_limit()
def verify_file(
    source: Path | str,
    *,
    against: Path | str | None = None,
    backend: Backend | str = Backend.COMPILED,
    max_pixels: int | None = MAX_PIXELS,
    progress: Progress = None,
) -> Info:
    """Check a .hyc file: checksums, models, every layer against its hash; and against the original, where one is given.

    With `Backend.REFERENCE` a second decoder reads every stream too, and both must agree.

    Raises:
        InputError: not readable.
        CorruptFileError: the file is damaged or cut off.
        UnsupportedError: it needs a version or a model that is not here.
        LimitError: more pixels than `max_pixels`, or more memory needed than there is.
        MismatchError: a layer decodes to other samples than it should, or than `against` has, or is only a preview.
    """
    source, progress = checked_path(source), checked_progress(progress)
    data = read_bytes(source)
    with naming(source):
        if against is None:
            return _checked(data, max_pixels, progress, backend)
    against = checked_path(against)
    stored = read_bytes(against)
    with naming(source, f"compared with {against}: "):
        return _compared(data, stored, against, limited(CODEC, max_pixels, progress, backend))


def _checked(data: bytes, max_pixels: int | None, progress: Progress, backend: Backend | str) -> Info:
    """Prove every layer, and the source file where it comes back."""
    info = codec.check(data, backend=backend, max_pixels=max_pixels, progress=progress)
    for _ in rebuild_source(data, max_pixels=max_pixels) if info.restores else ():
        pass
    return info


def _compared(data: bytes, stored: bytes, against: Path, port: Port) -> Info:
    """Compare a file with an original: its bytes where they come back, else its pictures."""
    info = port.read_info(data)
    if info.restores and b"".join(port.rebuild(data)) == stored:
        for _ in port.decode_each(data):
            pass
        return info
    if info.mode is Mode.PERCEPTUAL and not info.restores:
        raise MismatchError("holds only a preview, which is not the original")
    with naming(against):
        document = port.read_document(stored)
    if info.mode in (None, Mode.PERCEPTUAL):
        raise MismatchError("the file that comes back is another one")
    without_file = replace(port, read_info=lambda data: replace(port.read_info(data), restores=False))
    require_proven(prove(data, Original(stored, document), None, without_file, CONTENT))
    return info
