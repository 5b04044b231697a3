"""From samples to the bytes of a picture file, in lossless formats only; what was written is read back and compared."""

import io
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

from hybridcodec.errors import UnsupportedError
from hybridcodec.image import Metadata, Samples, checked_samples, require_within
from hybridcodec.sources.border import pillow_failures_as_ours
from hybridcodec.sources.parts.tiff import DESCRIPTIVE
from hybridcodec.sources.reading import EXIF_PREFIX, read_picture
from hybridcodec.sources.tiff_exif import needs_directories, with_exif

FORMATS = {
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
    ".ppm": "PPM",
    ".pgm": "PPM",
    ".pnm": "PPM",
    ".webp": "WEBP",
}
_LOSSY_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".avif", ".heic", ".jp2", ".jxl", ".gif")
_OPTIONS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "TIFF": {"compression": "tiff_adobe_deflate"},
    "BMP": {},
    "PPM": {},
    "WEBP": {"lossless": True, "exact": True},
}
_TIFF_XMP = 700


@dataclass(frozen=True)
class PictureFile:
    """The bytes of a picture file, and the names of the metadata that its format does not give back unchanged."""

    data: bytes
    left_out: tuple[str, ...]


def write_picture(samples: Samples, metadata: Metadata, picture_format: str = "PNG") -> PictureFile:
    """Return a picture file that holds exactly `samples`, uint8 of shape (H, W), (H, W, 1) or (H, W, 3).

    `picture_format` is one of the values of `FORMATS`. PNG and WebP take all metadata byte for byte, a TIFF the
    descriptive part of the EXIF block, written anew, BMP and PPM none.

    Raises:
        UnsupportedError: the format cannot hold such samples, or is not one that is written.
        InputError: Pillow cannot write this metadata.
        MismatchError: what was written reads back differently.
    """
    samples = checked_samples(samples)
    if picture_format not in _OPTIONS:
        raise UnsupportedError(f"{picture_format} is not written; expected one of {', '.join(_OPTIONS)}")
    if picture_format == "WEBP" and samples.shape[2] == 1:
        raise UnsupportedError("WebP has no gray pictures; write a gray picture as PNG, TIFF, BMP or PGM")
    image = Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
    target = io.BytesIO()
    with pillow_failures_as_ours(f"the picture cannot be written as {picture_format}"):
        image.save(target, picture_format, **_OPTIONS[picture_format], **_metadata_options(metadata, picture_format))
    data = target.getvalue()
    if picture_format == "TIFF" and needs_directories(metadata.exif):
        data = with_exif(data, metadata.exif)
    read_back = read_picture(data)
    require_within(samples, read_back.samples, 0)
    return PictureFile(data, _left_out(metadata, read_back.metadata, picture_format))


def format_for(path: Path) -> str:
    """Return the picture format that the suffix of `path` stands for.

    Raises:
        UnsupportedError: the suffix stands for a lossy format, or for none that is written.
    """
    suffix = path.suffix.lower()
    if suffix in _LOSSY_SUFFIXES:
        raise UnsupportedError(f"{path}: {suffix} would change the samples; choose .png, .tif, .webp, .bmp or .ppm")
    if suffix not in FORMATS:
        raise UnsupportedError(f"{path}: unknown suffix {suffix!r}; expected one of {' '.join(FORMATS)}")
    return FORMATS[suffix]


def _metadata_options(metadata: Metadata, picture_format: str) -> dict[str, Any]:
    if picture_format in ("BMP", "PPM"):
        return {}
    options: dict[str, Any] = {"icc_profile": metadata.icc} if metadata.icc else {}
    if picture_format == "TIFF":
        return options | {"exif": _tiff_tags(metadata)}
    if metadata.exif:
        options["exif"] = EXIF_PREFIX + metadata.exif
    if metadata.xmp and picture_format == "WEBP":
        options["xmp"] = metadata.xmp
    if metadata.xmp and picture_format == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + metadata.xmp)
    return options


def _tiff_tags(metadata: Metadata) -> Image.Exif:
    exif = Image.Exif()
    if metadata.exif and not needs_directories(metadata.exif):
        exif.load(EXIF_PREFIX + metadata.exif)
    for tag in set(exif) - set(DESCRIPTIVE):
        del exif[tag]
    if metadata.xmp:
        exif[_TIFF_XMP] = metadata.xmp
    return exif


def _left_out(wanted: Metadata, kept: Metadata, picture_format: str) -> tuple[str, ...]:
    rewritten = {"exif"} if picture_format == "TIFF" and kept.exif else set()
    found = asdict(kept)
    return tuple(name for name, value in asdict(wanted).items() if value != found[name] and name not in rewritten)
