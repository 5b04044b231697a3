"""What `benchmarks.fuzz` tries: small files changed in one to three ways, and files mixed from two pictures.

Everything follows from a seed and a number, so that any case can be made again by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from unittest.mock import patch

import numpy as np
import zstandard
from hybridcodec_container.layout import HEAD, METADATA, Kind
from numpy.typing import NDArray

from benchmarks.fuzz_chunks import (
    Chunk,
    header_fields,
    packed_header,
    prologue_of,
    put_together,
    taken_apart,
    with_index,
    with_tiles,
)
from hybridcodec import codec
from hybridcodec.image import Metadata

U8 = NDArray[np.uint8]
Random = np.random.Generator
Change = Callable[[list[Chunk], Random], list[Chunk]]

_NUMBERS = (0, 1, 2, 3, 4, 8, 9, 16, 63, 64, 65, 100, 128, 255, 256, 512, 1024, 4096, 16384, 32768, 65535, 1 << 20,
            (1 << 20) + 1, 1 << 24, 1 << 30, (1 << 31) - 1, (1 << 32) - 1)  # fmt: skip
_METADATA = Metadata(icc=b"profile" * 40, exif=b"II*\0\x08\0\0\0", xmp=b"<x/>")
_TILES = (Kind.BASE, Kind.RESIDUAL)
_SEARCHED = (*_TILES, Kind.BASE_COMMON, Kind.TILE_INDEX)


@dataclass(frozen=True)
class Case:
    """A file to read, and the pictures whose hash its header may state: their samples (H, W, C) by that hash."""

    data: bytes
    pictures: dict[bytes, U8]


def mutation(seed: int, number: int) -> Case:
    """Return a file of the corpus, changed, with checksums that hold (but for one in ten)."""
    rng = np.random.default_rng([seed, number, 1])
    original, picture = corpus()[number % len(corpus())]
    chunks = taken_apart(original)
    for _ in range(int(rng.choice([1, 1, 2, 3]))):
        chunks = CHANGES[int(rng.integers(len(CHANGES)))](chunks, rng)
    if chunks and chunks[0].kind == Kind.HEAD and rng.random() < 0.5:
        chunks = with_tiles(chunks)
    if rng.random() < 0.8:
        chunks = with_index(chunks)
    data = put_together(prologue_of(original), chunks)
    if rng.random() < 0.1:
        data = _roughly(data, rng)
    return Case(data, picture)


def mixture(seed: int, number: int) -> Case:
    """Return a file of one picture in which chunks are another's, some damaged or lost, digests all right else."""
    rng = np.random.default_rng([seed, number, 2])
    (mine, own), (theirs, other) = pairs()[number % len(pairs())]
    chunks, strangers = taken_apart(mine), taken_apart(theirs)
    for place in rng.choice(len(chunks), int(rng.integers(1, len(chunks))), replace=False):
        if chunks[place].kind in _SEARCHED:
            chunks[place] = strangers[place]
    for place in rng.choice(len(chunks), int(rng.integers(0, 3)), replace=False):
        if chunks[place].kind != Kind.HEAD:
            chunks[place] = Chunk(chunks[place].kind, chunks[place].index, chunks[place].payload, damaged=True)
    if rng.random() < 0.3:
        chunks.insert(int(rng.integers(1, len(chunks))), strangers[int(rng.integers(1, len(strangers)))])
    if rng.random() < 0.4:
        chunks = with_index(chunks)
    data = put_together(prologue_of(mine), chunks)
    return Case(data[: -int(rng.integers(1, 60))] if rng.random() < 0.3 else data, own | other)


@cache
def corpus() -> tuple[tuple[bytes, dict[bytes, U8]], ...]:
    """Return small files of every mode, with metadata and without, of one tile and of several."""
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
    return tuple((data, {_hash(data): samples}) for data, samples in made)


@cache
def pairs() -> tuple[tuple[tuple[bytes, dict[bytes, U8]], ...], ...]:
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
    return tuple(tuple(_proven(*_encoded(p, 64, (8, 26))) for p in pair) for pair in both)


def _proven(data: bytes, samples: U8) -> tuple[bytes, dict[bytes, U8]]:
    return data, {_hash(data): samples}


def _hash(data: bytes) -> bytes:
    """What the header of a file says of its samples (of its preview, where it has no others)."""
    info = codec.read_info(data)
    return bytes.fromhex(info.sample_hash or info.base_hash)


def _encoded(samples: U8, base_tile: int, tile: tuple[int, int], **settings: object) -> tuple[bytes, U8]:
    """Return the file and what it decodes to, (H, W, C)."""
    with patch("hybridcodec.base.TILE", base_tile), patch("hybridcodec.residual.choose_tile", lambda *_: tile):
        data = codec.encode(samples, **settings)  # type: ignore[arg-type]
    layer = "perceptual" if settings.get("mode") == "perceptual" else "exact"
    return data, codec.decode(data, layer=layer).reshape(samples.shape)


def _smooth(height: int, width: int, channels: int, rng: Random) -> U8:
    rows, columns = np.mgrid[:height, :width]
    waves = rng.uniform(0.05, 0.3, (2, channels))
    levels = 128 + 60 * np.sin(rows[..., None] * waves[0] + columns[..., None] * waves[1])
    return np.asarray(levels + rng.normal(0, 3, (height, width, channels))).clip(0, 255).astype(np.uint8)


def _pick(chunks: list[Chunk], rng: Random, *kinds: Kind) -> int | None:
    places = [i for i, chunk in enumerate(chunks) if not kinds or chunk.kind in kinds]
    return int(rng.choice(places)) if places else None


