"""A plain reader of whole .hyc files, written from FORMAT.md alone: `python reference_container.py FILE`.

It is here to be read, and to hold FORMAT.md and the product together: it shares nothing with the product, checks what
the document refuses, and gives dictionaries. It is slow, keeps everything in memory, and decodes no layer.
"""

import hashlib
import json
import struct
import sys
from pathlib import Path
from typing import Any
from zlib import crc32

import zstandard

SIGNATURE = bytes.fromhex("8948 5943 0d0a 1a0a")
NOBODY = bytes(16)
ROLES = {1: "GRAY", 2: "RED", 3: "GREEN", 4: "BLUE", 5: "ALPHA", 6: "ALPHA_PREMULTIPLIED", 7: "INDEX", 8: "OTHER"}
COLOURS = [(1,), (2, 3, 4), (7,), (8,), (8, 8), (8, 8, 8), (8, 8, 8, 8)]
LOSSLESS, NEAR_LOSSLESS, PERCEPTUAL, GUARDED = range(4)
BASE, DISPLAY, RESIDUAL = 1, 2, 4
LAYERS = {
    BASE: ("base", b"BLYR", b"BASE"),
    DISPLAY: ("display", b"dlyr", b"dtil"),
    RESIDUAL: ("residual", b"RLYR", b"RESI"),
}
KINDS = set(b"ALBM HEAD iccp exif xmp_ PLTE TONE BLYR BASE dlyr dtil RLYR RESI sRCP sLIT srst DONE".split())
LETTERS = set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


class RefusedError(Exception):
    """The file is damaged, cut off, contradictory or over a limit."""


class UnsupportedError(Exception):
    """The file is of a later version."""


def need(fact: bool, reason: str) -> None:
    """Refuse the file unless a fact holds."""
    if not fact:
        raise RefusedError(reason)


def know(fact: bool, what: str) -> None:
    """Refuse the file as of a later version unless a thing is known."""
    if not fact:
        raise UnsupportedError(what)


class Bytes:
    """Bytes that are taken from the front."""

    def __init__(self, data: bytes) -> None:
        """Start at the first byte."""
        self.data, self.place = data, 0

    def take(self, length: int) -> bytes:
        """Return the next bytes."""
        need(self.place + length <= len(self.data), "it ends too early")
        self.place += length
        return self.data[self.place - length : self.place]

    def fields(self, codes: str) -> tuple[Any, ...]:
        """Return the next fields; codes are those of `struct`."""
        return struct.unpack("<" + codes, self.take(struct.calcsize("<" + codes)))

    def rest(self) -> bytes:
        """Return everything that is left."""
        return self.take(len(self.data) - self.place)

    def end(self) -> None:
        """Check that nothing is left."""
        need(self.place == len(self.data), f"{len(self.data) - self.place} bytes too many")


class Chunks:
    """The chunks of a file, one by one."""

    def __init__(self, data: bytes, start: int) -> None:
        """Look at the first chunk."""
        self.data, self.place = data, start
        self.look()

    def look(self) -> None:
        """Read the header of the next chunk; its payload is not proven yet."""
        header = Bytes(self.data[self.place :][:16])
        self.kind, self.index, length, crc = header.fields("4sIII")
        need(crc == crc32(header.data[:12]), "a chunk header is damaged")
        need(set(self.kind[:2]) <= LETTERS and set(self.kind[2:]) <= LETTERS | set(b"0123456789_"), "a kind is no name")
        need(length <= self.limit(), "a chunk is too long")
        need(self.place + 24 + length <= len(self.data), "a chunk is cut off")
        self.body = self.data[self.place : self.place + 16 + length]
        self.end = self.place + 24 + length

    def limit(self) -> int:
        """Return how many bytes the payload may have."""
        if self.kind in (b"BLYR", b"dlyr", b"RLYR"):
            return 2**24
        if self.kind == b"sLIT":
            return 2**24 + 5
        if self.kind == b"srst":
            return 12 + 2**16 * 16 + 5 + 2**24
        return 2**26 if self.ancillary and self.kind != b"dtil" else 2**30

    @property
    def ancillary(self) -> bool:
        """Whether the next chunk may be ignored."""
        return bool(self.kind[0] & 32)

    def take(self, kind: bytes, index: int = 0, identity: bytes = NOBODY) -> bytes:
        """Return the payload of the next chunk, which must be this one, and look at the one after it."""
        know(self.ancillary or self.kind in KINDS, f"critical chunk {self.kind!r}")
        need((self.kind, self.index) == (kind, index), f"{kind!r} {index} expected, found {self.kind!r} {self.index}")
        digest = hashlib.sha256(identity + hashlib.sha256(self.body).digest()).digest()[:8]
        need(digest == self.data[self.end - 8 : self.end], f"the {kind!r} chunk is damaged")
        payload, self.place = self.body[16:], self.end
        if kind != b"DONE":
            self.look()
        return payload

    def unknown(self) -> bool:
        """Tell whether the next chunk is ancillary and not one of ours."""
        return self.ancillary and self.kind not in KINDS


