"""The rules of the retention decide as a brute-force oracle does, on very many random stores."""

from __future__ import annotations

import random

from tests import trials
from tests.unit.test_retention_oracle import compare


def test_very_many_random_stores() -> None:
    stores = trials.times(few=500, often=100_000)
    seed = random.SystemRandom().randrange(1 << 32)
    dice = random.Random(seed)
    for number in range(stores):
        try:
            compare(dice)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, store {number}") from error
    trials.write("retention_oracle", stores=stores, seed=seed, differences=0)
