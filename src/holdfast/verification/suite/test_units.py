"""systemd's view: what runs, what starts at boot, and how little it may do."""

from __future__ import annotations

import pytest

from holdfast.rendering import HOST, caching
from holdfast.settings import Settings
from holdfast.verification.inside import CACHE, CARE, PROXY, SOCKET, TARGET, TIMER, Facts
from holdfast.verification.words import listed, told

HIGHEST_EXPOSURE = 0.3
WITH_LOOPBACK = 0.6
"""Of registry 2.8 and its cache, which can only talk by a loopback of their own."""
LOG = "Look at: journalctl -u 'holdfast-*' -n 50"


@pytest.fixture(scope="module")
def cache(settings: Settings) -> list[str]:
    """The unit of our own cache, if there is one."""
    return [CACHE] if caching.local(settings) else []


@pytest.mark.check("units.active")
def test_every_unit_runs(facts: Facts, own: list[str], cache: list[str]) -> None:
    states = {
        name: facts.units.get(name, {}).get("ActiveState", "missing")
        for name in (TARGET, SOCKET, PROXY, TIMER, *cache, *own)
    }
    problems = [f"{name} is {state}" for name, state in states.items() if state != "active"]
    assert not problems, listed(problems, LOG)


@pytest.mark.check("units.one-generation")
def test_the_services_of_the_current_generation_are_the_only_ones(
    facts: Facts, own: list[str]
) -> None:
    running = sorted(
        name
        for name, unit in facts.units.items()
        if "@" in name and unit["ActiveState"] == "active"
    )
    assert running == own, told(f"{', '.join(own)} alone", ", ".join(running) or "none")


@pytest.mark.check("units.boot")
def test_everything_starts_at_boot(facts: Facts, own: list[str], cache: list[str]) -> None:
    unit = facts.units.get(TARGET, {})
    wanted = {SOCKET, PROXY, TIMER, *cache, *own} - set(unit.get("Wants", "").split())
    problems = [f"{TARGET} does not start {name}" for name in sorted(wanted)]
    if "multi-user.target" not in unit.get("WantedBy", "").split():
        problems.append(f"{TARGET} is not started at boot")
    assert not problems, listed(problems)


@pytest.mark.check("units.as-deployed")
def test_units_are_those_of_the_current_generation(
    facts: Facts, own: list[str], cache: list[str]
) -> None:
    folder = f"{HOST.etc}/{facts.current}/systemd/"
    problems = []
    for name in (TARGET, SOCKET, PROXY, TIMER, CARE, *cache, *own):
        unit = facts.units.get(name, {})
        if not unit.get("real", "").startswith(folder):
            problems.append(f"{name} is not from generation {facts.generation}")
        if unit.get("DropInPaths"):
            problems.append(f"{name} is changed by {unit['DropInPaths']}")
        if unit.get("NeedDaemonReload") != "no":
            problems.append(f"{name} was read by systemd before it was last changed")
    assert not problems, listed(problems)


@pytest.mark.check("units.rights")
def test_processes_have_no_rights_that_they_do_not_need(
    facts: Facts, own: list[str], cache: list[str]
) -> None:
    problems = []
    for unit in (PROXY, *cache, *own):
        processes = facts.processes.get(unit, [])
        problems += [] if processes else [f"{unit} has no process"]
        for process in processes:
            name = f"process {process['pid']} of {unit}"
            problems += [f"{name} runs as root"] if process["uid"] == 0 else []
            problems += [f"{name} has capabilities"] if int(process["CapEff"], 16) else []
            problems += [f"{name} may gain rights"] if process["NoNewPrivs"] != "1" else []
            problems += [f"{name} may make any system call"] if process["Seccomp"] != "2" else []
            if process["network"] == facts.init_network:
                problems.append(f"{name} shares the host's network")
    assert not problems, listed(problems)


@pytest.mark.check("units.exposure")
def test_systemd_calls_the_units_safe(
    facts: Facts, own: list[str], cache: list[str], settings: Settings
) -> None:
    scores = {name: facts.extra["exposure"].get(name) for name in (PROXY, *cache, *own)}
    if not all(scores.values()):
        pytest.skip("systemd-analyze security gives no score on this host")
    talking = {*cache, facts.registry} if caching.port(settings) else set()
    limits = {name: WITH_LOOPBACK if name in talking else HIGHEST_EXPOSURE for name in scores}
    problems = [
        f"{name} is exposed {score}, more than {limits[name]}"
        for name, score in scores.items()
        if float(score or 10) > limits[name]
    ]
    assert not problems, listed(problems)


@pytest.mark.check("units.memory")
def test_the_kernel_bounds_the_registrys_memory(facts: Facts, settings: Settings) -> None:
    processes = facts.processes.get(facts.registry, [])
    found = processes[0]["memory_max"] if processes else ""
    if not found:
        pytest.skip("the host has no memory controller for its units")
    wanted = str(settings.service.memory_mib << 20)
    assert found == wanted, told(f"a bound of {wanted} bytes", found)


@pytest.mark.check("units.environment")
def test_no_secret_is_in_the_environment_that_everybody_may_read(facts: Facts) -> None:
    problems = [
        f"{name} has a secret in Environment="
        for name, unit in facts.units.items()
        if "SECRET" in unit.get("Environment", "")
    ]
    assert not problems, listed(problems)
