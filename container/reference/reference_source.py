"""Rebuilding a source file, written from FORMAT.md alone: sample by sample, to be read rather than run.

It takes what `reference_container.read` gives, and the exact samples of the pictures.
"""

import hashlib
import struct
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Method = Callable[[dict[str, Any], np.ndarray, bytes], bytes]
Packed = Callable[[bytes, int, bytes], bytes]
NONE: Mapping[str, Packed] = {}


def rebuild(
    file: dict[str, Any], samples: list[np.ndarray], methods: Mapping[str, Method], packed: Mapping[str, Packed] = NONE
) -> bytes:
    """Return the source file.

    Args:
        file: what a .hyc file with a recipe holds.
        samples: integers (H, W) or (H, W, C) of each picture.
        methods: named methods; each gets header, samples and parameters.
        packed: methods of packed pieces; each gets literal bytes, the length of the piece, and parameters.

    Raises:
        KeyError: if a named method is not among them.
        ValueError: if a method is unknown, or the file that comes out is another.
    """
    recipe, literals = file["recipe"], bytes.fromhex(file["literals"])
    whole = b""
    for method, length, picture, written in recipe["pieces"]:
        parameters = bytes.fromhex(written)
        if method == 0:
            piece, literals = literals[:length], literals[length:]
        elif method == 1:
            piece = lay_out(samples[picture], file["pictures"][picture]["header"], parameters)
        elif method == 2:
            name, rest = parameters[1 : 1 + parameters[0]].decode(), parameters[1 + parameters[0] :]
            piece = methods[name](file["pictures"][picture]["header"], samples[picture], rest)
        elif method == 3:
            taken, size = struct.unpack("<QB", parameters[:9])
            name, rest = parameters[9 : 9 + size].decode(), parameters[9 + size :]
            piece, literals = packed[name](literals[:taken], length, rest), literals[taken:]
        else:
            raise ValueError(f"piece method {method} is unknown")
        if len(piece) != length:
            raise ValueError(f"a piece must have {length} bytes, found {len(piece)}")
        whole += piece
    if hashlib.sha256(whole).hexdigest() != recipe["file_hash"]:
        raise ValueError("the source file has another hash")
    return whole


def lay_out(samples: np.ndarray, header: dict[str, Any], parameters: bytes) -> bytes:
    """Return samples as the parameters of a SAMPLES piece say."""
    packing, size, big_endian, planar, bottom_up, invert, step, order, first, rows = struct.unpack(
        "<6BH4sII", parameters
    )
    depth = header["bit_depth"]
    picture = samples.reshape(header["height"], header["width"], -1)
    lines = list(range(first, first + rows))
    if bottom_up:
        lines.reverse()
    channels = list(order.rstrip(b"\xff"))
    bits = ""
    for group in [[channel] for channel in channels] if planar else [channels]:
        for line in lines:
            for column in range(header["width"]):
                for channel in group:
                    sample = int(picture[line, column, channel])
                    if invert:
                        sample = 2**depth - 1 - sample
                    bits += as_bits(sample, packing, size, bool(big_endian), depth)
            if step:
                bits += "0" * (-len(bits) % (8 * step))
    bits += "0" * (-len(bits) % 8)
    octets = (bits[place : place + 8] for place in range(0, len(bits), 8))
    return bytes(int(octet[::-1] if packing == 2 else octet, 2) for octet in octets)


def as_bits(sample: int, packing: int, size: int, big_endian: bool, depth: int) -> str:
    """Return the bits of one sample in the order in which they are written."""
    if packing == 0:
        raw = (sample % 2 ** (8 * size)).to_bytes(size, "big" if big_endian else "little")
        return "".join(f"{byte:08b}" for byte in raw)
    bits = f"{sample % 2**depth:0{depth}b}"
    return bits[::-1] if packing == 2 else bits
