"""The header: what the picture is, how it is tiled, which models decode it, which samples they must give.

It differs from the metadata chunks, which a decoder may ignore. Every reader sees only headers whose fields are within
the limits and agree with each other.
"""

from dataclasses import dataclass

from hybridcodec_container import layout
from hybridcodec_container.errors import (
    ContainerError,
    CorruptError,
    LimitExceededError,
    UnsupportedContainerError,
)
from hybridcodec_container.layout import HEAD, NO_FLAGS, NO_HASH, ContainerMode, HeaderFlag, SampleFormat
from hybridcodec_container.tiles import TileGrid


@dataclass(frozen=True, kw_only=True)
class Header:
    """Facts about one file; construction fails where they break a limit or contradict each other.

    Attributes:
        width: columns of the picture, 1 to 2^20.
        height: rows of the picture, 1 to 2^20.
        channels: samples of a pixel, 1 to 4.
        bit_depth: bits of a sample, 1 to 16.
        mode: what the file promises about its samples.
        max_error: bound of the near-lossless mode, from 1; 0 in the other modes.
        base_tile_width: multiple of 64; may exceed the picture.
        base_tile_height: multiple of 64; may exceed the picture.
        residual_tile_width: pixels; 0 in perceptual mode.
        residual_tile_height: pixels; 0 in perceptual mode.
        base_model: SHA-256 of the base model.
        residual_model: SHA-256 of the residual model; zeros in perceptual mode.
        base_hash: sample hash of the decoded base picture.
        sample_hash: sample hash of the decoded exact layer; zeros in perceptual mode.
        source_hash: sample hash of what the encoder was given; equal to `sample_hash` in lossless mode.
        flags: unknown informative bits are kept.
    """

    width: int
    height: int
    channels: int
    bit_depth: int = 8
    mode: ContainerMode
    max_error: int = 0
    base_tile_width: int
    base_tile_height: int
    residual_tile_width: int = 0
    residual_tile_height: int = 0
    base_model: bytes
    residual_model: bytes = NO_HASH
    base_hash: bytes
    sample_hash: bytes = NO_HASH
    source_hash: bytes
    flags: HeaderFlag = NO_FLAGS

    def __post_init__(self) -> None:
        self._check_limits()
        self._check_flags()
        self._check_base()
        self._check_residual()

    @property
    def base_tiles(self) -> TileGrid:
        """How the base layer divides the picture."""
        return TileGrid(self.width, self.height, self.base_tile_width, self.base_tile_height)

    @property
    def residual_tiles(self) -> TileGrid:
        """How the residual layer divides the picture; no tiles in perceptual mode."""
        return TileGrid(self.width, self.height, self.residual_tile_width, self.residual_tile_height)

    def _check_limits(self) -> None:
        _within("width", self.width, 1, layout.MAX_SIDE)
        _within("height", self.height, 1, layout.MAX_SIDE)
        _within("pixels", self.width * self.height, 1, layout.MAX_PIXELS)
        _within("channels", self.channels, 1, layout.MAX_CHANNELS)
        _within("bit depth", self.bit_depth, 1, layout.MAX_BIT_DEPTH)
        for layer, tiles in (("base", self.base_tiles), ("residual", self.residual_tiles)):
            _within(f"pixels of a {layer} tile", tiles.tile_width * tiles.tile_height, 0, layout.MAX_TILE_PIXELS)
            _within(f"{layer} tiles", tiles.count, 0, layout.MAX_TILES)

    def _check_flags(self) -> None:
        unknown = self.flags & layout.CRITICAL_FLAGS
        if unknown:
            raise UnsupportedContainerError(f"critical flags {int(unknown):#06x} are unknown to this version")
        if self.flags & HeaderFlag.EXTRACTED and self.mode is not ContainerMode.PERCEPTUAL:
            raise ContainerError("only a file in perceptual mode can be an extract")
        if self.flags & HeaderFlag.LOSS_ACCEPTED and self.mode is ContainerMode.LOSSLESS:
            raise ContainerError("a file in lossless mode has no loss to accept")

    def _check_base(self) -> None:
        for side in (self.base_tile_width, self.base_tile_height):
            if side <= 0 or side % layout.BASE_TILE_STEP:
                raise ContainerError(f"sides of a base tile must be multiples of {layout.BASE_TILE_STEP}, found {side}")
        for name in ("base_model", "residual_model", "base_hash", "sample_hash", "source_hash"):
            if len(getattr(self, name)) != len(NO_HASH):
                raise ContainerError(f"{name} must have 32 bytes, found {len(getattr(self, name))}")
        for name in ("base_model", "base_hash", "source_hash"):
            if getattr(self, name) == NO_HASH:
                raise ContainerError(f"{name} is missing")

    def _check_residual(self) -> None:
        present = [self.residual_tile_width > 0, self.residual_tile_height > 0]
        present += [self.residual_model != NO_HASH, self.sample_hash != NO_HASH]
        if any(present) if self.mode is ContainerMode.PERCEPTUAL else not all(present):
            raise ContainerError(f"residual tile size, residual model and sample hash do not fit mode {self.mode.name}")
        top = (1 << self.bit_depth) - 1
        least, most = (1, top) if self.mode is ContainerMode.NEAR_LOSSLESS else (0, 0)
        if not least <= self.max_error <= most:
            raise ContainerError(f"max error {self.max_error} does not fit mode {self.mode.name}: {least} to {most}")
        if self.mode is ContainerMode.LOSSLESS and self.sample_hash != self.source_hash:
            raise ContainerError("a lossless file must give the source samples, but the two hashes differ")


def _within(name: str, value: int, least: int, most: int) -> None:
    if value < least:
        raise ContainerError(f"{name}: found {value}, at least {least} needed")
    if value > most:
        raise LimitExceededError(f"{name}: found {value}, the limit is {most}")


def pack_header(header: Header) -> bytes:
    """Return the payload of the HEAD chunk."""
    named = {name: getattr(header, name) for name, _ in HEAD.fields if name != "sample_format"}
    named["sample_format"] = SampleFormat.UNSIGNED
    return HEAD.pack(*(named[name] for name, _ in HEAD.fields))


def unpack_header(payload: bytes) -> Header:
    """Return the header in the payload of a HEAD chunk.

    Raises:
        CorruptError: if its fields contradict each other.
        LimitExceededError: if a size is over its limit.
        UnsupportedContainerError: if mode, sample format or a critical flag is unknown.
    """
    if len(payload) != HEAD.size:
        raise CorruptError(f"HEAD must have {HEAD.size} bytes, found {len(payload)}")
    named = dict(zip((name for name, _ in HEAD.fields), HEAD.unpack(payload), strict=True))
    sample_format = named.pop("sample_format")
    if sample_format != SampleFormat.UNSIGNED:
        raise UnsupportedContainerError(f"sample format {sample_format} is unknown to this version")
    if named["mode"] not in set(ContainerMode):
        raise UnsupportedContainerError(f"mode {named['mode']} is unknown to this version")
    named |= {"mode": ContainerMode(named["mode"]), "flags": HeaderFlag(named["flags"])}
    try:
        return Header(**named)
    except (LimitExceededError, UnsupportedContainerError):
        raise
    except ContainerError as error:
        raise CorruptError(f"the header contradicts itself: {error}") from error
