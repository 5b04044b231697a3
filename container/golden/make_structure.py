"""Write the golden files of the container alone, once: `python container/golden/make_structure.py`.

Payloads are made up: these files prove the structure, not a codec. An existing file stops the command, because a golden
file never changes; add further files under new names.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from hybridcodec_container import (
    GRAY,
    INDEXED,
    RGB,
    ContainerMode,
    File,
    Header,
    HeaderFlag,
    Kind,
    Layer,
    Layers,
    Linear,
    Metadata,
    Packing,
    Palette,
    Picture,
    Piece,
    Recipe,
    Rest,
    Role,
    SampleFormat,
    Serial,
    Source,
    Thresholds,
    Tile,
    Version,
    drop_residual,
    hash_samples,
    serialise,
    write_container,
)
from hybridcodec_container.chunks import pack_chunk, payload_of, read_chunk
from hybridcodec_container.identity import identity_of
from hybridcodec_container.layer import layer_grid
from hybridcodec_container.layout import DONE, HEAD, NO_IDENTITY, PROLOGUE, VERSION_MAJOR, VERSION_MINOR
from hybridcodec_container.medium import Medium
from hybridcodec_container.prologue import pack_prologue

FOLDER = Path(__file__).parent / "v2.0" / "structure"
BOTH = Layers.BASE | Layers.RESIDUAL
METADATA = Metadata(icc=b"profile " * 400, exif=b"II*\0\x08\0\0\0", xmp=b"<x:xmpmeta/>", extra=((b"abCD", b"new"),))


def sha(text: str) -> bytes:
    """Return a hash that no picture and no model has."""
    return hashlib.sha256(text.encode()).digest()


def header(**changes: Any) -> Header:
    """Return the header of a lossless colour picture, or of one that differs from it."""
    facts: dict[str, Any] = {"width": 300, "height": 130, "roles": RGB, "mode": ContainerMode.LOSSLESS, "layers": BOTH}
    return Header(**facts | {"source_hash": sha("source")} | changes)


def layer(head: Header, which: Layers, size: tuple[int, int], coders: bytes = b"\1", **changes: Any) -> Layer:
    """Return a layer of tiles with payloads of 0, 9, 18 bytes and so on; `coders` are used in turn."""
    name = str(which.name).lower()
    grid = layer_grid(head, changes.get("scale", 0), *size)
    tiles = []
    for number in range(grid.count):
        coder = coders[number % len(coders)]
        tiles.append(Tile.of(coder, (f"{name[:4]} {number:04d}".encode()[:9]) * number) if coder else Tile())
    exact = which is Layers.RESIDUAL and head.mode is ContainerMode.LOSSLESS
    facts = {
        "models": (sha(f"{name} model"),),
        "sample_hash": head.source_hash if exact else sha(f"{name} picture"),
        "common": f"common to all {name} tiles".encode(),
    }
    return Layer(tile_width=size[0], tile_height=size[1], tiles=tuple(tiles), **facts | changes)


def picture(head: Header, **parts: Any) -> Picture:
    """Return a picture whose layers are made up where they are not given."""
    made: dict[str, Any] = {}
    if head.layers & Layers.BASE:
        made["base"] = layer(head, Layers.BASE, (128, 64))
    if head.layers & Layers.RESIDUAL:
        made["residual"] = layer(head, Layers.RESIDUAL, (256, 100))
    return Picture.seal(head, **made | parts)


def plain_pictures() -> Iterator[tuple[str, Picture]]:
    """Yield pictures that show what one picture can be."""
    yield "lossless", picture(header(), metadata=METADATA)
    near = header(
        width=1,
        height=1 << 20,
        roles=GRAY,
        bit_depth=16,
        mode=ContainerMode.NEAR_LOSSLESS,
        max_error=65535,
        flags=HeaderFlag.LOSS_ACCEPTED,
    )
    tall = {"base": layer(near, Layers.BASE, (64, 1 << 18)), "residual": layer(near, Layers.RESIDUAL, (16, 1 << 20))}
    yield "near_lossless", picture(near, **tall, tone=Linear(-1000, 70000))
    one = header(width=1, height=1, mode=ContainerMode.PERCEPTUAL, layers=Layers.BASE)
    yield "perceptual", picture(one, base=layer(one, Layers.BASE, (1, 1), common=b"", models=()))
    guarded = header(mode=ContainerMode.GUARDED, flags=HeaderFlag.MATCHING_USED)
    coders = layer(guarded, Layers.RESIDUAL, (64, 64), b"\0\3\4\0\5\1\2", models=(sha("page"), sha("index")))
    yield "guarded", picture(guarded, base=layer(guarded, Layers.BASE, (64, 64), scale=2), residual=coders)
    alpha = header(roles=(*RGB, Role.ALPHA_PREMULTIPLIED), layers=Layers.RESIDUAL)
    yield "no_preview", picture(alpha)
    yield "four_others", picture(header(roles=(Role.OTHER,) * 4, bit_depth=1, layers=Layers.RESIDUAL))
    indexed = header(roles=(*INDEXED, Role.ALPHA), bit_depth=2)
    yield "palette", picture(indexed, palette=Palette(4, 16, bytes(range(32))))
    yield "small_palette", picture(header(roles=INDEXED, bit_depth=4), palette=Palette(3, 8, bytes(range(27))))
    signed = header(roles=(*GRAY, Role.ALPHA), bit_depth=12, sample_format=SampleFormat.SIGNED)
    steps = Thresholds(tuple(16 * step - 2048 for step in range(255)), invert=True)
    yield "signed", picture(signed, tone=steps, base=layer(signed, Layers.BASE, (64, 64), scale=3))
    yield "low_depth", picture(header(roles=GRAY, bit_depth=1), base=layer(header(), Layers.BASE, (40, 20), scale=1))
    shown = header(layers=BOTH | Layers.DISPLAY, flags=HeaderFlag.GENERATED)
    yield "display", picture(shown, display=layer(shown, Layers.DISPLAY, (0, 0), models=(sha("a"), sha("b"))))
    tiled = layer(shown, Layers.DISPLAY, (200, 100), b"\7", scale=1, common=b"")
    yield "display_tiles", picture(shown, display=tiled)
    later = layer(header(), Layers.RESIDUAL, (256, 100), b"\1\xc8")
    yield "unknown_coder", picture(header(), residual=later)


def album_pictures() -> list[Picture]:
    """Return a group of three frames, a preview, a picture without one, and the first frame once more."""
    first = picture(header(source_hash=sha("frame 0")), metadata=Metadata(xmp=b"<first/>"))
    frames = [first]
    for number in (1, 2):
        head = header(
            source_hash=sha(f"frame {number}"), group_position=number, reference_hash=sha(f"frame {number - 1}")
        )
        frames.append(picture(head))
    small = picture(header(width=20, height=10, mode=ContainerMode.PERCEPTUAL, layers=Layers.BASE))
    hidden = picture(header(roles=(*GRAY, Role.ALPHA), layers=Layers.RESIDUAL), metadata=Metadata(exif=b"MM"))
    return [*frames, small, hidden, first]


def exact_picture(samples: np.ndarray, roles: tuple[Role, ...], bit_depth: int) -> Picture:
    """Return a lossless picture without a preview that keeps `samples`."""
    rows, columns = samples.shape[:2]
    head = header(
        width=columns,
        height=rows,
        roles=roles,
        bit_depth=bit_depth,
        sample_format=SampleFormat.SIGNED if samples.dtype.kind == "i" else SampleFormat.UNSIGNED,
        layers=Layers.RESIDUAL,
        source_hash=hash_samples(samples),
    )
    return picture(head, residual=layer(head, Layers.RESIDUAL, (64, 64), common=b""))


def serial_pieces(pictures: list[Picture], arrays: list[np.ndarray]) -> Iterator[tuple[Piece, bytes]]:
    """Yield pieces that lay samples out in every way, with their bytes."""
    rgb, deep, bits = (picture.header for picture in pictures)
    plans = [
        (0, rgb, Serial(order=(0, 1, 2), rows=rgb.height)),
        (0, rgb, Serial(order=(2, 1, 0), rows=rgb.height, bottom_up=True, row_step=4)),
        (0, rgb, Serial(order=(1, 0, 2), rows=2, first_row=1, planar=True, sample_bytes=2, big_endian=True)),
        (0, rgb, Serial(order=(0, 1, 2), rows=rgb.height, invert=True, row_step=0, sample_bytes=4)),
        (1, deep, Serial(order=(0, 1), rows=deep.height, sample_bytes=2)),
        (1, deep, Serial(order=(1, 0), rows=deep.height, sample_bytes=4, big_endian=True, row_step=8)),
        (1, deep, Serial(order=(0, 1), rows=1, packing=Packing.HIGH_BITS_FIRST, sample_bytes=0, row_step=0)),
        (2, bits, Serial(order=(0,), rows=bits.height, packing=Packing.HIGH_BITS_FIRST, sample_bytes=0, invert=True)),
        (2, bits, Serial(order=(0,), rows=bits.height, packing=Packing.LOW_BITS_FIRST, sample_bytes=0, row_step=0)),
    ]
    for number, head, serial in plans:
        yield Piece.samples(number, head, serial), serialise(arrays[number], serial, head)


def source_files() -> Iterator[tuple[str, list[Picture], Source, bytes, list[np.ndarray]]]:
    """Yield name, pictures, recipe with literals, the source file, and the samples that it needs."""
    random = np.random.default_rng(2026)
    rgb = random.integers(0, 256, (3, 5, 3)).astype(np.uint8)
    deep = random.integers(-2048, 2048, (2, 3, 2)).astype(np.int16)
    bits = random.integers(0, 2, (3, 11)).astype(np.uint8)
    pictures = [exact_picture(rgb, RGB, 8), exact_picture(deep, (*GRAY, Role.ALPHA), 12), exact_picture(bits, GRAY, 1)]
    one = Serial(order=(0, 1, 2), rows=3)
    pixels = serialise(rgb, one, pictures[0].header)
    whole = b"P6 5 3 255\n" + pixels + b"the end"
    pieces = (Piece.literal(11), Piece.samples(0, pictures[0].header, one), Piece.literal(7))
    yield "source", pictures[:1], Source.of(recipe(whole, pieces), b"P6 5 3 255\nthe end"), whole, [rgb]
    made = list(serial_pieces(pictures, [rgb, deep, bits]))
    whole = b"".join(part for _, part in made)
    arrays = [rgb, deep, bits]
    yield "source_of_samples", pictures, Source.of(recipe(whole, tuple(piece for piece, _ in made))), whole, arrays
    alone = b"no picture, " * 40
    yield "source_alone", [], Source.of(recipe(alone, (Piece.literal(len(alone)),)), alone), alone, []
    turned = pixels[::-1] + b"."
    named = (Piece.named(0, 45, "turned-round", b"more"), Piece.literal(1))
    yield "source_by_name", pictures[:1], Source.of(recipe(turned, named), b"."), turned, [rgb]
    doubled = (Piece.literal(2), Piece.packed(12, 6, "twice", b"more"), Piece.literal(1))
    yield "source_packed", [], Source.of(recipe(b"<-packedpacked.", doubled), b"<-packed."), b"<-packedpacked.", []


def recipe(whole: bytes, pieces: tuple[Piece, ...]) -> Recipe:
    """Return the recipe of a source file."""
    return Recipe(len(whole), hashlib.sha256(whole).digest(), pieces)


def changed(data: bytes, before: bytes, *, replaced: bytes | None = None, added: bytes = b"", minor: int = 0) -> bytes:
    """Return a file of one picture as a later version might write it, every checksum fitting.

    Args:
        data: the file.
        before: kind of the first chunk that is changed.
        replaced: its new payload.
        added: kind and payload of a chunk that comes before it.
        minor: version.
    """
    medium, offset, body, identity = Medium(data), PROLOGUE.size, pack_prologue(minor=minor), NO_IDENTITY
    while (chunk := read_chunk(medium, offset)).kind != Kind.DONE:
        payload = payload_of(data[chunk.offset : chunk.end])
        first = chunk.kind == before and not chunk.index
        if first and added:
            body += pack_chunk(added[:4], added[4:], identity=identity)
        payload = replaced if first and replaced is not None else payload
        body += pack_chunk(chunk.kind, payload, chunk.index, NO_IDENTITY if chunk.kind == Kind.HEAD else identity)
        identity = identity_of(payload) if chunk.kind == Kind.HEAD else identity
        offset = chunk.end
    if before == Kind.DONE:
        body += pack_chunk(added[:4], added[4:])
    return body + pack_chunk(Kind.DONE, DONE.pack(hashlib.sha256(body).digest()))


def refused_files(small: bytes, toned: bytes, indexed: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield files that this version must refuse as of a later one."""
    places = dict(zip((name for name, _ in HEAD.fields), HEAD.offsets, strict=True))
    head = small[PROLOGUE.size + 16 :][: HEAD.size]
    for name, field, value in (
        ("critical_flag", "flags", 1),
        ("mode", "mode", 4),
        ("layer", "layers", 9),
        ("role", "roles", 9),
        ("order_of_roles", "roles", Role.BLUE),
        ("sample_format", "sample_format", 2),
    ):
        place = places[field]
        yield name, changed(small, Kind.HEAD, replaced=head[:place] + bytes([value]) + head[place + 1 :])
    yield "critical_kind", changed(small, Kind.BASE_LAYER, added=b"Zzzz")
    yield (
        "absent_base_tile",
        changed(small, Kind.BASE_LAYER, replaced=chunk_payload(small, Kind.BASE_LAYER)[:-1] + b"\0"),
    )
    yield "tone_method", changed(toned, Kind.TONE, replaced=b"\3" + chunk_payload(toned, Kind.TONE)[1:])
    palette = chunk_payload(indexed, Kind.PALETTE)
    yield "palette_bits", changed(indexed, Kind.PALETTE, replaced=palette[:5] + b"\x0c" + palette[6:])
    yield "metadata_method", changed(small, Kind.BASE_LAYER, added=b"exif\2\1\0\0\0x")
    first = pack_prologue(major=VERSION_MAJOR + 1)
    assert crc32(first[:-4]) == int.from_bytes(first[-4:], "little")
    yield "major_version", first + small[PROLOGUE.size :]


