"""The header of a picture: what its samples are, which layers it has, what it promises, and what it was made of.

It differs from a layer, which says how one layer is decoded. Every reader sees only headers whose fields are within the
limits and agree with each other.
"""

from dataclasses import dataclass
from functools import cached_property

from hybridcodec_container import layout
from hybridcodec_container.checks import reading, require_hash, require_known, require_size, within
from hybridcodec_container.errors import ContainerError, UnsupportedContainerError
from hybridcodec_container.identity import NO_PARTS_HASH, identity_of
from hybridcodec_container.layout import (
    HEAD,
    NO_FLAGS,
    NO_HASH,
    REFERENCE,
    ContainerMode,
    HeaderFlag,
    Layers,
    Role,
    SampleFormat,
)
from hybridcodec_container.roles import ALPHAS, base_channels, check_roles, pack_roles, unpack_roles

_KNOWN_LAYERS = int(Layers.BASE | Layers.DISPLAY | Layers.RESIDUAL)
_SHAPE = ("width", "height", "roles", "bit_depth", "sample_format")


@dataclass(frozen=True, kw_only=True)
class Header:
    """Facts about one picture; construction fails where they break a limit or contradict each other.

    Attributes:
        width: columns of the picture, 1 to 2^20.
        height: rows of the picture, 1 to 2^20.
        roles: what the 1 to 4 channels are.
        bit_depth: bits of a sample, 1 to 16.
        sample_format: unsigned or signed.
        mode: what the file promises about the samples.
        layers: which layers the picture has.
        max_error: bound of the near-lossless mode, from 1; 0 in the other modes.
        flags: unknown informative bits are kept.
        group_position: 0 if the exact layer stands alone; else how many pictures before it in the album it builds upon,
            each upon the one before it.
        source_hash: sample hash of what the encoder was given.
        reference_hash: sample hash of the picture before it as decoded exactly; zeros if `group_position` is 0.
        parts_hash: commits to palette, tone and layers; zeros until `Picture.seal` sets it.
    """

    width: int
    height: int
    roles: tuple[Role, ...]
    bit_depth: int = 8
    sample_format: SampleFormat = SampleFormat.UNSIGNED
    mode: ContainerMode
    layers: Layers
    max_error: int = 0
    flags: HeaderFlag = NO_FLAGS
    group_position: int = 0
    source_hash: bytes
    reference_hash: bytes = NO_HASH
    parts_hash: bytes = NO_PARTS_HASH

    def __post_init__(self) -> None:
        within("width", self.width, 1, layout.MAX_SIDE)
        within("height", self.height, 1, layout.MAX_SIDE)
        within("pixels", self.width * self.height, 1, layout.MAX_PIXELS)
        within("bit depth", self.bit_depth, 1, layout.MAX_BIT_DEPTH)
        within("group position", self.group_position, 0, layout.MAX_GROUP - 1)
        check_roles(self.roles)
        require_hash("source_hash", self.source_hash)
        if len(self.parts_hash) != len(NO_PARTS_HASH):
            raise ContainerError(f"parts_hash must have {len(NO_PARTS_HASH)} bytes, found {len(self.parts_hash)}")
        self._check_flags()
        self._check_layers()
        self._check_mode()
        self._check_group()

    @property
    def channels(self) -> int:
        """Samples of a pixel."""
        return len(self.roles)

    @property
    def indexed(self) -> bool:
        """Whether the first channel holds indices of a palette."""
        return self.roles[0] is Role.INDEX

    @property
    def needs_tone(self) -> bool:
        """Whether the base picture can only be made through a tone map."""
        wide = self.bit_depth > 8 or self.sample_format is SampleFormat.SIGNED
        return bool(self.layers & Layers.BASE) and wide and not self.indexed

    @cached_property
    def identity(self) -> bytes:
        """What binds the chunks of the picture to it: 16 bytes."""
        return identity_of(pack_header(self))

    def same_shape(self, other: "Header") -> bool:
        """Tell whether the samples of two pictures lie alike: size, roles, depth, format."""
        return all(getattr(self, name) == getattr(other, name) for name in _SHAPE)

    def _check_flags(self) -> None:
        unknown = self.flags & layout.CRITICAL_FLAGS
        if unknown:
            raise UnsupportedContainerError(f"critical flags {int(unknown):#06x} are unknown to this version")
        if self.flags & HeaderFlag.EXTRACTED and self.mode is not ContainerMode.PERCEPTUAL:
            raise ContainerError("only a picture in perceptual mode can be an extract")
        if self.flags & HeaderFlag.LOSS_ACCEPTED and self.mode is ContainerMode.LOSSLESS:
            raise ContainerError("a picture in lossless mode has no loss to accept")

    def _check_layers(self) -> None:
        unknown = int(self.layers) & ~_KNOWN_LAYERS
        if unknown:
            raise UnsupportedContainerError(f"layers {unknown:#04x} are unknown to this version")
        base, residual = bool(self.layers & Layers.BASE), bool(self.layers & Layers.RESIDUAL)
        if self.layers & Layers.DISPLAY and not base:
            raise ContainerError("a display layer needs a base layer")
        if base and not base_channels(self.roles):
            raise ContainerError("there is no base picture of channels with the role OTHER")
        needed = {ContainerMode.PERCEPTUAL: (True, False), ContainerMode.GUARDED: (True, True)}
        if (base, residual) != needed.get(self.mode, (base, True)):
            raise ContainerError(f"layers {int(self.layers):#04x} do not fit mode {self.mode.name}")

    def _check_mode(self) -> None:
        near = self.mode is ContainerMode.NEAR_LOSSLESS
        least, most = (1, (1 << self.bit_depth) - 1) if near else (0, 0)
        if not least <= self.max_error <= most:
            raise ContainerError(f"max error {self.max_error} does not fit mode {self.mode.name}: {least} to {most}")
        if self.indexed and near:
            raise ContainerError("indices of a palette cannot be near-lossless")
        if self.indexed and self.sample_format is SampleFormat.SIGNED:
            raise ContainerError("indices of a palette cannot be signed")
        plain = self.bit_depth == 8 and not (self.needs_tone or self.indexed or ALPHAS & set(self.roles))
        if self.mode is ContainerMode.GUARDED and not plain:
            raise ContainerError("guarded mode is for unsigned gray or colour of 8 bits, without alpha")

    def _check_group(self) -> None:
        if not self.group_position:
            if self.reference_hash != NO_HASH:
                raise ContainerError("a picture that stands alone has no reference")
            return
        require_hash("reference_hash", self.reference_hash)
        if not self.layers & Layers.RESIDUAL:
            raise ContainerError("only a picture with a residual layer can depend on the one before it")


