"""Trials: a whole run has the chosen cases alone, `make trials` has them all."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests import trials


@pytest.mark.parametrize(("run", "cases"), [("", 7), ("long", 40)])
def test_a_whole_run_leaves_further_cases_to_the_trials(run: str, cases: int) -> None:
    argv = [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/hosts/test_damages.py"]
    environment = {**os.environ, "HOLDFAST_TRIALS": run}
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.count("::test_a_damage_is_healed[") == cases, done.stdout


def test_a_chosen_case_that_is_none_of_the_cases_is_an_error() -> None:
    with pytest.raises(AssertionError, match="nothing"):
        trials.some(["one", "two"], ["nothing"])