def read(data: bytes) -> dict[str, Any]:
    """Return what a whole file holds."""
    read_prologue(data)
    chunks = Chunks(data, 16)
    index = read_album(chunks) if chunks.kind == b"ALBM" else None
    count = 1 if index is None else len(index)
    pictures, identities = [], []
    for number in range(count):
        start = chunks.place
        picture, identity = read_front(chunks)
        need(index is None or index[number][::2] == (chunks.place - start, identity), "the album index is wrong")
        pictures.append(picture)
        identities.append(identity)
    for number, picture in enumerate(pictures):
        start = chunks.place
        if picture["header"]["layers"] & RESIDUAL:
            read_layer(chunks, picture, RESIDUAL, identities[number])
        need(index is None or index[number][1] == chunks.place - start, "the album index is wrong")
        check_parts(picture)
    check_groups(pictures)
    recipe = literals = rest = None
    if chunks.kind == b"sRCP" or not pictures:
        recipe, literals = read_source(chunks, pictures)
    elif chunks.kind == b"srst":
        rest = read_rest(Bytes(chunks.take(b"srst")))
    extra = read_unknown(chunks, NOBODY)
    end = chunks.place
    need(chunks.take(b"DONE") == hashlib.sha256(data[:end]).digest(), "the hash of the file is another")
    need(chunks.place == len(data), "something follows the end")
    found = {"pictures": pictures, "recipe": recipe, "literals": literals, "extra": extra}
    return found | {"rest": rest} if rest else found


def read_prologue(data: bytes) -> None:
    """Check the first 16 bytes."""
    signature, major, _, reserved, crc = Bytes(data[:16]).fields("8sBBHI")
    need(signature == SIGNATURE, "not a .hyc file")
    need(crc == crc32(data[:12]), "the prologue is damaged")
    know(major == 2, f"version {major}")
    need(reserved == 0, "reserved bytes are not zero")


def read_album(chunks: Chunks) -> list[tuple[int, int, bytes]]:
    """Return front bytes, back bytes and identity of each picture."""
    payload = Bytes(chunks.take(b"ALBM"))
    (pictures,) = payload.fields("I")
    need(pictures <= 2**16 and pictures != 1, f"{pictures} pictures in an album")
    index = [payload.fields("QQ16s") for _ in range(pictures)]
    payload.end()
    return index  # type: ignore[return-value]


def read_front(chunks: Chunks) -> tuple[dict[str, Any], bytes]:
    """Return a picture as far as its front goes, and its identity."""
    head = chunks.take(b"HEAD")
    identity = hashlib.sha256(head).digest()[:16]
    header = read_head(Bytes(head))
    metadata: dict[str, Any] = {"icc": "", "exif": "", "xmp": "", "extra": read_unknown(chunks, identity)}
    for kind, name in ((b"iccp", "icc"), (b"exif", "exif"), (b"xmp_", "xmp")):
        if chunks.kind == kind:
            metadata[name] = read_metadata(chunks.take(kind, 0, identity)).hex()
            metadata["extra"] += read_unknown(chunks, identity)
    picture = {"header": header, "metadata": metadata, "palette": None, "tone": None, "layers": {}, "parts": []}
    if header["roles"][0] == 7:
        picture["parts"].append(chunks.body)
        picture["palette"] = read_palette(Bytes(chunks.take(b"PLTE", 0, identity)), header["bit_depth"])
    elif header["layers"] & BASE and (needs_tone(header) or chunks.kind == b"TONE"):
        picture["parts"].append(chunks.body)
        picture["tone"] = read_tone(Bytes(chunks.take(b"TONE", 0, identity)))
        need(header["mode"] != GUARDED, "guarded pictures have no tone map")
    for layer in (BASE, DISPLAY):
        if header["layers"] & layer:
            read_layer(chunks, picture, layer, identity)
    return picture, identity


