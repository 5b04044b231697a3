"""Whole jobs on files: encode, decode, extract and verify, each proven before its output gets its name.

`codec` works on arrays and bytes and knows no paths; here are the paths, and the promise that success means proof: what
was written is read back from disk, decoded, and compared with the source in every sample.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from hybridcodec import codec
from hybridcodec.arguments import (
    Progress,
    checked_format,
    checked_instance,
    checked_keep,
    checked_layer,
    checked_max_pixels,
    checked_path,
    checked_progress,
    checked_truth,
)
from hybridcodec.codec import Info
from hybridcodec.errors import InputError, MismatchError, UnsupportedError
from hybridcodec.fidelity import Fidelity
from hybridcodec.filing import Terms, file_source
from hybridcodec.image import Layer, Mode, Picture
from hybridcodec.keeping import MAX_RESTORED, Keep, name_restored, rebuild_source
from hybridcodec.limits import MAX_PIXELS, memory_as_limit
from hybridcodec.modes import Backend
from hybridcodec.options import Options
from hybridcodec.proof.checks import CONTENT, Asked
from hybridcodec.proof.port import CODEC, Port
from hybridcodec.proof.proving import Original, Proof, prove
from hybridcodec.sources import format_for, write_picture
from hybridcodec.sources.reading import read_document
from hybridcodec.storage.files import STREAM, naming, read_bytes, write_proven
from hybridcodec.storage.targets import HYC, PICTURE, kind_like, require_target


@dataclass(frozen=True)
class EncodeSettings:
    """How a file is encoded; `max_error` is from 1 in near-lossless mode and 0 in every other.

    `max_pixels` refuses larger pictures, and is that of `codec.encode`, as `options` are. `keep` says whether the file
    itself must come back, byte for byte.
    """

    mode: Mode = Mode.LOSSLESS
    max_error: int = 0
    verify: bool = True
    max_pixels: int | None = MAX_PIXELS
    keep: Keep = Keep.AUTO
    options: Options = Options()  # noqa: RUF009 - frozen

    def __post_init__(self) -> None:
        """Take what stands for a mode, a number or a truth value; raises InputError where something does not."""
        fidelity = Fidelity.of(self.mode, self.max_error)
        object.__setattr__(self, "mode", fidelity.mode)
        object.__setattr__(self, "max_error", fidelity.max_error)
        object.__setattr__(self, "max_pixels", checked_max_pixels(self.max_pixels))
        object.__setattr__(self, "keep", checked_keep(self.keep))
        checked_instance("options", Options, self.options)
        checked_truth("verify", self.verify)

    @property
    def terms(self) -> Terms:
        """What is asked of the file, as one value."""
        return Terms(Fidelity(self.mode, self.max_error), self.options, self.keep, max_pixels=self.max_pixels)


@dataclass(frozen=True)
class Encoded:
    """What `encode_file` wrote.

    `shape` is (H, W, C) of the first picture, `samples` counts the sub-pixels of all. `worst_error` is None where no
    samples were compared (not verified, perceptual, or kept as a file); `restores` tells whether the source file comes
    back byte for byte, else `left_out` names what of it does not; `unread` is why no picture was taken of it.
    """

    shape: tuple[int, int, int]
    pictures: int
    samples: int
    source_bytes: int
    written_bytes: int
    verified: bool
    worst_error: int | None
    restores: bool
    left_out: tuple[str, ...] = ()
    unread: str = ""

    @property
    def growth(self) -> float:
        """Size of the .hyc file by that of the source's file: above 1 where it became larger, as JPEGs often do."""
        return self.written_bytes / self.source_bytes


@dataclass(frozen=True)
class Decoded:
    """What `decode_file` wrote.

    `complete` is false for a cut file, of which `arrived` is the fraction of the preview that it still held; `left_out`
    names the metadata that the picture format could not take.
    """

    shape: tuple[int, ...]
    written_bytes: int
    complete: bool
    arrived: float
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Restored:
    """What `restore_file` wrote, and its SHA-256 in hexadecimal."""

    path: Path
    written_bytes: int
    sha256: str


