"""What the channels of a page of a TIFF show (TIFF 6.0, "PhotometricInterpretation", "ExtraSamples", "ColorMap")."""

from typing import Final

import numpy as np

from hybridcodec.errors import InputError, UnsupportedError
from hybridcodec.kinds import GRAY, INDEXED, MAX_BIT_DEPTH, RGB, Palette, Role, SampleKind
from hybridcodec.sources.format import refusal
from hybridcodec.sources.parts.directories import Directory, Tiff
from hybridcodec.sources.samples.tiff import (
    BITS,
    CHANNELS,
    CODINGS,
    COMPRESSION,
    FAX,
    JPEG,
    PHOTOMETRIC,
    SAMPLE_FORMAT,
    Layout,
)

COLOUR_MAP, EXTRA_SAMPLES = 320, 338
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _YCBCR = 0, 1, 2, 3, 6
_COLOURS: Final = {_WHITE_IS_ZERO: GRAY, _BLACK_IS_ZERO: GRAY, _RGB: RGB, _PALETTE: INDEXED}
_OPACITY: Final = {1: Role.ALPHA_PREMULTIPLIED, 2: Role.ALPHA}
_MOST_CHANNELS: Final = 4
_NAMES: Final = {0: "inverted gray", 1: "gray", 2: "RGB", 3: "palette", 5: "CMYK", 6: "YCbCr", 8: "CIELAB"}
_NUMBERS: Final = {1: "", 2: "signed ", 3: "floating-point "}
_CHANNELS: Final = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4}


def kind_of(tiff: Tiff, page: Directory, layout: Layout) -> SampleKind:
    """Return what the samples of a page are, once white is not zero any more (`is_inverted`).

    Raises:
        InputError: fewer channels than the colours need, or no palette.
        UnsupportedError: a kind of sample, or a compression, that is not taken.
    """
    photometric = _photometric(layout)
    colours, inverted = _COLOURS.get(photometric), photometric == _WHITE_IS_ZERO
    formats = set(tiff.numbers(page, SAMPLE_FORMAT) or (1,))
    if (
        colours is None
        or formats - {1, 2, 4}  # 4: undefined, taken as unsigned
        or layout.channels > _MOST_CHANNELS
        or not 1 <= layout.bits <= MAX_BIT_DEPTH
        or (layout.signed and (layout.bits == 1 or inverted or photometric == _PALETTE))
        or not _can_be_unpacked(layout)
    ):
        raise refusal(f"TIFF of {words(tiff, page)}")
    if layout.channels < len(colours):
        raise InputError(f"a TIFF of {words(tiff, page)} has {layout.channels} channels")
    roles = _roles(tiff, page, layout.channels, colours)
    return SampleKind(roles, layout.bits, layout.signed, _palette(tiff, page, layout) if roles[0] in INDEXED else None)


def is_inverted(layout: Layout) -> bool:
    """Tell whether white is zero in the samples of the first channel."""
    return _photometric(layout) == _WHITE_IS_ZERO


def _photometric(layout: Layout) -> int:
    """Return what the channels show, as TIFF numbers it; JPEGs of YCbCr decode to RGB."""
    jpeg = layout.photometric == _YCBCR and layout.compression == JPEG
    return _RGB if jpeg else layout.photometric


def words(tiff: Tiff, page: Directory) -> str:
    """Return what a page stores, as messages say it."""
    channels, kind = tiff.number(page, CHANNELS, 1), tiff.number(page, SAMPLE_FORMAT, 1)
    photometric, compression = tiff.number(page, PHOTOMETRIC), tiff.number(page, COMPRESSION, 1)
    colour = _NAMES.get(photometric, f"photometric interpretation {photometric}")
    extra = channels - _CHANNELS.get(photometric, 3)
    beside = f" with {extra} extra channel{'s' if extra != 1 else ''}" if extra > 0 else ""
    found = f"{tiff.number(page, BITS, 1)}-bit {_NUMBERS.get(kind, f'format {kind} ')}{colour}{beside}"
    return found if compression in (1, *CODINGS) else f"{found} in TIFF compression {compression}"


def _can_be_unpacked(layout: Layout) -> bool:
    if layout.compression == JPEG:
        return layout.bits == 8 and not layout.signed and layout.channels in (1, 3)
    if layout.compression in FAX:
        return layout.bits == 1 and layout.segment_channels == 1
    return layout.compression == 1 or layout.compression in CODINGS


def _roles(tiff: Tiff, page: Directory, channels: int, colours: tuple[Role, ...]) -> tuple[Role, ...]:
    """Return the roles: where nobody says what a further channel is, nobody knows what the others are together."""
    extra = channels - len(colours)
    meant = tiff.numbers(page, EXTRA_SAMPLES, 1)[:1]
    if not extra:
        return colours
    if extra == 1 and meant and meant[0] in _OPACITY:
        return (*colours, _OPACITY[meant[0]])
    if colours == INDEXED:
        raise UnsupportedError(f"found a TIFF of {words(tiff, page)}, of which nothing says what it is")
    return (Role.OTHER,) * channels


def _palette(tiff: Tiff, page: Directory, layout: Layout) -> Palette:
    """Return the colours: 16-bit values, or 8-bit ones where they are those, or where an old writer wrote those."""
    count = 1 << layout.bits
    values = np.array(tiff.numbers(page, COLOUR_MAP), np.int64)
    if len(values) != 3 * count or values.max() >= 1 << 16:
        raise InputError(f"the palette of the TIFF has {len(values):,} values, expected {3 * count:,}")
    entries = values.reshape(3, count).T
    if values.max() < 256:
        return Palette(3, 8, entries.astype(np.uint8).tobytes())
    if not (values % 257).any():
        return Palette(3, 8, (entries // 257).astype(np.uint8).tobytes())
    return Palette(3, 16, entries.astype("<u2").tobytes())
