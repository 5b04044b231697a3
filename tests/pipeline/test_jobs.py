"""What the jobs of worker processes say of files that are sound and not what was asked for."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from hybridcodec import Options, encode_album
from hybridcodec.modes import Mode
from hybridcodec.pipeline.jobs import do
from hybridcodec.pipeline.messages import EncodeRequest, VerifyRequest
from hybridcodec.pipeline.profiles import Profile, settings_for
from hybridcodec.proof.flags import FlagKind
from hybridcodec.proof.rejected import Rejected
from hybridcodec.sources.reading import read_document


@pytest.mark.parametrize(("mode", "said"), [("P", "indices of a palette cannot"), ("1", "samples of depth 1: 1 to 1")])
def test_a_bound_that_samples_do_not_have_says_nothing_against_their_file(tmp_path: Path, mode: str, said: str) -> None:
    source = tmp_path / "a.png"
    Image.new("L", (9, 7), 200).convert(mode).save(source)
    near = settings_for(Profile.PHOTO, mode=Mode.NEAR_LOSSLESS, max_error=2)
    with pytest.raises(Rejected) as caught:
        do(EncodeRequest(str(source), str(tmp_path / "a.tmp"), near))
    (flag,) = caught.value.flags
    assert flag.kind is FlagKind.SOURCE_UNSUPPORTED
    assert said in flag.detail


def test_a_page_with_help_of_similar_places_is_no_proof_where_that_was_not_allowed(tmp_path: Path) -> None:
    sheet = Image.new("1", (144, 120), 1)
    for row in range(0, 120, 20):
        ImageDraw.Draw(sheet).text((4, row), "similar places " * 2, fill=0, font=ImageFont.load_default_imagefont())
    sheet.save(tmp_path / "a.png")
    pictures = read_document((tmp_path / "a.png").read_bytes()).pictures
    (tmp_path / "a.hyc").write_bytes(encode_album(pictures, options=Options(matching=True)))
    for matching, kinds in ((True, []), (False, [FlagKind.HEADER_DIFFERS])):
        asked = settings_for(Profile.PHOTO, matching=matching)
        request = VerifyRequest(str(tmp_path / "a.hyc"), str(tmp_path / "a.png"), asked, str(tmp_path / "evidence"))
        assert [flag.kind for flag in do(request).flags] == kinds
