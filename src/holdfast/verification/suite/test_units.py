"""Check units as systemd sees them: state, boot, sandbox."""

from __future__ import annotations

import re

import pytest

from holdfast.deploying import drop_ins
from holdfast.rendering import HOST
from holdfast.rendering.components import units
from holdfast.settings import Settings
from holdfast.verification.expected import Expected
from holdfast.verification.host_facts import MAINTENANCE, SANDBOX, TARGET, TIMER, Facts
from holdfast.verification.messages import DEPLOY, listed, mismatch
from holdfast.verification.skips import not_checked

HIGHEST_EXPOSURE = 0.2
WITH_LOOPBACK = 0.6
"""Score of registry 2.8 and its cache, which share a private loopback network."""
OUTGOING_EXPOSURE = 1.2
"""Score with a network, for a registry that connects to other machines."""
MOST_DEATHS = 3
LOG = "Look at: journalctl -u 'holdfast-*' -n 50"


@pytest.mark.check("units.active")
def test_every_unit_runs(facts: Facts, service_units: list[str], settings: Settings) -> None:
    states = {
        name: facts.units.get(name, {}).get("ActiveState", "missing")
        for name in (*(one.name for one in units(settings) if one.active), *service_units)
    }
    problems = [f"{name} is {state}" for name, state in states.items() if state != "active"]
    assert not problems, listed(problems, LOG)


@pytest.mark.check("units.one-generation")
def test_the_services_of_the_current_generation_are_the_only_ones(
    facts: Facts, service_units: list[str]
) -> None:
    running = sorted(
        name
        for name, unit in facts.units.items()
        if "@" in name and unit["ActiveState"] == "active"
    )
    assert running == service_units, mismatch(
        f"{', '.join(service_units)} alone", ", ".join(running) or "none"
    )


@pytest.mark.check("units.boot")
def test_everything_starts_at_boot(
    facts: Facts, service_units: list[str], settings: Settings
) -> None:
    unit = facts.units.get(TARGET, {})
    started = {one.name for one in units(settings) if one.started}
    wanted = {*started, *service_units} - set(unit.get("Wants", "").split())
    problems = [f"{TARGET} does not start {name}" for name in sorted(wanted)]
    if "multi-user.target" not in unit.get("WantedBy", "").split():
        problems.append(f"{TARGET} is not started at boot")
    assert not problems, listed(problems)


@pytest.mark.check("units.as-deployed")
def test_units_are_those_of_the_current_generation(
    facts: Facts, service_units: list[str], settings: Settings
) -> None:
    problems, strangers = [], set[str]()
    for name in (*(one.name for one in units(settings)), *service_units):
        unit = facts.units.get(name, {})
        number = name.partition("@")[2].removesuffix(".service") or facts.generation
        if not unit.get("real", "").startswith(f"{HOST.etc}/generations/{number}/systemd/"):
            problems.append(f"{name} is not from generation {number}")
        if found := drop_ins.foreign(settings, unit.get("DropInPaths", "").split()):
            problems.append(f"{name} is changed by {' '.join(found)}")
            strangers.update(found)
        if unit.get("NeedDaemonReload") != "no":
            problems.append(f"{name} was read by systemd before it was last changed")
    assert not problems, listed(problems, drop_ins.remedy(strangers) if strangers else DEPLOY)


@pytest.mark.check("units.exposure")
def test_systemd_calls_the_units_safe(
    facts: Facts, running_units: list[str], expected: Expected
) -> None:
    scores = {name: facts.extra["exposure"].get(name) for name in running_units}
    if not all(scores.values()):
        not_checked(
            "systemd-analyze security gives no score on this host",
            "By hand: systemd-analyze security",
        )
    limits = {name: _limit(expected.properties(name)) for name in scores}
    problems = [
        f"{name} is exposed {score}, more than {limits[name]}"
        for name, score in scores.items()
        if float(score or 10) > limits[name]
    ]
    assert not problems, listed(problems)


