"""The command line of Ansible, and the worst of several ends."""

from __future__ import annotations

import json
import os
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner

from holdfast.cli.deploy import consequences
from holdfast.cli.main import group
from holdfast.errors import Exit, InputError
from holdfast.playbook import Outcome, Playbook

ROOT = Path(__file__).parents[2]
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


def test_ansibles_own_options_are_passed_on_and_ours_have_the_last_word() -> None:
    playbook = Playbook(
        "deploy",
        (),
        variables={"holdfast_renew": True},
        extra_vars=("registry_log_level=debug", "@more.yml"),
        forks=4,
        become_method="doas",
        tags="preflight,install",
        skip_tags="smoke",
    )
    assert playbook.argv()[5:] == [
        *("--extra-vars", "registry_log_level=debug", "--extra-vars", "@more.yml"),
        *("--become-method", "doas", "--extra-vars", '{"holdfast_renew": true}'),
        *("--forks", "4", "--skip-tags", "smoke", "--tags", "preflight,install"),
    ]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["-e", "debug"], "--extra-vars: expected NAME=VALUE, @FILE or a YAML mapping, got debug"),
        (["-e", "@none.yml"], "--extra-vars: expected a file after @, got none.yml"),
        (["--tags", "install,deplyo"], "--tags: expected phases (deploy, install, preflight, sm"),
        (["--skip-tags", "all"], "--skip-tags: expected phases ("),
        (["-m", "x" * 201], "--message: expected one line of at most 200 characters, without {{"),
        (["-m", "two\nlines"], "--message: expected one line of"),
        (["-m", "{{ lookup('pipe', 'id') }}"], "--message: expected one line of"),
    ],
)
def test_a_wrong_value_of_ansibles_options_is_refused(arguments: list[str], error: str) -> None:
    done = CliRunner().invoke(group, ["deploy", *arguments, "-i", str(ROOT / "inventory/single")])
    assert isinstance(done.exception, InputError)
    assert str(done.exception).startswith(error)


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
