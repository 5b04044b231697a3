"""Hostile payloads: `python -m benchmarks.payloads --count 100000 --seed 0`, and again with `--bounds`.

Tiles of every residual coder are read from payloads that are random, cut, spliced, changed, or made to reach far. Each
must end in an error of the library, or in samples of which an encoder would write that payload (photographs' coder:
there streams and samples are one to one). With `--bounds` compiled code checks every index, also those that lie in the
arrays' memory by accident; it is compiled anew, for some minutes. Ends with 1 if anything else came out.
"""

import faulthandler
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import click
import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import HybridcodecError
from hybridcodec.loading import load_residual
from hybridcodec.models import effort_of, models_of
from hybridcodec.residual import CodedTile, Ground, Quantiser, decode_residual
from hybridcodec.residual.coders import CODERS
from hybridcodec.tiling import Tiling

SECONDS: Final = 5.0
"""CPU time that a payload of a few hundred samples may take."""
PATIENCE: Final = 120
"""Seconds after which a payload hangs."""
HEIGHT: Final = 11
WIDTH: Final = 14

Samples = NDArray[Any]
Change = Callable[[np.random.Generator, list[bytes]], bytes]


@dataclass(frozen=True)
class Subject:
    """A coder with a model, what it codes on, and true payloads of tiles of HEIGHT x WIDTH."""

    name: str
    coder: Any
    ground: Ground
    payloads: list[bytes]

    def read(self, payload: bytes) -> Samples:
        """Decode a payload; raises HybridcodecError."""
        models = {self.coder.architecture: self.ground.model}
        return decode_residual([CodedTile(self.coder.number, payload)], self.ground, models, _TILING)

    def outcome(self, payload: bytes) -> str:
        """Name what came of a payload; raises AssertionError for samples that no encoder writes so."""
        try:
            samples = self.read(payload)
        except HybridcodecError as error:
            return type(error).__name__
        if self.coder.architecture:
            assert self.coder.encode(self.ground, samples, _TILING.areas) == [payload], (
                "another payload has its samples"
            )
        return "samples"


_TILING: Final = Tiling(HEIGHT, WIDTH, HEIGHT, WIDTH)
_KINDS: Final = ((3, 255), (1, 255), (1, 1), (1, 4095), (4, 65535))
"""Channels and largest values."""


def subjects() -> list[Subject]:
    """Every coder with each of its models and every kind of samples that it takes."""
    return [
        _subject(coder, digest, *kind)
        for coder in CODERS
        for digest in (models_of(coder.architecture) if coder.architecture else ("",))
        for kind in _KINDS
        if _takes(coder, *kind)
    ]


def _takes(coder: Any, channels: int, top: int) -> bool:
    return bool(coder.takes(channels, _quantiser(top)))


def _quantiser(top: int) -> Quantiser:
    return Quantiser(0, 0, top, "u1" if top < 256 else "u2")


