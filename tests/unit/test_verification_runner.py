"""Running the suite against hosts that are not there."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from holdfast.settings import parse
from holdfast.verification import Connection, Outcome, Results, Target, run
from holdfast.verification.runner import SUITE, TOPICS

SETTINGS = parse(
    {
        "registry_hostname": "registry.test.example",
        "registry_distribution_checksum": "sha256:" + "0" * 64,
        "registry_auth_users": [{"name": "bob", "password": "wonderland"}],
    }
)


@pytest.fixture
def closed() -> Iterator[int]:
    """A port that is taken, and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


def absent(name: str, port: int, connection: Connection | None = None) -> Target:
    there = SETTINGS.model_copy(
        update={"proxy": SETTINGS.proxy.model_copy(update={"port": port, "http_port": 0})}
    )
    return Target(name, there, connection, address="127.0.0.1")


def states(results: Results, state: str) -> list[str]:
    return [outcome.check for outcome in results.outcomes if outcome.state == state]


def test_a_registry_that_is_not_there_is_one_failure(closed: int) -> None:
    results = run([absent("r1", closed)])
    assert states(results, "failed") == ["host.answers"]
    assert states(results, "passed") == []
    assert results.failures[0].text.startswith(
        f"expected an answer at 127.0.0.1:{closed}, found [Errno 111] Connection refused. Look at"
    )


def test_a_host_that_cannot_be_reached_is_told_in_the_words_of_ssh(closed: int) -> None:
    nowhere = Connection(f"ssh://127.0.0.1:{closed}")
    results = run([absent("r1", closed, nowhere)])
    assert states(results, "failed") == ["host.reachable", "host.answers"]
    text = results.failures[0].text
    assert "Connection refused" in text
    assert len(text) < 300


def test_every_check_is_reported_at_once_for_every_host(closed: int) -> None:
    result: list[Outcome] = []
    results = run([absent("r1", closed), absent("r2", closed)], report=result.append)
    assert tuple(result) == results.outcomes
    checks = {host: [o.check for o in result if o.host == host] for host in ("r1", "r2")}
    assert checks["r1"] == checks["r2"]
    assert [outcome.host for outcome in result] == sorted(outcome.host for outcome in result)


def test_names_of_checks_are_unique_and_of_the_form_group_name(closed: int) -> None:
    checks = [outcome.check for outcome in run([absent("r1", closed)]).outcomes]
    assert len(set(checks)) == len(checks) > 50
    assert all(check.count(".") == 1 for check in checks)


def test_every_file_of_the_suite_is_run() -> None:
    assert sorted(f"test_{topic}.py" for topic in TOPICS) == sorted(
        path.name for path in SUITE.glob("test_*.py")
    )


def test_options_that_a_user_has_for_pytest_change_nothing(
    closed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k nothing_at_all")
    assert len(run([absent("r1", closed)]).outcomes) > 50


def test_no_host_is_no_result() -> None:
    assert run([]).outcomes == ()
