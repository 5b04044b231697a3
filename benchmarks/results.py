"""What one measurement of one codec over a folder gives, and the figures that follow from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class FileResult:
    """One picture through one codec.

    Bytes are of the whole file; `base_bytes` and `residual_bytes` are parts of it where the codec has layers.
    Seconds are wall-clock time, `cpu_s` those of all threads for encoding and decoding together; `verify_s` is what
    proving the file takes, where the codec does that. `worst` is the largest error of a sample.
    """

    name: str
    pixels: int
    samples: int
    bytes: int
    base_bytes: int | None
    residual_bytes: int | None
    encode_s: float
    decode_s: float
    cpu_s: float
    verify_s: float | None
    worst: int

    @property
    def bits(self) -> float:
        """Bits per sub-pixel."""
        return 8 * self.bytes / self.samples


@dataclass(frozen=True)
class CodecResult:
    """One codec over a folder; `idle_mb` is what its process took before the first picture was coded."""

    codec: str
    label: str
    threads: int
    bound: int
    files: tuple[FileResult, ...]
    peak_mb: float
    idle_mb: float

    @property
    def samples(self) -> int:
        """Sub-pixels in all."""
        return sum(file.samples for file in self.files)

    @property
    def pixels(self) -> int:
        """Pixels in all."""
        return sum(file.pixels for file in self.files)

    @property
    def bits(self) -> float:
        """All bits by all sub-pixels."""
        return 8 * sum(file.bytes for file in self.files) / self.samples

    @property
    def mean_bits(self) -> float:
        """Mean over the files of bits per sub-pixel."""
        return sum(file.bits for file in self.files) / len(self.files)

    @property
    def encode_speed(self) -> float:
        """Megapixels per second, all pixels by all seconds."""
        return self._speed(sum(file.encode_s for file in self.files))

    @property
    def decode_speed(self) -> float:
        """Megapixels per second, all pixels by all seconds."""
        return self._speed(sum(file.decode_s for file in self.files))

    @property
    def cpu_s_per_megapixel(self) -> float:
        """Processor seconds of encoding and decoding one megapixel: other work on the machine disturbs them less."""
        return sum(file.cpu_s for file in self.files) / self.pixels * 1e6

    @property
    def verify_s(self) -> float | None:
        """Seconds that proving all files took; None where the codec does not."""
        found = [file.verify_s for file in self.files if file.verify_s is not None]
        return sum(found) if found else None

    @property
    def worst(self) -> int:
        """Largest error of a sample in any file."""
        return max(file.worst for file in self.files)

    @property
    def within_bound(self) -> bool:
        """Whether every sample of every file came back as promised."""
        return self.worst <= self.bound

    def layer_bits(self, layer: str) -> float | None:
        """Bits per sub-pixel of the layer, "base" or "residual"; None where the codec has no layers."""
        found = [getattr(file, f"{layer}_bytes") for file in self.files]
        return 8 * sum(found) / self.samples if found and None not in found else None

    def to_dict(self) -> dict[str, Any]:
        """All of it for JSON, with the figures that follow."""
        speeds = ("encode_speed", "decode_speed", "cpu_s_per_megapixel", "verify_s")
        figures = ("bits", "mean_bits", *speeds, "worst", "within_bound")
        layers = {f"{layer}_bits": self.layer_bits(layer) for layer in ("base", "residual")}
        return {name: getattr(self, name) for name in figures} | layers | asdict(self)

    def _speed(self, seconds: float) -> float:
        return self.pixels / seconds / 1e6