def read_unknown(chunks: Chunks, identity: bytes) -> list[list[str]]:
    """Return kind and payload of ancillary chunks that are not ours."""
    found = []
    while chunks.unknown():
        kind = chunks.kind
        found.append([kind.decode(), chunks.take(kind, 0, identity).hex()])
    need(len(found) <= 256, "too many ancillary chunks")
    return found


def read_head(payload: Bytes) -> dict[str, Any]:
    """Return the header in a HEAD chunk."""
    width, height, roles, depth, signed, mode, layers, error, flags, group, reserved = payload.fields("II4sBBBBHHBB")
    source, parts = payload.fields("32s8s")
    reference = payload.take(32) if group else bytes(32)
    payload.end()
    know(signed < 2 and mode < 4 and layers < 8 and not flags & 255, "sample format, mode, layer or flag")
    need(0 < width <= 2**20 and 0 < height <= 2**20 and width * height <= 2**30, "too large")
    need(0 < depth <= 16 and not reserved and group < 8 and any(source), "a field of the header")
    channels = read_roles(roles)
    base, residual = bool(layers & BASE), bool(layers & RESIDUAL)
    indexed, alpha = channels[0] == 7, channels[-1] in (5, 6)
    need(residual == (mode != PERCEPTUAL) and (base or mode in (LOSSLESS, NEAR_LOSSLESS)), "layers and mode")
    need(base or not layers & DISPLAY, "a display layer without a base layer")
    need(not base or channels[0] != 8, "a base layer of channels without a meaning")
    need(mode != GUARDED or (depth == 8 and not signed and not indexed and not alpha), "samples of a guarded picture")
    need(0 < error < 2**depth if mode == NEAR_LOSSLESS else error == 0, "max_error")
    need(not indexed or (mode != NEAR_LOSSLESS and not signed), "indices")
    need(not flags & 256 or mode == PERCEPTUAL, "an extract with a residual")
    need(not flags & 512 or mode != LOSSLESS, "accepted loss without loss")
    need(not group or (residual and any(reference)), "a group without residual")
    return {
        "width": width,
        "height": height,
        "roles": channels,
        "bit_depth": depth,
        "sample_format": signed,
        "mode": mode,
        "layers": layers,
        "max_error": error,
        "flags": flags,
        "group_position": group,
        "source_hash": source.hex(),
        "reference_hash": reference.hex(),
        "parts_hash": parts.hex(),
    }


def read_roles(packed: bytes) -> list[int]:
    """Return the roles of the channels."""
    roles = list(packed.rstrip(b"\0"))
    need(bool(roles) and 0 not in roles, "a gap between channels")
    know(set(roles) <= set(ROLES), f"a role of {roles}")
    colour = tuple(roles[:-1] if roles[-1] in (5, 6) else roles)
    know(colour in COLOURS, f"the sequence of roles {roles}")
    return roles


def needs_tone(header: dict[str, Any]) -> bool:
    """Tell whether the base picture can only be made through a tone map."""
    return header["bit_depth"] > 8 or header["sample_format"] == 1


