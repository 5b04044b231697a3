"""A worker process of the pipeline with a codec that does next to nothing, to measure and to test the pipeline itself.

A file is a line of JSON and the samples as they are. A source whose name holds `sleep`, `kill`, `raise` or `hoard`
makes the worker do that when it encodes; with `late` as well, when it proves.
"""

import base64
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from hybridcodec.codec import Decoded, Info
from hybridcodec.errors import CorruptFileError
from hybridcodec.image import Metadata, Picture
from hybridcodec.kinds import SampleKind
from hybridcodec.modes import Mode
from hybridcodec.pipeline import worker
from hybridcodec.pipeline.messages import EncodeRequest, Request, Result, VerifyRequest
from hybridcodec.proof.port import Port
from hybridcodec.sources.reading import read_document

_NONE = "0" * 64


def main() -> None:
    """Serve as the ordinary worker does, with another codec."""
    worker.main(sys.argv[1:], prepared)


def prepared() -> worker.Work:
    """Return what does jobs with the trivial codec, or misbehaves."""
    from hybridcodec.pipeline import jobs

    jobs.versions()
    port = Port(read_document, encode, decode_each, read_info, lambda _: iter(()))

    def work(request: Request[Result]) -> Result:
        if isinstance(request, EncodeRequest | VerifyRequest):
            name = os.path.basename(request.source)
            if ("late" in name) == isinstance(request, VerifyRequest):
                _misbehave(name)
        return jobs.do(request, port)

    return work


def encode(pictures: Sequence[Picture], *, mode: Mode, max_error: int, accept_loss: bool, **_: Any) -> bytes:
    """Return the samples of the one picture behind a line that describes them."""
    from hybridcodec.proof.checks import sample_hash

    (picture,) = pictures
    kept = {name: base64.b64encode(value).decode() for name, value in asdict(picture.metadata).items()}
    shape = picture.samples.shape
    facts = {"shape": shape, "mode": mode, "max_error": max_error, "loss": accept_loss, "metadata": kept}
    return json.dumps(facts | {"hash": sample_hash(picture.samples)}).encode() + b"\n" + picture.samples.tobytes()


def decode_each(data: bytes) -> Iterator[Decoded]:
    """Return the one picture."""
    facts = _facts(data)
    samples = np.frombuffer(data.partition(b"\n")[2], np.uint8).reshape(facts["shape"])
    metadata = Metadata(**{name: base64.b64decode(value) for name, value in facts["metadata"].items()})
    yield Decoded(read_info(data), SampleKind.of(samples), metadata, samples)


def read_info(data: bytes) -> Info:
    """Return what the line says."""
    facts = _facts(data)
    H, W, C = facts["shape"]
    exact = "" if facts["mode"] == Mode.PERCEPTUAL else facts["hash"]
    return Info(
        version="0", pictures=1, width=W, height=H, channels=C, roles=(), bit_depth=8, signed=False,
        mode=Mode(facts["mode"]), max_error=facts["max_error"], extracted=False, loss_accepted=facts["loss"],
        matching_used=False, generated=False, base_scale=0, base_tile=(H, W), residual_tile=(H, W),
        base_models=(_NONE,), residual_models=(), coders=(), base_hash=facts["hash"], sample_hash=exact,
        source_hash=facts["hash"], restores=False, file_bytes=len(data), base_bytes=0, residual_bytes=len(data),
        source_bytes=0, metadata_bytes=0, metadata=(), complete=True,
    )  # fmt: skip


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
