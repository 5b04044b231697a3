"""Two decoders, ours and constriction's, read the same from every stream, and say so where they do not."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import residual_models
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import hybridcodec
from hybridcodec import codec
from hybridcodec.base.variable import latents
from hybridcodec.cli import run
from hybridcodec.entropy import BitReader, BitWriter, RangeDecoder, RangeEncoder, library
from hybridcodec.entropy.bits import code_bit
from hybridcodec.errors import HybridcodecError, InputError, MismatchError, UnsupportedError
from hybridcodec.machine.kernels import kernel
from hybridcodec.modes import Backend
from hybridcodec.pipeline import reference_worker
from hybridcodec.residual import CodedTile, Ground, Quantiser, decode_residual
from hybridcodec.residual.coders import CODERS
from hybridcodec.tiling import Tiling

MODELS = {"adaptive-1": residual_models.random_model}
GOLDEN = Path(__file__).parents[1] / "container" / "golden" / "v2.0" / "pictures"


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.hyc")), ids=lambda path: path.stem)
def test_both_give_the_same_samples_of_every_golden_file(path: Path) -> None:
    data, expected = path.read_bytes(), json.loads(path.with_suffix(".json").read_text())
    for layer in expected.keys() - {"sha256"}:
        read = [hybridcodec.decode(data, layer=layer, backend=backend) for backend in Backend]
        assert np.array_equal(*read)
    assert hybridcodec.check(data, backend="reference") == hybridcodec.check(data)


def drawn(rng: np.random.Generator, channels: int, top: int) -> NDArray[Any]:
    """A small picture with a calm part, a wild part and few colours in another."""
    height, width = rng.integers(1, 40, 2)
    y, x, c = np.indices((height, width, channels))
    samples = (0.5 + 0.4 * np.sin(y / 5 + x / 9 + c)) * top + rng.normal(0, 0.01 * top, y.shape)
    samples[height // 2 :] = rng.integers(0, top + 1, samples[height // 2 :].shape)
    samples[:, width // 2 :] = rng.choice([0, top], samples[:, width // 2 :].shape)
    return samples.clip(0, top).astype(np.uint8 if top < 256 else np.uint16)


@pytest.mark.parametrize("coder", CODERS, ids=lambda coder: coder.name)
@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_both_give_the_same_samples_of_generated_tiles_of_every_coder(coder: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    kinds = [(1, 255), (3, 255), (1, 1), (1, 4095), (4, 255)]
    fitting = [(c, top) for c, top in kinds if coder.takes(c, Quantiser(0, 0, top, "u1" if top < 256 else "u2"))]
    channels, top = fitting[int(rng.integers(len(fitting)))]
    samples = drawn(rng, channels, top)
    model = MODELS[coder.architecture]() if coder.architecture else None
    base = (samples // 2 + 30).astype(np.uint8) if coder.needs_base else None
    quantiser = Quantiser(0, 0, top, samples.dtype.str[1:])
    tiling = Tiling(*samples.shape[:2], *coder.choose_tile(*samples.shape[:2]))
    ground = Ground(channels, quantiser, base, model)
    tiles = [CodedTile(coder.number, data) for data in coder.encode(ground, samples, tiling.areas)]
    for backend in Backend:
        on = Ground(channels, quantiser, base, model, backend=backend)
        assert np.array_equal(decode_residual(tiles, on, {coder.architecture: model}, tiling), samples)


@kernel()
def walk(state, words, record, odds, bits):  # type: ignore[no-untyped-def]
    for i in range(len(bits)):
        bits[i] = code_bit(state, words, record, odds[i], bits[i])


def written(count: int) -> tuple[NDArray[Any], NDArray[Any], bytes]:
    rng = np.random.default_rng(count)
    odds = rng.integers(1, 65536, count)
    bits, writer = (rng.random(count) * 65536 < odds).astype(np.int64), BitWriter()
    walk(writer.state, writer.words, writer.record, odds, bits.copy())
    return odds, bits, writer.finish()


class OneOff:
    """Stands for the library's decoder: one symbol is another one."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder

    def decode(self, *arguments: Any) -> Any:
        found = self._decoder.decode(*arguments).copy()
        found[len(found) // 2] ^= 1
        return found


def deceive(second: Any) -> None:
    second._decoder = OneOff(second._decoder)


def test_bits_are_read_again_and_a_difference_is_a_mismatch() -> None:
    odds, bits, data = written(500)
    found = np.zeros(500, np.int64)
    reader = BitReader(data, Backend.REFERENCE, room=500)
    walk(reader.state, reader.words, reader.record, odds, found)
    reader.finish()
    assert (found == bits).all()
    reader = BitReader(data, Backend.REFERENCE)
    deceive(reader.second)
    walk(reader.state, reader.words, reader.record, odds, found)
    with pytest.raises(MismatchError, match="two decoders disagree"):
        reader.flush()


def test_rows_are_read_again_and_a_difference_is_a_mismatch() -> None:
    rows, symbols, encoder = np.full((50, 4), 16384, np.int32), np.arange(50, dtype=np.int32) % 4, RangeEncoder()
    encoder.code(rows, symbols)
    decoder = RangeDecoder(encoder.finish(), Backend.REFERENCE)
    assert (decoder.code(rows) == symbols).all()
    decoder.finish()
    decoder = RangeDecoder(encoder.finish(), Backend.REFERENCE)
    deceive(decoder.second)
    with pytest.raises(MismatchError, match="two decoders disagree"):
        decoder.code(rows)


@pytest.mark.parametrize("layer", ["exact", "perceptual"])
def test_a_decoder_that_reads_otherwise_is_found_in_both_layers(layer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = library.SecondOpinion.__init__

    def deceived(self: Any, data: bytes) -> None:
        plain(self, data)
        deceive(self)

    data = (GOLDEN / "two_tiles.hyc").read_bytes()
    if layer == "exact":
        monkeypatch.setattr(latents, "RangeDecoder", lambda payload, _: RangeDecoder(payload))
    monkeypatch.setattr(library.SecondOpinion, "__init__", deceived)
    named = "residual tile at row 0, column 0: two decoders" if layer == "exact" else "two decoders disagree"
    with pytest.raises(MismatchError, match=named):
        hybridcodec.decode(data, layer=layer, backend="reference")


def test_damage_ends_alike_with_both() -> None:
    data, rng = (GOLDEN / "rgb.hyc").read_bytes(), np.random.default_rng(1)
    for _ in range(40):
        changed = bytearray(data)
        changed[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
        ends = []
        for backend in Backend:
            try:
                ends.append(str(codec.check(bytes(changed), backend=backend)))
            except HybridcodecError as error:
                ends.append(str(error))
        assert ends[0] == ends[1]


def test_a_backend_that_there_is_not_is_refused() -> None:
    with pytest.raises(InputError, match="backend"):
        hybridcodec.decode(b"", backend="fast")


def test_without_the_library_there_is_no_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ImportError("constriction is not here")

    monkeypatch.setattr(library, "_library", missing)
    with pytest.raises(UnsupportedError, match="the reference backend needs the package constriction"):
        hybridcodec.decode((GOLDEN / "rgb.hyc").read_bytes(), backend="reference")


def test_verify_and_the_proofs_of_the_pipeline_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    plain = codec.check
    monkeypatch.setattr(codec, "check", lambda *a, **k: asked.append(k["backend"]) or plain(*a, **k))
    assert run(["verify", "-q", "--backend", "reference", str(GOLDEN / "rgb.hyc")]) == 0
    assert asked == ["reference"]
    monkeypatch.setattr(reference_worker, "prepared", lambda: None)
    work: Any = reference_worker.prepared_for_two()
    assert work.keywords["port"].decode_each.keywords == {"backend": Backend.REFERENCE}
