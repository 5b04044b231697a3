"""A page shows what is in a file: every layer as it decodes, with its size, and within bounds."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hybridcodec_container import Palette
from numpy.typing import NDArray

from hybridcodec import codec
from hybridcodec.errors import HybridcodecError, InputError
from hybridcodec.image import Layer, Mode, Picture, Window
from hybridcodec.kinds import GRAY, INDEXED, RGB, Role, SampleKind
from hybridcodec.opening import open_picture
from hybridcodec.options import Options
from hybridcodec.previews import shown
from hybridcodec.provenance import Mark
from hybridcodec.sources import write_picture
from hybridcodec.sources.reading import read_document
from hybridcodec.view import exhibits, gallery, parts, view_file, view_folder
from hybridcodec.view.scenes import _exact_boxes

GOLDEN = Path(__file__).parents[2] / "container" / "golden" / "v2.0"


class Figures(HTMLParser):
    """Every figure of a page: what it says, and its picture; and everything that a policy is about."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.scenes: list[dict[str, str | None]] = []
        self.figures: list[dict[str, str | None]] = []
        self.images: dict[str, str] = {}
        self.captions: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, str] = {}
        self.text = page
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag == "section" and found.get("class") == "scene":
            self.scenes.append(found)
        if tag == "figure":
            self.figures.append(found)
        if tag == "img" and "id" in found:
            self.images[found["id"] or ""] = found["src"] or ""
        if tag == "figcaption":
            self.captions.append("")

    def handle_data(self, data: str) -> None:
        tag = self.tags[-1][0] if self.tags else ""
        if tag == "figcaption":
            self.captions[-1] += data
        if tag in ("script", "style"):
            self.raw.setdefault(tag, data)

    def samples(self, name: str, scene: int = 0) -> NDArray[np.uint8]:
        """The picture of a layer, as a browser decodes it."""
        image = next(
            f["data-image"] or ""
            for f in self.figures
            if f["data-name"] == name and (f["data-image"] or "").startswith(f"p0-{scene}-")
        )
        found: NDArray[np.uint8] = (
            read_document(base64.b64decode(self.images[image].partition(",")[2])).pictures[0].samples
        )
        return found


def page_of(data: bytes, tmp_path: Path, original: Picture | None = None, picture: int | None = None) -> str:
    source, target, other = tmp_path / "a.hyc", tmp_path / "a.html", tmp_path / "a.tif"
    source.write_bytes(data)
    if original is not None:
        other.write_bytes(write_picture(original, "TIFF").data)
    view_file(source, target, other if original is not None else None, picture=picture, force=True)
    return target.read_text("utf-8")


@pytest.fixture(scope="module")
def page(folder: Path) -> Figures:
    view_file(folder / "photo.hyc", folder / "page.html", folder / "photo.png")
    return Figures((folder / "page.html").read_text("utf-8"))


def names(found: Figures) -> list[str | None]:
    return [figure["data-name"] for figure in found.figures]


def test_layers_are_those_of_the_file_sample_for_sample(
    page: Figures, samples: NDArray[np.uint8], lossless: bytes
) -> None:
    assert names(page) == ["original", "exact", "base"]
    assert np.array_equal(page.samples("exact"), samples)
    assert np.array_equal(page.samples("base"), codec.decode(lossless, layer=Layer.PERCEPTUAL))


def test_sizes_and_rates_are_those_that_info_says(page: Figures, lossless: bytes) -> None:
    info = codec.read_info(lossless)
    for place, stored in ((1, info.residual_bytes), (2, info.base_bytes)):
        assert f"{stored:,} bytes, {8 * stored / (60 * 84):.3f} bits per pixel" in page.captions[place]


def test_what_is_the_same_is_embedded_once_and_said_to_be_the_same(page: Figures) -> None:
    assert page.figures[0]["data-image"] == page.figures[1]["data-image"] == "p0-0-0"
    assert len(page.images) == 2
    assert "the same as the original in every sample" in page.captions[1]
    assert re.search(r"PSNR \d\d\.\d\d dB against original, largest error \d+ of 255", page.captions[2])


def test_a_learned_layer_is_marked_and_the_exact_one_never(page: Figures) -> None:
    assert [figure["data-mark"] for figure in page.figures] == ["", "", Mark.LEARNED]


