"""The golden pictures decoded on whatever machine this is: a line a layer, then how many are what they always were.

    python -m benchmarks.arm_golden FOLDER

Unlike the tests it needs neither pytest nor an encoder; `arm.sh` runs it under emulation.
"""

import json
import platform
import sys
import time
from pathlib import Path

from hybridcodec_container import hash_samples

from hybridcodec import HybridcodecError, decode


def main(folder: str) -> int:
    """Decode all, print, and return how many layers differ."""
    right: list[bool] = []
    for path in sorted(Path(folder).glob("*.json")):
        data = path.with_suffix(".hyc").read_bytes()
        for layer, expected in json.loads(path.read_text()).items():
            if layer != "sha256":
                start = time.monotonic()
                right.append(digest(data, layer) == expected)
                word = "same" if right[-1] else "DIFFERENT"
                print(f"{path.stem} {layer}: {word}, {time.monotonic() - start:.1f} s", flush=True)
    print(f"{platform.machine()}: {sum(right)} the same, {len(right) - sum(right)} different")
    return len(right) - sum(right)


def digest(data: bytes, layer: str) -> str:
    """Return the hash of a layer, or what went wrong."""
    try:
        samples = decode(data, layer=layer)
    except HybridcodecError as error:
        return str(error)
    return hash_samples(samples.reshape(*samples.shape[:2], -1)).hex()


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1]), 1))
