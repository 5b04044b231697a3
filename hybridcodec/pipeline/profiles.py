"""Profiles: what kind of pictures a run is about, and how much loss it may mean. docs/pipeline.md explains each.

A profile decides the default mode and who must agree to a loss. Checks of what a loss did to the content (text that
reads differently, guarded tiles) will be named here too; see `checks`.
"""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from hybridcodec.errors import InputError
from hybridcodec.fidelity import Fidelity
from hybridcodec.filing import Terms
from hybridcodec.modes import Effort, Keep, Mode, Preview
from hybridcodec.options import Options


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
        keep: what a file gives back of its source, when nothing is asked for.
    """

    mode: Mode
    loss_needs_acceptance: bool
    keep: Keep = Keep.AUTO


RULES = {
    Profile.PHOTO: Rules(Mode.LOSSLESS, loss_needs_acceptance=False),
    Profile.DOCUMENT: Rules(Mode.LOSSLESS, loss_needs_acceptance=True, keep=Keep.FILE),
    Profile.MEDICAL: Rules(Mode.LOSSLESS, loss_needs_acceptance=True, keep=Keep.FILE),
}


@dataclass(frozen=True)
class Settings:
    """What is asked for each file: two files with equal digests of these are the same order.

    Attributes:
        profile: name of the profile.
        fidelity: mode and bound of the files.
        accepted_lossy: whether somebody accepted the loss; false where there is none.
        keep: what they give back of their sources.
        preview: how large their previews are.
        matching: whether pages may be coded by the help of similar places.
        effort: how much time a smaller or better file may take.
    """

    profile: Profile
    fidelity: Fidelity
    accepted_lossy: bool
    keep: Keep = Keep.AUTO
    preview: Preview = Preview.AUTO
    matching: bool = False
    effort: Effort = Effort.NORMAL

    def __post_init__(self) -> None:
        """Refuse an effort that the mode does not have; raises InputError."""
        self.terms.options.require_mode(self.mode)

    @property
    def terms(self) -> Terms:
        """What is asked of each file, apart from why."""
        options = Options(self.preview, matching=self.matching, effort=self.effort)
        return Terms(self.fidelity, options, self.keep, self.accepted_lossy)

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
        """SHA-256 of what decides the output; the profile's name does not, and the usual effort once had no name."""
        unsaid = {"profile", "effort"} if self.effort is Effort.NORMAL else {"profile"}
        decisive = {name: value for name, value in self.to_dict().items() if name not in unsaid}
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON knows them."""
        return {
            "profile": self.profile,
            "mode": self.mode,
            "max_error": self.max_error,
            "accepted_lossy": self.accepted_lossy,
            "keep": self.keep,
            "preview": self.preview,
            "matching": self.matching,
            "effort": self.effort,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return the settings that `to_dict` was asked for."""
        fidelity = Fidelity.of(values["mode"], values["max_error"])
        how = Keep(values["keep"]), Preview(values["preview"]), values["matching"], Effort(values["effort"])
        return cls(Profile(values["profile"]), fidelity, values["accepted_lossy"], *how)


def settings_for(
    profile: Profile,
    *,
    mode: Mode | None = None,
    max_error: int = 0,
    accept_lossy: bool = False,
    keep: Keep | None = None,
    preview: Preview = Preview.AUTO,
    matching: bool = False,
    effort: Effort = Effort.NORMAL,
) -> Settings:
    """Return the settings that a profile makes of what was asked for.

    With a loss that was accepted, pictures are kept rather than the file that holds more, unless that is asked for.

    Raises:
        InputError: the profile refuses a loss that nobody accepted, or maximum error or effort do not fit the mode.
    """
    rules = RULES[profile]
    fidelity = Fidelity.of(mode or rules.mode, max_error)
    lossy = fidelity.mode is not Mode.LOSSLESS
    if lossy and rules.loss_needs_acceptance and not accept_lossy:
        raise InputError(
            f"the {profile} profile keeps every sample, and {fidelity.mode} mode does not: content may change. "
            "If meant, add --accept-lossy; every record and every file will say so for ever"
        )
    kept = keep or (Keep.CONTENT if lossy else rules.keep)
    return Settings(profile, fidelity, lossy and accept_lossy, kept, preview, matching, effort)
