"""What the processes of the pipeline say to each other: frozen dataclasses, and one way to JSON and back.

A request's class names the job and what comes back from it. What is read is checked field by field (`plain`): a
message that is not what its class says is refused, wherever it comes from.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar, Generic, TypeVar

from hybridcodec.pipeline.profiles import Settings
from hybridcodec.plain import made, parsed
from hybridcodec.proof.flags import Flag
from hybridcodec.storage.durable import Fingerprint

Result = TypeVar("Result")


@dataclass(frozen=True)
class Expected:
    """What is known of an output before it is looked at; texts are empty where nothing is."""

    output_bytes: int | None
    output_hash: str
    source_hash: str = ""
    source_samples: str = ""
    base_samples: str = ""
    exact_samples: str = ""
    mode: str = ""


@dataclass(frozen=True)
class Written:
    """What was read and what was written; `source_samples` is empty where nothing was decoded."""

    source_bytes: int
    source_hash: str
    output_bytes: int
    output_hash: str
    encode_seconds: float
    source_samples: str = ""
    unread: str = ""

    @property
    def expected(self) -> Expected:
        """What another process must find."""
        return Expected(self.output_bytes, self.output_hash, self.source_hash, self.source_samples)


@dataclass(frozen=True)
class Verified:
    """What a proof found, as far as it came; fields that a `Record` has too mean the same there.

    `source` is what the source was when it was read, None where it could not be.
    """

    flags: tuple[Flag, ...] = ()
    error: str = ""
    verify_seconds: float | None = None
    source: Fingerprint | None = None
    source_samples: str = ""
    output_bytes: int | None = None
    output_hash: str = ""
    base_samples: str = ""
    exact_samples: str = ""
    width: int | None = None
    height: int | None = None
    channels: int | None = None
    worst_error: int | None = None
    models: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    evidence: str = ""
    crop: tuple[int, int, int, int] | None = None
    left_out: tuple[str, ...] = ()
    pictures: int | None = None
    restores: bool = False
    unread: str = ""
    samples: str = ""


@dataclass(frozen=True)
class Inspected:
    """What a file that was looked at by itself is."""

    output_bytes: int
    output_hash: str


@dataclass(frozen=True)
class Request(Generic[Result]):
    """Asks a worker process for one job, whose name is `job` and whose answer is a `result`."""

    job: ClassVar[str]
    result: ClassVar[Any]


@dataclass(frozen=True)
class EncodeRequest(Request[Written]):
    """Encode `source` into the new file `temporary`; both are absolute paths."""

    job = "encode"
    result = Written
    source: str
    temporary: str
    settings: Settings


@dataclass(frozen=True)
class CopyRequest(Request[Written]):
    """Copy `source` into the new file `temporary`."""

    job = "copy"
    result = Written
    source: str
    temporary: str


@dataclass(frozen=True)
class VerifyRequest(Request[Verified]):
    """Prove the file `path` against `source`; `expected` is None for a file that was there before.

    `evidence` is the folder for pictures of a difference.
    """

    job = "verify"
    result = Verified
    path: str
    source: str
    settings: Settings
    evidence: str
    expected: Expected | None = None


@dataclass(frozen=True)
class CompareRequest(Request[Verified]):
    """Prove the file `path` to be the bytes of `source`."""

    job = "compare"
    result = Verified
    path: str
    source: str
    expected: Expected | None = None


@dataclass(frozen=True)
class InspectRequest(Request[Inspected]):
    """Prove the file `path` by itself."""

    job = "inspect"
    result = Inspected
    path: str
    expected: Expected


@dataclass(frozen=True)
class InspectCopyRequest(Request[Inspected]):
    """Compare the bytes of the copy `path` with what is expected of them."""

    job = "inspect copy"
    result = Inspected
    path: str
    expected: Expected


REQUESTS: dict[str, type[Request[Any]]] = {
    kind.job: kind
    for kind in (EncodeRequest, CopyRequest, VerifyRequest, CompareRequest, InspectRequest, InspectCopyRequest)
}


@dataclass(frozen=True)
class Reply(Generic[Result]):
    """What a worker process answers: a result, or the flags that ended the job.

    `retire` says that the process is no longer sound. One without anything says that a process is ready.
    """

    result: Result | None = None
    flags: tuple[Flag, ...] = ()
    error: str = ""
    retire: bool = False


@dataclass(frozen=True)
class _AnyReply:
    """A reply whose result is still plain data."""

    result: Any = None
    flags: tuple[Flag, ...] = ()
    error: str = ""
    retire: bool = False


@dataclass(frozen=True)
class _AnyRequest:
    """A request that is still plain data."""

    job: str
    request: Any


def request_line(request: Request[Any]) -> str:
    """Return a request as one line of JSON, without its end."""
    return json.dumps(asdict(_AnyRequest(request.job, request)))


def read_request(line: str) -> Request[Any]:
    """Return the request that `request_line` was asked for.

    Raises:
        ValueError: the line says something else.
    """
    said: _AnyRequest = made(_AnyRequest, parsed(line))
    if said.job not in REQUESTS:
        raise ValueError(f"unknown job {said.job[:40]!a}")
    request: Request[Any] = made(REQUESTS[said.job], said.request)
    return request


def reply_line(reply: Reply[Any]) -> str:
    """Return a reply as one line of JSON, without its end."""
    return json.dumps(asdict(reply))


def read_reply(request: Request[Result], line: str | bytes) -> Reply[Result]:
    """Return the reply to `request` that `reply_line` was asked for.

    Raises:
        ValueError: the line says something else, or neither has a result nor flags.
    """
    said: _AnyReply = made(_AnyReply, parsed(line))
    if (said.result is None) != bool(said.flags):
        raise ValueError("expected either a result or flags")
    result = None if said.result is None else made(request.result, said.result)
    return Reply(**vars(replace(said, result=result)))