def chunk_payload(data: bytes, kind: bytes) -> bytes:
    """Return the payload of the first chunk of a kind."""
    medium, offset = Medium(data), PROLOGUE.size
    while (chunk := read_chunk(medium, offset)).kind != kind:
        offset = chunk.end
    return payload_of(data[chunk.offset : chunk.end])


def describe(file: File) -> dict[str, Any]:
    """Return what a file holds, for the JSON file."""
    rest = file.rest and {
        "file_bytes": file.rest.file_bytes,
        "gaps": [list(gap) for gap in file.rest.gaps],
        "content": file.rest.content.hex(),
    }
    return {
        "pictures": [_describe_picture(picture) for picture in file.pictures],
        "recipe": file.source and _describe_recipe(file.source.recipe),
        "literals": file.source and b"".join(file.source.literals()).hex(),
        "extra": [[kind.decode(), payload.hex()] for kind, payload in file.extra],
    } | ({"rest": rest} if rest else {})


def _describe_picture(picture: Picture) -> dict[str, Any]:
    head = {name: _plain(value) for name, value in vars(picture.header).items() if name not in ("identity",)}
    metadata = {name: getattr(picture.metadata, name).hex() for name in ("icc", "exif", "xmp")}
    return {
        "header": head,
        "metadata": metadata | {"extra": [[kind.decode(), payload.hex()] for kind, payload in picture.metadata.extra]},
        "palette": picture.palette and {name: _plain(value) for name, value in vars(picture.palette).items()},
        "tone": picture.tone and {name: _plain(value) for name, value in vars(picture.tone).items()},
        "layers": {
            str(which.name).lower(): {name: _plain(value) for name, value in vars(found).items()}
            for which in Layers
            if (found := picture.layer(which)) is not None
        },
    }


