"""Ansible's connection variables to testinfra's, and who pushes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from holdfast.errors import InputError
from holdfast.settings import Settings, SettingsError, parse
from holdfast.verification import Connection, Login, Target
from holdfast.verification.hosts import login_of
from holdfast.verification.verifiers import entry

HASH = "$2b$10$" + "a" * 53


def settings(*users: dict[str, str]) -> Settings:
    return parse(
        {
            "registry_hostname": "registry.test.example",
            "registry_distribution_checksum": "sha256:" + "0" * 64,
            "registry_auth_users": list(users),
        }
    )


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, Connection("ssh://r1")),
        ({"ansible_connection": "local"}, Connection("local://")),
        (
            {"ansible_host": "192.0.2.7", "ansible_port": 2222, "ansible_user": "admin"},
            Connection("ssh://admin@192.0.2.7:2222"),
        ),
        ({"ansible_host": "2001:db8::7"}, Connection("ssh://[2001:db8::7]")),
        ({"ansible_ssh_user": "a@b"}, Connection("ssh://a%40b@r1")),
        (
            {"ansible_ssh_private_key_file": "/keys/id", "ansible_ssh_common_args": "-J jump"},
            Connection("ssh://r1", "/keys/id", "-o BatchMode=yes -J jump"),
        ),
        (
            {"ansible_host_key_checking": False, "ansible_ssh_extra_args": "-4"},
            Connection("ssh://r1", None, "-o BatchMode=yes -4 -o StrictHostKeyChecking=no"),
        ),
        (
            {"ansible_private_key_file": "~/.ssh/deploy"},
            Connection("ssh://r1", str(Path.home() / ".ssh/deploy")),
        ),
        (
            {"ansible_become_password": "wonderland"},
            Connection("ssh://r1", sudo_password=SecretStr("wonderland")),
        ),
    ],
)
def test_connection(
    variables: dict[str, Any], expected: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANSIBLE_HOST_KEY_CHECKING", raising=False)
    assert Connection.from_variables("r1", variables) == expected


def test_the_environment_can_switch_off_the_check_of_host_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANSIBLE_HOST_KEY_CHECKING", "False")
    assert "StrictHostKeyChecking=no" in Connection.from_variables("r1", {}).ssh_args


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"ansible_connection": "winrm"}, "r1: ansible_connection: expected ssh or local, got wi"),
        ({"ansible_password": "wonderland"}, "r1: ansible_password: expected a key for ssh, got a"),
    ],
)
def test_connections_that_cannot_be_used_are_told(variables: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        Connection.from_variables("r1", variables)
    assert str(caught.value).startswith(message)
    assert "wonderland" not in str(caught.value)


def test_the_first_user_with_a_password_pushes() -> None:
    users = (
        {"name": "ann", "password_hash": HASH},
        {"name": "bob", "password": "wonderland"},
        {"name": "cyd", "password": "looking-glass"},
    )
    assert Target("r1", settings(*users)).user == Login("bob", SecretStr("wonderland"))


def test_a_login_that_is_given_goes_before_those_of_the_settings() -> None:
    login = Login("ann", SecretStr("wonderland"))
    hashed = settings({"name": "ann", "password_hash": HASH})
    assert Target("r1", hashed).user is None
    assert Target("r1", hashed, login=login).user == login


def test_passwords_are_not_shown() -> None:
    target = Target("r1", settings({"name": "bob", "password": "wonderland"}))
    assert "wonderland" not in repr((target, target.user))


def test_a_given_user_has_the_password_of_the_settings_or_the_one_that_is_typed() -> None:
    one = settings(
        {"name": "ann", "password": "wonderland"}, {"name": "bob", "password_hash": HASH}
    )
    asked: list[str] = []

    def typed() -> str:
        asked.append("asked")
        return "looking-glass"

    assert login_of("ann", [one], typed) == Login("ann", SecretStr("wonderland"))
    assert asked == []
    assert login_of("bob", [one], typed) == Login("bob", SecretStr("looking-glass"))
    with pytest.raises(InputError, match=r'got "mallory"\. There are: ann, bob'):
        login_of("mallory", [one], typed)


@pytest.mark.parametrize("mode", ["htpasswd", "token"])
def test_a_host_gets_a_digest_of_a_temporary_user_alone(mode: str) -> None:
    rules = [{"subjects": ["user:bob"], "repositories": ["**"], "actions": ["pull"]}]
    own = {"registry_auth_rules": rules} if mode == "token" else {}
    hashed = {"registry_auth_users": [{"name": "bob", "password_hash": HASH}]}
    common = {"registry_hostname": "registry.test.example"}
    checksum = {"registry_distribution_checksum": "sha256:" + "0" * 64}
    parsed = parse({**common, **checksum, **hashed, **own, "registry_auth_mode": mode})
    login = Login("~verifier-" + "a" * 32, SecretStr("s" * 43), temporary=True)
    content, group = entry(parsed, login)
    assert "s" * 43 not in content
    assert group == {"htpasswd": "holdfast-logins", "token": "holdfast-issuer"}[mode]
    assert (login.username in content) == (mode == "htpasswd")


def test_a_temporary_user_cannot_be_one_of_the_settings() -> None:
    with pytest.raises(SettingsError, match="letters, digits"):
        settings({"name": "~verifier-" + "a" * 32, "password": "wonderland"})
