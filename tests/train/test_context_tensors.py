"""Tables beside a context network: each is what its formula says, and what the shipped models have."""

import math

import numpy as np
import residual_models

from hybridcodec.residual.adaptive import mixture
from hybridcodec.train.context_tensors import tables


def test_tables_follow_their_formulas() -> None:
    made = tables()
    assert made["logs"][16] == 0
    assert made["logs"][4349] == round(128 * math.log(4349 / 16))
    assert made["exponentials"][0] == 65536
    assert made["scales"][-mixture.LOG_SCALE_LOW] == mixture.MEAN_UNIT
    product = made["scales"].astype(float) * made["inverses"] / (1 << mixture.INVERSE_BITS) / mixture.TABLE_UNIT
    assert np.abs(product[40:] - 1).max() < 0.06


def test_tables_are_those_of_the_shipped_models() -> None:
    shipped = residual_models.shipped_tensors()
    assert all(np.array_equal(shipped[name], table) for name, table in tables().items())
