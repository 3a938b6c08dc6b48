"""The command line of Ansible, and the worst of several ends."""

from __future__ import annotations

import json
import os
from importlib import import_module
from pathlib import Path

import pytest

from holdfast.cli.deploy import consequences
from holdfast.errors import Exit
from holdfast.playbook import Outcome, Playbook

run = import_module("holdfast.playbook.run")
"""The module; the package has a function of its name."""


def test_arguments_do_not_depend_on_chance() -> None:
    playbook = Playbook(
        "deploy",
        (Path("nowhere"),),
        limit="r1",
        check=True,
        diff=True,
        vault_password_file=Path("vault"),
        variables={"holdfast_generation": 3},
    )
    assert playbook.argv()[1:] == [
        *("-m", "ansible", "playbook", "holdfast.registry.deploy", "--inventory", "nowhere"),
        *("--extra-vars", '{"holdfast_generation": 3}', "--limit", "r1"),
        *("--vault-password-file", "vault", "--check", "--diff"),
    ]


def test_a_folder_is_read_by_its_hosts_file_alone(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").touch()
    assert str(tmp_path / "hosts.yml") in Playbook("check", (tmp_path,)).argv()


def test_the_users_environment_wins_but_for_what_we_read() -> None:
    base = {"ANSIBLE_PIPELINING": "0", "ANSIBLE_STDOUT_CALLBACK": "yaml", "X": "y"}
    environment = Playbook("check", ()).environment(base)
    assert environment["ANSIBLE_PIPELINING"] == "0"
    assert environment["ANSIBLE_STDOUT_CALLBACK"] == "default"
    assert environment["X"] == "y"


def test_the_worst_end_is_the_exit_code() -> None:
    ends = {"r1": Exit.REFUSED, "r2": Exit.FAILED, "r3": Exit.UNREACHABLE}
    assert Outcome(Path("log")).exit_code is Exit.OK
    assert Outcome(Path("log"), failed=ends).exit_code is Exit.FAILED


def test_each_change_of_each_host_is_kept_from_what_ansible_reports() -> None:
    lines: list[dict[str, object]] = [
        {"event": "step", "host": "r1", "phase": "preflight", "state": "ok", "text": "fit"},
        {"event": "step", "host": "r1", "phase": "install", "state": "changed", "text": "apt"},
        {"event": "step", "host": "r2", "phase": "install", "state": "changed", "text": "apt"},
        {"event": "step", "host": "r1", "phase": "activate", "state": "changed", "text": "4"},
        {"event": "step", "host": "r1", "phase": "generation", "state": "failed", "text": "no"},
        {"event": "failed", "host": "r1", "exit": "FAILED"},
        {"event": "end", "hosts": ["r1", "r2"]},
    ]
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        stream.writelines(f"{json.dumps(one)}\n" for one in lines)
    outcome, shown = Outcome(Path("log")), list[dict[str, object]]()
    assert run._read(reading, outcome, shown.append)
    assert len(shown) == len(lines)
    assert outcome.changes == {"r1": ["install: apt", "activate: 4"], "r2": ["install: apt"]}
    # What an activation did it has undone; what was installed stays.
    assert list(consequences(outcome))[1:] == ["r1: Changed before that, and kept: install: apt."]


CHANGES = {"r1": ["install: install packages with apt", "generation: 4 serves"]}


@pytest.mark.parametrize(
    ("failed", "generation", "changes", "lines"),
    [
        (Exit.REFUSED, 3, {}, ["r1: The serving generation was not changed."]),
        (Exit.FAILED, None, {}, ["r1: No generation is serving."]),
        (
            Exit.REFUSED,
            3,
            {"r1": CHANGES["r1"][:1]},
            [
                "r1: The serving generation was not changed.",
                "r1: Changed before that, and kept: install: install packages with apt.",
            ],
        ),
        (
            Exit.FAILED,
            3,
            CHANGES,
            [
                "r1: The previous generation keeps serving.",
                "r1: Changed before that, and kept: install: install packages with apt.",
            ],
        ),
        (Exit.REFUSED, 3, {"r2": ["install: x"]}, ["r1: The serving generation was not changed."]),
    ],
)
def test_a_failed_deploy_names_what_it_changed(
    failed: Exit, generation: int | None, changes: dict[str, list[str]], lines: list[str]
) -> None:
    facts = {"r1": {"generation": generation}}
    outcome = Outcome(Path("log"), failed={"r1": failed}, facts=facts, changes=changes)
    assert list(consequences(outcome)) == lines
