"""The statistic of bench-check: few false alarms, and few missed losses."""

from __future__ import annotations

import random
from itertools import pairwise, product

import pytest

from benchmarks.comparison import ALPHA, Measure, Verdict, compare, rows, signed_rank
from benchmarks.figures import Way

NOISE = 0.05
"""Deviation of a sample's logarithm: a start of the command on a machine that is used."""

WORK = Measure("work", lambda _: ())


def noisy(source: random.Random, cost: float, noise: float = NOISE) -> Way:
    return lambda: cost * source.lognormvariate(0, noise)


def alarms(loss: float, times: int, noise: float = NOISE) -> float:
    """Return the share of comparisons that find a version with a loss to be worse."""
    source = random.Random(f"{loss} {noise}")
    ways = [noisy(source, 1, noise), noisy(source, 1 + loss, noise)]
    return sum(one.worse for one in compare([Measure("work", lambda _: ways)] * times)) / times


@pytest.mark.parametrize("noise", [0.02, NOISE, 0.2])
def test_versions_that_cost_the_same_raise_no_alarm(noise: float) -> None:
    assert alarms(0, 150, noise) == 0


def test_one_look_is_wrong_no_more_often_than_said() -> None:
    source = random.Random(7)
    looks = [[source.gauss(0, 1) for _ in range(9)] for _ in range(2000)]
    assert sum(signed_rank(look) <= ALPHA for look in looks) / len(looks) <= ALPHA + 0.007


@pytest.mark.parametrize(("loss", "least"), [(0.1, 0.65), (0.2, 0.99), (0.5, 1)])
def test_a_loss_is_found(loss: float, least: float) -> None:
    assert alarms(loss, 100) >= least


def test_a_loss_that_is_sure_and_small_is_none() -> None:
    assert alarms(0.03, 30, noise=0.001) == 0


def test_what_is_faster_is_not_worse() -> None:
    assert alarms(-0.3, 20) == 0


def test_a_loss_that_does_not_come_again_is_no_alarm() -> None:
    new = iter([1.0, *[1.5] * 9, *[1.0] * 10])
    looks: list[int] = []

    def ways(look: int) -> list[Way]:
        looks.append(look)
        return [lambda: 1.0, lambda: next(new)]

    (verdict,) = compare([Measure("work", ways)])
    assert looks == [0, 1]
    assert (verdict.worse, verdict.again) == (False, True)
    assert list(rows([verdict]))[1].endswith("not confirmed")


def test_one_bad_round_is_no_alarm() -> None:
    verdict = Verdict(WORK, [1.0] * 9, [0.99] * 8 + [9.0])
    assert not verdict.worse


def test_the_exact_test_is_that_of_all_signs() -> None:
    sizes = (0.5, 1.5, 1.5, 2.0, 3.5)
    sums = [_positive(sizes, signs) for signs in product((-1, 1), repeat=len(sizes))]
    for signs in product((-1, 1), repeat=len(sizes)):
        rare = sum(one >= _positive(sizes, signs) for one in sums) / len(sums)
        given = [size * sign for size, sign in zip(sizes, signs, strict=True)]
        assert signed_rank([*given, 0.0]) == pytest.approx(rare)


def _positive(sizes: tuple[float, ...], signs: tuple[int, ...]) -> float:
    ranks = (1, 2.5, 2.5, 4, 5)
    assert all(one <= other for one, other in pairwise(sizes))
    return sum(rank for rank, sign in zip(ranks, signs, strict=True) if sign > 0)


def test_the_table_says_what_is_worse() -> None:
    verdict = Verdict(
        Measure("work", lambda _: (), "ms"), [1.0] * 9, [1.25 + n / 100 for n in range(9)]
    )
    line = list(rows([verdict]))[1]
    assert " ".join(line.split()) == "work 1 1.29 ms 1.29 1.25 to 1.33 0.002 WORSE"
