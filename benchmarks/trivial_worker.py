"""A worker process of the pipeline with a codec that does next to nothing, to measure and to test the pipeline itself.

A file is a line of JSON, the samples as they are, and the source file where that is kept. A source whose name holds
`sleep`, `kill`, `raise` or `hoard` makes the worker do that when it encodes; with `late` as well, when it proves.
"""

import base64
import json
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from hybridcodec_container import Source

from hybridcodec.codec import Decoded, Info
from hybridcodec.errors import CorruptFileError
from hybridcodec.image import Metadata, Picture
from hybridcodec.kinds import Palette, Role, SampleKind
from hybridcodec.modes import Mode
from hybridcodec.pipeline import worker
from hybridcodec.pipeline.messages import EncodeRequest, Request, Result, VerifyRequest
from hybridcodec.proof.checks import sample_hash
from hybridcodec.proof.port import Port
from hybridcodec.sources.format import Document
from hybridcodec.sources.reading import read_document

_NONE = "0" * 64


def main() -> None:
    """Serve as the ordinary worker does, with another codec."""
    worker.main(sys.argv[1:], prepared)


def prepared() -> worker.Work:
    """Return what does jobs with the trivial codec, or misbehaves."""
    from hybridcodec.pipeline import jobs

    jobs.versions()

    def work(request: Request[Result]) -> Result:
        if isinstance(request, EncodeRequest | VerifyRequest):
            name = os.path.basename(request.source)
            if ("late" in name) == isinstance(request, VerifyRequest):
                _misbehave(name)
        return jobs.do(request, port())

    return work


def port() -> Port:
    """Return the trivial codec, for one source file: it keeps the bytes that it was asked to read pictures from."""
    read: list[bytes] = []

    def read_and_remember(stored: bytes) -> Document:
        read[:] = [stored]
        return read_document(stored)

    def encode_what_was_read(pictures: Sequence[Picture], **named: Any) -> bytes:
        return encode(pictures, read[0], **named)

    return Port(read_and_remember, encode_what_was_read, decode_each, read_info, rebuild)


def encode(
    pictures: Sequence[Picture],
    stored: bytes = b"",
    *,
    mode: Mode = Mode.LOSSLESS,
    max_error: int = 0,
    accept_loss: bool = False,
    source: Callable[[], Any] | None = None,
    **_: Any,
) -> bytes:
    """Return the samples of the one picture, or of none, and the file, behind a line that describes them."""
    taken = [pictures[number] for number in range(len(pictures))]
    samples, metadata = [picture.samples for picture in taken], [asdict(picture.metadata) for picture in taken]
    kept = stored if source is not None and isinstance(source(), Source) else b""
    kinds = [picture.kind for picture in taken]
    facts = {
        "types": [part.dtype.str for part in samples], "kinds": [_kind_to_json(kind) for kind in kinds],
        "shapes": [part.shape for part in samples], "kept": len(kept), "mode": mode, "max_error": max_error,
        "loss": accept_loss, "hashes": [sample_hash(part) for part in samples],
        "metadata": [{name: base64.b64encode(value).decode() for name, value in part.items()} for part in metadata],
    }  # fmt: skip
    return json.dumps(facts).encode() + b"\n" + b"".join([*(part.tobytes() for part in samples), kept])


def decode_each(data: bytes) -> Iterator[Decoded]:
    """Return the pictures."""
    facts, rest = _facts(data), data.partition(b"\n")[2]
    for number, (shape, texts) in enumerate(zip(facts["shapes"], facts["metadata"], strict=True)):
        dtype = np.dtype(facts["types"][number])
        size = math.prod(shape) * dtype.itemsize
        samples, rest = np.frombuffer(rest[:size], dtype).reshape(shape), rest[size:]
        metadata = Metadata(**{name: base64.b64decode(text) for name, text in texts.items()})
        yield Decoded(_info(data, facts, number), _kind_from_json(facts["kinds"][number]), metadata, samples)


def rebuild(data: bytes) -> Iterator[bytes]:
    """Return the source file."""
    yield data[len(data) - _facts(data)["kept"] :]


def read_info(data: bytes) -> Info:
    """Return what the line says."""
    return _info(data, _facts(data), 0)


def _info(data: bytes, facts: dict[str, Any], number: int) -> Info:
    if not facts["shapes"]:
        return Info(version="0", pictures=0, restores=True, file_bytes=len(data), complete=True)
    H, W, C = facts["shapes"][number]
    found = facts["hashes"][number]
    exact = "" if facts["mode"] == Mode.PERCEPTUAL else found
    return Info(
        version="0", pictures=len(facts["shapes"]), width=W, height=H, channels=C, roles=(), bit_depth=8, signed=False,
        mode=Mode(facts["mode"]), max_error=facts["max_error"], extracted=False, loss_accepted=facts["loss"],
        matching_used=False, generated=False, base_scale=0, base_tile=(H, W), residual_tile=(H, W),
        base_models=(_NONE,), residual_models=(), coders=(), base_hash=found, sample_hash=exact, source_hash=found,
        restores=facts["kept"] > 0, file_bytes=len(data), base_bytes=0, residual_bytes=len(data),
        source_bytes=facts["kept"], metadata_bytes=0, metadata=(), complete=True,
    )  # fmt: skip


def _kind_to_json(kind: SampleKind) -> list[Any]:
    palette = kind.palette and [kind.palette.channels, kind.palette.bits, kind.palette.entries.hex()]
    return [[int(role) for role in kind.roles], kind.bit_depth, kind.signed, palette]


def _kind_from_json(values: list[Any]) -> SampleKind:
    roles, bits, signed, palette = values
    entries = palette and Palette(palette[0], palette[1], bytes.fromhex(palette[2]))
    return SampleKind(tuple(Role(role) for role in roles), bits, signed, entries)


def _facts(data: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(data.partition(b"\n")[0])
    except ValueError as error:
        raise CorruptFileError("no line of JSON") from error
    if not isinstance(facts, dict):
        raise CorruptFileError("no object of JSON")
    return facts


def _misbehave(name: str) -> None:
    if "sleep" in name:
        time.sleep(600)
    if "kill" in name:
        os.kill(os.getpid(), signal.SIGKILL)
    if "raise" in name:
        raise ZeroDivisionError("as the name says")
    if "hoard" in name:
        np.empty(1 << 45, np.uint8)


if __name__ == "__main__":
    main()
