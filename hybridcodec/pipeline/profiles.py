"""Profiles: what kind of pictures a run is about, and how much loss it may mean. docs/pipeline.md explains each.

A profile decides the default mode and who must agree to a loss. Checks of what a loss did to the content (text that
reads differently, guarded tiles) will be named here too, and wider samples; see `checks`.
"""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from hybridcodec.errors import InputError
from hybridcodec.fidelity import Fidelity
from hybridcodec.modes import Mode


class Profile(StrEnum):
    """What the pictures of a run are."""

    PHOTO = "photo"
    DOCUMENT = "document"
    MEDICAL = "medical"


@dataclass(frozen=True)
class Rules:
    """What a profile sets.

    Attributes:
        mode: used when none is asked for.
        loss_needs_acceptance: whether any mode but lossless is refused until somebody accepts the loss in words.
    """

    mode: Mode
    loss_needs_acceptance: bool


RULES = {
    Profile.PHOTO: Rules(Mode.LOSSLESS, loss_needs_acceptance=False),
    Profile.DOCUMENT: Rules(Mode.LOSSLESS, loss_needs_acceptance=True),
    Profile.MEDICAL: Rules(Mode.LOSSLESS, loss_needs_acceptance=True),
}


@dataclass(frozen=True)
class Settings:
    """What is asked for each file: two files with equal digests of these are the same order.

    Attributes:
        profile: name of the profile.
        fidelity: mode and bound of the files.
        accepted_lossy: whether somebody accepted the loss; false where there is none.
    """

    profile: Profile
    fidelity: Fidelity
    accepted_lossy: bool

    @property
    def mode(self) -> Mode:
        """Mode of the files."""
        return self.fidelity.mode

    @property
    def max_error(self) -> int:
        """Bound in near-lossless mode, else 0."""
        return self.fidelity.max_error

    @property
    def digest(self) -> str:
        """SHA-256 of what decides the output; the profile's name does not."""
        decisive = {"mode": self.mode, "max_error": self.max_error, "accepted_lossy": self.accepted_lossy}
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON knows them."""
        return {
            "profile": self.profile,
            "mode": self.mode,
            "max_error": self.max_error,
            "accepted_lossy": self.accepted_lossy,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return the settings that `to_dict` was asked for."""
        fidelity = Fidelity.of(values["mode"], values["max_error"])
        return cls(Profile(values["profile"]), fidelity, values["accepted_lossy"])


def settings_for(
    profile: Profile, *, mode: Mode | None = None, max_error: int = 0, accept_lossy: bool = False
) -> Settings:
    """Return the settings that a profile makes of what was asked for.

    Raises:
        InputError: the profile refuses a loss that nobody accepted, or the maximum error does not fit the mode.
    """
    rules = RULES[profile]
    fidelity = Fidelity.of(mode or rules.mode, max_error)
    lossy = fidelity.mode is not Mode.LOSSLESS
    if lossy and rules.loss_needs_acceptance and not accept_lossy:
        raise InputError(
            f"the {profile} profile keeps every sample, and {fidelity.mode} mode does not: content may change. "
            "If meant, add --accept-lossy; every record and every file will say so for ever"
        )
    return Settings(profile, fidelity, accepted_lossy=lossy and accept_lossy)
