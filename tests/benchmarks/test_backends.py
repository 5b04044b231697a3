"""Some files of every kind of samples by both decoders; the command tries thousands."""

from typing import Any

import numpy as np
import pytest

from benchmarks import backends
from hybridcodec import codec


@pytest.mark.parametrize("number", range(0, 42, 2))
def test_both_decoders_give_the_generated_samples(number: int) -> None:
    assert backends.generated(number, 5).problem() == ""


def test_generated_files_have_every_kind_and_are_the_same_again() -> None:
    made = [backends.generated(number, 3) for number in range(len(backends.KINDS))]
    assert {subject.pictures[0].kind for subject in made} == set(backends.KINDS)
    again = backends.generated(7, 3).pictures[0].samples
    assert np.array_equal(again, made[7].pictures[0].samples)
    assert any(len(subject.pictures) > 1 for subject in made)
    assert any(subject.max_error for subject in made)


def test_a_decoder_that_differs_in_one_sample_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    decode_each = codec.decode_each

    def wrong(data: bytes, *, backend: Any) -> Any:
        for found in decode_each(data, backend=backend):
            if backend == "reference":
                found.samples.flat[0] ^= 1
            yield found

    monkeypatch.setattr(codec, "decode_each", wrong)
    assert "1 of" in backends.generated(1, 0).problem()
