"""The damage map of a salvaged picture: a PNG with one number a pixel, and the same in words as JSON."""

import json
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from hybridcodec.salvage.restore import Salvaged, State

_COLOURS = {
    State.EXACT: (38, 130, 70),
    State.PREVIEW: (240, 190, 60),
    State.NOTHING: (190, 30, 45),
}
_WORDS = {
    State.EXACT: "exact, or within max_error where the file is near-lossless",
    State.PREVIEW: "preview only: generated, not the picture",
    State.NOTHING: "nothing: marked fill",
}


def map_as_png(states: NDArray[np.uint8]) -> bytes:
    """Return states (H, W) as a PNG of palette indices: 0 green, 1 yellow, 2 red (PNG, third edition, 11.2)."""
    H, W = states.shape
    rows = np.zeros((H, W + 1), np.uint8)  # a filter byte, none, in front of each row
    rows[:, 1:] = states
    palette = bytes(value for state in State for value in _COLOURS[state])
    header = struct.pack(">IIBBBBB", W, H, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def map_as_json(found: Salvaged, source: str) -> bytes:
    """Return what is damaged: chunks, tiles with their boxes (left, top, width, height in pixels), reasons."""
    H, W = found.states.shape
    facts = {
        "file": source,
        "fault": found.fault,
        "width": W,
        "height": H,
        "samples": str(found.kind),
        "mode": found.mode.value,
        "max_error": found.max_error,
        "states": [
            {"value": int(state), "meaning": _WORDS[state], "pixels": int(np.count_nonzero(found.states == state))}
            for state in State
        ],
        "chunks": [
            {
                "kind": chunk.kind,
                "index": chunk.index,
                "offset": chunk.offset,
                "length": chunk.length,
                "reason": chunk.reason,
            }
            for chunk in found.chunks
            if not chunk.intact
        ],
        "tiles": [
            {
                "layer": tile.layer,
                "index": tile.index,
                "box": list(tile.box),
                "state": int(tile.state),
                "reason": tile.reason,
            }
            for tile in found.tiles
        ],
    }
    return json.dumps(facts, indent=1).encode() + b"\n"