@memory_as_limit()
def encode_file(
    source: Path | str,
    target: Path | str,
    settings: EncodeSettings,
    *,
    force: bool = False,
    progress: Progress = None,
    port: Port = CODEC,
) -> Encoded:
    """Encode the picture file `source` into the .hyc file `target`; `STREAM` stands for a standard stream.

    With `settings.verify`, what was written is read back, every layer is decoded and compared with the samples of
    `source` before `target` gets its name. `port` holds the functions of the codec; tests pass broken ones.

    Raises:
        InputError: the source is not a picture or not readable, the target exists (and `force` is false), is not
            writable, or has the name or the content of another kind of file (see `targets`), the disk is full.
        UnsupportedError: neither 8-bit gray nor 8-bit RGB.
        LimitError: more pixels than `settings.max_pixels`, or more memory needed than there is.
        MismatchError: what was written does not decode to what it should; nothing is left of it.
    """
    source, target, progress = checked_path(source), checked_path(target), checked_progress(progress)
    settings = checked_instance("settings", EncodeSettings, settings)
    require_target(target, HYC, force=force, source=source)
    stored = read_bytes(source)
    with naming(source):
        half = _part(progress, 0.0, 0.5 if settings.verify else 1.0)
        filed = file_source(stored, settings.terms, port, half)

    def proven(written: bytes) -> int | None:
        worst = None
        if settings.verify:
            with naming(source, "what was written is not what it should be, nothing was kept: "):
                original = Original(stored, port.read_document(stored) if filed.pictures else None)
                limited = _limited(port, settings.max_pixels, _part(progress, 0.5, 1.0))
                worst = _require_proven(prove(written, original, Asked(settings.terms.fidelity), limited))
        if progress is not None:
            progress(1.0)  # before the file has its name: what this raises leaves nothing behind
        return worst

    worst = write_proven(target, filed.data, proven, force=force)
    infos = codec.read_infos(filed.data)
    return Encoded(
        shape=(infos[0].height, infos[0].width, infos[0].channels) if infos else (0, 0, 0),
        pictures=filed.pictures,
        samples=sum(info.height * info.width * info.channels for info in infos),
        source_bytes=len(stored),
        written_bytes=len(filed.data),
        verified=settings.verify,
        worst_error=worst,
        restores=filed.restores,
        left_out=filed.left_out,
        unread=filed.unread,
    )


@memory_as_limit()
def decode_file(
    source: Path | str,
    target: Path | str,
    *,
    layer: Layer | str = Layer.EXACT,
    picture_format: str | None = None,
    partial: bool = False,
    picture: int | None = None,
    max_pixels: int | None = MAX_PIXELS,
    force: bool = False,
    progress: Progress = None,
) -> Decoded:
    """Decode the .hyc file `source` into the picture file `target`.

    The format is that of the suffix of `target` unless `picture_format` names one (PNG for `STREAM`). `partial` lets a
    cut file give the preview of what arrived; it asks for `Layer.PERCEPTUAL`. `picture` and `max_pixels` are those of
    `codec.decode`. Where the source file itself is what is exact, its pixels are what a decoder makes of that file.

    Raises:
        InputError: not readable or not writable.
        CorruptFileError: the file is damaged or, without `partial`, cut off.
        UnsupportedError: the file has no such layer, or the picture format cannot hold it.
        LimitError: more pixels than `max_pixels`, or more memory needed than there is.
        MismatchError: the decoded samples or the written file are not what they should be.
    """
    source, target, progress = checked_path(source), checked_path(target), checked_progress(progress)
    layer, picture_format = checked_layer(layer), checked_format(picture_format)
    picture_format = picture_format or ("PNG" if target == STREAM else format_for(target))
    require_target(target, PICTURE, force=force, source=source)
    data = read_bytes(source)
    with naming(source):
        if partial and layer is not Layer.PERCEPTUAL:
            raise InputError("only the preview can be decoded in part; ask for the perceptual layer")
        if partial:
            complete = codec.read_info(data).complete
            preview, arrived = codec.decode_cut(data, picture=picture, max_pixels=max_pixels)
            found = Picture.of(preview)  # what came after the cut is unknown
        else:
            complete, arrived = True, 1.0
            found = _decoded(data, layer, picture, max_pixels, progress)
        if not found.kind.plain:
            raise UnsupportedError(f"{picture_format} is not written with {found.kind}")
        written = write_picture(found.samples, found.metadata, picture_format)

    def prove(stored: bytes) -> None:
        if stored != written.data:
            raise MismatchError(f"{target}: the disk gives back other bytes than were written; nothing was kept")

    write_proven(target, written.data, prove, force=force)
    H, W, C = found.samples.shape
    return Decoded((H, W) if C == 1 else (H, W, C), len(written.data), complete, arrived, written.left_out)


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


