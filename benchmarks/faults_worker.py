"""A worker process of the pipeline that breaks what the name of the source tells it to, for `benchmarks.faults`.

A source `00012.encoder-killed.png` gets that fault of `faults_inside`; any other name gets none.
"""

import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hybridcodec.pipeline import worker


def main() -> None:
    """Serve as the ordinary worker does, with faults around its jobs."""
    from hybridcodec.pipeline import jobs

    for name in ("encode", "verify"):
        jobs.JOBS[name] = _with_faults(name, jobs.JOBS[name])
    worker.main(sys.argv[1:])


def _with_faults(job: str, work: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    from benchmarks.faults_inside import FAULTS

    def broken(request: dict[str, Any]) -> dict[str, Any]:
        name = Path(request["source"]).name
        fault = FAULTS.get(name.split(".")[1])
        if fault is None or fault.job != job or not request.get("expected", True):
            return work(request)
        with fault.around(request, random.Random(name)):  # noqa: S311
            return work(request)

    return broken


if __name__ == "__main__":
    main()