def _payload(chunks: list[Chunk], place: int | None, payload: bytes) -> list[Chunk]:
    if place is None:
        return chunks
    return [*chunks[:place], Chunk(chunks[place].kind, chunks[place].index, payload), *chunks[place + 1 :]]


def _change_header(chunks: list[Chunk], rng: Random) -> list[Chunk]:
    """Another value in one field of the header."""
    place = _pick(chunks, rng, Kind.HEAD)
    if place is None or len(chunks[place].payload) != HEAD.size:
        return chunks
    fields = header_fields(chunks[place])
    name = str(rng.choice(list(fields)))
    if isinstance(fields[name], bytes):
        fields[name] = (rng.bytes(32), bytes(32), fields["base_hash"], fields["base_model"])[int(rng.integers(4))]
    else:
        near = fields[name] + int(rng.integers(-2, 3))
        fields[name] = (near, int(rng.choice(_NUMBERS)))[int(rng.integers(2))]
    return _payload(chunks, place, packed_header(fields))


def _claim(chunks: list[Chunk], rng: Random) -> list[Chunk]:
    """Another size of the picture, and tiles to go with it."""
    place = _pick(chunks, rng, Kind.HEAD)
    if place is None or len(chunks[place].payload) != HEAD.size:
        return chunks
    fields = header_fields(chunks[place])
    fields |= {name: int(2.0 ** rng.uniform(0, 17)) for name in ("width", "height")}
    if rng.random() < 0.7:
        fields |= {"base_tile_width": 4096, "base_tile_height": 4096}
        if fields["residual_tile_width"]:
            fields |= {"residual_tile_width": 4096, "residual_tile_height": 512}
    return with_tiles(_payload(chunks, place, packed_header(fields)))


def _change_words(chunks: list[Chunk], rng: Random) -> list[Chunk]:
    """Other bits, words more or less, another's words, in a tile."""
    place = _pick(chunks, rng, *_TILES)
    if place is None:
        return chunks
    old = chunks[place].payload
    flipped = bytearray(old)
    if old:
        flipped[int(rng.integers(len(old)))] ^= 1 << int(rng.integers(8))
    cut = 4 * int(rng.integers(0, len(old) // 4 + 1))
    words = rng.bytes(4 * int(rng.integers(0, 40)))
    other = chunks[_pick(chunks, rng, *_TILES) or 0].payload
    ways = (bytes(flipped), old[:cut], old + words, words, old[:cut] + words, other, old + bytes(4), bytes(len(old)),
            b"", bytes([255]) * len(old), old[:-1])  # fmt: skip
    return _payload(chunks, place, ways[int(rng.integers(len(ways)))])


def _change_other(chunks: list[Chunk], rng: Random) -> list[Chunk]:
    """Other bytes in a chunk that is no tile."""
    place = _pick(chunks, rng, Kind.BASE_COMMON, Kind.TILE_INDEX, Kind.ICC, Kind.EXIF, Kind.XMP)
    if place is None:
        return chunks
    changed = bytearray(chunks[place].payload)
    for _ in range(int(rng.choice([1, 1, 2, 3]))):
        if changed:
            changed[int(rng.integers(len(changed)))] = int(rng.integers(256))
    way = int(rng.integers(4))
    return _payload(chunks, place, (bytes(changed), bytes(changed[:-1]), bytes(changed) + b"\0", b"")[way])


def _inflate(chunks: list[Chunk], rng: Random) -> list[Chunk]:
    """Metadata that would be much larger than it is, or than it says."""
    frame = zstandard.ZstdCompressor().compress(bytes(1 << int(rng.integers(4, 24))))
    stated = int(rng.choice([1, 16, 1 << 20, 1 << 23, 1 << 24, (1 << 24) + 1, (1 << 32) - 1]))
    made = Chunk(Kind.EXIF.value, 0, METADATA.pack(int(rng.integers(0, 3)), stated) + frame)
    return [chunks[0], made, *(c for c in chunks[1:] if c.kind != Kind.EXIF)] if chunks else chunks


def _reorder(chunks: list[Chunk], rng: Random) -> list[Chunk]:
    """Chunks elsewhere, twice, missing, of another kind or number."""
    if not chunks:
        return chunks
    first, second = (int(rng.integers(len(chunks))) for _ in range(2))
    changed, way = list(chunks), int(rng.integers(5))
    if way == 0:
        changed[first], changed[second] = changed[second], changed[first]
    elif way == 1:
        changed.insert(second, changed[first])
    elif way == 2:
        del changed[first]
    elif way == 3:
        kinds = (*(kind.value for kind in Kind if kind is not Kind.DONE), b"abcd", b"aBcd", b"Abcd", b"\0\0\0\0")
        changed[first] = Chunk(kinds[int(rng.integers(len(kinds)))], changed[first].index, changed[first].payload)
    else:
        number = int(rng.choice([0, 1, changed[first].index + 1, (1 << 32) - 1]))
        changed[first] = Chunk(changed[first].kind, number, changed[first].payload)
    return changed


def _roughly(data: bytes, rng: Random) -> bytes:
    """The file cut, longer, or with a wrong bit, and nothing put right."""
    way, at = int(rng.integers(3)), int(rng.integers(len(data)))
    if way == 0:
        return data[:at]
    return (
        data + rng.bytes(9) if way == 1 else data[:at] + bytes([data[at] ^ 1 << int(rng.integers(8))]) + data[at + 1 :]
    )


CHANGES: tuple[Change, ...] = (
    *(_change_header, _change_header),
    *(_change_words, _change_words, _change_words),
    *(_claim, _change_other, _inflate, _reorder),
)
"""Ways to change a file; those that get furthest more than once."""
