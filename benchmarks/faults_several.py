"""Faults of kept files and of files with several pictures, for `benchmarks.faults_inside`."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from hybridcodec_container import Source

from benchmarks.faults_kinds import Around, Fault, flipped, one_bit
from hybridcodec.codec import Decoded
from hybridcodec.image import Picture
from hybridcodec.keeping import Maker
from hybridcodec.kinds import Palette, SampleKind
from hybridcodec.proof.flags import FlagKind
from hybridcodec.proof.port import Port

PAGES, FRAMES, PALETTE, JPEG, JUNK, DEEP = ".tif", ".dcm", ".jfif", ".jpg", ".bmp", ".webp"


@contextmanager
def rebuilt_wrong(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:  # noqa: ARG001
    """Let the file that comes back have one other bit, in the proving process."""

    def changed(data: bytes) -> Iterator[bytes]:
        yield flipped(b"".join(port.rebuild(data)), rng)

    yield replace(port, rebuild=changed)


@contextmanager
def rebuilt_short(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:  # noqa: ARG001
    """Let the file that comes back lack its end."""

    def changed(data: bytes) -> Iterator[bytes]:
        yield b"".join(port.rebuild(data))[:-1]

    yield replace(port, rebuild=changed)


def kept_as(change: Callable[[bytes, random.Random], Source | None]) -> Around:
    """Keep another source than the file, all checksums right: what `change` makes of its bytes."""

    @contextmanager
    def around(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:
        stored = Path(request.source).read_bytes()

        def changed(pictures: Sequence[Picture], **named: Any) -> bytes:
            return port.encode(pictures, **named | {"source": lambda: change(stored, rng)})

        yield replace(port, encode=changed)

    return around


def pictures_as(change: Callable[[list[Picture], random.Random], list[Picture]]) -> Around:
    """Encode other pictures than those that were read, with the file kept as it is."""

    @contextmanager
    def around(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:
        stored = Path(request.source).read_bytes()

        def changed(pictures: Sequence[Picture], **named: Any) -> bytes:
            others = change([pictures[number] for number in range(len(pictures))], rng)
            return port.encode(others, **named | {"source": Maker(stored).finish})

        yield replace(port, encode=changed)

    return around


@contextmanager
def picture_not_decoded(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:  # noqa: ARG001
    """Let the decoder of the proving process pass over a picture."""

    def changed(*given: Any, **named: Any) -> Iterator[Decoded]:
        found = list(port.decode_each(*given, **named))
        del found[rng.randrange(len(found))]
        yield from found

    yield replace(port, decode_each=changed)


def _lost(pictures: list[Picture], rng: random.Random) -> list[Picture]:
    del pictures[rng.randrange(len(pictures))]
    return pictures


def _exchanged(pictures: list[Picture], rng: random.Random) -> list[Picture]:
    first = rng.randrange(len(pictures) - 1)
    pictures[first : first + 2] = pictures[first : first + 2][::-1]
    return pictures


def _with_a_sample_changed(pictures: list[Picture], rng: random.Random) -> list[Picture]:
    which = rng.randrange(len(pictures))
    pictures[which] = replace(pictures[which], samples=one_bit(pictures[which].samples, rng))
    return pictures


def _with_another_depth(pictures: list[Picture], rng: random.Random) -> list[Picture]:
    which = rng.randrange(len(pictures))
    kind = pictures[which].kind
    pictures[which] = replace(pictures[which], kind=SampleKind(kind.roles, kind.bit_depth + 1, kind.signed))
    return pictures


def _with_another_colour(pictures: list[Picture], rng: random.Random) -> list[Picture]:
    kind, palette = pictures[0].kind, pictures[0].kind.palette
    assert palette is not None
    altered = Palette(palette.channels, palette.bits, flipped(palette.entries, rng))
    return [replace(pictures[0], kind=replace(kind, palette=altered))]


def _another_file(stored: bytes, rng: random.Random) -> Source:
    return Maker(flipped(stored, rng)).finish()


_FORGOTTEN = kept_as(lambda _stored, _rng: None)
_OTHER = kept_as(_another_file)
RECIPES: dict[str, Fault] = {
    "rebuilt-bit": Fault("verify", rebuilt_wrong, FlagKind.FILE_DIFFERS),
    "rebuilt-bit-of-jpeg": Fault("verify", rebuilt_wrong, FlagKind.FILE_DIFFERS, 10, sort=JPEG),
    "rebuilt-bit-of-junk": Fault("verify", rebuilt_wrong, FlagKind.FILE_DIFFERS, 10, sort=JUNK),
    "rebuilt-short": Fault("verify", rebuilt_short, FlagKind.FILE_DIFFERS, 10),
    "file-forgotten": Fault("encode", _FORGOTTEN, FlagKind.FILE_DIFFERS, 10),
    "other-file-kept": Fault("encode", _OTHER, FlagKind.FILE_DIFFERS, 10),
    "other-junk-kept": Fault("encode", _OTHER, FlagKind.FILE_DIFFERS, 10, sort=JUNK),
    "other-jpeg-kept": Fault("encode", _OTHER, FlagKind.FILE_DIFFERS, 10, sort=JPEG),
}
"""Faults in what gives the source file back."""
SEVERAL: dict[str, Fault] = {
    "page-lost": Fault("encode", pictures_as(_lost), FlagKind.SIZE_DIFFERS, 10, sort=PAGES),
    "page-not-decoded": Fault("verify", picture_not_decoded, FlagKind.SIZE_DIFFERS, 10, sort=PAGES),
    "pages-exchanged": Fault("encode", pictures_as(_exchanged), FlagKind.SAMPLES_DIFFER, 10, sort=PAGES),
    "sample-of-a-page": Fault("encode", pictures_as(_with_a_sample_changed), FlagKind.SAMPLES_DIFFER, 10, sort=PAGES),
    "sample-of-16-bits": Fault("encode", pictures_as(_with_a_sample_changed), FlagKind.SAMPLES_DIFFER, 10, sort=DEEP),
    "frame-lost": Fault("encode", pictures_as(_lost), FlagKind.SIZE_DIFFERS, 10, sort=FRAMES),
    "sample-of-a-frame": Fault("encode", pictures_as(_with_a_sample_changed), FlagKind.SAMPLES_DIFFER, 20, sort=FRAMES),
    "depth-changed": Fault("encode", pictures_as(_with_another_depth), FlagKind.HEADER_DIFFERS, 10, sort=FRAMES),
    "depth-of-a-page-changed": Fault(
        "encode", pictures_as(_with_another_depth), FlagKind.HEADER_DIFFERS, 10, sort=PAGES
    ),
    "colour-changed": Fault("encode", pictures_as(_with_another_colour), FlagKind.HEADER_DIFFERS, 10, sort=PALETTE),
}
"""Faults in files of several pictures, of more bits, of colours by number."""
