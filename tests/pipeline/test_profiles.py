"""A profile decides who must agree to a loss."""

import pytest

from hybridcodec.errors import InputError
from hybridcodec.fidelity import Fidelity
from hybridcodec.modes import Effort, Keep, Mode
from hybridcodec.pipeline.profiles import Profile, Settings, settings_for


@pytest.mark.parametrize("profile", Profile)
def test_every_profile_is_exact_by_default(profile: Profile) -> None:
    keep = Keep.AUTO if profile is Profile.PHOTO else Keep.FILE
    assert settings_for(profile) == Settings(profile, Fidelity(), accepted_lossy=False, keep=keep)
    assert not settings_for(profile, accept_lossy=True).accepted_lossy


@pytest.mark.parametrize("profile", [Profile.DOCUMENT, Profile.MEDICAL])
@pytest.mark.parametrize(("mode", "max_error"), [(Mode.PERCEPTUAL, 0), (Mode.NEAR_LOSSLESS, 2)])
def test_documents_and_medical_pictures_refuse_a_loss_that_nobody_accepted(
    profile: Profile, mode: Mode, max_error: int
) -> None:
    with pytest.raises(InputError, match="--accept-lossy"):
        settings_for(profile, mode=mode, max_error=max_error)
    assert settings_for(profile, mode=mode, max_error=max_error, accept_lossy=True).accepted_lossy


def test_photos_may_lose_without_saying_so() -> None:
    assert not settings_for(Profile.PHOTO, mode=Mode.PERCEPTUAL).accepted_lossy


@pytest.mark.parametrize(("mode", "max_error"), [(Mode.LOSSLESS, 1), (Mode.PERCEPTUAL, 3), (Mode.NEAR_LOSSLESS, 0)])
def test_bound_must_fit_the_mode(mode: Mode, max_error: int) -> None:
    with pytest.raises(InputError, match=f"found {max_error}"):
        settings_for(Profile.PHOTO, mode=mode, max_error=max_error, accept_lossy=True)


def test_digest_is_of_what_decides_the_output() -> None:
    photo, medical = settings_for(Profile.PHOTO, keep=Keep.FILE), settings_for(Profile.MEDICAL)
    near = settings_for(Profile.PHOTO, mode=Mode.NEAR_LOSSLESS, max_error=1)
    assert photo.digest == medical.digest != near.digest
    assert len({settings_for(Profile.PHOTO, keep=keep).digest for keep in Keep}) == len(Keep)
    assert Settings.from_dict(near.to_dict()) == near
    assert settings_for(Profile.PHOTO).digest == "3e40b2c90437f4c94f748a8c328c056df56eb5b00e64743aacc8594cd17f4513"
    assert near.to_dict() == {"profile": "photo", "mode": "near-lossless", "max_error": 1, "accepted_lossy": False,
                              "keep": "content", "preview": "auto", "matching": False, "effort": "normal"}  # fmt: skip


def test_the_usual_effort_leaves_the_digest_of_older_ledgers_and_each_other_has_its_own() -> None:
    digests = {effort: settings_for(Profile.PHOTO, effort=effort).digest for effort in Effort}
    assert len(set(digests.values())) == len(Effort)
    assert digests[Effort.NORMAL] == settings_for(Profile.PHOTO).digest
    best = settings_for(Profile.PHOTO, effort=Effort.BEST)
    assert (Settings.from_dict(best.to_dict()), best.terms.options.effort) == (best, Effort.BEST)


def test_effort_must_fit_the_mode() -> None:
    with pytest.raises(InputError, match="effort fast belongs to exact layers, found perceptual mode"):
        settings_for(Profile.PHOTO, mode=Mode.PERCEPTUAL, effort=Effort.FAST)


def test_files_are_kept_where_they_are_evidence_and_no_loss_was_accepted() -> None:
    kept = {profile: settings_for(profile).keep for profile in Profile}
    assert kept == {Profile.PHOTO: Keep.AUTO, Profile.DOCUMENT: Keep.FILE, Profile.MEDICAL: Keep.FILE}
    assert settings_for(Profile.MEDICAL, mode=Mode.PERCEPTUAL, accept_lossy=True).keep is Keep.CONTENT
    assert settings_for(Profile.MEDICAL, mode=Mode.PERCEPTUAL, accept_lossy=True, keep=Keep.FILE).keep is Keep.FILE
