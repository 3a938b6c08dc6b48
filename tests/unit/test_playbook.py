"""The command line of Ansible, and the worst of several ends."""

from __future__ import annotations

from pathlib import Path

from holdfast.errors import Exit
from holdfast.playbook import Outcome, Playbook


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
