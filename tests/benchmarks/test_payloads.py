"""Some hundreds of hostile payloads for every coder; the command tries a hundred thousand."""

import pytest

from benchmarks import payloads


def name(subject: payloads.Subject) -> str:
    return f"{subject.name}-{subject.ground.channels}-{subject.ground.quantiser.top}"


@pytest.mark.parametrize("subject", payloads.subjects(), ids=name)
def test_hostile_payloads_end_in_our_errors_or_in_their_own_samples(subject: payloads.Subject) -> None:
    outcomes = {payloads.attack(subject, 1, number) for number in range(60)}
    assert "CorruptFileError" in outcomes


@pytest.mark.parametrize("change", payloads.CHANGES, ids=lambda change: change.__name__)
def test_every_kind_of_change_gives_payloads_that_are_none_of_the_true_ones(change: payloads.Change) -> None:
    import numpy as np

    true, rng = [bytes(range(40)), bytes(40)], np.random.default_rng(2)
    assert len({change(rng, true) for _ in range(30)} - set(true)) > 3
