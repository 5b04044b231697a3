"""Whatever a caller hands over, only errors of the library come back, and nothing is lost or half-written."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hybridcodec import (
    HybridcodecError,
    InputError,
    Layer,
    LimitError,
    Metadata,
    Mode,
    UnsupportedError,
    check,
    decode,
    decode_cut,
    encode,
    extract,
    read_info,
    read_metadata,
)
from hybridcodec.base.variable.coder import VariableRate
from hybridcodec.files import DecodeSettings, EncodeSettings, decode_file, encode_file, extract_file, verify_file
from hybridcodec.salvage import salvage, salvage_file


def picture(channels: int = 3) -> np.ndarray:
    return (np.indices((7, 9, channels)).sum(0) * 9).astype(np.uint8)


@pytest.fixture(scope="module")
def data() -> bytes:
    return encode(picture(), metadata=Metadata(exif=b"II*\0\x08\0\0\0"))


class Unhashable(str):
    __hash__ = None  # type: ignore[assignment]


class Loud:
    """Fails at whatever is done to it."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError("repr")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    __hash__ = None  # type: ignore[assignment]


class Sub(np.ndarray):
    pass


def masked(mask: object) -> np.ma.MaskedArray:
    return np.ma.array(picture(1)[..., 0], mask=mask)


READ_ONLY = picture()
READ_ONLY.flags.writeable = False
ODD_ARRAYS: dict[str, Any] = {
    "matrix": picture(1)[..., 0].view(np.matrix),
    "subclass": picture().view(Sub),
    "records": np.rec.array(picture(1)[..., 0]),
    "read only": READ_ONLY,
    "every second": picture()[::2, ::-1],
    "transposed": picture().transpose(1, 0, 2),
    "columns first": np.asfortranarray(picture()),
    "one pixel": picture()[:1, :1],
    "broadcast": np.broadcast_to(np.uint8(7), (4, 5, 3)),
    "with a note in its type": picture().astype(np.dtype("u1", metadata={"a": 1})),
    "mapped": np.frombuffer(bytearray(30), np.uint8).reshape(5, 6),
}


@pytest.mark.parametrize("name", ODD_ARRAYS)
def test_arrays_of_any_make_are_taken_by_their_values(name: str) -> None:
    samples = ODD_ARRAYS[name]
    assert np.array_equal(decode(encode(samples)), np.asarray(samples))


BAD_SAMPLES: dict[str, Any] = {
    "masked": masked(np.eye(7, 9, dtype=bool)),
    "masked nowhere": masked(np.ma.nomask),
    "masked by false": masked(False),
    "list": [[1, 2], [3, 4]],
    "none": None,
    "number": 7,
    "text": "photo.png",
    "path": Path("photo.png"),
    "bytes": bytes(9),
    "view": memoryview(bytes(9)),
    "array of nothing": np.array(7, np.uint8),
    "row": np.zeros(9, np.uint8),
    "objects": np.full((2, 2), None, object),
    "numbers as objects": np.full((2, 2), 7, object),
    "floats": np.zeros((2, 2)),
    "texts": np.full((2, 2), "a"),
    "byte strings": np.full((2, 2), b"a"),
    "signed": np.zeros((2, 2), np.int32),
    "big-endian": np.zeros((2, 2), ">u4"),
    "structured": np.zeros((2, 2), [("r", "u1"), ("g", "u1")]),
    "dates": np.zeros((2, 2), "M8[s]"),
    "complex": np.zeros((2, 2), complex),
    "matrix of floats": np.zeros((2, 2)).view(np.matrix),
    "no rows": np.zeros((0, 3), np.uint8),
    "no channels": np.zeros((3, 3, 0), np.uint8),
    "five channels": np.zeros((3, 3, 5), np.uint8),
    "loud": Loud(),
}


@pytest.mark.parametrize("name", BAD_SAMPLES)
def test_what_is_no_picture_is_refused(name: str) -> None:
    with pytest.raises((InputError, UnsupportedError)):
        encode(BAD_SAMPLES[name])


def test_a_mask_is_never_lost_silently() -> None:
    with pytest.raises(InputError, match="mask would be lost"):
        encode(masked(True))


