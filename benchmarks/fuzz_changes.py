"""Ways to change chunks of a file, each at one place; `fuzz_cases` puts checksums, tables and indices right again."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import zstandard
from hybridcodec_container.layout import HEAD, METADATA, Kind

from benchmarks.fuzz_chunks import LAYERS, TILES, Chunk, header_fields, packed_header, with_parts, with_tiles
from benchmarks.fuzz_layers import LayerParts

Random = np.random.Generator
Change = Callable[[Sequence[Chunk], Random], list[Chunk]]

_NUMBERS = (0, 1, 2, 3, 4, 8, 9, 16, 63, 64, 65, 100, 128, 255, 256, 512, 1024, 4096, 16384, 32768, 65535, 1 << 20,
            (1 << 20) + 1, 1 << 24, 1 << 30, (1 << 31) - 1, (1 << 32) - 1)  # fmt: skip
_PACKED = (Kind.ICC, Kind.EXIF, Kind.XMP, Kind.LITERALS)
_OTHERS = (*_PACKED, *LAYERS, Kind.ALBUM, Kind.PALETTE, Kind.TONE, Kind.RECIPE)
_UNKNOWN = (b"abcd", b"aBcd", b"Abcd", b"\0\0\0\0")


def change_header(chunks: Sequence[Chunk], rng: Random) -> list[Chunk]:
    """Another value in one field of a header."""
    place = _header(chunks, rng)
    if place is None:
        return list(chunks)
    fields = header_fields(chunks[place])
    name = str(rng.choice(list(fields)))
    if name == "roles":
        fields[name] = bytes(int(role) for role in rng.choice([0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 4))
    elif isinstance(fields[name], bytes):
        fields[name] = (rng.bytes(len(fields[name])), bytes(len(fields[name])))[int(rng.integers(2))]
    else:
        fields[name] = _number(fields[name], rng)
    return _payload(chunks, place, packed_header(fields, chunks[place].payload))


def change_layer(chunks: Sequence[Chunk], rng: Random) -> list[Chunk]:
    """Another value in the record, the models, the tile table or the common payload of a layer."""
    place = _pick(chunks, rng, *LAYERS)
    parts = None if place is None else LayerParts.of(chunks[place].payload, chunks[place].entries)
    if place is None or parts is None:
        return list(chunks)
    ways = (_change_sides, _change_scale, _change_hash, _change_models, _change_table, _change_table, _change_common)
    return _payload(chunks, place, ways[int(rng.integers(len(ways)))](parts, rng).packed())


def claim(chunks: Sequence[Chunk], rng: Random) -> list[Chunk]:
    """Another size of a picture, and tiles to go with it."""
    place = _header(chunks, rng)
    if place is None:
        return list(chunks)
    sides = {name: int(2.0 ** rng.uniform(0, 17)) for name in ("width", "height")}
    head = replace(chunks[place], payload=packed_header(header_fields(chunks[place]) | sides, chunks[place].payload))
    large, made = rng.random() < 0.7, [*chunks[:place], head, *chunks[place + 1 :]]
    for n, chunk in enumerate(made):
        parts = LayerParts.of(chunk.payload, chunk.entries) if chunk.kind in LAYERS else None
        if large and parts is not None and chunk.picture == head.picture:
            height = 512 if chunk.kind == Kind.RESIDUAL_LAYER else 4096
            made[n] = replace(chunk, payload=replace(parts, tile_width=4096, tile_height=height).packed())
    return with_parts(with_tiles(made))


def change_words(chunks: Sequence[Chunk], rng: Random) -> list[Chunk]:
    """Other bits, words more or less, another's words, in a tile."""
    place = _pick(chunks, rng, *TILES)
    if place is None:
        return list(chunks)
    old = chunks[place].payload
    flipped = bytearray(old)
    if old:
        flipped[int(rng.integers(len(old)))] ^= 1 << int(rng.integers(8))
    cut = 4 * int(rng.integers(0, len(old) // 4 + 1))
    words = rng.bytes(4 * int(rng.integers(0, 40)))
    other = chunks[_pick(chunks, rng, *TILES) or 0].payload
    ways = (bytes(flipped), old[:cut], old + words, words, old[:cut] + words, other, old + bytes(4), bytes(len(old)),
            b"", bytes([255]) * len(old), old[:-1])  # fmt: skip
    return _payload(chunks, place, ways[int(rng.integers(len(ways)))])


def change_other(chunks: Sequence[Chunk], rng: Random) -> list[Chunk]:
    """Other bytes in a chunk that is neither header nor tile."""
    place = _pick(chunks, rng, *_OTHERS)
    if place is None:
        return list(chunks)
    changed = bytearray(chunks[place].payload)
    for _ in range(int(rng.choice([1, 1, 2, 3]))):
        if changed:
            changed[int(rng.integers(len(changed)))] = int(rng.integers(256))
    way = int(rng.integers(5))
    ways = (bytes(changed), bytes(changed), bytes(changed[:-1]), bytes(changed) + b"\0", b"")
    return _payload(chunks, place, ways[way])


def inflate(chunks: Sequence[Chunk], rng: Random) -> list[Chunk]:
    """Metadata or literals that would be much larger than they are, or than they say."""
    frame = zstandard.ZstdCompressor().compress(bytes(1 << int(rng.integers(4, 24))))
    stated = int(rng.choice([1, 16, 1 << 20, 1 << 23, 1 << 24, (1 << 24) + 1, (1 << 32) - 1]))
    payload = METADATA.pack(int(rng.integers(0, 3)), stated) + frame
    place = _pick(chunks, rng, *_PACKED)
    if place is not None:
        return _payload(chunks, place, payload)
    head = _pick(chunks, rng, Kind.HEAD)
    if head is None:
        return list(chunks)
    made = Chunk(Kind.EXIF.value, 0, payload, chunks[head].picture)
    return [*chunks[: head + 1], made, *chunks[head + 1 :]]


def reorder(chunks: Sequence[Chunk], rng: Random) -> list[Chunk]:
    """Chunks elsewhere, twice, missing, of another kind, number or picture."""
    if not chunks:
        return []
    first, second = (int(rng.integers(len(chunks))) for _ in range(2))
    changed, way = list(chunks), int(rng.integers(6))
    if way == 0:
        changed[first], changed[second] = changed[second], changed[first]
    elif way == 1:
        changed.insert(second, changed[first])
    elif way == 2:
        del changed[first]
    elif way == 3:
        kinds = (*(kind.value for kind in Kind if kind is not Kind.DONE), *_UNKNOWN)
        changed[first] = replace(changed[first], kind=kinds[int(rng.integers(len(kinds)))])
    elif way == 4:
        number = int(rng.choice([0, 1, changed[first].index + 1, (1 << 32) - 1]))
        changed[first] = replace(changed[first], index=number)
    else:
        changed[first] = replace(changed[first], picture=changed[second].picture)
    return changed


def roughly(data: bytes, rng: Random) -> bytes:
    """The file cut, longer, or with a wrong bit, and nothing put right."""
    way, at = int(rng.integers(3)), int(rng.integers(len(data)))
    if way == 0:
        return data[:at]
    return (
        data + rng.bytes(9) if way == 1 else data[:at] + bytes([data[at] ^ 1 << int(rng.integers(8))]) + data[at + 1 :]
    )


def _change_sides(parts: LayerParts, rng: Random) -> LayerParts:
    if rng.random() < 0.5:
        return replace(parts, tile_width=_number(parts.tile_width, rng))
    return replace(parts, tile_height=_number(parts.tile_height, rng))


def _change_scale(parts: LayerParts, rng: Random) -> LayerParts:
    return replace(parts, scale=int(rng.choice([0, 1, 2, 3, 4, 255])))


def _change_hash(parts: LayerParts, rng: Random) -> LayerParts:
    return replace(parts, sample_hash=(rng.bytes(32), bytes(32))[int(rng.integers(2))])


def _change_models(parts: LayerParts, rng: Random) -> LayerParts:
    models = parts.models
    ways = ((), models[1:], models + models[:1], (*models, rng.bytes(32)), (rng.bytes(32), *models[1:]), models * 9)
    return replace(parts, models=ways[int(rng.integers(len(ways)))])


def _change_table(parts: LayerParts, rng: Random) -> LayerParts:
    if not parts.table:
        return replace(parts, table=((0, 1),))
    table, place = list(parts.table), int(rng.integers(len(parts.table)))
    length, coder = table[place]
    ways: tuple[list[tuple[int, int]], ...]
    ways = ([(_number(length, rng) % (1 << 35), coder)], [(length, int(rng.choice([0, 1, 2, 3, 4, 5, 6, 200, 255])))],
            [(0, 0)], [], [table[place], table[place]])  # fmt: skip
    table[place : place + 1] = ways[int(rng.integers(len(ways)))]
    return replace(parts, table=tuple(table))


def _change_common(parts: LayerParts, rng: Random) -> LayerParts:
    common = parts.common
    ways = (b"", common[:-1], common + b"\0", rng.bytes(len(common)), rng.bytes(int(rng.integers(1, 600))))
    return replace(parts, common=ways[int(rng.integers(len(ways)))])


def _number(value: int, rng: Random) -> int:
    return (max(value + int(rng.integers(-2, 3)), 0), int(rng.choice(_NUMBERS)))[int(rng.integers(2))]


def _pick(chunks: Sequence[Chunk], rng: Random, *kinds: bytes) -> int | None:
    places = [i for i, chunk in enumerate(chunks) if chunk.kind in kinds]
    return int(rng.choice(places)) if places else None


def _header(chunks: Sequence[Chunk], rng: Random) -> int | None:
    place = _pick(chunks, rng, Kind.HEAD)
    return place if place is not None and len(chunks[place].payload) >= HEAD.size else None


def _payload(chunks: Sequence[Chunk], place: int, payload: bytes) -> list[Chunk]:
    return [*chunks[:place], replace(chunks[place], payload=payload), *chunks[place + 1 :]]


CHANGES: tuple[Change, ...] = (
    *(change_header, change_header),
    *(change_layer, change_layer),
    *(change_words, change_words, change_words),
    *(claim, change_other, change_other, inflate, reorder, reorder),
)
"""Ways to change a file; those that get furthest more than once."""
