"""A short run of the fuzzer, and the fuzzer itself."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import fuzz, fuzz_cases
from benchmarks.fuzz_checks import WrongError, check_case, check_salvage
from benchmarks.fuzz_chunks import prologue_of, put_together, taken_apart, with_index, with_tiles
from hybridcodec import codec
from hybridcodec.errors import HybridcodecError


@pytest.mark.parametrize("part", range(4))
def test_changed_files_give_the_right_picture_or_an_error_of_the_library(part: int) -> None:
    came = [check_case(fuzz_cases.mutation(11, number)) for number in range(50 * part, 50 * part + 50)]
    assert {outcome["perceptual"] for outcome in came} >= {"decoded", "CorruptFileError", "UnsupportedError"}


def test_no_pixel_of_a_mixture_is_called_exact_that_is_not() -> None:
    came = []
    for number in range(20):
        try:
            came.append(check_salvage(fuzz_cases.mixture(11, number)))
        except HybridcodecError as error:
            came.append(type(error).__name__)
    assert any("unproven" in outcome for outcome in came)


def test_a_file_taken_apart_and_put_together_is_the_same_file() -> None:
    for data, _ in fuzz_cases.corpus():
        chunks = taken_apart(data)
        assert put_together(prologue_of(data), with_index(with_tiles(chunks))) == data
        assert put_together(prologue_of(data), chunks) == data


def test_a_case_is_the_same_whenever_it_is_made() -> None:
    for number in range(10):
        assert fuzz_cases.mutation(3, number).data == fuzz_cases.mutation(3, number).data
        assert fuzz_cases.mixture(3, number).data == fuzz_cases.mixture(3, number).data
    assert len({fuzz_cases.mutation(3, 8 * number).data for number in range(50)}) > 40


def test_a_wrong_picture_and_a_foreign_error_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    case = fuzz_cases.Case(*fuzz_cases.corpus()[0])
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
