"""A worker process of the pipeline that breaks what the name of the source tells it to, for `benchmarks.faults`.

A source `00012.encoder-killed.png` gets that fault of `faults_inside`; any other name gets none.
"""

import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hybridcodec.pipeline import worker
from hybridcodec.pipeline.messages import EncodeRequest, Request, VerifyRequest


def main() -> None:
    """Serve as the ordinary worker does, with faults around its jobs."""
    worker.main(sys.argv[1:], prepared)


def prepared() -> worker.Work:
    """Return what does jobs as the ordinary worker does, but for the fault that a name asks for."""
    from benchmarks.faults_inside import FAULTS
    from hybridcodec.pipeline import jobs
    from hybridcodec.proof.port import CODEC

    worker.prepared()
    do: Callable[..., Any] = jobs.do

    def work(request: Request[Any]) -> Any:
        if not isinstance(request, EncodeRequest | VerifyRequest):
            return do(request)
        name = Path(request.source).name
        fault = FAULTS.get(name.split(".")[1])
        adopts = isinstance(request, VerifyRequest) and request.expected is None
        if fault is None or fault.job != request.job or adopts:
            return do(request)
        with fault.around(request, random.Random(name), CODEC) as port:  # noqa: S311
            return do(request, port)

    return work


if __name__ == "__main__":
    main()