GOOD_ERRORS = [2, np.int64(2), np.uint8(2), np.array(2)]
BAD_ERRORS = [True, np.True_, 2.0, np.float64(2), "2", b"2", None, [2], (2,), np.array([2]), 2j, float("nan"), Loud(),
              -2, np.int64(256), 10**30]  # fmt: skip


@pytest.mark.parametrize("bound", GOOD_ERRORS, ids=repr)
def test_any_integer_is_a_bound(bound: Any) -> None:
    assert read_info(encode(picture(), mode="near-lossless", max_error=bound)).max_error == 2
    assert EncodeSettings(Mode.NEAR_LOSSLESS, bound).max_error == 2


@pytest.mark.parametrize("bound", BAD_ERRORS, ids=lambda bound: type(bound).__name__)
def test_no_other_thing_is_a_bound(bound: Any) -> None:
    for make in (
        lambda: encode(picture(), mode="near-lossless", max_error=bound),
        lambda: EncodeSettings(max_error=bound),
    ):
        with pytest.raises(InputError):
            make()


BAD_WORDS = [None, 0, 1, True, [], {}, ["lossless"], b"lossless", np.array(["lossless", "exact"]), Mode, Loud(), "",
             "Exact", Unhashable("x")]  # fmt: skip


@pytest.mark.parametrize("word", BAD_WORDS, ids=lambda word: type(word).__name__)
def test_no_other_thing_is_a_mode_or_a_layer(data: bytes, word: Any) -> None:
    for make in (
        lambda: encode(picture(), mode=word),
        lambda: EncodeSettings(word),
        lambda: decode(data, layer=word),
        lambda: salvage(data, layer=word),
    ):
        with pytest.raises(InputError, match="must be one of"):
            make()


def test_words_may_be_members_or_text(data: bytes) -> None:
    for word in (Layer.PERCEPTUAL, "perceptual", np.str_("perceptual")):
        assert decode(data, layer=word).shape == (7, 9, 3)
    assert EncodeSettings("near-lossless", 1).mode is Mode.NEAR_LOSSLESS


@pytest.mark.parametrize("metadata", [None, {}, {"exif": b""}, b"x", "x", ("", "", ""), Metadata, Loud()],
                         ids=lambda value: type(value).__name__)  # fmt: skip
def test_no_other_thing_is_metadata(metadata: Any) -> None:
    with pytest.raises(InputError, match="metadata must be Metadata"):
        encode(picture(), metadata=metadata)


@pytest.mark.parametrize("value", [None, "text", 7, [1], np.zeros(3, np.uint8), Loud()], ids=lambda v: type(v).__name__)
def test_metadata_is_bytes(value: Any) -> None:
    for field in ("icc", "exif", "xmp"):
        with pytest.raises(InputError, match=f"{field} metadata must be bytes"):
            Metadata(**{field: value})


def test_metadata_of_other_bytes_is_kept_as_bytes() -> None:
    made = Metadata(icc=bytearray(b"abc"), exif=memoryview(b"abcdef")[::2])
    assert read_metadata(encode(picture(), metadata=made)) == Metadata(icc=b"abc", exif=b"ace") == made


@pytest.mark.parametrize("mark", [None, 1, "no", np.zeros(2), Loud()], ids=lambda v: type(v).__name__)
def test_a_loss_is_accepted_by_a_truth_value_alone(mark: Any) -> None:
    with pytest.raises(InputError, match="accept_loss"):
        encode(picture(), mode="perceptual", accept_loss=mark)


