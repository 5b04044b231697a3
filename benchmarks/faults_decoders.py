"""Faults in what decodes layers, for `benchmarks.faults_inside`: other coders and models than this version's.

They go in by the port: its decoder is asked to decode by other `Decoders`, whose coders keep their protocols.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.faults_kinds import Around, Fault, flipped, one_bit
from hybridcodec.image import Samples
from hybridcodec.loading import DECODERS as SOUND
from hybridcodec.loading import Decoders, Loaded
from hybridcodec.models import load_tensors, store
from hybridcodec.proof.flags import FlagKind
from hybridcodec.proof.port import Port
from hybridcodec.tiling import Area


def decoding_by(change: Callable[[random.Random, Path], Decoders]) -> Around:
    """Decode by other coders or models in the proving process; they may put files beside the output."""

    @contextmanager
    def around(request: Any, rng: random.Random, port: Port) -> Iterator[Port]:
        decoders = change(rng, Path(request.path).parent)
        yield replace(port, decode_each=partial(port.decode_each, decoders=decoders))

    return around


class _Wrong:
    """A coder that is another one in all it has, but for one bit of what it decodes."""

    def __init__(self, sound: Any, rng: random.Random) -> None:
        self._sound, self._rng = sound, rng

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sound, name)


class _WrongBase(_Wrong):
    def decode(self, *given: Any, **named: Any) -> Samples:
        """See `BaseCoder.decode`."""
        return one_bit(self._sound.decode(*given, **named), self._rng)


class _WrongTiles(_Wrong):
    def decode(self, ground: Any, tiles: Any, put: Callable[[Area, Samples], None], progress: Any = None) -> None:
        """See `TileCoder.decode`."""
        self._sound.decode(ground, tiles, lambda area, samples: put(area, one_bit(samples, self._rng)), progress)


def _wrong_base(rng: random.Random, folder: Path) -> Decoders:  # noqa: ARG001
    def load(digest: str) -> Loaded:
        sound = SOUND.base(digest)
        return replace(sound, coder=_WrongBase(sound.coder, rng))

    return replace(SOUND, base=load)


def _wrong_tiles(rng: random.Random, folder: Path) -> Decoders:  # noqa: ARG001
    return replace(SOUND, tile_coder=lambda number: _WrongTiles(SOUND.tile_coder(number), rng))


def _altered_files(rng: random.Random, folder: Path) -> Decoders:
    """Break a bit in each of the model files that decode."""
    models = folder / f"models-{rng.randrange(10**9)}"
    models.mkdir()
    for path in store.FOLDER.glob("*.safetensors"):
        data = path.read_bytes()
        (models / path.name).write_bytes(data if "analysis" in path.name else flipped(data, rng))
    return Decoders.of(lambda digest: load_tensors(digest, models))


def _altered_weights(rng: random.Random, folder: Path) -> Decoders:  # noqa: ARG001
    """Exchange the weights of the networks in memory, after their hash was checked."""

    def exchanged(digest: str) -> Mapping[str, Any]:
        tensors = {name: array.copy() for name, array in load_tensors(digest).items()}
        for array in tensors.values():
            if array.dtype.kind in "iu" and array.ndim >= 2:
                array.reshape(-1)[:] = np.roll(array.reshape(-1), 1 + rng.randrange(7))
        return tensors

    return Decoders.of(exchanged)


_DISAGREES, _MODEL = FlagKind.DECODER_DISAGREES, FlagKind.MODEL_ALTERED
DECODERS: dict[str, Fault] = {
    "base-decoder-bit": Fault("verify", decoding_by(_wrong_base), _DISAGREES),
    "residual-decoder-bit": Fault("verify", decoding_by(_wrong_tiles), _DISAGREES),
    "model-file-bit": Fault("verify", decoding_by(_altered_files), _MODEL),
    "weights-in-memory": Fault("verify", decoding_by(_altered_weights), _MODEL, 20, _DISAGREES),
}
"""Faults in coders and models."""
