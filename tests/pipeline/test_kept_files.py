"""Mixed folders: every page is proven, files come back, what is no picture is kept whole, and records say so."""

from pathlib import Path

import numpy as np
import pytest
from faults_files import mixed_folder
from PIL import Image
from pipeline_runs import Run

from hybridcodec.codec import read_info
from hybridcodec.errors import InputError
from hybridcodec.image import Picture
from hybridcodec.keeping import rebuild_source
from hybridcodec.kinds import GRAY, INDEXED, RGB, Palette, Role, SampleKind
from hybridcodec.modes import Keep
from hybridcodec.pipeline.audit import audit
from hybridcodec.pipeline.crew import Crew
from hybridcodec.pipeline.evidence import evidence_paths, keep_evidence
from hybridcodec.pipeline.ledger import Ledger, ledger_path
from hybridcodec.pipeline.others import OnOther
from hybridcodec.pipeline.profiles import Profile, settings_for
from hybridcodec.pipeline.task import Limits
from hybridcodec.proof.flags import Box, FlagKind, Verdict
from hybridcodec.proof.proving import joined
from hybridcodec.report.page import build_page
from tests.picture_parts import jpeg_with, png_with

REAL = Limits(seconds=600)
FILES = settings_for(Profile.DOCUMENT)


def test_record_names_only_what_the_rest_of_a_source_does_not_hold(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "said.png").write_bytes(png_with((b"tEXt", b"Comment\0taken on a Tuesday")))
    (folder / "film.jpg").write_bytes(jpeg_with(last=b"more" * 9))
    records = run(settings=settings_for(Profile.PHOTO, keep=Keep.CONTENT), limits=REAL)
    said, film = records["said.hyc"], records["film.hyc"]
    assert read_info((tmp_path / "out" / "said.hyc").read_bytes()).rest_bytes > 0
    assert (said.verdict, said.restores, said.left_out) == (Verdict.PROVEN, False, ())
    assert (film.restores, [what for what in film.left_out if "36 bytes" in what]) == (False, list(film.left_out))


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, bytes]:
    return mixed_folder(tmp_path / "in")


def test_every_file_of_a_mixed_folder_is_proven_and_comes_back(
    sources: dict[str, bytes], run: Run, tmp_path: Path
) -> None:
    records = run(settings=FILES, on_other=OnOther.KEEP, limits=REAL)
    assert {Path(record.source).name for record in records.values()} == set(sources)
    for record in records.values():
        assert (record.verdict, record.flags, record.restores, record.left_out) == (Verdict.PROVEN, (), True, ())
        kept = b"".join(rebuild_source((tmp_path / "out" / record.output).read_bytes()))
        assert kept == sources[Path(record.source).name]
    pages, junk = records["pages.hyc"], records["junk.hyc"]
    assert (pages.pictures, pages.width, pages.unread) == (3, 24, "")
    assert (junk.pictures, junk.width) == (0, None)
    assert "picture" in junk.unread
    assert records["notes.txt.hyc"].pictures == 0
    with Ledger.open(ledger_path(tmp_path / "out")) as ledger, Crew(REAL) as crew:
        summary = ledger.summary()
        assert [finding.flags for finding in audit(ledger, tmp_path / "out", crew, 2)] == [()] * len(records)
    assert (summary.giving_back, summary.without_picture) == (len(records), 2)
    page = build_page(ledger_path(tmp_path / "out")).page
    assert f"<dt>Files that come back</dt><dd>{len(records)}</dd>" in page
    assert "<dt>Kept without a picture</dt><dd>2</dd>" in page
    again = run(settings=FILES, on_other=OnOther.KEEP, limits=REAL, recheck=True)
    assert {name: (record.verdict, record.unread) for name, record in again.items()} == {
        name: (Verdict.PROVEN, record.unread) for name, record in records.items()
    }
    run(settings=FILES, on_other=OnOther.KEEP, limits=REAL, delete_source=True)
    assert list((tmp_path / "in").iterdir()) == []


def test_without_files_what_is_no_picture_is_said_and_its_source_stays(
    sources: dict[str, bytes], run: Run, tmp_path: Path
) -> None:
    settings = settings_for(Profile.DOCUMENT, keep=Keep.CONTENT)
    records = run(settings=settings, delete_source=True)
    verdicts = {name: record.verdict for name, record in records.items()}
    assert (verdicts["junk.hyc"], verdicts["notes.txt"], verdicts["pages.hyc"]) == (
        Verdict.FAILED, Verdict.FLAGGED, Verdict.PROVEN,
    )  # fmt: skip
    assert {path.name for path in (tmp_path / "in").iterdir()} == set(sources)


def test_other_files_are_kept_only_where_files_are_kept(run: Run) -> None:
    with pytest.raises(InputError, match="--on-other keep needs --keep file"):
        run(on_other=OnOther.KEEP)


def test_output_that_lacks_its_file_is_flagged(sources: dict[str, bytes], run: Run, tmp_path: Path) -> None:
    assert sources
    run(str(tmp_path / "in" / "photo.png"), settings=settings_for(Profile.DOCUMENT, keep=Keep.CONTENT))
    ledger_path(tmp_path / "out").unlink()
    record = run(str(tmp_path / "in" / "photo.png"), settings=FILES)["photo.hyc"]
    assert [flag.kind for flag in record.flags] == [FlagKind.OUTPUT_EXISTS, FlagKind.FILE_DIFFERS]


@pytest.mark.parametrize(
    ("kind", "channel"),
    [
        (SampleKind(GRAY, 16), 0),
        (SampleKind(GRAY, 12, signed=True), 0),
        (SampleKind(GRAY, 1), 0),
        (SampleKind(INDEXED, 8, palette=Palette(3, 8, bytes(range(30)) * 3)), 0),
        (SampleKind((*RGB, Role.ALPHA), 8), 3),
        (SampleKind((Role.OTHER, Role.OTHER), 16), 1),
    ],
    ids=str,
)
def test_evidence_of_any_samples_shows_the_difference(tmp_path: Path, kind: SampleKind, channel: int) -> None:
    top = min(kind.high, 29)
    samples = np.zeros((20, 30, kind.channels), kind.dtype)
    other = samples.copy()
    other[5, 7, channel] = top
    pictures = Picture.of(samples, kind), Picture.of(other, kind)
    stem, crop = keep_evidence(tmp_path / "evidence", "a", *pictures, Box(7, 5, 1, 1), (5, 7, channel))
    paths = evidence_paths(tmp_path / "ledger.sqlite", stem)
    shown = {part: np.array(Image.open(path)).astype(int) for part, path in paths.items()}
    differing = np.argwhere(shown["original"] != shown["decoded"])
    assert {(int(y) + crop.y, int(x) + crop.x) for y, x in differing[:, :2]} == {(5, 7)}


def test_hashes_of_pictures_that_have_none_are_none() -> None:
    assert joined(()) == joined(("",)) == joined(("", "")) == ""
    assert joined(("ab",)) == "ab"
    assert joined(("ab", "cd")) != joined(("cd", "ab"))
