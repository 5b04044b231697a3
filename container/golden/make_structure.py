"""Write the golden files of the container alone, once: `python container/golden/make_structure.py`.

Payloads are made up: these files prove the structure, not a codec. An existing file stops the command, because a golden
file never changes; add further files under new names.
"""

import hashlib
import json
import sys
from dataclasses import fields, replace
from pathlib import Path

from hybridcodec_container import (
    NO_HASH,
    ContainerMode,
    Header,
    HeaderFlag,
    Metadata,
    drop_residual,
    write_container,
)
from hybridcodec_container.chunks import pack_chunk, read_chunk
from hybridcodec_container.layout import DONE, PROLOGUE, TILE_INDEX, Kind
from hybridcodec_container.prologue import pack_prologue

FOLDER = Path(__file__).parent / "v1.0" / "structure"


def sha(text: str) -> bytes:
    """Return a hash that no picture and no model has."""
    return hashlib.sha256(text.encode()).digest()


LOSSLESS = Header(
    width=300,
    height=130,
    channels=3,
    mode=ContainerMode.LOSSLESS,
    base_tile_width=128,
    base_tile_height=64,
    residual_tile_width=256,
    residual_tile_height=100,
    base_model=sha("base model"),
    residual_model=sha("residual model"),
    base_hash=sha("base picture"),
    sample_hash=sha("source"),
    source_hash=sha("source"),
)
NEAR_LOSSLESS = replace(
    LOSSLESS,
    width=1,
    height=1 << 20,
    channels=1,
    bit_depth=16,
    mode=ContainerMode.NEAR_LOSSLESS,
    max_error=65535,
    base_tile_width=64,
    base_tile_height=1 << 18,
    residual_tile_width=16,
    residual_tile_height=1 << 20,
    sample_hash=sha("near the source"),
    flags=HeaderFlag.LOSS_ACCEPTED,
)
PERCEPTUAL = replace(
    LOSSLESS,
    width=1,
    height=1,
    mode=ContainerMode.PERCEPTUAL,
    residual_tile_width=0,
    residual_tile_height=0,
    residual_model=NO_HASH,
    sample_hash=NO_HASH,
)


def tiles(name: str, count: int) -> list[bytes]:
    """Return payloads of lengths 0, 9, 18 and so on."""
    return [(f"{name} {number:04d}".encode()[:9]) * number for number in range(count)]


def expected(header: Header, common: bytes, base: list[bytes], residual: list[bytes], metadata: Metadata) -> object:
    """Return what a reader must find, for the JSON file."""
    named = {field.name: getattr(header, field.name) for field in fields(header)}
    return {
        "header": {name: value.hex() if isinstance(value, bytes) else int(value) for name, value in named.items()},
        "base_common": common.hex(),
        "base": [tile.hex() for tile in base],
        "residual": [tile.hex() for tile in residual],
        "metadata": {"icc": metadata.icc.hex(), "exif": metadata.exif.hex(), "xmp": metadata.xmp.hex()},
        "extra": [[kind.decode(), payload.hex()] for kind, payload in metadata.extra],
    }


def save(name: str, data: bytes, meaning: object) -> None:
    """Write one file and its JSON, which must not exist."""
    record = {"sha256": hashlib.sha256(data).hexdigest(), "holds": meaning}
    with (FOLDER / f"{name}.hyc").open("xb") as file:
        file.write(data)
    with (FOLDER / f"{name}.json").open("x") as file:
        file.write(json.dumps(record, indent=1) + "\n")


def save_readable(name: str, header: Header, metadata: Metadata) -> bytes:
    """Write a file that version 1.0 reads."""
    common = b"" if header is PERCEPTUAL else b"common to all base tiles"
    base, residual = tiles("base", header.base_tiles.count), tiles("resi", header.residual_tiles.count)
    data = write_container(header, base_common=common, base=base, residual=residual, metadata=metadata)
    save(name, data, expected(header, common, base, residual, metadata))
    return data


def insert(data: bytes, before: Kind, added: bytes, *, minor: int = 0) -> bytes:
    """Return a file as a later version might write it: one more chunk, the index and the end chunk that fit it."""
    offset, parts = PROLOGUE.size, [pack_prologue(minor=minor)]
    while offset < len(data):
        chunk = read_chunk(data, offset)
        payload = chunk.payload(data)
        if chunk.kind == before and added not in parts:
            parts.append(added)
        if chunk.kind == Kind.TILE_INDEX and before == Kind.RESIDUAL:
            base_offset, residual_offset = TILE_INDEX.unpack(payload)
            payload = TILE_INDEX.pack(base_offset, residual_offset + len(added)) + payload[TILE_INDEX.size :]
        if chunk.kind == Kind.DONE:
            payload = DONE.pack(len(parts) - 1, hashlib.sha256(b"".join(parts)).digest())
        parts.append(pack_chunk(chunk.kind, payload, chunk.index))
        offset = chunk.end
    return b"".join(parts)


def main() -> None:
    """Write all files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    metadata = Metadata(icc=b"profile " * 400, exif=b"II*\0\x08\0\0\0", xmp=b"<x:xmpmeta/>", extra=((b"abCD", b"new"),))
    whole = save_readable("lossless", LOSSLESS, metadata)
    save_readable("near_lossless", NEAR_LOSSLESS, Metadata())
    small = save_readable("perceptual", PERCEPTUAL, Metadata())

    extract = replace(
        PERCEPTUAL, width=LOSSLESS.width, height=LOSSLESS.height, flags=PERCEPTUAL.flags | HeaderFlag.EXTRACTED
    )
    kept = replace(metadata, extra=())  # the second letter of abCD is small, of aBCD it is not
    lossy = write_container(
        LOSSLESS,
        base_common=b"common to all base tiles",
        base=tiles("base", LOSSLESS.base_tiles.count),
        residual=tiles("resi", LOSSLESS.residual_tiles.count),
        metadata=replace(metadata, extra=((b"aBCD", b"about the residual"),)),
    )
    base = tiles("base", LOSSLESS.base_tiles.count)
    save("extract", drop_residual(lossy), expected(extract, b"common to all base tiles", base, [], kept))

    flagged = replace(PERCEPTUAL, flags=HeaderFlag(1 << 15))
    later = write_container(flagged, base_common=b"", base=[b""])
    holds = expected(flagged, b"", [b""], [], Metadata(extra=((b"zzz0", b"at the end"),)))
    save("later_minor_version", insert(later, Kind.DONE, pack_chunk(b"zzz0", b"at the end"), minor=7), holds)

    refused = {"error": "UnsupportedContainerError"}
    save("refused_adaptation", insert(whole, Kind.RESIDUAL, pack_chunk(Kind.ADAPTATION, b"rank")), refused)
    save("refused_critical_kind", insert(small, Kind.BASE_COMMON, pack_chunk(b"Zzzz", b"")), refused)
    sys.stdout.write(f"wrote {len(list(FOLDER.glob('*.hyc')))} files\n")


if __name__ == "__main__":
    main()
