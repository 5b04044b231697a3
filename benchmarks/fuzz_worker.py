"""The process in which `benchmarks.fuzz` reads hostile files: numbers of cases come in, what came of them goes out.

Its memory is limited to what it holds when it is ready and, together with that, 1.5 GiB.
"""

import json
import resource
import sys
import time
import traceback
from pathlib import Path

from benchmarks import fuzz_cases, fuzz_corpus
from benchmarks.fuzz_checks import check_case, check_salvage
from hybridcodec.errors import HybridcodecError

MEMORY = 3 << 29
"""Bytes, 1.5 GiB."""


def main() -> None:
    """Answer lines of (kind, seed, number) with one line of JSON each."""
    fuzz_corpus.corpus(), fuzz_corpus.pairs()
    check_case(fuzz_cases.mutation(0, 0))
    limit = _status("VmSize") + max(MEMORY - _status("VmRSS"), 0)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    print("ready", flush=True)
    for line in sys.stdin:
        kind, seed, number = json.loads(line)
        started, used = time.monotonic(), time.process_time()
        answer = {"kind": kind, "number": number, "fault": "", "outcomes": {}}
        try:
            answer["outcomes"] = _run(kind, seed, number)
        except BaseException:  # noqa: BLE001 - whatever it is, it is a finding
            answer["fault"] = traceback.format_exc(limit=-6)
        answer |= {"seconds": time.monotonic() - started, "cpu": time.process_time() - used}
        print(json.dumps(answer), flush=True)


def _run(kind: str, seed: int, number: int) -> dict[str, str]:
    if kind == "mutation":
        return check_case(fuzz_cases.mutation(seed, number))
    try:
        return {"mixture": check_salvage(fuzz_cases.mixture(seed, number))}
    except HybridcodecError as error:
        return {"mixture": type(error).__name__}


def _status(name: str) -> int:
    """Bytes, from what Linux says of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])


if __name__ == "__main__":
    main()