@memory_as_limit()
def restore_file(
    source: Path | str,
    target: Path | str | None = None,
    *,
    max_pixels: int | None = MAX_PIXELS,
    max_bytes: int | None = MAX_RESTORED,
    force: bool = False,
) -> Restored:
    """Write the file that the .hyc file `source` was made of, byte for byte; its SHA-256 is proven on the disk.

    Without a `target`, or where that is a folder, it is called like `source` with the suffix of what it holds.

    Args:
        source: a .hyc file, or `STREAM`.
        target: what to write, or a folder, or `STREAM`.
        max_pixels: as of `codec.decode`.
        max_bytes: refuse to write a larger file; None for the limit of the format, 2^40.
        force: replace a file of the same kind that has the name.

    Raises:
        InputError: not readable or not writable, or nothing tells what to call it.
        CorruptFileError: the .hyc file is damaged, or what comes out is not the file that went in.
        UnsupportedError: it keeps no file, or a method or a library that it needs is not here.
        LimitError: more pixels or bytes than allowed, or more memory needed than there is.
        MismatchError: decoded samples are not those that the file names, or the disk gives back other bytes.
    """
    source, folder = checked_path(source), None if target is None else checked_path(target)
    data = read_bytes(source)
    with naming(source):
        restored = b"".join(rebuild_source(data, max_pixels=max_pixels, max_bytes=max_bytes))
    path = name_restored(source, folder, restored)
    require_target(path, kind_like(restored), force=force, source=source)

    def prove(stored: bytes) -> None:
        if stored != restored:
            raise MismatchError(f"{path}: the disk gives back other bytes than were written; nothing was kept")

    write_proven(path, restored, prove, force=force)
    return Restored(path, len(restored), hashlib.sha256(restored).hexdigest())


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
        return _compared(data, stored, against, _limited(CODEC, max_pixels, progress, backend))


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
    _require_proven(prove(data, Original(stored, document), None, without_file, CONTENT))
    return info


def _require_proven(proof: Proof) -> int | None:
    """Return the worst error, None for a preview, once it is sure that nothing is wrong; raises MismatchError."""
    if proof.flags:
        raise MismatchError("; ".join(flag.detail for flag in proof.flags))
    return proof.worst_error


def _decoded(data: bytes, layer: Layer, number: int | None, max_pixels: int | None, progress: Progress) -> Picture:
    """Return one picture of a file with its metadata."""
    info = codec.read_info(data, number or 0)
    if layer is Layer.EXACT and info.restores and info.mode in (None, Mode.PERCEPTUAL):
        pictures = read_document(b"".join(rebuild_source(data, max_pixels=max_pixels))).pictures
        if number is None and len(pictures) != 1:
            raise InputError(f"this file holds {len(pictures)} pictures: say which, 0 to {len(pictures) - 1}")
        if (number or 0) >= len(pictures):
            raise InputError(f"there is no picture {number} in this file; found 0 to {len(pictures) - 1}")
        return pictures[number or 0]
    if layer is Layer.EXACT:
        return codec.decode_picture(data, picture=number, max_pixels=max_pixels, progress=progress)
    preview = codec.decode(data, layer=layer, picture=number, max_pixels=max_pixels, progress=progress)
    return Picture.of(preview, None, codec.read_metadata(data, number))


def _limited(port: Port, max_pixels: int | None, progress: Progress, backend: Backend | str = Backend.COMPILED) -> Port:
    """Return a port that decodes within this limit, tells this progress, and has this backend."""
    decode_each = partial(port.decode_each, backend=backend, max_pixels=max_pixels, progress=progress)
    return replace(port, decode_each=decode_each, rebuild=partial(port.rebuild, max_pixels=max_pixels))


def _part(progress: Progress, start: float, end: float) -> Progress:
    """Return a progress that fills the part from `start` to `end` of `progress`."""
    if progress is None:
        return None
    return lambda fraction: progress(start + fraction * (end - start))
