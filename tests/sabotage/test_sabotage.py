"""Break one thing after the other: the right control sees it, and sees when it is mended."""

from __future__ import annotations

import pytest

from holdfast.verification.controls import CONTROLS, chosen
from tests.sabotage.bench import Bench, looked_at
from tests.sabotage.cases import ALL, hardening
from tests.sabotage.sabotage import Sabotage

GREEN = chosen("default") | {"storage.checksums"} | {case.red for case in hardening.CASES}


def test_each_way_has_a_name_and_a_control() -> None:
    assert len({case.name for case in ALL}) == len(ALL) >= 60
    assert {case.red for case in ALL} <= CONTROLS.keys()


def test_a_host_that_nobody_broke_is_green(bench: Bench) -> None:
    found = bench.look(GREEN)
    assert [f"{one.check}: {one.text}" for one in found.failures] == []
    seen = {one.check for one in found.outcomes if one.state == "passed"}
    assert {case.red for case in ALL} <= seen | {"http.slow-body"}


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name.replace(" ", "-"))
def test_is_seen(bench: Bench, case: Sabotage) -> None:
    try:
        bench.sh(case.do)
        found = bench.look(looked_at(case))
    finally:
        bench.sh(case.undo)
    red = {one.check: one.text for one in found.failures}
    assert case.red in red, f"not seen; red are {red}"
    assert case.says in red[case.red], red[case.red]
    more = red.keys() - {case.red, *case.also}
    assert [red[name] for name in sorted(more)] == []
    # That it is mended shows at the next one: what is still red there is not its own.


def test_in_the_end_the_host_is_green_again(bench: Bench) -> None:
    found = bench.look(GREEN)
    assert [f"{one.check}: {one.text}" for one in found.failures] == []