@pytest.mark.check("units.environment")
def test_no_secret_is_in_the_environment_that_everybody_may_read(facts: Facts) -> None:
    problems = [
        f"{name} has a secret in Environment="
        for name, unit in facts.units.items()
        if "SECRET" in unit.get("Environment", "")
    ]
    assert not problems, listed(problems)


@pytest.mark.check("units.sandbox")
def test_systemd_holds_what_the_unit_files_say(
    facts: Facts, running_units: list[str], expected: Expected
) -> None:
    problems = []
    for name in (MAINTENANCE, *running_units):
        loaded = facts.units.get(name, {})
        problems += [
            f"{name}: {key} is {loaded.get(key) or 'nothing'}, not {value}"
            for key, value in expected.loaded(name)
            if key in SANDBOX and loaded.get(key) != value
        ]
    assert not problems, listed(problems)


@pytest.mark.check("units.restart")
def test_a_service_that_dies_is_started_again(facts: Facts, running_units: list[str]) -> None:
    found = {name: facts.units.get(name, {}).get("Restart") for name in running_units}
    enough = ("on-failure", "always")
    wrong = [f"{name}: Restart is {how}" for name, how in found.items() if how not in enough]
    assert not wrong, listed(wrong)


@pytest.mark.check("units.drain")
def test_a_stop_waits_for_the_requests_of_the_old_registry(
    facts: Facts, settings: Settings
) -> None:
    unit = facts.units.get(facts.registry, {})
    waits, drains = _seconds(unit.get("TimeoutStopUSec", "")), settings.http.drain_seconds
    assert waits > drains, mismatch(f"a stop to wait more than {drains} s", f"{waits:.0f} s")


@pytest.mark.check("units.stable")
def test_services_do_not_die_again_and_again(facts: Facts, running_units: list[str]) -> None:
    found = {name: int(facts.units.get(name, {}).get("NRestarts") or 0) for name in running_units}
    dying = [f"{name} died {count} times" for name, count in found.items() if count > MOST_DEATHS]
    assert not dying, listed(dying, LOG)


@pytest.mark.check("units.failed")
def test_no_unit_of_ours_has_failed(facts: Facts) -> None:
    failed = [
        f"{name} failed"
        for name, unit in facts.units.items()
        if name.startswith("holdfast") and unit.get("ActiveState") == "failed"
    ]
    assert not failed, listed(failed, LOG)


@pytest.mark.check("units.timer")
def test_the_timer_of_the_certificates_will_elapse(facts: Facts) -> None:
    unit = facts.units.get(TIMER, {})
    state, when = unit.get("ActiveState"), unit.get("NextElapseUSecRealtime")
    wanted = "a next look at the certificates"
    assert state == "active" and when, mismatch(wanted, f"{TIMER} is {state}")


@pytest.mark.check("units.packages")
def test_the_packages_own_units_take_no_port(facts: Facts) -> None:
    # An nginx with sites of its own may run beside ours; a second registry may not.
    unit = facts.units.get("docker-registry.service", {})
    state = unit.get("ActiveState", "inactive")
    todo = "Run: systemctl disable --now docker-registry"
    assert state in ("inactive", "failed"), mismatch(
        "no other registry", f"{unit['Id']} {state}", todo
    )


def _seconds(span: str) -> float:
    """Return the seconds of a time span such as `1min 15s`. Source: systemd.time(7)."""
    if span == "infinity":
        return float("inf")
    units = {"us": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86400}
    return sum(
        float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)([a-z]+)", span)
    )


def _limit(properties: list[tuple[str, str]]) -> float:
    """Return the highest score that a unit may have, by the network that it needs."""
    if ("PrivateNetwork", "yes") not in properties:
        return OUTGOING_EXPOSURE
    inet = any("AF_INET" in value for key, value in properties if key == "RestrictAddressFamilies")
    return WITH_LOOPBACK if inet else HIGHEST_EXPOSURE
