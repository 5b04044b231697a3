"""Faults inside a worker process, one function a kind, for `benchmarks.faults`; the file's name says which is injected.

Each is a context around one job. What it breaks is chosen by a generator that is seeded with the name, so that a run
can be repeated.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import hybridcodec_container as container
import numpy as np

from benchmarks.faults_decoders import DECODERS
from benchmarks.faults_kinds import Around, Fault, flipped, one_bit
from benchmarks.faults_several import RECIPES, SEVERAL
from hybridcodec import codec
from hybridcodec.codec import Decoded
from hybridcodec.errors import LimitError
from hybridcodec.image import Picture, Samples
from hybridcodec.proof.flags import FlagKind
from hybridcodec.proof.port import Port
from hybridcodec.sources.format import Document


def flipped_in_chunk(data: bytes, kind: str, rng: random.Random) -> bytes:
    """Return a .hyc file with one bit changed in a chunk of this kind; "file" is the prologue."""
    chunk = next(report for report in container.scan_container(data) if report.kind == kind)
    return flipped(data, rng, chunk.offset, chunk.length)


def on_disk(change: Callable[[bytes, random.Random], bytes | None]) -> Around:
    """Change the temporary file between encoding and proving; None removes it."""

    @contextmanager
    def around(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:
        path = Path(request.path)
        data = change(path.read_bytes(), rng)
        if data is None:
            path.unlink()
        else:
            path.write_bytes(data)
        yield port

    return around


def in_source(change: Callable[[bytes, random.Random], bytes | None], *, hide: bool = False) -> Around:
    """Change the source between encoding and proving; `hide` restores its time, as if the clock had jumped."""

    @contextmanager
    def around(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:
        path = Path(request.source)
        before, state = path.read_bytes(), path.stat()
        data = change(before, rng)
        if data is None:
            path.unlink()
        else:
            path.write_bytes(data)
            if hide:
                os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        yield port

    return around


def decoding(change: Callable[[Samples, random.Random], Samples]) -> Around:
    """Change what the decoder returns in the proving process."""

    @contextmanager
    def around(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:  # noqa: ARG001
        def changed(found: Decoded) -> Decoded:
            return replace(found, samples=change(found.samples, rng))

        yield replace(port, decode_each=lambda *given, **named: map(changed, port.decode_each(*given, **named)))

    return around


def one_row_less(samples: Samples, rng: random.Random) -> Samples:  # noqa: ARG001
    """Return a picture without its last row."""
    return samples[:-1]


@contextmanager
def written_wrong(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:  # noqa: ARG001
    """Break a bit of the encoder's output in memory, before anything hashes it."""
    yield replace(port, encode=lambda *given, **named: flipped(port.encode(*given, **named), rng))


