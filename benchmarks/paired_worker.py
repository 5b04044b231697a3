"""One of two codecs that take turns: codes the pictures that it is told to, and says what that took.

`python -P paired_worker.py TREE JOB` is run by `turns` with the search path of TREE, today's or that of an older
commit: it imports nothing of `benchmarks`, and of the library the two functions that all commits have. Each line on
standard input names a file of samples (`.npy`), each line on standard output answers with a `Turn` in JSON, or with
what went wrong, in words.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def main(tree: str, job: str) -> None:
    """Answer until there is no more to do."""
    encode, decode = _codec(Path(tree), json.loads(job))
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(_turn(np.load(line.rstrip("\n")), encode, decode)), flush=True)


def _codec(tree: Path, job: dict[str, Any]) -> tuple[Callable[[Any], bytes], Callable[[bytes], Any]]:
    if hasattr(os, "sched_setaffinity"):  # older commits take every core that they may
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: job["threads"]])
    # an editable installation would lend an older commit the modules that it lacks
    sys.meta_path[:] = [
        each for each in sys.meta_path if not getattr(each, "__module__", "").startswith("__editable__")
    ]
    from hybridcodec import codec

    if not Path(codec.__file__).resolve().is_relative_to(tree.resolve()):
        raise ImportError("hybridcodec comes from elsewhere")
    settings = {"mode": job["mode"]} | ({"max_error": job["max_error"]} if job["max_error"] else {})
    if job["effort"] != "normal":
        from hybridcodec.options import Options

        settings["options"] = Options(effort=job["effort"])
    return lambda samples: codec.encode(samples, **settings), _decoder(codec.decode, job["mode"])


def _decoder(decode: Callable[..., Any], mode: str) -> Callable[[bytes], Any]:
    return (lambda data: decode(data, layer="perceptual")) if mode == "perceptual" else decode


def _turn(samples: Any, encode: Callable[[Any], bytes], decode: Callable[[bytes], Any]) -> dict[str, Any]:
    times = [_now()]
    data = encode(samples)
    times.append(_now())
    decoded = np.asarray(decode(data))
    times.append(_now())
    (encode_wall, encode_cpu), (decode_wall, decode_cpu) = np.diff(times, axis=0).tolist()
    same = decoded.shape == samples.shape
    worst = int(np.abs(decoded.astype(np.int64) - samples.astype(np.int64)).max()) if same else -1
    return {
        "encode_wall": encode_wall,
        "encode_cpu": encode_cpu,
        "decode_wall": decode_wall,
        "decode_cpu": decode_cpu,
        "size": len(data),
        "digest": hashlib.sha256(data).hexdigest(),
        "worst": worst,
    }


def _now() -> tuple[float, float]:
    """Seconds of the clock and of this process."""
    return time.perf_counter(), time.process_time()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:  # noqa: BLE001 - an older commit may fail in any way, and `paired` says how
        print(f"{type(error).__name__}: {error}".splitlines()[0], flush=True)
        sys.exit(1)