def test_policy_allows_this_script_and_style_and_nothing_from_elsewhere(page: Figures) -> None:
    (policy,) = (a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    allowed = dict(part.strip().split(" ", 1) for part in (policy or "").split(";"))
    assert (allowed["default-src"], allowed["img-src"]) == ("'none'", "data:")
    for element in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(page.raw[element].encode()).digest()).decode()
        assert allowed[f"{element}-src"] == f"'sha256-{digest}'"
    assert not [(t, n) for t, a in page.tags for n in a if n.startswith("on") or n == "style"]
    assert {(a.get("src") or a.get("href") or "data:")[:5] for _, a in page.tags} == {"data:"}
    assert "innerHTML" not in page.raw["script"]


def test_a_preview_alone_is_said_before_anything_else(tmp_path: Path, samples: NDArray[np.uint8]) -> None:
    data = codec.encode(samples, mode=Mode.PERCEPTUAL)
    text = page_of(data, tmp_path)
    found = Figures(text)
    assert names(found) == ["display", "base"]
    assert [figure["data-mark"] for figure in found.figures] == [Mark.GENERATED, Mark.LEARNED]
    for name, layer in (("display", Layer.PERCEPTUAL), ("base", Layer.BASE)):
        assert np.array_equal(found.samples(name), codec.decode(data, layer=layer))
    assert text.index(Mark.GENERATED.sentence) < text.index("<figure")


def test_a_file_without_a_display_picture_shows_its_base_picture(tmp_path: Path, samples: NDArray[np.uint8]) -> None:
    text = page_of(codec.encode(samples, mode=Mode.PERCEPTUAL, options=Options(display=False)), tmp_path)
    assert names(Figures(text)) == ["base"]
    assert text.index(Mark.LEARNED.sentence) < text.index("<figure")


def test_near_lossless_says_its_bound_and_what_became_of_it(tmp_path: Path, samples: NDArray[np.uint8]) -> None:
    data = codec.encode(samples, mode=Mode.NEAR_LOSSLESS, max_error=2)
    caption = Figures(page_of(data, tmp_path, Picture.of(samples))).captions[1]
    assert "every sample within 2 of what it was" in caption
    assert re.search(r"[\d,]+ of 15,120 samples differ from the original, by 2 at most", caption)