READERS: dict[str, Callable[[Any], Any]] = {
    "decode": decode,
    "decode_cut": decode_cut,
    "check": check,
    "extract": extract,
    "read_info": read_info,
    "read_metadata": read_metadata,
    "salvage": salvage,
}
NO_BYTES: dict[str, Any] = {
    "none": None,
    "text": "photo.hyc",
    "path": Path("photo.hyc"),
    "number": 12,
    "list": [1, 2],
    "array": np.zeros(9, np.uint8),
    "file": io.BytesIO(b"abc"),
    "loud": Loud(),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", NO_BYTES)
def test_what_is_no_bytes_is_refused_by_every_reader(reader: str, name: str) -> None:
    with pytest.raises(InputError, match="expected the bytes"):
        READERS[reader](NO_BYTES[name])


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_takes_bytes_of_any_make(data: bytes, reader: str) -> None:
    class Bytes(bytes):
        pass

    twice = b"".join(bytes([byte, 0]) for byte in data)
    for given in (bytearray(data), memoryview(data), memoryview(twice)[::2], Bytes(data)):
        READERS[reader](given)
    released = memoryview(data)
    released.release()
    with pytest.raises(InputError):
        READERS[reader](released)


BAD_CALLBACKS = [0, 1, "print", [], b"", Path("x")]
WITH_PROGRESS: dict[str, Callable[[bytes, Any], Any]] = {
    "encode": lambda _, told: encode(picture(), progress=told),
    "decode": lambda data, told: decode(data, progress=told),
    "check": lambda data, told: check(data, told),
    "extract": lambda data, told: extract(data, progress=told),
    "salvage": lambda data, told: salvage(data[:-3], progress=told),
}


@pytest.mark.parametrize("name", WITH_PROGRESS)
@pytest.mark.parametrize("told", BAD_CALLBACKS, ids=repr)
def test_progress_is_told_to_what_can_be_called(data: bytes, name: str, told: Any) -> None:
    with pytest.raises(InputError, match="progress must be a function"):
        WITH_PROGRESS[name](data, told)


class OwnError(Exception):
    pass


def raising(_: float) -> None:
    raise OwnError


@pytest.mark.parametrize("name", WITH_PROGRESS)
def test_what_progress_raises_is_passed_on(data: bytes, name: str) -> None:
    with pytest.raises(OwnError):
        WITH_PROGRESS[name](data, raising)


BAD_LIMITS = [0, -1, 2.0, "9", True, [], Loud()]
WITH_LIMIT: dict[str, Callable[[bytes, Any], Any]] = {
    "encode": lambda _, limit: encode(picture(), max_pixels=limit),
    "decode": lambda data, limit: decode(data, max_pixels=limit),
    "preview": lambda data, limit: decode(data, layer="perceptual", max_pixels=limit),
    "decode_cut": lambda data, limit: decode_cut(data[:-3], max_pixels=limit),
    "check": lambda data, limit: check(data, max_pixels=limit),
    "extract": lambda data, limit: extract(data, max_pixels=limit),
    "salvage": lambda data, limit: salvage(data, max_pixels=limit),
    "salvage damaged": lambda data, limit: salvage(data[:-3], max_pixels=limit),
    "settings": lambda _, limit: EncodeSettings(max_pixels=limit),
}


@pytest.mark.parametrize("name", WITH_LIMIT)
@pytest.mark.parametrize("limit", BAD_LIMITS, ids=lambda limit: type(limit).__name__)
def test_a_limit_is_a_number_of_pixels(data: bytes, name: str, limit: Any) -> None:
    with pytest.raises(InputError, match="max_pixels"):
        WITH_LIMIT[name](data, limit)


@pytest.mark.parametrize("name", sorted(set(WITH_LIMIT) - {"settings"}))
def test_a_picture_of_more_pixels_than_the_limit_is_refused(data: bytes, name: str) -> None:
    for enough in (7 * 9, np.int64(64), None):
        WITH_LIMIT[name](data, enough)
    with pytest.raises(LimitError, match="9x7 = 63 pixels, the limit is 62"):
        WITH_LIMIT[name](data, 7 * 9 - 1)


NO_PATHS = [None, 7, 1.5, [], b"\0".decode(), np.zeros(3), Loud()]


@pytest.mark.parametrize("path", NO_PATHS, ids=lambda path: type(path).__name__)
def test_what_is_no_path_is_refused_by_every_job(tmp_path: Path, data: bytes, path: Any) -> None:
    there = tmp_path / "a.hyc"
    there.write_bytes(data)
    jobs: list[Callable[[], Any]] = [
        lambda: encode_file(path, tmp_path / "b.hyc", EncodeSettings()),
        lambda: encode_file(there, path, EncodeSettings()),
        lambda: decode_file(path, tmp_path / "b.png"),
        lambda: decode_file(there, path),
        lambda: extract_file(path, tmp_path / "b.hyc"),
        lambda: extract_file(there, path),
        lambda: verify_file(path),
        lambda: salvage_file(path, tmp_path / "b.png"),
        lambda: salvage_file(there, path),
    ]
    for job in jobs:
        with pytest.raises(HybridcodecError):
            job()
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.hyc"]


def test_paths_may_be_text(tmp_path: Path) -> None:
    from PIL import Image

    names = {name: str(tmp_path / name) for name in ("a.png", "a.hyc", "b.png", "p.hyc", "s.png")}
    Image.fromarray(picture()).save(names["a.png"])
    encode_file(names["a.png"], names["a.hyc"], EncodeSettings())
    decode_file(names["a.hyc"], names["b.png"], DecodeSettings(layer="exact"))
    extract_file(names["a.hyc"], names["p.hyc"])
    salvage_file(names["a.hyc"], names["s.png"], layer="perceptual")
    assert verify_file(names["a.hyc"], against=names["a.png"]).complete


def test_jobs_take_settings_words_and_callbacks_of_their_kind_alone(tmp_path: Path, data: bytes) -> None:
    source, target = tmp_path / "a.hyc", tmp_path / "b.png"
    source.write_bytes(data)
    jobs: list[Callable[[], Any]] = [
        lambda: encode_file(source, tmp_path / "b.hyc", None),  # type: ignore[arg-type]
        lambda: encode_file(source, tmp_path / "b.hyc", {"mode": "lossless"}),  # type: ignore[arg-type]
        lambda: decode_file(source, target, DecodeSettings(layer=None)),  # type: ignore[arg-type]
        lambda: decode_file(source, target, progress=7),  # type: ignore[arg-type]
        lambda: decode_file(source, target, DecodeSettings(max_pixels="9")),  # type: ignore[arg-type]
        lambda: decode_file(source, target, DecodeSettings(picture_format=7)),  # type: ignore[arg-type]
        lambda: salvage_file(source, target, layer=7),  # type: ignore[arg-type]
        lambda: salvage_file(source, target, progress="x"),  # type: ignore[arg-type]
        lambda: salvage_file(source, target, picture_format=[]),  # type: ignore[arg-type]
        lambda: verify_file(source, progress=[]),  # type: ignore[arg-type]
        lambda: EncodeSettings(verify=None),  # type: ignore[arg-type]
    ]
    for job in jobs:
        with pytest.raises(HybridcodecError):
            job()
        assert [entry.name for entry in tmp_path.iterdir()] == ["a.hyc"]


def test_progress_that_raises_leaves_no_file(tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(picture()).save(tmp_path / "a.png")
    encode_file(tmp_path / "a.png", tmp_path / "a.hyc", EncodeSettings())
    before = sorted(entry.name for entry in tmp_path.iterdir())

    def late(share: float) -> None:
        if share > 0.6:
            raise OwnError

    for told in (raising, late):
        with pytest.raises(OwnError):
            encode_file(tmp_path / "a.png", tmp_path / "b.hyc", EncodeSettings(), progress=told)
    with pytest.raises(OwnError):
        decode_file(tmp_path / "a.hyc", tmp_path / "b.png", progress=raising)
    (tmp_path / "a.hyc").write_bytes((tmp_path / "a.hyc").read_bytes()[:-5])
    with pytest.raises(OwnError):
        salvage_file(tmp_path / "a.hyc", tmp_path / "b.png", progress=raising)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == before


NO_MEMORY = [
    MemoryError(),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
    RuntimeError("can't start new thread"),
]


@pytest.mark.parametrize("name", [*WITH_PROGRESS, "decode_cut"])
@pytest.mark.parametrize("error", NO_MEMORY, ids=lambda error: type(error).__name__)
def test_the_end_of_memory_is_one_line(
    data: bytes, name: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(VariableRate, "encode", exhausted)
    monkeypatch.setattr(VariableRate, "decode", exhausted)
    runs = WITH_PROGRESS | {"decode_cut": lambda data, _: decode_cut(data)}
    with pytest.raises(LimitError, match="more memory is needed than there is") as caught:
        runs[name](data, None)
    assert caught.value.__cause__ is error
    assert "\n" not in str(caught.value)


def test_other_failures_are_not_taken_for_the_end_of_memory(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("something else")

    monkeypatch.setattr(VariableRate, "decode", broken)
    with pytest.raises(RuntimeError, match="something else"):
        decode(data)
