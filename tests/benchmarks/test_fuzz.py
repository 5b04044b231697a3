"""A short run of the fuzzer, and the fuzzer itself."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hybridcodec_container import Kind

from benchmarks import fuzz, fuzz_cases, fuzz_checks, fuzz_corpus
from benchmarks.fuzz_checks import WrongError, check_case, check_salvage
from benchmarks.fuzz_chunks import bound, prologue_of, put_together, taken_apart, with_index, with_parts, with_tiles
from hybridcodec import codec
from hybridcodec.errors import HybridcodecError
from hybridcodec.salvage import Salvaged


@pytest.mark.parametrize("part", range(4))
def test_changed_files_give_the_right_picture_or_an_error_of_the_library(part: int) -> None:
    came = [check_case(fuzz_cases.mutation(11, number)) for number in range(50 * part, 50 * part + 50)]
    assert {outcome["perceptual"] for outcome in came} >= {"decoded", "CorruptFileError", "UnsupportedError"}


def test_no_pixel_of_a_mixture_is_called_exact_that_is_not() -> None:
    came = []
    for number in range(40):
        try:
            came.append(check_salvage(fuzz_cases.mixture(11, number)))
        except HybridcodecError as error:
            came.append(type(error).__name__)
    assert {"exact", "exact and preview", "preview"} <= set(came)


def test_a_file_taken_apart_and_put_together_is_the_same_file() -> None:
    for data, _ in (*fuzz_corpus.corpus(), *fuzz_corpus.structures()):
        chunks = taken_apart(data)
        for same in (chunks, bound(chunks), with_index(with_parts(with_tiles(chunks)))):
            assert put_together(prologue_of(data), same) == data


def test_a_case_is_the_same_whenever_it_is_made() -> None:
    for number in range(10):
        assert fuzz_cases.mutation(3, number).data == fuzz_cases.mutation(3, number).data
        assert fuzz_cases.mixture(3, number).data == fuzz_cases.mixture(3, number).data
    files = len(fuzz_corpus.corpus())
    assert len({fuzz_cases.mutation(3, files * number).data for number in range(50)}) > 40


def test_a_wrong_picture_and_a_foreign_error_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    case = fuzz_cases.Case(*fuzz_corpus.corpus()[0], forged=False)
    assert check_case(case)["exact"] == "decoded"
    original = codec.decode
    monkeypatch.setattr(codec, "decode", lambda *given, **named: original(*given, **named) ^ np.uint8(1))
    with pytest.raises(WrongError, match="a wrong exact"):
        check_case(case)
    monkeypatch.setattr(codec, "decode", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        check_case(case)


def test_a_run_goes_on_from_its_state(tmp_path: Path) -> None:
    path, runner = tmp_path / "fuzz.json", CliRunner()
    for count, mixtures in ((4, 2), (6, 3)):
        command = ["--count", str(count), "--mixtures", str(mixtures), "--seed", "5", "--state", str(path)]
        done = runner.invoke(fuzz.main, command)
        assert done.exit_code == 0, done.output
        state = json.loads(path.read_text())
        assert (state["mutations"], state["mixtures"], state["faults"]) == (count, mixtures, [])
        assert sum(n for name, n in state["outcomes"].items() if name.startswith("exact: ")) == count
        assert f"{count} changed files, {mixtures} mixed ones, seed 5" in done.output
    assert runner.invoke(fuzz.main, ["--seed", "6", "--state", str(path)]).exit_code == 2


def test_a_slow_file_is_a_fault() -> None:
    state = fuzz.State(0)
    state.take({"kind": "mutation", "number": 3, "fault": "", "outcomes": {}, "cpu": fuzz.LIMIT + 1})
    assert state.faults == [{"kind": "mutation", "number": 3, "fault": "took 11.0 s"}]


def test_every_kind_of_chunk_is_in_the_corpus() -> None:
    files = (*fuzz_corpus.corpus(), *fuzz_corpus.structures())
    kinds = {chunk.kind for data, _ in files for chunk in taken_apart(data)}
    assert kinds >= {kind.value for kind in Kind} - {Kind.DONE.value}


def test_files_that_decode_do_and_the_others_are_refused_by_name() -> None:
    for data, pictures in fuzz_corpus.corpus():
        assert "decoded" in check_case(fuzz_cases.Case(data, pictures, forged=False)).values()
    refused = {"UnsupportedError", "ModelError", "InputError", "CorruptFileError", "read", "restored"}
    for data, pictures in fuzz_corpus.structures():
        assert set(check_case(fuzz_cases.Case(data, pictures, forged=False)).values()) <= refused


def test_pixels_of_a_tile_that_is_not_bound_to_the_picture_may_not_be_called_exact(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = next(c for c in (fuzz_cases.mixture(11, n) for n in range(50)) if not c.forged and _salvaged(c))
    original = fuzz_checks.salvage

    def boasting(data: bytes, picture: int | None) -> Salvaged:
        found = original(data, picture=picture)
        return replace(found, states=np.zeros_like(found.states))

    monkeypatch.setattr(fuzz_checks, "salvage", boasting)
    with pytest.raises(WrongError):
        check_salvage(case)


def _salvaged(case: fuzz_cases.Case) -> bool:
    try:
        return "preview" in check_salvage(case)
    except HybridcodecError:
        return False
