"""The tone map: how the 8 bits of the base picture were made of wider or signed samples.

The container only keeps it; FORMAT.md, "The base picture", gives the arithmetic.
"""

from dataclasses import dataclass
from itertools import pairwise

from hybridcodec_container.checks import reading, require_known, require_size
from hybridcodec_container.errors import ContainerError, CorruptError
from hybridcodec_container.layout import LINEAR, THRESHOLD, THRESHOLDS, TONE, ToneMethod


@dataclass(frozen=True)
class Linear:
    """A window: `low` becomes 0, `high` 255, in a straight line, clamped.

    Attributes:
        low: sample value.
        high: sample value, above `low`.
        invert: whether 255 minus the value is shown.
    """

    low: int
    high: int
    invert: bool = False

    def __post_init__(self) -> None:
        for value in (self.low, self.high):
            _check_s32(value)
        if self.low >= self.high:
            raise ContainerError(
                f"the low end of a window must lie below the high one, found {self.low} and {self.high}"
            )


@dataclass(frozen=True)
class Thresholds:
    """Any map that rises: the value shown is the number of thresholds at or below the sample.

    Attributes:
        thresholds: 255 sample values, never descending.
        invert: whether 255 minus the value is shown.
    """

    thresholds: tuple[int, ...]
    invert: bool = False

    def __post_init__(self) -> None:
        if len(self.thresholds) != THRESHOLDS:
            raise ContainerError(f"{THRESHOLDS} thresholds needed, found {len(self.thresholds)}")
        for value in self.thresholds:
            _check_s32(value)
        if any(low > high for low, high in pairwise(self.thresholds)):
            raise ContainerError("thresholds must not descend")


Tone = Linear | Thresholds


def pack_tone(tone: Tone) -> bytes:
    """Return the payload of the TONE chunk."""
    if isinstance(tone, Linear):
        return TONE.pack(ToneMethod.LINEAR, tone.invert) + LINEAR.pack(tone.low, tone.high)
    return TONE.pack(ToneMethod.THRESHOLDS, tone.invert) + b"".join(map(THRESHOLD.pack, tone.thresholds))


def unpack_tone(payload: bytes) -> Tone:
    """Return the tone map in a TONE payload.

    Raises:
        CorruptError: if it contradicts itself.
        UnsupportedContainerError: if the method is unknown.
    """
    require_size("TONE", len(payload), TONE.size, more=True)
    method, invert = TONE.unpack(payload)
    require_known("tone method", method, ToneMethod)
    if invert > 1:
        raise CorruptError(f"invert must be 0 or 1, found {invert}")
    linear = method == ToneMethod.LINEAR
    require_size("TONE", len(payload), TONE.size + (LINEAR.size if linear else THRESHOLDS * THRESHOLD.size))
    with reading("tone map"):
        if linear:
            low, high = LINEAR.unpack(payload, TONE.size)
            return Linear(low, high, bool(invert))
        places = range(TONE.size, len(payload), THRESHOLD.size)
        return Thresholds(tuple(int(THRESHOLD.unpack(payload, place)[0]) for place in places), bool(invert))


def _check_s32(value: int) -> None:
    if not -(1 << 31) <= value < 1 << 31:
        raise ContainerError(f"a sample value of a tone map must fit 32 bits, found {value}")
