"""Roles of channels: which sequences there are, and how many channels the base picture of each has."""

from hybridcodec_container.errors import ContainerError, UnsupportedContainerError
from hybridcodec_container.layout import MAX_CHANNELS, Role

GRAY = (Role.GRAY,)
RGB = (Role.RED, Role.GREEN, Role.BLUE)
INDEXED = (Role.INDEX,)
ALPHAS = frozenset({Role.ALPHA, Role.ALPHA_PREMULTIPLIED})
_KNOWN = frozenset(Role)


def pack_roles(roles: tuple[Role, ...]) -> bytes:
    """Return one byte a channel, then zeros: four bytes."""
    return bytes(roles).ljust(MAX_CHANNELS, b"\0")


def unpack_roles(packed: bytes) -> tuple[Role, ...]:
    """Return what `pack_roles` was given.

    Raises:
        ContainerError: if there is no channel, or a gap between channels.
        UnsupportedContainerError: if a role is unknown.
    """
    values = packed.rstrip(b"\0")
    if not values or 0 in values:
        raise ContainerError(f"roles {packed.hex(' ')}: 1 to {MAX_CHANNELS} channels needed, without a gap")
    unknown = [value for value in values if value not in _KNOWN]
    if unknown:
        raise UnsupportedContainerError(f"channel role {unknown[0]} is unknown to this version")
    return tuple(Role(value) for value in values)


def check_roles(roles: tuple[Role, ...]) -> None:
    """Check that a sequence is one of this version's.

    Raises:
        ContainerError: if there are no channels, or too many.
        UnsupportedContainerError: if the roles do not go together.
    """
    if not 1 <= len(roles) <= MAX_CHANNELS:
        raise ContainerError(f"1 to {MAX_CHANNELS} channels needed, found {len(roles)}")
    colour = without_alpha(roles)
    if colour not in (GRAY, RGB, INDEXED) and (not colour or set(colour) != {Role.OTHER}):
        names = ", ".join(role.name for role in roles)
        raise UnsupportedContainerError(f"channels {names}: this version does not know this sequence of roles")


def without_alpha(roles: tuple[Role, ...]) -> tuple[Role, ...]:
    """Return the roles before the alpha channel, which is the last where there is one."""
    return roles[:-1] if roles and roles[-1] in ALPHAS else roles


def base_channels(roles: tuple[Role, ...]) -> int:
    """Return how many channels the base picture has: 1, 3, or 0 where there is no rule for one."""
    return {GRAY: 1, RGB: 3, INDEXED: 3}.get(without_alpha(roles), 0)