def pack_header(header: Header) -> bytes:
    """Return the payload of the HEAD chunk."""
    named = {name: getattr(header, name) for name, _ in HEAD.fields if name not in ("roles", "reserved")}
    named |= {"roles": pack_roles(header.roles), "reserved": 0}
    head = HEAD.pack(*(named[name] for name, _ in HEAD.fields))
    return head + REFERENCE.pack(header.reference_hash) if header.group_position else head


def unpack_header(payload: bytes) -> Header:
    """Return the header in a HEAD payload.

    Raises:
        CorruptError: if its fields contradict each other.
        LimitExceededError: if a size is over its limit.
        UnsupportedContainerError: if mode, role, sample format, a layer or a critical flag is unknown.
    """
    require_size("HEAD", len(payload), HEAD.size, more=True)
    named = HEAD.named(payload)
    follows = REFERENCE.size if named["group_position"] else 0
    require_size("HEAD", len(payload), HEAD.size + follows)
    require_known("sample format", named["sample_format"], SampleFormat)
    require_known("mode", named["mode"], ContainerMode)
    with reading("header"):
        if named.pop("reserved"):
            raise ContainerError("a reserved byte is not zero")
        return Header(
            **named
            | {
                "roles": unpack_roles(named["roles"]),
                "sample_format": SampleFormat(named["sample_format"]),
                "mode": ContainerMode(named["mode"]),
                "layers": Layers(named["layers"]),
                "flags": HeaderFlag(named["flags"]),
                "reference_hash": payload[HEAD.size :] or NO_HASH,
            }
        )


def check_follows(header: Header, before: Header | None) -> None:
    """Check that a picture which depends on the one before it can.

    Raises:
        ContainerError: if there is none, or it is not one place ahead in the group, or is of another shape.
    """
    if not header.group_position:
        return
    if before is None or before.group_position != header.group_position - 1:
        raise ContainerError(
            f"the picture before the one with group position {header.group_position} is not its reference"
        )
    if not before.layers & Layers.RESIDUAL or not header.same_shape(before):
        raise ContainerError("a reference must have a residual layer, and samples that lie alike")
