"""From samples to the bytes of a picture file, in lossless formats only; what was written is read back and compared."""

from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image

from hybridcodec.errors import UnsupportedError
from hybridcodec.image import Metadata, Samples, checked_samples, require_plain, require_within
from hybridcodec.sources import formats
from hybridcodec.sources.border import pillow_failures_as_ours
from hybridcodec.sources.reading import read_picture

_LOSSY_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".avif", ".heic", ".jp2", ".jxl", ".gif")


@dataclass(frozen=True)
class PictureFile:
    """The bytes of a picture file, and the names of the metadata that its format does not give back unchanged."""

    data: bytes
    left_out: tuple[str, ...]


def write_picture(samples: Samples, metadata: Metadata, picture_format: str = "PNG") -> PictureFile:
    """Return a picture file that holds exactly `samples`, uint8 of shape (H, W), (H, W, 1) or (H, W, 3).

    `picture_format` is one of the values of `formats.written`. PNG and WebP take all metadata byte for byte, a TIFF the
    descriptive part of the EXIF block, written anew, BMP and PPM none.

    Raises:
        UnsupportedError: the format cannot hold such samples, or is not one that is written.
        InputError: Pillow cannot write this metadata.
        MismatchError: what was written reads back differently.
    """
    samples = require_plain(checked_samples(samples))
    writer = next((form.writer for form in formats.FORMATS if form.name == picture_format), None)
    if writer is None:
        written = dict.fromkeys(formats.written().values())
        raise UnsupportedError(f"{picture_format} is not written; expected one of {', '.join(written)}")
    if writer.no_gray and samples.shape[2] == 1:
        raise UnsupportedError(writer.no_gray)
    image = Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
    with pillow_failures_as_ours(f"the picture cannot be written as {picture_format}"):
        data = writer.write(image, metadata)
    read_back = read_picture(data)
    require_within(samples, read_back.samples, 0)
    return PictureFile(data, _left_out(metadata, read_back.metadata, writer.written_anew))


def format_for(path: Path) -> str:
    """Return the picture format that the suffix of `path` stands for.

    Raises:
        UnsupportedError: the suffix stands for a lossy format, or for none that is written.
    """
    suffix = path.suffix.lower()
    if suffix in _LOSSY_SUFFIXES:
        raise UnsupportedError(f"{path}: {suffix} would change the samples; choose .png, .tif, .webp, .bmp or .ppm")
    written = formats.written()
    if suffix not in written:
        raise UnsupportedError(f"{path}: unknown suffix {suffix!r}; expected one of {' '.join(written)}")
    return written[suffix]


def _left_out(wanted: Metadata, kept: Metadata, written_anew: frozenset[str]) -> tuple[str, ...]:
    found = asdict(kept)
    anew = {name for name in written_anew if found[name]}
    return tuple(name for name, value in asdict(wanted).items() if value != found[name] and name not in anew)
