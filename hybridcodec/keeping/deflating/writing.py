"""From settings of zlib to a deflate stream."""

from typing import Final

import numpy as np

from hybridcodec.keeping.deflating import parsing
from hybridcodec.keeping.deflating.work import HEAP, LENGTHS, MOST, STATES, WRITTEN, Work

_FILTERED, _BYTES, _RUNS = 1, 2, 3
_LEVELS: Final = {
    1: (4, 4, 8, 4),
    2: (4, 5, 16, 8),
    3: (4, 6, 32, 32),
    4: (4, 4, 16, 16),
    5: (8, 16, 32, 32),
    6: (8, 16, 128, 128),
    7: (8, 32, 128, 256),
    8: (32, 128, 258, 1024),
    9: (32, 258, 258, 4096),
}
"""Level -> good, lazy, nice, chain."""
_QUICK: Final = 3


def deflated(
    content: bytes, level: int, strategy: int, memory: int, window: int, expected: bytes = b""
) -> bytes | None:
    """Return content as zlib deflates it, without zlib's header and checksum.

    Args:
        content: what the stream holds, below 2^31 bytes.
        level: 1 to 9.
        strategy: 0 to 3: default, filtered, Huffman alone, runs.
        memory: 1 to 9.
        window: 9 to 15, the power of two of its bytes.
        expected: if given, None is returned as soon as the stream turns out to be another one.
    """
    hash_bits = memory + 7
    symbols = (1 << (memory + 6)) - 1
    shift, mask = (hash_bits + 2) // 3, (1 << hash_bits) - 1
    plan = (*_LEVELS[level], strategy == _FILTERED, 1 << window, shift, mask)
    room = len(content) + len(content) // 8 + 8 * (len(content) // symbols + 1) + 64
    work = Work(
        content=np.frombuffer(content + bytes(MOST + 2), np.uint8),
        size=np.array([len(content)], np.int64),
        plan=np.array(plan, np.int64),
        state=np.zeros(STATES, np.int64),
        heads=np.zeros(1 << hash_bits, np.int32),
        chains=np.zeros(1 << window, np.int32),
        symbols=np.zeros(symbols, np.int32),
        counts=np.zeros((3, HEAP), np.int64),
        sizes=np.zeros((3, HEAP + 1), np.int64),
        codes=np.zeros((3, LENGTHS), np.int64),
        out=np.empty(room, np.uint8),
        expected=np.frombuffer(expected, np.uint8),
    )
    ways = {_BYTES: parsing.by_bytes, _RUNS: parsing.by_runs}
    way = ways.get(strategy, parsing.quickly if level <= _QUICK else parsing.lazily)
    if not way(work):
        return None
    stream = work.out[: work.state[WRITTEN]].tobytes()
    return stream if not expected or stream == expected else None
