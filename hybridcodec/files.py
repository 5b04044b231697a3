"""Whole jobs on files: encode, decode, extract and verify, each proven before its output gets its name.

`codec` works on arrays and bytes and knows no paths; here are the paths, and the promise that success means proof: what
was written is read back from disk, decoded, and compared with the source in every sample.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from hybridcodec import codec
from hybridcodec.codec import Info
from hybridcodec.errors import InputError, MismatchError
from hybridcodec.image import Layer, Metadata, Mode, checked_samples, require_within
from hybridcodec.pictures import Picture, format_for, read_picture, write_picture
from hybridcodec.storage import STREAM, naming, read_bytes, require_writable, write_proven

Progress = Callable[[float], None]


@dataclass(frozen=True)
class EncodeSettings:
    """How a picture is encoded; `max_error` is 1 to 255 in near-lossless mode and 0 in every other."""

    mode: Mode = Mode.LOSSLESS
    max_error: int = 0
    verify: bool = True

    def __post_init__(self) -> None:
        allowed = range(1, 256) if self.mode is Mode.NEAR_LOSSLESS else range(1)
        if self.max_error not in allowed:
            bounds = f"{allowed[0]} to {allowed[-1]}" if len(allowed) > 1 else "0"
            raise InputError(f"{self.mode} mode takes a maximum error of {bounds}, found {self.max_error}")


@dataclass(frozen=True)
class Encoded:
    """What `encode_file` wrote.

    `worst_error` is None where nothing was compared (not verified, or perceptual); `left_out` names what of the
    source's file neither its samples nor its metadata hold.
    """

    shape: tuple[int, int, int]
    source_bytes: int
    written_bytes: int
    verified: bool
    worst_error: int | None
    left_out: tuple[str, ...] = ()

    @property
    def samples(self) -> int:
        """Number of sub-pixels."""
        H, W, C = self.shape
        return H * W * C


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


def encode_file(
    source: Path, target: Path, settings: EncodeSettings, *, force: bool = False, progress: Progress | None = None
) -> Encoded:
    """Encode the picture file `source` into the .hyc file `target`; `STREAM` stands for a standard stream.

    With `settings.verify`, what was written is read back, every layer is decoded and compared with the samples of
    `source` before `target` gets its name.

    Raises:
        InputError: the source is not a picture or not readable, the target exists (and `force` is false) or is not
            writable, the disk is full.
        UnsupportedError: neither 8-bit gray nor 8-bit RGB.
        MismatchError: what was written does not decode to what it should; nothing is left of it.
    """
    require_writable(target, force=force, source=source)
    stored_picture = read_bytes(source)
    with naming(source):
        picture = read_picture(stored_picture)
        half = _part(progress, 0.0, 0.5 if settings.verify else 1.0)
        data = codec.encode(
            picture.samples,
            mode=settings.mode,
            max_error=settings.max_error,
            metadata=picture.metadata,
            progress=half,
        )

    def prove(stored: bytes) -> int | None:
        if not settings.verify:
            return None
        with naming(source, "what was written is not what it should be, nothing was kept: "):
            info = codec.read_info(stored)
            if (info.mode, info.max_error) != (settings.mode, settings.max_error):
                raise MismatchError(f"its header says {info.mode} with maximum error {info.max_error}")
            return _prove(stored, picture, _part(progress, 0.5, 1.0))

    worst = write_proven(target, data, prove, force=force)
    if progress is not None:
        progress(1.0)
    H, W, C = checked_samples(picture.samples).shape
    return Encoded((H, W, C), len(stored_picture), len(data), settings.verify, worst, picture.left_out)


def decode_file(
    source: Path,
    target: Path,
    *,
    layer: Layer = Layer.EXACT,
    picture_format: str | None = None,
    partial: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> Decoded:
    """Decode the .hyc file `source` into the picture file `target`.

    The format is that of the suffix of `target` unless `picture_format` names one (PNG for `STREAM`). `partial` lets a
    cut file give the preview of what arrived; it asks for `Layer.PERCEPTUAL`.

    Raises:
        InputError: not readable or not writable.
        CorruptFileError: the file is damaged or, without `partial`, cut off.
        UnsupportedError: the file has no such layer, or the picture format cannot hold it.
        MismatchError: the decoded samples or the written file are not what they should be.
    """
    picture_format = picture_format or ("PNG" if target == STREAM else format_for(target))
    require_writable(target, force=force, source=source)
    data = read_bytes(source)
    with naming(source):
        if partial and layer is not Layer.PERCEPTUAL:
            raise InputError("only the preview can be decoded in part; ask for the perceptual layer")
        if partial:
            complete, metadata = codec.read_info(data).complete, Metadata()  # what came after the cut is unknown
            samples, arrived = codec.decode_cut(data)
        else:
            complete, metadata = True, codec.read_metadata(data)
            samples, arrived = codec.decode(data, layer=layer, progress=progress), 1.0
        picture = write_picture(samples, metadata, picture_format)

    def prove(stored: bytes) -> None:
        if stored != picture.data:
            raise MismatchError(f"{target}: the disk gives back other bytes than were written; nothing was kept")

    write_proven(target, picture.data, prove, force=force)
    return Decoded(samples.shape, len(picture.data), complete, arrived, picture.left_out)


def extract_file(source: Path, target: Path, *, force: bool = False) -> int:
    """Write the .hyc file `source` without its residual layer to `target`; returns the number of bytes written.

    Raises:
        InputError: not readable or not writable.
        CorruptFileError: the file is damaged or cut off.
        MismatchError: what was written does not decode to the preview it should.
    """
    require_writable(target, force=force, source=source)
    data = read_bytes(source)
    with naming(source):
        preview = codec.extract(data)

    def prove(stored: bytes) -> None:
        with naming(target):
            codec.check(stored)

    write_proven(target, preview, prove, force=force)
    return len(preview)


def verify_file(source: Path, *, against: Path | None = None, progress: Progress | None = None) -> Info:
    """Check a .hyc file: checksums, models, every layer against its hash; and against the original, where one is given.

    Raises:
        InputError: not readable.
        CorruptFileError: the file is damaged or cut off.
        UnsupportedError: it needs a version or a model that is not here.
        MismatchError: a layer decodes to other samples than it should, or than `against` has, or is only a preview.
    """
    data = read_bytes(source)
    with naming(source):
        if against is None:
            return codec.check(data, progress=progress)
    original = read_bytes(against)
    with naming(against):
        picture = read_picture(original)
    with naming(source, f"compared with {against}: "):
        info = codec.read_info(data)
        if info.mode is Mode.PERCEPTUAL:
            raise MismatchError("holds only a preview, which is not the original")
        _prove(data, picture, progress)
        return info


def _prove(data: bytes, picture: Picture, progress: Progress | None) -> int | None:
    """Decode every layer of `data` and compare with what was encoded; return the worst error, None for a preview."""
    info = codec.read_info(data)
    if codec.read_metadata(data) != picture.metadata:
        found = asdict(codec.read_metadata(data))
        differing = [name for name, value in asdict(picture.metadata).items() if value != found[name]]
        raise MismatchError(f"its metadata differs: {', '.join(differing)}")
    if info.mode is Mode.PERCEPTUAL:
        preview = codec.decode(data, layer=Layer.PERCEPTUAL, progress=progress)
        require_within(picture.samples, preview, 255)  # its size; its samples are held by its hash
        return None
    decoded = codec.decode(data, layer=Layer.EXACT, progress=progress)  # which proves the preview by its hash too
    return require_within(picture.samples, decoded, info.max_error).worst


def _part(progress: Progress | None, start: float, end: float) -> Progress | None:
    """Return a progress that fills the part from `start` to `end` of `progress`."""
    if progress is None:
        return None
    return lambda fraction: progress(start + fraction * (end - start))
