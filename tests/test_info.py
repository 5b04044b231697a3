"""What a file says of itself when it holds several pictures, small base pictures, or none."""

import base_models
import hybridcodec_container as container
import numpy as np
import pytest
from container_files import STRUCTURE
from hybridcodec_container import Metadata
from picture_layers import lossless

from hybridcodec import CorruptFileError, Options, encode, read_info

KINDS = {"base": ("BLYR", "BASE"), "residual": ("RLYR", "RESI")}


@pytest.fixture(scope="module")
def pictures() -> list[container.Picture]:
    shapes = ((9, 11, 3), (20, 6, 1), (8, 8, 3))
    return [
        lossless(base_models.photograph_like(*shape, 1), scale)
        for shape, scale in zip(shapes, (1, 0, None), strict=True)
    ]


def test_info_of_an_album_is_that_of_its_first_picture_and_of_the_whole_file(pictures: list[container.Picture]) -> None:
    album = container.write_container(pictures)
    found, first = read_info(album), read_info(container.write_container(pictures[:1]))
    assert (found.pictures, found.width, found.height, found.roles) == (3, 11, 9, ("red", "green", "blue"))
    assert (found.base_scale, found.complete, found.file_bytes) == (1, True, len(album))
    same = ("version", "mode", "channels", "bit_depth", "base_models", "residual_models", "sample_hash", "coders")
    assert [getattr(found, name) for name in same] == [getattr(first, name) for name in same]
    chunks = container.scan_container(album)
    sizes = {kind: sum(c.length for c in chunks if c.kind in kinds) for kind, kinds in KINDS.items()}
    assert (found.base_bytes, found.residual_bytes) == (sizes["base"], sizes["residual"])
    assert found.to_dict()["pictures"] == 3


def test_info_of_a_cut_album_tells_that_it_is_cut(pictures: list[container.Picture]) -> None:
    album = container.write_container(pictures)
    found = read_info(album[:-20])
    assert (found.pictures, found.complete) == (3, False)


def test_info_says_what_a_picture_without_a_base_layer_lacks(pictures: list[container.Picture]) -> None:
    found = read_info(container.write_container(pictures[2:]))
    assert (found.base_hash, found.base_models, found.base_tile, found.base_bytes) == ("", (), (0, 0), 0)
    assert found.sample_hash == found.source_hash
    assert found.residual_tile > (0, 0)


def test_info_of_a_file_without_pictures_says_that_the_file_comes_back() -> None:
    data = (STRUCTURE / "source_alone.hyc").read_bytes()
    info = read_info(data)
    assert (info.pictures, info.restores, info.mode, info.file_bytes) == (0, True, None, len(data))
    with pytest.raises(CorruptFileError):
        read_info(data[:20])


def test_metadata_of_all_pictures_counts() -> None:
    plain = encode(np.zeros((3, 3), np.uint8))
    assert read_info(plain).metadata_bytes == 0
    (one,) = container.read_container(plain).pictures
    with_text = container.Picture.seal(one.header, metadata=Metadata(xmp=b"<x/>"), base=one.base, residual=one.residual)
    found = read_info(container.write_container([one, with_text]))
    assert found.metadata == ("xmp_",)
    assert found.metadata_bytes > 0


def test_info_says_in_words_what_a_file_shows() -> None:
    samples = base_models.photograph_like(9, 11, 3, 1)
    assert read_info(encode(samples)).shows == "every sample as it was"
    assert read_info(encode(samples, mode="near-lossless", max_error=2)).shows == "every sample within 2 of what it was"
    base = encode(samples, mode="perceptual", options=Options(display=False))
    assert read_info(base).shows.startswith("a lossy picture made by a learned decoder; small detail in it may be")
    display = encode(samples, mode="perceptual")
    assert read_info(display).shows.startswith("a generated picture, not a record of what was there; small detail")