def _subject(coder: Any, digest: str, channels: int, top: int) -> Subject:
    pictures = [_picture(np.random.default_rng(seed), channels, top) for seed in range(4)]
    base = (pictures[0] // 2 + 40).astype(np.uint8) if coder.needs_base else None
    ground = Ground(channels, _quantiser(top), base, load_residual(digest) if digest else None)
    name = f"{coder.name}{' ' + found[0].value if (found := effort_of(digest)) else ''}"
    return Subject(name, coder, ground, [coder.encode(ground, picture, _TILING.areas)[0] for picture in pictures])


def _picture(rng: np.random.Generator, channels: int, top: int) -> Samples:
    y, x, c = np.indices((HEIGHT, WIDTH, channels))
    samples = (0.5 + 0.4 * np.sin(y / 3 + x / 4 + c)) * top
    samples[:, WIDTH // 2 :] = rng.choice([0, top], samples[:, WIDTH // 2 :].shape)
    samples[HEIGHT // 2 :] = rng.integers(0, top + 1, samples[HEIGHT // 2 :].shape)
    return np.asarray(samples.round(), _quantiser(top).dtype)


def _random(rng: np.random.Generator, payloads: list[bytes]) -> bytes:
    return rng.bytes(int(rng.integers(0, 2 * len(payloads[0]) + 8)))


def _cut(rng: np.random.Generator, payloads: list[bytes]) -> bytes:
    payload = _any(rng, payloads)
    return payload[: int(rng.integers(len(payload)))] + rng.bytes(int(rng.choice([0, 0, 1, 4])))


def _flipped(rng: np.random.Generator, payloads: list[bytes]) -> bytes:
    changed = bytearray(_any(rng, payloads))
    for _ in range(int(rng.integers(1, 4))):
        changed[int(rng.integers(len(changed)))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _spliced(rng: np.random.Generator, payloads: list[bytes]) -> bytes:
    first, second = _any(rng, payloads), _any(rng, payloads)
    at = 4 * int(rng.integers(1 + min(len(first), len(second)) // 4))
    return first[:at] + second[at:]


def _reaching(rng: np.random.Generator, payloads: list[bytes]) -> bytes:
    """Words that lie at an end of the range: the rarest symbols, escapes of the most bits."""
    payload = bytearray(_any(rng, payloads))
    at, size = int(rng.integers(len(payload))) // 4 * 4, 4 * int(rng.integers(1, 40))
    return (
        bytes(payload[:at]) + bytes([int(rng.choice([0, 0, 1, 127, 128, 254, 255, 255]))]) * size + bytes(payload[at:])
    )


CHANGES: Final[tuple[Change, ...]] = (_random, _cut, _flipped, _spliced, _reaching)


def _any(rng: np.random.Generator, payloads: list[bytes]) -> bytes:
    return payloads[int(rng.integers(len(payloads)))]


def attack(subject: Subject, seed: int, number: int) -> str:
    """Read one hostile payload and name what came of it; raises what is no error of the library."""
    rng = np.random.default_rng(
        [seed, number, subject.coder.number, subject.ground.channels, subject.ground.quantiser.top]
    )
    return subject.outcome(CHANGES[number % len(CHANGES)](rng, subject.payloads))


@click.command()
@click.option("--count", type=int, default=100_000, show_default=True, help="Payloads in all.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--bounds", is_flag=True, help="Let compiled code check every index.")
def main(count: int, seed: int, bounds: bool) -> None:
    """Read hostile payloads."""
    if bounds and os.environ.get("NUMBA_BOUNDSCHECK") != "1":
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": folder}
            command = [sys.executable, "-m", "benchmarks.payloads", *sys.argv[1:]]
            sys.exit(subprocess.run(command, env=environment, check=False).returncode)  # noqa: S603 - ourselves
    made = subjects()
    each = count // len(made)
    faults = sum(_attacked(subject, seed, each) for subject in made)
    print(f"{faults} faults in {each * len(made):,} payloads")
    sys.exit(1 if faults else 0)


def _attacked(subject: Subject, seed: int, count: int) -> int:
    """Read so many payloads, print what came of them, and return how many came to no good."""
    outcomes, slowest, faults = Counter[str](), 0.0, 0
    subject.outcome(subject.payloads[0])  # compiled by now
    for number in range(count):
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        started = time.process_time()
        try:
            outcomes[attack(subject, seed, number)] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            faults += 1
            print(f"{subject.name} {number}: {type(error).__name__}: {error}")
        used = time.process_time() - started
        slowest, faults = max(slowest, used), faults + (used > SECONDS)
    faulthandler.cancel_dump_traceback_later()
    kind = f"{subject.ground.channels} channels up to {subject.ground.quantiser.top}"
    print(f"{subject.name}, {kind}: {dict(outcomes)}, slowest {slowest:.2f} s", flush=True)
    return faults


if __name__ == "__main__":
    main()
