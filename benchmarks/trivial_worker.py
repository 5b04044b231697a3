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
from dataclasses import asdict
from typing import Any

import numpy as np

from hybridcodec.codec import Info
from hybridcodec.errors import CorruptFileError
from hybridcodec.image import Metadata, Samples, checked_samples
from hybridcodec.modes import Layer, Mode
from hybridcodec.pipeline import worker
from hybridcodec.pipeline.messages import EncodeRequest, Request, Result, VerifyRequest
from hybridcodec.proof.port import Port
from hybridcodec.sources import read_picture

_NONE = "0" * 64


def main() -> None:
    """Serve as the ordinary worker does, with another codec."""
    worker.main(sys.argv[1:], prepared)


def prepared() -> worker.Work:
    """Return what does jobs with the trivial codec, or misbehaves."""
    from hybridcodec.pipeline import jobs

    jobs.versions()
    port = Port(encode, decode, read_info, read_metadata, read_picture)

    def work(request: Request[Result]) -> Result:
        if isinstance(request, EncodeRequest | VerifyRequest):
            name = os.path.basename(request.source)
            if ("late" in name) == isinstance(request, VerifyRequest):
                _misbehave(name)
        return jobs.do(request, port)

    return work


def encode(
    samples: Samples, *, mode: Mode = Mode.LOSSLESS, max_error: int = 0, metadata: Metadata, accept_loss: bool = False
) -> bytes:
    """Return the samples behind a line that describes them."""
    from hybridcodec.proof.checks import sample_hash

    picture = checked_samples(samples)
    kept = {name: base64.b64encode(value).decode() for name, value in asdict(metadata).items()}
    facts = {"shape": picture.shape, "mode": mode, "max_error": max_error, "loss": accept_loss, "metadata": kept}
    return json.dumps(facts | {"hash": sample_hash(picture)}).encode() + b"\n" + picture.tobytes()


def decode(data: bytes, *, layer: Layer = Layer.EXACT) -> Samples:  # noqa: ARG001
    """Return the samples."""
    shape = _facts(data)["shape"]
    return np.frombuffer(data.partition(b"\n")[2], np.uint8).reshape(shape)


def read_metadata(data: bytes) -> Metadata:
    """Return the metadata."""
    return Metadata(**{name: base64.b64decode(value) for name, value in _facts(data)["metadata"].items()})


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
