"""Recipes: raw samples, what overlaps, what fits nothing, files without a picture."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hybridcodec_container import Serial, write_container
from keeping_files import kept_as, methods_of, picture, rebuilt, rows_of, smooth

from hybridcodec.errors import InputError
from hybridcodec.keeping import Keep, Maker, source_of
from hybridcodec.keeping.methods import METHODS, PACKERS
from hybridcodec.sources.format import Document, Stream


def test_raw_samples_are_taken_from_the_picture_and_the_rest_is_literal() -> None:
    what = picture(smooth(9, 11))
    data = b"P6 11 9 255\n" + what.samples.tobytes() + b"the end"
    source = kept_as(data, what, Stream(((12, 297),), "raw", 0, rows_of(what)))
    assert methods_of(source) == ["LITERAL", "SAMPLES", "LITERAL"]
    assert (source.recipe.literal_bytes, source.recipe.file_hash) == (19, hashlib.sha256(data).digest())
    assert rebuilt(source, [what]) == data


def test_spans_that_touch_are_one_and_others_are_none() -> None:
    what = picture(smooth(9, 11))
    data = b"head" + what.samples.tobytes() + b"tail"
    layout = rows_of(what)
    for spans, made in ((((4, 97), (101, 200)), True), (((4, 97), (102, 199)), False), ((), False)):
        source = kept_as(data, what, Stream(spans, "raw", 0, layout))
        assert ("SAMPLES" in methods_of(source)) == made
        assert rebuilt(source, [what]) == data


@pytest.mark.parametrize(
    ("start", "length", "method", "layout"),
    [
        (5, 297, "raw", {}),
        (4, 296, "raw", {}),
        (4, 297, "unheard-of", {}),
        (4, 297, "raw", {"rows": 10}),
        (4, 297, "raw", {"order": (0, 1)}),
        (4, 297, "raw", {"invert": True}),
        (4, 400, "raw", {}),
        (-4, 297, "raw", {}),
        (4, 0, "png", {}),
        (4, 297, "png", {}),
    ],
)
def test_streams_that_do_not_fit_stay_as_they_are(
    start: int, length: int, method: str, layout: dict[str, object]
) -> None:
    what = picture(smooth(9, 11))
    data = b"head" + what.samples.tobytes() + b"tail"
    source = kept_as(data, what, Stream(((start, length),), method, 0, rows_of(what, **layout)))
    assert methods_of(source) == ["LITERAL"]
    assert rebuilt(source) == data


def test_streams_that_lie_over_each_other_are_used_once() -> None:
    what = picture(np.zeros((20, 40, 1), np.uint8))
    data = bytes(1000)
    streams = [Stream(((start, 800),), "raw", 0, rows_of(what)) for start in (150, 0, 100, 50)]
    source = kept_as(data, what, *streams)
    assert methods_of(source) == ["SAMPLES", "LITERAL"]
    assert rebuilt(source, [what]) == data


def test_pictures_are_taken_one_by_one_and_each_by_its_number() -> None:
    kept = [picture(smooth(10, 20, 1, seed=number)) for number in range(3)]
    data = b"".join(b"-" * 40 + what.samples.tobytes() for what in kept)
    streams = [Stream(((40 + 240 * number, 200),), "raw", number, rows_of(kept[number])) for number in range(3)]
    maker = Maker(data, streams)
    for number in (2, 0):
        maker.take(number, kept[number])
    source = maker.finish()
    assert [piece.picture for piece in source.recipe.pieces if methods_of(source)] == [0, 0, 0, 2]
    assert rebuilt(source, kept) == data
    assert source_of(data, Document(kept, (), tuple(streams))).recipe.literal_bytes == 120


def test_pieces_that_would_cost_more_than_they_spare_stay_literal() -> None:
    what = picture(smooth(2, 7, 1))
    data = what.samples.tobytes() + b"!"
    assert methods_of(kept_as(data, what, Stream(((0, 14),), "raw", 0, rows_of(what)))) == ["LITERAL"]


@pytest.mark.parametrize("size", [0, 1, 100, 100_000])
def test_any_file_is_kept_in_its_size_and_a_little(size: int) -> None:
    data = np.random.default_rng(size).integers(0, 256, size, np.uint8).tobytes()
    source = source_of(data)
    assert rebuilt(source) == data
    assert len(write_container([], source)) <= size + 400


def test_a_layout_that_is_a_bomb_is_not_tried() -> None:
    what = picture(smooth(300, 1, 1))
    layout = Serial(order=(0,), rows=300, row_step=65535)
    source = kept_as(bytes(65535 * 300), what, Stream(((0, 65535 * 300),), "png", 0, layout))
    assert methods_of(source) == ["LITERAL"]


def test_every_method_has_its_parameters_in_the_document() -> None:
    page = (Path(__file__).parents[2] / "docs" / "keeping.md").read_text()
    assert [name for name in (*METHODS, *PACKERS) if page.count(f"`{name}`") < 2] == []


def test_words_for_what_is_kept() -> None:
    assert [str(keep) for keep in Keep] == ["file", "content", "auto"]
    with pytest.raises(ValueError, match="all"):
        Keep("all")
    assert issubclass(InputError, Exception)
