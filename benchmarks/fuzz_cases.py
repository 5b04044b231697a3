"""What `benchmarks.fuzz` tries: small files changed in one to three ways, and files mixed from two pictures.

Everything follows from a seed and a number, so that any case can be made again by itself.
"""

from dataclasses import dataclass, replace

import numpy as np
from hybridcodec_container.layout import Kind

from benchmarks.fuzz_changes import CHANGES, roughly
from benchmarks.fuzz_chunks import (
    TILES,
    bound,
    prologue_of,
    put_together,
    taken_apart,
    with_index,
    with_parts,
    with_tiles,
)
from benchmarks.fuzz_corpus import U8, corpus, pairs, structures

_SEARCHED = (*TILES, Kind.BASE_LAYER, Kind.RESIDUAL_LAYER)


@dataclass(frozen=True)
class Case:
    """A file to read.

    Attributes:
        data: its bytes.
        pictures: the pictures whose sample hash its layers may state, (H, W, C), by that hash.
        forged: whether somebody made digests anew, so that a tile need not be the picture's that it is bound to.
    """

    data: bytes
    pictures: dict[bytes, U8]
    forged: bool


def mutation(seed: int, number: int) -> Case:
    """Return a file of the corpus, changed, with checksums that hold (but for one in ten)."""
    rng = np.random.default_rng([seed, number, 1])
    files = structures() if rng.random() < 0.2 else corpus()
    original, pictures = files[number % len(files)]
    chunks = taken_apart(original)
    if rng.random() < 0.05:
        chunks = bound(chunks)
    for _ in range(int(rng.choice([1, 1, 2, 3]))):
        chunks = CHANGES[int(rng.integers(len(CHANGES)))](chunks, rng)
    for mend, share in ((with_tiles, 0.6), (with_parts, 0.85), (with_index, 0.85)):
        chunks = mend(chunks) if rng.random() < share else chunks
    data = put_together(prologue_of(original), chunks)
    if rng.random() < 0.1:
        data = roughly(data, rng)
    return Case(data, pictures, forged=True)


def mixture(seed: int, number: int) -> Case:
    """Return a file of one picture in which chunks are another's.

    Most keep the digests that they have where they come from, as a mix-up of bytes leaves them, and some are damaged or
    lost. In the others everything is there, and bound to the picture: only the hash of the whole can tell.
    """
    rng = np.random.default_rng([seed, number, 2])
    (mine, own), (theirs, other) = pairs()[number % len(pairs())]
    chunks, strangers = bound(taken_apart(mine)), bound(taken_apart(theirs))
    for place in rng.choice(len(chunks), int(rng.integers(1, len(chunks))), replace=False):
        if chunks[place].kind in _SEARCHED:
            chunks[place] = strangers[place]
    if rng.random() < 0.25:
        chunks = [replace(chunk, identity=None) for chunk in chunks]
        mended = with_index(with_parts(with_tiles(chunks)))
        return Case(put_together(prologue_of(mine), mended), own | other, forged=True)
    for place in rng.choice(len(chunks), int(rng.integers(0, 3)), replace=False):
        if chunks[place].kind != Kind.HEAD:
            chunks[place] = replace(chunks[place], damaged=True)
    if rng.random() < 0.3:
        chunks.insert(int(rng.integers(1, len(chunks))), strangers[int(rng.integers(1, len(strangers)))])
    data = put_together(prologue_of(mine), chunks)
    return Case(data[: -int(rng.integers(1, 60))] if rng.random() < 0.3 else data, own | other, forged=False)
