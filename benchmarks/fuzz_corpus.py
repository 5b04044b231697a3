"""The small files that `benchmarks.fuzz` changes and mixes: every mode, an album, structures of which none decodes."""

from functools import cache
from pathlib import Path
from unittest.mock import patch

import hybridcodec_container as container
import numpy as np
from numpy.typing import NDArray

from hybridcodec import codec
from hybridcodec.base.variable.coder import VariableRate
from hybridcodec.filing import Terms, file_source
from hybridcodec.image import Metadata, Picture
from hybridcodec.modes import Keep, Preview
from hybridcodec.options import Options
from hybridcodec.residual.adaptive.coder import Adaptive
from hybridcodec.sources import write_picture

U8 = NDArray[np.uint8]
Random = np.random.Generator
Proven = tuple[bytes, dict[bytes, U8]]
"""A file, and the pictures that it decodes to, (H, W, C), by their sample hash."""

_STRUCTURES = Path(__file__).parents[1] / "container" / "golden" / "v2.0" / "structure"
_UNDECODABLE = ("palette", "small_palette", "signed", "display", "display_tiles", "source", "source_of_samples",
                "source_alone", "rest_of_source", "four_others", "guarded", "album")  # fmt: skip
_METADATA = Metadata(icc=b"profile" * 40, exif=b"II*\0\x08\0\0\0", xmp=b"<x/>")


@cache
def corpus() -> tuple[Proven, ...]:
    """Return small files of every mode, with metadata and without, of one tile and several, an album, a kept file."""
    rng = np.random.default_rng(7)
    made = [
        _encoded(_smooth(9, 9, 3, rng), 512, (9, 9)),
        _encoded(_smooth(20, 33, 1, rng), 512, (10, 33), metadata=_METADATA),
        _encoded(np.full((16, 16, 3), 200, np.uint8), 512, (16, 16)),
        _encoded(_smooth(14, 17, 3, rng), 512, (14, 9), mode="near-lossless", max_error=2),
        _encoded(_smooth(18, 70, 3, rng), 64, (9, 35), metadata=_METADATA),
        _encoded(_smooth(30, 30, 1, rng), 512, (30, 30), mode="perceptual"),
        _encoded(rng.integers(0, 256, (11, 12, 3)).astype(np.uint8), 512, (11, 12)),
        _encoded(np.zeros((1, 1, 3), np.uint8), 512, (1, 1)),
    ]
    album = _album(made[0], made[5], made[1])
    return (*made, album, _kept(_smooth(24, 30, 1, rng)))


@cache
def structures() -> tuple[Proven, ...]:
    """Return files of which this version decodes nothing: palettes, wide samples, display layers, source files."""
    return tuple(((_STRUCTURES / f"{name}.hyc").read_bytes(), {}) for name in _UNDECODABLE)


@cache
def pairs() -> tuple[tuple[Proven, Proven], ...]:
    """Return pairs of files of one size and layout: from unlike pictures to such as differ in a single sample."""
    rng = np.random.default_rng(9)
    first = _smooth(24, 130, 3, rng)
    flat, gray = np.full_like(first, 90), _smooth(24, 130, 1, rng)
    one, last, noisy = first.copy(), flat.copy(), first.copy()
    one[3, 4, 1] ^= 1
    last[-1, -1] ^= 1
    noisy ^= rng.integers(0, 2, first.shape).astype(np.uint8)
    others = (_smooth(24, 130, 3, rng), one, np.roll(first, 1, axis=0), noisy, 255 - first)
    both = [(first, other) for other in others] + [(flat, last), (gray, np.roll(gray, 3, axis=1))]
    both += [(b, a) for a, b in both]
    found = [(_encoded(a, 64, (8, 26)), _encoded(b, 64, (8, 26))) for a, b in both]
    (a, b), (_, c) = found[0], found[1]
    return (*found, (_album(a, b, c), _album(b, c, a)))


def _album(*files: Proven) -> Proven:
    """Return one file of the pictures of several."""
    pictures = [picture for data, _ in files for picture in container.read_container(data).pictures]
    return container.write_container(pictures), {stated: own for _, proven in files for stated, own in proven.items()}


def _encoded(samples: U8, base_tile: int, tile: tuple[int, int], **settings: object) -> Proven:
    """Return a file with tiles of this edge, and of this height and width, and what it decodes to."""
    with (
        patch.object(VariableRate, "choose_tile", lambda *_: (base_tile, base_tile)),
        patch.object(Adaptive, "choose_tile", lambda *_: tile),
    ):
        data = codec.encode(samples, **settings)  # type: ignore[arg-type]
    layer = "perceptual" if settings.get("mode") == "perceptual" else "exact"
    info = codec.read_info(data)
    decoded = codec.decode(data, layer=layer).reshape(samples.shape)
    return data, {bytes.fromhex(info.sample_hash or info.base_hash): decoded}


def _kept(samples: U8) -> Proven:
    """Return a file with its preview that gives back the PNG that it was made of, and what it decodes to."""
    stored = write_picture(Picture.of(samples)).data
    data = file_source(stored, Terms(options=Options(Preview.FULL), keep=Keep.FILE)).data
    return data, {bytes.fromhex(codec.read_info(data).sample_hash): samples}


def _smooth(height: int, width: int, channels: int, rng: Random) -> U8:
    rows, columns = np.mgrid[:height, :width]
    waves = rng.uniform(0.05, 0.3, (2, channels))
    levels = 128 + 60 * np.sin(rows[..., None] * waves[0] + columns[..., None] * waves[1])
    return np.asarray(levels + rng.normal(0, 3, (height, width, channels))).clip(0, 255).astype(np.uint8)
