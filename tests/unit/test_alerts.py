"""Alerts: what they name exists, and their limits are those of `status` and `doctor`."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
import yaml

from holdfast import limits
from holdfast.cli.main import group
from holdfast.monitoring.rule import Alert
from holdfast.monitoring.rules import ALERTS, RECORDINGS, rules_file
from holdfast.schema.alerts import SEEN

ROOT = Path(__file__).parents[2]
BY_NAME = {one.name: one for one in ALERTS}
METRIC = re.compile(r"\bholdfast_\w+")


def test_names_are_there_once() -> None:
    assert len(BY_NAME) == len(ALERTS) > 20
    rows = [rule for one in yaml.safe_load(rules_file())["groups"] for rule in one["rules"]]
    assert len(rows) == len(ALERTS) + len(RECORDINGS)
    assert set(SEEN) <= set(BY_NAME)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda one: one.name)
def test_every_metric_of_a_rule_is_documented(alert: Alert) -> None:
    page = (ROOT / "docs/metrics.md").read_text()
    named = {re.sub(r"_bucket$", "", one) for one in METRIC.findall(alert.expr)}
    assert [one for one in named if f"`{one}`" not in page] == []


@pytest.mark.parametrize("alert", ALERTS, ids=lambda one: one.name)
def test_every_command_can_be_typed(alert: Alert) -> None:
    found: click.Command = group
    program, *words = alert.command.split()
    assert program == "holdfast"
    while isinstance(found, click.Group) and words and not words[0].startswith("-"):
        known = found.get_command(click.Context(found), words.pop(0))
        assert known, alert.command
        found = known
    options = {text for one in found.params for text in one.opts}
    assert {word for word in words if word.startswith("-")} <= options
    # What runs without a verb below it prints its help alone.
    assert not isinstance(found, click.Group) or found.name == "jobs"


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("HoldfastClock", f"> {limits.CLOCK_SECONDS:g}"),
        ("HoldfastClockWrong", f"> {limits.LEEWAY_SECONDS:g}"),
        ("HoldfastRobotEnds", f"< {limits.ROBOT_DAYS} * 86400"),
        ("HoldfastQuotaNearlyFull", f">= {limits.QUOTA_SHARE:g}"),
        ("HoldfastCertificatesUnchecked", f"> {limits.CHECK_DAYS} * 86400"),
    ],
)
def test_a_limit_is_that_of_the_table(name: str, limit: str) -> None:
    assert BY_NAME[name].expr.endswith(limit)