@contextmanager
def picture_read_wrong(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:  # noqa: ARG001
    """Let the picture decoder of the proving process give one other bit."""

    def changed(source: bytes) -> Document:
        document = port.read_document(source)
        pictures = [replace(picture, samples=one_bit(picture.samples, rng)) for picture in document.pictures]
        return replace(document, pictures=pictures)

    yield replace(port, read_document=changed)


@contextmanager
def metadata_lost(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:  # noqa: ARG001
    """Break a bit of one metadata field on the way into the file."""
    field = rng.choice(("icc", "exif", "xmp"))

    def changed(pictures: Sequence[Picture], **named: Any) -> bytes:
        (picture,) = pictures
        broken = replace(picture.metadata, **{field: flipped(getattr(picture.metadata, field), rng)})
        return port.encode([replace(picture, metadata=broken)], **named)

    yield replace(port, encode=changed)


@contextmanager
def other_samples_encoded(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:  # noqa: ARG001
    """Encode a picture that differs in one bit: a consistent file of another picture."""

    def changed(pictures: Sequence[Picture], **named: Any) -> bytes:
        others = [replace(picture, samples=one_bit(picture.samples, rng)) for picture in pictures]
        return port.encode(others, **named)

    yield replace(port, encode=changed)


@contextmanager
def other_mode_encoded(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:
    """Encode in another mode than was asked for."""
    mode, bound = ("near-lossless", rng.randint(1, 9)) if request.settings.max_error == 0 else ("lossless", 0)

    def changed(pictures: Sequence[Picture], **named: Any) -> bytes:  # noqa: ARG001
        return port.encode(pictures, mode=mode, max_error=bound)

    yield replace(port, encode=changed)


@contextmanager
def unknown_model_named(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:  # noqa: ARG001
    """Let the file name a model that does not exist, with all checksums right."""

    def changed(*given: Any, **named: Any) -> bytes:
        file = container.read_container(port.encode(*given, **named))
        (picture,) = file.pictures
        layers = {name: layer for name in ("base", "residual") if (layer := getattr(picture, name)) is not None}
        which = rng.choice([name for name, layer in layers.items() if layer.models])
        layers[which] = replace(layers[which], models=(rng.randbytes(32),))
        made = container.Picture.seal(picture.header, metadata=picture.metadata, **layers)
        return container.write_container([made], file.source)

    yield replace(port, encode=changed)


def dying(number: signal.Signals) -> Around:
    """End the process by a signal."""

    @contextmanager
    def around(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:  # noqa: ARG001
        os.kill(os.getpid(), number)
        time.sleep(60)
        yield port

    return around


@contextmanager
def hanging(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:  # noqa: ARG001
    """Never end."""
    while True:
        time.sleep(1)
    yield port


@contextmanager
def raising(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:  # noqa: ARG001
    """Fail as no code of ours should."""
    raise ZeroDivisionError("a fault that nobody foresaw")
    yield port


@contextmanager
def hoarding(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:  # noqa: ARG001
    """Ask for more memory than there may be."""
    hoard = []
    while True:
        hoard.append(np.empty(1 << 24))  # 128 MiB each
    yield port


@contextmanager
def disk_limit(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:  # noqa: ARG001
    """Let files grow to a few bytes only, which the system reports as it does a full disk."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (rng.randrange(300), before[1]))
    try:
        yield port
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def picture_too_large(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:  # noqa: ARG001
    """Let the picture decoder refuse the source."""

    def refuse(source: bytes) -> Document:  # noqa: ARG001
        raise LimitError("more pixels than may be")

    yield replace(port, read_document=refuse)


def cut(data: bytes, rng: random.Random) -> bytes:
    """Return the first part of a file."""
    return data[: rng.randrange(len(data))]


def in_chunk(kind: str) -> Fault:
    """Return the fault of one bit in a chunk of this kind on the disk."""
    return Fault("verify", on_disk(lambda data, rng: flipped_in_chunk(data, kind, rng)), FlagKind.HASH_DIFFERS, 20)


def high_bit(samples: Samples, rng: random.Random) -> Samples:
    """Return a picture in which one sample is off by 128."""
    changed = samples.copy()
    changed.reshape(-1)[rng.randrange(changed.size)] ^= 128
    return changed


def _swapped(data: bytes, rng: random.Random) -> bytes:  # noqa: ARG001
    """Another file of this format."""
    return codec.encode(np.full((5, 7, 3), 99, np.uint8))


CHUNKS = ("file", "HEAD", "iccp", "exif", "xmp_", "BLYR", "BASE", "RLYR", "RESI", "sRCP", "sLIT", "DONE")
ALBUM = ("ALBM", "RESI", "sRCP")
FAULTS: dict[str, Fault] = {
    **{f"bit-in-{kind.strip('_').lower()}-chunk": in_chunk(kind) for kind in CHUNKS},
    **{f"bit-in-{kind.lower()}-chunk-of-pages": replace(in_chunk(kind), sort=".tif") for kind in ALBUM},
    "bit-in-tone-chunk": replace(in_chunk("TONE"), sort=".webp"),
    "bit-in-plte-chunk": replace(in_chunk("PLTE"), sort=".jfif"),
    "bit-in-slit-chunk-of-jpeg": replace(in_chunk("sLIT"), sort=".jpg"),
    "bit-in-slit-chunk-of-junk": replace(in_chunk("sLIT"), sort=".bmp"),
    "output-truncated": Fault("verify", on_disk(cut), FlagKind.HASH_DIFFERS),
    "output-zero-filled": Fault("verify", on_disk(lambda data, _: bytes(len(data))), FlagKind.HASH_DIFFERS),
    "output-swapped": Fault("verify", on_disk(_swapped), FlagKind.HASH_DIFFERS),
    "output-vanished": Fault("verify", on_disk(lambda _data, _rng: None), FlagKind.OUTPUT_VANISHED),
    "encoder-output-bit": Fault("encode", written_wrong, FlagKind.NOT_DECODABLE, 40),
    "decoder-output-bit": Fault("verify", decoding(one_bit), FlagKind.SAMPLES_DIFFER, 60),
    "decoder-output-size": Fault("verify", decoding(one_row_less), FlagKind.SIZE_DIFFERS),
    **DECODERS,
    "picture-decoder-bit": Fault("verify", picture_read_wrong, FlagKind.DECODER_DISAGREES),
    "other-samples-encoded": Fault("encode", other_samples_encoded, FlagKind.SAMPLES_DIFFER),
    "other-mode-encoded": Fault("encode", other_mode_encoded, FlagKind.HEADER_DIFFERS),
    "metadata-bit": Fault("encode", metadata_lost, FlagKind.METADATA_DIFFERS, 40),
    "wrong-model": Fault("encode", unknown_model_named, FlagKind.MODEL_ALTERED),
    "source-changed": Fault("verify", in_source(flipped), FlagKind.SOURCE_CHANGED),
    "source-changed-clock-jumped": Fault("verify", in_source(flipped, hide=True), FlagKind.SOURCE_CHANGED),
    "source-vanished": Fault("verify", in_source(lambda _data, _rng: None), FlagKind.SOURCE_CHANGED),
    "source-refused": Fault("encode", picture_too_large, FlagKind.SOURCE_UNSUPPORTED, 0),
    **RECIPES,
    **SEVERAL,
    "encoder-killed": Fault("encode", dying(signal.SIGKILL), FlagKind.CRASH, 8),
    "verifier-killed": Fault("verify", dying(signal.SIGKILL), FlagKind.CRASH, 8),
    "encoder-segfault": Fault("encode", dying(signal.SIGSEGV), FlagKind.CRASH, 4),
    "unforeseen-error": Fault("verify", raising, FlagKind.CRASH, 4),
    "encoder-hung": Fault("encode", hanging, FlagKind.TIME_OUT, 4),
    "verifier-hung": Fault("verify", hanging, FlagKind.TIME_OUT, 4),
    "out-of-memory": Fault("encode", hoarding, FlagKind.OUT_OF_MEMORY, 4),
    "bound-exceeded": Fault("verify", decoding(high_bit), FlagKind.BOUND_EXCEEDED, 0),
    "disk-full": Fault("encode", disk_limit, FlagKind.DISK_FULL),
}  # fmt: skip