def _describe_recipe(found: Recipe) -> dict[str, Any]:
    pieces = [[piece.method, piece.length, piece.picture, piece.parameters.hex()] for piece in found.pieces]
    return {"file_bytes": found.file_bytes, "file_hash": found.file_hash.hex(), "pieces": pieces}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def save(name: str, data: bytes, **meaning: Any) -> None:
    """Write one file and its JSON, which must not exist."""
    with (FOLDER / f"{name}.hyc").open("xb") as file:
        file.write(data)
    with (FOLDER / f"{name}.json").open("x") as file:
        file.write(json.dumps({"sha256": hashlib.sha256(data).hexdigest(), **meaning}, indent=1) + "\n")


def save_readable(
    name: str,
    pictures: list[Picture],
    source: Source | None = None,
    extra: tuple[tuple[bytes, bytes], ...] = (),
    **more: Any,
) -> bytes:
    """Write a file that this version reads."""
    data = write_container(pictures, source, extra)
    file = File(tuple(pictures), source, extra, len(pictures), True, Version(VERSION_MAJOR, VERSION_MINOR))
    save(name, data, holds=describe(file), **more)
    return data


def main() -> None:
    """Write all files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    written = {name: save_readable(name, [made]) for name, made in plain_pictures()}
    whole = dict(plain_pictures())
    save_readable("album", album_pictures(), extra=((b"zzz0", b"at the end"),))
    for name, pictures, source, rebuilt, arrays in source_files():
        more = {"source_file": rebuilt.hex(), "samples": [array.tolist() for array in arrays]}
        save_readable(name, pictures, source, **more)
    save_extracts(whole["lossless"])
    save_rest(whole["no_preview"])

    flagged = picture(replace(whole["perceptual"].header, flags=HeaderFlag(1 << 15)), base=whole["perceptual"].base)
    data = changed(write_container([flagged]), Kind.DONE, added=b"zzz0at the end", minor=7)
    later = File((flagged,), None, ((b"zzz0", b"at the end"),), 1, True, Version(VERSION_MAJOR, 7))
    save("later_minor_version", data, holds=describe(later))

    for name, data in refused_files(written["perceptual"], written["near_lossless"], written["small_palette"]):
        save(f"refused_{name}", data, error="UnsupportedContainerError")
    sys.stdout.write(f"wrote {len(list(FOLDER.glob('*.hyc')))} files\n")


def save_rest(found: Picture) -> None:
    """Write a file with what its source file held besides the samples."""
    rest = Rest.of(b"head, " * 9 + bytes(40) + b"between" + bytes(3) + b"the end", ((54, 40), (101, 3)))
    data = write_container([found], extra=((b"zzz0", b"at the end"),), rest=rest)
    file = File((found,), None, ((b"zzz0", b"at the end"),), 1, True, Version(VERSION_MAJOR, VERSION_MINOR), rest)
    save("rest_of_source", data, holds=describe(file), source_file=b"".join(rest.filled()).hex())


def save_extracts(lossless: Picture) -> None:
    """Write what is left of files whose residual was dropped."""
    dropped = replace(lossless.metadata, extra=((b"aBCD", b"about the residual"), (b"abCD", b"new")))
    head = replace(lossless.header, flags=HeaderFlag.MATCHING_USED)
    full = Picture.seal(head, metadata=dropped, base=lossless.base, residual=lossless.residual)
    gone = {
        "mode": ContainerMode.PERCEPTUAL,
        "layers": Layers.BASE,
        "flags": HeaderFlag.MATCHING_USED | HeaderFlag.EXTRACTED,
    }
    kept = Picture.seal(replace(head, **gone), metadata=lossless.metadata, base=lossless.base)
    second = picture(replace(album_pictures()[1].header), base=lossless.base)
    alone = replace(
        second.header, **gone | {"flags": HeaderFlag.EXTRACTED, "group_position": 0, "reference_hash": bytes(32)}
    )
    frames = [album_pictures()[0], second]
    left = [
        Picture.seal(
            replace(alone, source_hash=sha("frame 0")), metadata=Metadata(xmp=b"<first/>"), base=frames[0].base
        ),
        Picture.seal(alone, base=lossless.base),
    ]
    version = Version(VERSION_MAJOR, VERSION_MINOR)
    save("extract", drop_residual(write_container([full])), holds=describe(File((kept,), None, (), 1, True, version)))
    extra = ((b"zZZ0", b"about the residual"), (b"zzz0", b"at the end"))
    holds = describe(File(tuple(left), None, extra[1:], 2, True, version))
    save("album_extract", drop_residual(write_container(frames, extra=extra)), holds=holds)


if __name__ == "__main__":
    main()
