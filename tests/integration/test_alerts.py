"""Alert rules by Prometheus's own tool: each one fires, resolves, and is silent on a quiet host."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.monitoring.rules import ALERTS, rules_file
from testhosts.machine import HarnessError
from testhosts.unpacked import unpacked
from tests.integration.alert_cases import CASES, HOST, NEARLY, QUIET, Case
from tests.skips import lacks

EXPECTED = {one.name for one in ALERTS}
USED = {"HoldfastPullBudgetSlow"}
"""Alerts of a host that is nearly at its limits: its budget is used in time."""


@pytest.fixture(scope="module")
def promtool() -> Path:
    try:
        return unpacked("prometheus", ["prometheus"]) / "usr/bin/promtool"
    except HarnessError as error:
        lacks("package", str(error))


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "holdfast.yml"
    path.write_text(rules_file())
    return path


def run(promtool: Path, *argv: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([promtool, *argv], capture_output=True, text=True, check=False)


def series(changes: dict[str, str]) -> list[dict[str, str]]:
    """Return the series of a quiet host, with changes."""
    found = []
    for name, values in {**QUIET, **changes}.items():
        metric, _, labels = name.removesuffix("}").partition("{")
        shown = ",".join(filter(None, (HOST, labels)))
        found.append({"series": f"holdfast_{metric}{{{shown}}}", "values": values})
    return found


def case_of(changes: dict[str, str], expected: Iterable[tuple[str, int, int]]) -> dict[str, Any]:
    """Return a test for promtool: number of alerts by name and minute."""
    queries = [
        {
            "expr": f'count(ALERTS{{alertname="{name}",alertstate="firing"}}) or vector(0)',
            "eval_time": f"{minute}m",
            "exp_samples": [{"labels": "{}", "value": number}],
        }
        for name, minute, number in expected
    ]
    return {"interval": "1m", "input_series": series(changes), "promql_expr_test": queries}


def together(cases: Iterable[Case]) -> list[list[Case]]:
    """Return groups of cases that cannot disturb each other: one test for each takes too long."""
    groups: list[list[Case]] = []
    for one in cases:
        found = next((group for group in groups if not any(map(one.disturbs, group))), None)
        if found is None:
            groups.append([one])
        else:
            found.append(one)
    return groups


def judged(
    promtool: Path, rules: Path, tests: list[dict[str, Any]]
) -> subprocess.CompletedProcess[str]:
    """Run tests of the rules."""
    path = rules.parent / "tests.yml"
    whole = {"rule_files": [str(rules)], "evaluation_interval": "2m", "tests": tests}
    path.write_text(yaml.safe_dump(whole))
    return run(promtool, "test", "rules", path)


def test_promtool_finds_nothing_wrong(promtool: Path, rules: Path) -> None:
    done = run(promtool, "check", "rules", rules)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_fires_and_resolves(promtool: Path, rules: Path) -> None:
    assert {one.alert for one in CASES} == EXPECTED
    tests = [
        case_of(
            {name: values for one in cases for name, values in one.changes.items()},
            [(one.alert, at, n) for one in cases for at, n in ((one.fires, 1), (one.resolved, 0))],
        )
        for cases in together(CASES)
    ]
    assert len(tests) < len(CASES) / 3
    done = judged(promtool, rules, tests)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_quiet_host_has_no_alert(promtool: Path, rules: Path) -> None:
    minutes = (10, 70, 200)
    quiet = case_of({}, [(name, at, 0) for name in EXPECTED for at in minutes])
    nearly = case_of(NEARLY, [(name, at, 0) for name in EXPECTED - USED for at in minutes])
    done = judged(promtool, rules, [quiet, nearly])
    assert done.returncode == 0, done.stdout + done.stderr


def test_another_limit_is_found(promtool: Path, rules: Path) -> None:
    text = rules.read_text()
    assert "holdfast_up == 0" in text
    rules.write_text(text.replace("holdfast_up == 0", "holdfast_up == 2"))
    down = next(one for one in CASES if one.alert == "HoldfastDown")
    done = judged(promtool, rules, [case_of(down.changes, [(down.alert, down.fires, 1)])])
    assert done.returncode != 0


def test_the_series_of_the_test_are_all_that_the_rules_read() -> None:
    read = {one for alert in ALERTS for one in re.findall(r"\bholdfast_(\w+)", alert.expr)}
    assert read <= {name.partition("{")[0] for name in QUIET}
