"""What tests of kept files share: files of one picture, and rebuilding them without a codec between."""

from collections.abc import Sequence

import numpy as np
from hybridcodec_container import Header, Packing, PieceMethod, Serial, Source, rebuild

from hybridcodec.image import Picture, SampleKind
from hybridcodec.keeping.laid import header_of
from hybridcodec.keeping.making import source_of
from hybridcodec.keeping.named import NAMED, PACKED
from hybridcodec.sources.format import Document, Stream


def smooth(height: int, width: int, channels: int = 3, bits: int = 8, seed: int = 0) -> np.ndarray:
    """Return samples (H, W, C) that filters and deflate gain something on."""
    steps = np.random.default_rng(seed).integers(-2, 4, (height, width, channels))
    return (np.cumsum(steps, axis=1) % (1 << bits)).astype(np.uint8 if bits <= 8 else np.uint16)


def picture(samples: np.ndarray, bits: int | None = None) -> Picture:
    """Return samples as a picture of so many bits."""
    kind = SampleKind.of(samples)
    return Picture.of(samples, kind if bits is None else SampleKind(kind.roles, bits, kind.signed))


def rows_of(kept: Picture, **changes: object) -> Serial:
    """Return how the rows of a picture usually lie in the files of this project: high byte or high bit first."""
    H, _, C = kept.samples.shape
    bits = kept.kind.bit_depth
    plain = {"sample_bytes": 2 if bits > 8 else 1, "big_endian": bits > 8}
    packed = {"packing": Packing.HIGH_BITS_FIRST, "sample_bytes": 0}
    facts = {"order": tuple(range(C)), "rows": H, **(plain if bits % 8 == 0 else packed)}
    return Serial(**facts | changes)


def kept_as(data: bytes, kept: Picture, *streams: Stream) -> Source:
    """Return the recipe of a file with one picture."""
    return source_of(data, Document([kept], (), streams))


def rebuilt(source: Source, pictures: Sequence[Picture] = ()) -> bytes:
    """Return the file that a recipe gives, from pictures as they were."""

    def picture_of(number: int) -> tuple[Header, np.ndarray]:
        return header_of(pictures[number]), pictures[number].samples

    return b"".join(rebuild(source.recipe, source.literals(), picture_of, NAMED, PACKED))


def methods_of(source: Source) -> list[str]:
    """Return the methods of the pieces of a recipe by name, in order."""
    return [PieceMethod(piece.method).name for piece in source.recipe.pieces]
