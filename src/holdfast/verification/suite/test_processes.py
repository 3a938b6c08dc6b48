"""Check running processes as the kernel sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from holdfast.settings import Settings
from holdfast.verification.expected import Expected
from holdfast.verification.host_facts import PROXY, Facts
from holdfast.verification.messages import listed, mismatch
from holdfast.verification.skips import not_applicable

Named = tuple[str, dict[str, Any]]
LEAST_FILES = 4096


@pytest.fixture(scope="session")
def processes(facts: Facts, running_units: list[str]) -> list[Named]:
    """Return every process of the proxy and the current services, with a description."""
    return [
        (f"process {process['pid']} of {unit}", process)
        for unit in running_units
        for process in facts.processes.get(unit, [])
    ]


@pytest.fixture(scope="session")
def registry(facts: Facts) -> list[Named]:
    """Return the registry's processes."""
    found = facts.processes.get(facts.registry, [])
    return [(f"process {process['pid']} of {facts.registry}", process) for process in found]


@pytest.mark.check("units.processes")
def test_every_service_has_a_process(facts: Facts, running_units: list[str]) -> None:
    problems = [f"{unit} has none" for unit in running_units if not facts.processes.get(unit)]
    assert not problems, listed(problems, "Look at: journalctl -u 'holdfast-*' -n 50")


@pytest.mark.check("units.users")
def test_processes_are_those_of_their_own_users(
    facts: Facts, running_units: list[str], expected: Expected
) -> None:
    problems = []
    for unit in running_units:
        user = dict(expected.properties(unit))["User"]
        found = {process["uid"] for process in facts.processes.get(unit, [])}
        if found - {facts.accounts[user].get("uid")}:
            problems.append(f"{unit} runs as user {sorted(found)}, not as {user}")
    assert not problems, listed(problems)


@pytest.mark.check("units.capabilities")
def test_processes_have_no_capabilities(processes: list[Named]) -> None:
    _none(processes, lambda process: int(process["CapEff"], 16), "has capabilities")


@pytest.mark.check("units.new-rights")
def test_processes_can_gain_no_rights(processes: list[Named]) -> None:
    _none(processes, lambda process: process["NoNewPrivs"] != "1", "may gain rights")


@pytest.mark.check("units.system-calls")
def test_system_calls_are_filtered(processes: list[Named]) -> None:
    _none(processes, lambda process: process["Seccomp"] != "2", "may make any system call")


@pytest.mark.check("units.network")
def test_processes_have_no_network_that_they_do_not_need(
    facts: Facts, running_units: list[str], expected: Expected
) -> None:
    problems = [
        f"process {process['pid']} of {unit} shares the host's network"
        for unit in running_units
        if ("PrivateNetwork", "yes") in expected.properties(unit)
        for process in facts.processes.get(unit, [])
        if process["network"] == facts.init_network
    ]
    assert not problems, listed(problems)


@pytest.mark.check("units.read-only")
def test_processes_see_a_file_system_that_is_read_only(processes: list[Named]) -> None:
    _none(processes, lambda process: process["writable"], "can write the root of its files")


@pytest.mark.check("units.shell")
def test_there_is_no_shell_in_the_registrys_world(registry: list[Named]) -> None:
    _none(registry, lambda process: process["shell"], "sees /bin/sh")


@pytest.mark.check("units.core-dumps")
def test_memory_is_never_written_to_disk(processes: list[Named]) -> None:
    _none(processes, lambda process: process["core"] != "0", "may dump core, and its secrets")


@pytest.mark.check("units.open-files")
def test_connections_do_not_run_out_of_files(processes: list[Named]) -> None:
    few = [name for name, process in processes if _number(process["files"]) < LEAST_FILES]
    assert not few, listed([f"{name} may open fewer than {LEAST_FILES} files" for name in few])


@pytest.mark.check("units.accept")
def test_no_worker_waits_for_a_connection_that_another_took(facts: Facts) -> None:
    blocking = sorted({port for p in facts.processes.get(PROXY, []) for port in p["blocking"]})
    problems = [f"nginx waits on port {port} (NonBlocking=no)" for port in blocking]
    assert not problems, listed(problems, "Run: holdfast deploy, then restart holdfast-proxy")


@pytest.mark.check("units.tasks")
def test_the_kernel_bounds_the_number_of_threads(facts: Facts, running_units: list[str]) -> None:
    bounds = {
        unit: facts.processes[unit][0]["tasks_max"]
        for unit in running_units
        if facts.processes.get(unit)
    }
    if not any(bounds.values()):
        not_applicable("the host has no pids controller for its units")
    problems = [f"{unit} may have any number" for unit, most in bounds.items() if most == "max"]
    assert not problems, listed(problems)


@pytest.mark.check("units.memory")
def test_the_kernel_bounds_memory(
    facts: Facts, running_units: list[str], expected: Expected
) -> None:
    found = {
        unit: facts.processes[unit][0]["memory_max"]
        for unit in running_units
        if facts.processes.get(unit)
    }
    if not any(found.values()):
        not_applicable("the host has no memory controller for its units")
    wanted = {unit: dict(expected.loaded(unit))["MemoryMax"] for unit in found}
    problems = [
        f"{unit} may take {most}, not {wanted[unit]}"
        for unit, most in found.items()
        if most != wanted[unit]
    ]
    assert not problems, listed(problems)


@pytest.mark.check("units.command-lines")
def test_no_secret_is_in_a_command_line(processes: list[Named], settings: Settings) -> None:
    secrets = list(_secrets(settings))
    problems = [
        f"{name} has a secret among its arguments"
        for name, process in processes
        if any(secret in process["command"] for secret in secrets)
    ]
    assert not problems, listed(problems)


def _secrets(settings: Settings) -> Iterator[str]:
    if settings.http.secret:
        yield settings.http.secret.get_secret_value()
    for user in settings.users:
        if user.password:
            yield user.password.get_secret_value()


def _number(limit: str) -> float:
    return float("inf") if limit == "unlimited" else float(limit or 0)


def _none(processes: list[Named], wrong: Any, words: str) -> None:
    assert processes, mismatch("processes", "none", "See units.processes")
    problems = [f"{name} {words}" for name, process in processes if wrong(process)]
    assert not problems, listed(problems)
