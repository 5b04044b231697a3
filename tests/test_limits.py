"""A file costs what it holds and not what it claims: whatever its header says, a few bytes are refused at once."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hybridcodec_container as container
import numpy as np
import pytest
from hybridcodec_container import TileGrid
from hyc_files import only, rewritten, tiles

from hybridcodec import (
    CorruptFileError,
    HybridcodecError,
    LimitError,
    MismatchError,
    check,
    cli,
    decode,
    decode_cut,
    encode,
    extract,
)
from hybridcodec.errors import ModelError
from hybridcodec.limits import MAX_PIXELS
from hybridcodec.salvage import State, salvage

MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def whole() -> bytes:
    return encode((np.indices((9, 11, 3)).sum(0) * 7).astype(np.uint8))


def claiming(whole: bytes, side: int, base: bytes, residual: bytes) -> bytes:
    """A file of the fewest tiles that claims `side` x `side` pixels, each tile with these bytes."""
    grids = {"base": TileGrid(side, side, 4096, 4096), "residual": TileGrid(side, side, 4096, 512)}
    layers = {
        name: {
            "tile_width": grid.tile_width,
            "tile_height": grid.tile_height,
            "tiles": tiles(getattr(only(whole), name).tiles[0].coder, *[tile] * grid.count),
        }
        for (name, grid), tile in zip(grids.items(), (base, residual), strict=True)
    }
    return rewritten(whole, **layers, width=side, height=side)


def preview(whole: bytes, side: int, base: bytes) -> bytes:
    return container.drop_residual(claiming(whole, side, base, b""))


READERS: dict[str, Callable[[bytes], Any]] = {
    "decode": decode,
    "preview": lambda data: decode(data, layer="perceptual"),
    "check": check,
    "extract": extract,
    "cut": lambda data: decode_cut(data[:-30]),
    "salvage": lambda data: salvage(data, layer="perceptual"),
    "salvage of a cut file": lambda data: salvage(data[:-30], layer="perceptual"),
}
PAYLOADS = {"nothing": b"", "a word": bytes(4), "zeros": bytes(600), "ones": b"\xff" * 600, "others": bytes(range(200))}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("side", [4096, 16384, 32768])
def test_a_claim_is_refused_before_memory_is_taken_for_it(whole: bytes, side: int, payload: str, reader: str) -> None:
    decode(whole)  # what is loaded once
    for data in (claiming(whole, side, PAYLOADS[payload], b""), preview(whole, side, PAYLOADS[payload])):
        tracemalloc.start()
        with pytest.raises(HybridcodecError):
            READERS[reader](data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 60 * MEGABYTE


def test_the_default_limit_is_checked_before_anything_else(whole: bytes) -> None:
    data = claiming(whole, 32768, b"", b"")
    for read in READERS.values():
        with pytest.raises(LimitError, match="1,073,741,824 pixels, the limit is 268,435,456; max_pixels"):
            read(data)
    with pytest.raises(CorruptFileError, match="at least"):
        decode(data, max_pixels=None)
    assert MAX_PIXELS > 178_956_970  # what the picture reader opens


def test_too_few_bytes_for_the_exact_layer_are_noticed_before_the_preview_is_decoded(
    whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "hybridcodec.base.variable.coder.decode_base", lambda *_, **__: pytest.fail("decoded for nothing")
    )
    with pytest.raises(CorruptFileError, match="residual tile at row 0, column 0 takes at least 572 bytes, found 0"):
        decode(claiming(whole, 4096, bytes(99_999), b""))


@pytest.mark.parametrize("layer", ["base", "residual"])
@pytest.mark.parametrize("change", ["word more", "zeros more", "word less", "twice"])
def test_a_tile_whose_stream_is_not_used_up_is_corrupt(whole: bytes, layer: str, change: str) -> None:
    old = getattr(only(whole), layer).tiles[0]
    payload = {
        "word more": old.payload + b"word",
        "zeros more": old.payload + bytes(8),
        "word less": old.payload[:-4],
        "twice": 2 * old.payload,
    }[change]
    data = rewritten(whole, **{layer: {"tiles": tiles(old.coder, payload)}})
    for read in (decode, check, *([extract, decode_cut] if layer == "base" else [])):
        with pytest.raises(CorruptFileError):
            read(data)
    if layer == "residual":
        found = salvage(data)  # nothing of it is exact, but the preview is there, and the fault is said
        assert "residual tile at row 0, column 0" in found.fault
        assert found.share(State.PREVIEW) == 1


def test_flat_pictures_need_no_more_bytes_than_they_have() -> None:
    """They are what comes nearest to the least that a tile can take."""
    for value in (0, 128, 255):
        for shape in ((300, 400, 3), (513, 80), (1, 1), (1, 5000)):
            samples = np.full(shape, value, np.uint8)
            assert np.array_equal(decode(encode(samples)), samples)


def test_an_extract_is_something_that_decodes(whole: bytes) -> None:
    assert check(extract(whole)).extracted
    unknown = rewritten(whole, base={"models": (b"\xab" * 32,)})
    with pytest.raises(ModelError, match="ab" * 32):
        extract(unknown)
    with pytest.raises(MismatchError):
        extract(rewritten(whole, base={"sample_hash": b"\1" * 32}))
    with pytest.raises(CorruptFileError):
        extract(rewritten(whole, base={"tiles": tiles(1, bytes(400))}))
    with pytest.raises(ModelError):
        extract(container.drop_residual(unknown))  # is one already


@pytest.mark.parametrize(
    "command",
    [
        ["decode", "a.hyc", "b.png"],
        ["decode", "--salvage", "a.hyc", "b.png"],
        ["decode", "--layer", "perceptual", "--partial", "a.hyc", "b.png"],
        ["extract", "a.hyc", "b.hyc"],
        ["verify", "a.hyc"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_commands_take_the_limit_and_end_with_5(
    whole: bytes,
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.hyc").write_bytes(whole)
    assert cli.run([*command, "--max-pixels", "98"]) == 5
    said = capsys.readouterr().err
    assert "a.hyc: the picture has 11x9 = 99 pixels, the limit is 98" in said
    assert [path.name for path in Path().iterdir()] == ["a.hyc"]
    assert cli.run([*command, "--max-pixels", "99"]) == 0
    Path("a.hyc").write_bytes(claiming(whole, 32768, b"", b""))
    assert cli.run([*command, *(["-f"] if "verify" not in command else [])]) == 5
    assert cli.run([*command, "--max-pixels", "0"]) == 2


def test_the_end_of_memory_ends_a_command_with_5(
    whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def exhausted(*_: object, **__: object) -> None:
        raise MemoryError

    (tmp_path / "a.hyc").write_bytes(whole)
    monkeypatch.setattr("hybridcodec.base.variable.coder.decode_base", exhausted)
    assert cli.run(["decode", str(tmp_path / "a.hyc"), str(tmp_path / "b.png")]) == 5
    (line,) = capsys.readouterr().err.splitlines()
    assert "a.hyc: more memory is needed than there is" in line


@pytest.mark.parametrize("command", ["info", "verify", "extract", "decode"])
def test_a_file_that_cannot_even_be_read_into_memory_is_one_line(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def exhausted(*_: object) -> bytes:
        raise MemoryError

    jobs = (f"hybridcodec.files.{job}" for job in ("decoding", "extracting", "verifying"))
    for module in ("hybridcodec.cli.info", *jobs):
        monkeypatch.setattr(f"{module}.read_bytes", exhausted)
    (tmp_path / "a.hyc").write_bytes(b"much")
    target = [str(tmp_path / "b.hyc" if command == "extract" else tmp_path / "b.png")] * (
        command in ("extract", "decode")
    )
    assert cli.run([command, str(tmp_path / "a.hyc"), *target]) == 5
    assert capsys.readouterr().err == "hybridcodec: more memory is needed than there is\n"