def test_wide_samples_are_shown_by_the_file_s_tone_map(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    wide = (np.arange(40)[:, None] * 90 + rng.integers(0, 50, (40, 30))).astype(np.uint16)[..., np.newaxis]
    picture = Picture(wide, SampleKind(GRAY, 12), window=Window(300, 2800, True))
    data = codec.encode(picture, options=Options(preview="small"))
    tone = open_picture(data, None).tone
    found = Figures(page_of(data, tmp_path, picture))
    assert tone is not None
    assert np.array_equal(found.samples("exact"), shown(wide, picture.kind, tone))
    assert found.samples("base").shape == (40, 30, 1)
    assert "shown in 8 of its bits" in found.captions[1]
    assert "the same as the original in every sample" in found.captions[1]


def test_palettes_are_shown_in_their_colours_and_opacity(tmp_path: Path) -> None:
    indices = np.random.default_rng(1).integers(0, 3, (20, 21, 1), np.uint8)
    entries = np.array([[9, 0, 0, 255], [0, 200, 0, 128], [0, 0, 77, 0]], np.uint8)
    picture = Picture(indices, SampleKind(INDEXED, 2, palette=Palette(4, 8, entries.tobytes())))
    found = Figures(page_of(codec.encode(picture), tmp_path))
    assert np.array_equal(found.samples("exact"), entries[indices[..., 0]])


def test_every_layer_is_as_opaque_as_the_exact_one(tmp_path: Path, samples: NDArray[np.uint8]) -> None:
    opacity = np.zeros((60, 84, 1), np.uint8)
    opacity[10:50] = 200
    kind = SampleKind((*RGB, Role.ALPHA), 8)
    data = codec.encode(Picture(np.concatenate([samples, opacity], 2), kind), options=Options(preview="full"))
    found = Figures(page_of(data, tmp_path))
    assert names(found) == ["exact", "base"]
    assert all(np.array_equal(found.samples(name)[..., 3:], opacity) for name in ("exact", "base"))


def test_a_large_picture_is_made_small_and_its_middle_stays(
    tmp_path: Path, lossless: bytes, samples: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("FULL", 2000), ("_REDUCED", 600), ("_CROP", 20)):
        monkeypatch.setattr(parts, name, value)
    found = Figures(page_of(lossless, tmp_path))
    assert [(scene["data-width"], scene["data-height"]) for scene in found.scenes] == [("21", "15"), ("20", "20")]
    assert "made 4 times smaller" in (found.scenes[0]["data-title"] or "")
    assert np.array_equal(found.samples("exact", 1), samples[20:40, 32:52])
    assert f"{8 * codec.read_info(lossless).base_bytes / (60 * 84):.3f} bits" in found.captions[1]


def test_an_album_has_some_pictures_in_full_and_says_so(
    tmp_path: Path, samples: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exhibits, "MOST", 2)
    data = codec.encode_album([Picture.of(samples + number) for number in range(4)])
    found = Figures(page_of(data, tmp_path))
    assert names(found) == ["exact", "base", "exact", "base", "thumbnail", "thumbnail"]
    assert np.array_equal(found.samples("exact", 1), samples + 1)
    assert "--picture 3 makes a page" in found.captions[-1]
    one = Figures(page_of(data, tmp_path, picture=3))
    assert names(one) == ["exact", "base"]
    assert np.array_equal(one.samples("exact"), samples + 3)
    with pytest.raises(InputError, match="no picture 4 in this file; found 0 to 3"):
        page_of(data, tmp_path, picture=4)


def test_a_source_file_that_is_kept_is_what_is_exact(tmp_path: Path) -> None:
    found = Figures(page_of((GOLDEN / "kinds" / "kept_png.hyc").read_bytes(), tmp_path))
    assert "comes back byte for byte" in found.captions[0] or "every sample as it was" in found.captions[0]


def test_an_original_of_another_size_is_refused_and_another_original_counted(
    tmp_path: Path, lossless: bytes, samples: NDArray[np.uint8]
) -> None:
    other = samples.copy()
    other[5, 6:9] ^= 64
    assert "9 of 15,120 samples differ from the original, by 64 at most" in page_of(
        lossless, tmp_path, Picture.of(other)
    )
    original = Picture.of(samples[:59])
    with pytest.raises(InputError, match="has 84 x 59 pixels, the picture in the file 84 x 60"):
        page_of(lossless, tmp_path, original)


def test_where_only_some_tiles_are_exact_they_are_known() -> None:
    found = open_picture((GOLDEN / "structure" / "guarded.hyc").read_bytes(), None)
    boxes = _exact_boxes(found)
    assert found.residual is not None
    present = [tile for tile in found.residual.tiles if tile.payload is not None]
    assert len(boxes) == len(present) < len(found.residual.tiles)
    assert _exact_boxes(replace(found, residual=None)) == ()


def test_names_are_never_markup(tmp_path: Path, lossless: bytes) -> None:
    source = tmp_path / "<img src=x onerror=alert(1)>\u202e.hyc"
    source.write_bytes(lossless)
    view_file(source, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    assert "<img src=x" not in text
    assert "\\u202e" in text
    assert "\u202e" not in text


def test_whatever_is_cut_or_changed_ends_in_our_errors_and_no_page(tmp_path: Path, lossless: bytes) -> None:
    target = tmp_path / "page.html"
    for data in (b"", lossless[:50], lossless[:-1], lossless[:900] + b"?" + lossless[901:]):
        (tmp_path / "a.hyc").write_bytes(data)
        with pytest.raises(HybridcodecError, match=r"a\.hyc"):
            view_file(tmp_path / "a.hyc", target)
        assert not target.exists()


def test_a_gallery_has_a_budget_and_says_what_is_beyond_it(
    tmp_path: Path, lossless: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.hyc").write_bytes(lossless)
    monkeypatch.setattr(gallery, "PIXELS", 60 * 84 + 1)
    monkeypatch.setattr(gallery, "FILES", 3)
    done = view_folder(tmp_path, tmp_path / "page.html")
    found = Figures((tmp_path / "page.html").read_text("utf-8"))
    assert (done.files, done.full, done.left_out) == (3, 2, 1)
    assert names(found) == ["exact", "base", "exact", "base", "thumbnail"]
    assert "2 of them in full, the others as thumbnails; 1 more left out" in found.text