def read_layer(chunks: Chunks, picture: dict[str, Any], which: int, identity: bytes) -> None:
    """Put a layer with its tiles into a picture."""
    name, kind, tile_kind = LAYERS[which]
    header = picture["header"]
    picture["parts"].append(chunks.body)
    payload = Bytes(chunks.take(kind, 0, identity))
    tile_width, tile_height, scale, models, sample_hash = payload.fields("IIBB32s")
    need(scale <= (0 if which == RESIDUAL else 3) and models <= 8 and any(sample_hash), "a field of a layer")
    need(bool(tile_width) == bool(tile_height) and (bool(tile_width) or which == DISPLAY), "tiles without a side")
    need(tile_width * tile_height <= 2**24 and max(tile_width, tile_height) <= 2**24, "tiles too large")
    hashes = [payload.take(32) for _ in range(models)]
    need(all(any(model) for model in hashes), "a model without a hash")
    width, height = -(-header["width"] // 2**scale), -(-header["height"] // 2**scale)
    count = -(-width // tile_width) * -(-height // tile_height) if tile_width else 0
    need(count <= 2**18, "too many tiles")
    table = [(read_length(payload), *payload.fields("B")) for _ in range(count)]
    absent = sum(not coder for _, coder in table)
    know(not absent or which == RESIDUAL, "an absent tile of a preview")
    need(which != RESIDUAL or bool(absent) == (header["mode"] == GUARDED), "absent tiles")
    need(all(coder or not length for length, coder in table), "an absent tile with a length")
    if which == RESIDUAL and header["mode"] == LOSSLESS:
        need(sample_hash.hex() == header["source_hash"], "a lossless picture with other samples")
    common, tiles = payload.rest(), []
    for number, (length, coder) in enumerate(table):
        tile = chunks.take(tile_kind, number, identity) if coder else None
        need(tile is None or len(tile) == length, "the tile table is wrong")
        tiles.append([coder, length, None if tile is None else tile.hex()])
    picture["layers"][name] = {
        "tile_width": tile_width,
        "tile_height": tile_height,
        "scale": scale,
        "models": [model.hex() for model in hashes],
        "sample_hash": sample_hash.hex(),
        "common": common.hex(),
        "tiles": tiles,
    }


def read_length(payload: Bytes) -> int:
    """Return a length in LEB128."""
    length = 0
    for place in range(5):
        (byte,) = payload.fields("B")
        length |= (byte & 127) << 7 * place
        if byte < 128:
            need((byte or not place) and length <= 2**30, "a length of a tile")
            return length
    raise RefusedError("a length without end")


def read_palette(payload: Bytes, bit_depth: int) -> dict[str, Any]:
    """Return the palette in a PLTE chunk."""
    entries, channels, bits = payload.fields("IBB")
    know(channels in (3, 4) and bits in (8, 16), "a palette")
    need(0 < entries <= 2**bit_depth, "entries of a palette")
    colours = payload.take(entries * channels * bits // 8)
    payload.end()
    return {"channels": channels, "bits": bits, "entries": colours.hex()}


def read_tone(payload: Bytes) -> dict[str, Any]:
    """Return the tone map in a TONE chunk."""
    method, invert = payload.fields("BB")
    know(method in (1, 2), f"tone method {method}")
    need(invert < 2, "invert")
    values = payload.fields("ii" if method == 1 else "255i")
    payload.end()
    if method == 1:
        need(values[0] < values[1], "an empty window")
        return {"low": values[0], "high": values[1], "invert": bool(invert)}
    need(list(values) == sorted(values), "thresholds descend")
    return {"thresholds": list(values), "invert": bool(invert)}


def read_metadata(payload: bytes) -> bytes:
    """Return what a metadata chunk, or one of literals, holds."""
    record = Bytes(payload)
    method, length = record.fields("BI")
    need(0 < length <= 2**24, "length of metadata")
    know(method < 2, f"metadata method {method}")
    kept = record.rest()
    if method == 1:
        try:
            need(zstandard.get_frame_parameters(kept).content_size == length, "the frame states another length")
            unpacker = zstandard.ZstdDecompressor(max_window_size=2**24)
            kept = unpacker.decompress(kept, max_output_size=length, allow_extra_data=False)
        except zstandard.ZstdError as error:
            raise RefusedError(str(error)) from error
    need(len(kept) == length, "metadata has another length")
    return kept


def check_parts(picture: dict[str, Any]) -> None:
    """Compare what the header commits to."""
    found = hashlib.sha256(b"".join(picture.pop("parts"))).hexdigest()[:16]
    need(found == picture["header"]["parts_hash"], "the header commits to other parts")


def check_groups(pictures: list[dict[str, Any]]) -> None:
    """Check that every picture which depends on the one before it can."""
    for number, picture in enumerate(pictures):
        header = picture["header"]
        if not header["group_position"]:
            continue
        need(number > 0, "the first picture has no reference")
        before = pictures[number - 1]
        need(before["header"]["group_position"] == header["group_position"] - 1, "position in a group")
        shape = ("width", "height", "roles", "bit_depth", "sample_format")
        need(all(before["header"][name] == header[name] for name in shape), "a reference of another shape")
        need("residual" in before["layers"], "a reference without residual")
        need(before["layers"]["residual"]["sample_hash"] == header["reference_hash"], "a reference with other samples")


def read_source(chunks: Chunks, pictures: list[dict[str, Any]]) -> tuple[dict[str, Any], str]:
    """Return the recipe of the source file and its literal bytes."""
    payload = Bytes(chunks.take(b"sRCP"))
    file_bytes, file_hash, literal_bytes, count = payload.fields("Q32sQI")
    need(count <= 2**20 and file_bytes <= 2**40 and any(file_hash), "a field of the recipe")
    pieces, taken = [], 0
    for _ in range(count):
        method, picture, length, size = payload.fields("BIQH")
        parameters = payload.take(size)
        need(length > 0, "an empty piece")
        need(method != 0 or (not picture and not size), "a literal piece of a picture")
        need(method != 1 or size == 20, "parameters of samples")
        if method in (1, 2):
            need(picture < len(pictures) and pictures[picture]["header"]["mode"] == LOSSLESS, "a picture of a piece")
        if method == 1:
            check_samples(parameters, length, pictures[picture]["header"])
        if method == 2:
            check_name(parameters)
        if method == 3:
            need(not picture and size > 8, "a packed piece of a picture, or without a name")
            need(int.from_bytes(parameters[:8], "little") <= 2**30, "literal bytes of a packed piece")
            check_name(parameters[8:])
        taken += length if method == 0 else int.from_bytes(parameters[:8], "little") if method == 3 else 0
        pieces.append([method, length, picture, parameters.hex()])
    payload.end()
    need(sum(piece[1] for piece in pieces) == file_bytes, "the pieces do not add up")
    need(taken == literal_bytes <= 2**40, "the literals do not add up")
    literals = []
    for index in range(-(-literal_bytes // 2**24)):
        literals.append(read_metadata(chunks.take(b"sLIT", index)))
        need(len(literals[-1]) == min(2**24, literal_bytes - index * 2**24), "literals of another length")
    recipe = {"file_bytes": file_bytes, "file_hash": file_hash.hex(), "pieces": pieces}
    return recipe, b"".join(literals).hex()


def read_rest(payload: Bytes) -> dict[str, Any]:
    """Return the rest of the source file."""
    file_bytes, count = payload.fields("QI")
    need(file_bytes <= 2**40 and 0 < count <= 2**16, "a field of the rest")
    gaps, place = [], -1
    for _ in range(count):
        start, length = payload.fields("QQ")
        need(start > place and length > 0 and start + length <= file_bytes, "a gap of the rest")
        gaps.append([start, length])
        place = start + length
    content = read_metadata(payload.rest())
    need(len(content) + sum(length for _, length in gaps) == file_bytes, "the rest does not add up")
    return {"file_bytes": file_bytes, "gaps": gaps, "content": content.hex()}


def check_name(parameters: bytes) -> None:
    """Check that the name of a method is one."""
    name = parameters[1 : 1 + parameters[0]] if parameters else b""
    allowed = set(b"abcdefghijklmnopqrstuvwxyz0123456789-")
    need(bool(name) and len(name) == parameters[0] and set(name) <= allowed, "a name of a method")


def check_samples(parameters: bytes, length: int, header: dict[str, Any]) -> None:
    """Check that a piece of samples fits its picture, if this version knows its parameters."""
    packing, size, *flags, step, order, first, rows = Bytes(parameters).fields("6BH4sII")
    channels = list(order.rstrip(b"\xff"))
    known = packing < 3 and size in ((1, 2, 4) if packing == 0 else (0,)) and max(flags) < 2
    if not known or not channels or sorted(channels) != list(range(len(channels))):
        return
    _, planar, _, invert = flags
    need(len(channels) == len(header["roles"]) and 0 < rows <= header["height"] - first, "rows or channels of a piece")
    need(packing > 0 or 8 * size >= header["bit_depth"], "samples that do not fit their bytes")
    need(not invert or not header["sample_format"], "signed samples that are inverted")
    bits = header["width"] * (8 * size if packing == 0 else header["bit_depth"]) * (1 if planar else len(channels))
    lines = rows * (len(channels) if planar else 1)
    expected = lines * -(-bits // (8 * step)) * step if step else -(-lines * bits // 8)
    need(length == expected, "the length of a piece of samples")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(read(Path(sys.argv[1]).read_bytes()), indent=1) + "\n")
