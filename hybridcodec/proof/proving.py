"""A proof: a file is decoded, put beside the picture that it was made of, and looked at by every check."""

from collections.abc import Sequence
from dataclasses import dataclass

from hybridcodec.codec import Info
from hybridcodec.image import Layer, Mode, Samples, checked_samples
from hybridcodec.proof.checks import CHECKS, Asked, Check, Comparison, error_of
from hybridcodec.proof.flags import Flag
from hybridcodec.proof.port import CODEC, Port
from hybridcodec.sources import Picture


@dataclass(frozen=True)
class Proof:
    """What was compared and what is wrong; without flags the file is proven."""

    pair: Comparison
    flags: tuple[Flag, ...]

    @property
    def worst_error(self) -> int | None:
        """Largest error of any sub-pixel; None for a preview alone, and where the sizes differ."""
        pair = self.pair
        if pair.asked.fidelity.mode is Mode.PERCEPTUAL or pair.original.shape != pair.decoded.shape:
            return None
        worst = [flag.worst for flag in self.flags if flag.worst]
        return max(worst) if worst else int(error_of(pair).max())


def prove(
    data: bytes, original: Picture, asked: Asked | None, port: Port = CODEC, checks: Sequence[Check] = CHECKS
) -> Proof:
    """Decode the .hyc file `data` and compare it with what it was made of; `asked` is None for what it says itself.

    Raises:
        HybridcodecError: it cannot be decoded, or a layer is not what its hash says.
    """
    info, decoded = decoded_best(data, port)
    pair = Comparison(
        checked_samples(original.samples),
        original.metadata,
        decoded,
        port.read_metadata(data),
        info,
        asked or Asked.of(info),
    )
    return Proof(pair, tuple(flag for check in checks for flag in check(pair)))


def decoded_best(data: bytes, port: Port = CODEC) -> tuple[Info, Samples]:
    """Decode every layer, each against its hash; return the best one as (H, W, C).

    Raises:
        HybridcodecError: it cannot be decoded, or a layer is not what its hash says.
    """
    info = port.read_info(data)
    layer = Layer.PERCEPTUAL if info.mode is Mode.PERCEPTUAL else Layer.EXACT
    return info, checked_samples(port.decode(data, layer=layer))
