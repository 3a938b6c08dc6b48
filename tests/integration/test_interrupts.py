"""Ctrl-C on a real terminal: at prompts, and while a deploy waits for a host."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.test_init import NAME, on_terminal

INTERRUPT = "\x03"
LEAST = ["--hostname", NAME, "--tls", "private", "--user", "ann"]


@pytest.fixture
def silent() -> Iterator[int]:
    """Port at which a connection is taken, and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = ["init", str(tmp_path / "acme"), *LEAST, "--host", "127.0.0.1", "--yes"]
    code, shown = on_terminal(made, [])
    assert code == 0, shown
    return tmp_path / "acme"


def test_after_an_inventory_is_written_the_next_command_is_said(tmp_path: Path) -> None:
    options = [*LEAST, "--host", "127.0.0.1", "--ssh-user", "ann"]
    code, shown = on_terminal(
        ["init", str(tmp_path / "acme"), *options],
        [("password of a vault", ""), ("Connect to 127.0.0.1 by ssh now", INTERRUPT)],
    )
    assert code == 130, shown
    said = f"{tmp_path / 'acme'} is written. Next: holdfast deploy -i {tmp_path / 'acme'}"
    assert f"Interrupted. {said}" in shown


def test_at_the_prompt_for_a_password_nothing_was_changed(inventory: Path) -> None:
    code, shown = on_terminal(
        ["deploy", "-J", "-i", str(inventory)], [("Vault password", INTERRUPT)]
    )
    assert code == 130, shown
    assert "Interrupted. Nothing was changed." in shown


def test_while_a_host_is_at_work_its_step_goes_on(inventory: Path, silent: int) -> None:
    hosts = inventory / "hosts.yml"
    hosts.write_text(hosts.read_text() + f"      ansible_port: {silent}\n")
    code, shown = on_terminal(["deploy", "-i", str(inventory)], [("Compare the host", INTERRUPT)])
    assert code == 130, shown
    assert "Interrupted. Each host finishes or undoes its current step by itself." in shown


def test_while_a_host_is_looked_at_no_host_was_changed(inventory: Path, silent: int) -> None:
    hosts = inventory / "hosts.yml"
    hosts.write_text(hosts.read_text() + f"      ansible_port: {silent}\n")
    code, shown = on_terminal(["status", "-i", str(inventory)], [("Report the status", INTERRUPT)])
    assert code == 130, shown
    assert "Interrupted. No host was changed." in shown
