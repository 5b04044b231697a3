"""What the jobs share: a proof that must hold, within limits, and its share of the progress."""

from dataclasses import replace
from functools import partial

from hybridcodec.arguments import Progress
from hybridcodec.errors import MismatchError
from hybridcodec.modes import Backend
from hybridcodec.proof.port import Port
from hybridcodec.proof.proving import Proof


def require_proven(proof: Proof) -> int | None:
    """Return the worst error, None for a preview, once it is sure that nothing is wrong; raises MismatchError."""
    if proof.flags:
        raise MismatchError("; ".join(flag.detail for flag in proof.flags))
    return proof.worst_error


def limited(port: Port, max_pixels: int | None, progress: Progress, backend: Backend | str = Backend.COMPILED) -> Port:
    """Return a port that decodes within this limit, tells this progress, and has this backend."""
    decode_each = partial(port.decode_each, backend=backend, max_pixels=max_pixels, progress=progress)
    return replace(port, decode_each=decode_each, rebuild=partial(port.rebuild, max_pixels=max_pixels))
