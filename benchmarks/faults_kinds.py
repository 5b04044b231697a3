"""What a fault inside a worker process is, and the changes of a bit that most of them make."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from hybridcodec.image import Samples
from hybridcodec.proof.flags import FlagKind
from hybridcodec.proof.port import Port

Around = Callable[[Any, random.Random, Port], AbstractContextManager[Port]]
"""Takes the request, a generator and the sound port, and yields the port with which the job is done."""


@dataclass(frozen=True)
class Fault:
    """One kind of fault: in which job, around it what, and which flag must come of it.

    `share` is how many of a thousand files get it, slow ones get few; `or_flag` is as good an answer as `flag`; `sort`
    is the suffix of the files that get it (`faults_pictures.SORTS`).
    """

    job: str
    around: Around
    flag: FlagKind
    share: int = 30
    or_flag: FlagKind | None = None
    sort: str = ".png"


def flipped(data: bytes, rng: random.Random, start: int = 0, length: int | None = None) -> bytes:
    """Return `data` with one bit of that stretch changed."""
    place = rng.randrange(start, start + (len(data) if length is None else length))
    return data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]


def one_bit(samples: Samples, rng: random.Random) -> Samples:
    """Return samples with one bit changed, of their lowest where they have few."""
    changed = samples.copy()
    most = int(samples.max())
    changed.reshape(-1)[rng.randrange(changed.size)] ^= 1 << rng.randrange(8 if most > 1 else 1)
    return changed
