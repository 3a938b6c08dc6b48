"""holdfast robot: what is written, what is shown once, and what a deploy makes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from holdfast.cli.main import group
from holdfast.errors import InputError
from holdfast.settings import parse
from tests.unit.test_access_settings import BASE

ACCESS = """\
# who may do what
registry_auth_rules:
  - subjects: [robot:ci]   # builds
    repositories: [team/app]
    actions: [push]
"""


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    folder = tmp_path / "group_vars/registry"
    folder.mkdir(parents=True)
    (tmp_path / "hosts.yml").write_text("registry: {hosts: {r1: }}\n")
    (folder / "access.yml").write_text(ACCESS)
    return tmp_path


def robot(acme: Path, *argv: str) -> str:
    done = CliRunner().invoke(group, ["robot", *argv, "-i", str(acme)], catch_exceptions=False)
    return done.output


def result(acme: Path) -> list[dict[str, Any]]:
    text = (acme / "group_vars/registry/robots.yml").read_text()
    found: list[dict[str, Any]] = yaml.safe_load(text)["registry_auth_robots"]
    return found


def test_a_robot_has_a_secret_that_is_shown_once(acme: Path) -> None:
    said = robot(acme, "add", "ci", "--expires", "2027-12-31", "--description", "builds")
    secret = said.split("shown this once: ")[1].split()[0]
    kept = result(acme)[0]
    assert kept["secret_hash"] == "sha256:" + sha256(secret.encode()).hexdigest()
    assert (kept["name"], str(kept["expires"])) == ("ci", "2027-12-31")
    assert secret not in (acme / "group_vars/registry/robots.yml").read_text()
    assert secret not in robot(acme, "list")
    assert "robot:ci" in said
    kept.pop("description")
    settings = parse({**BASE, "registry_auth_robots": [kept]})
    assert settings.auth.robots[0].name == "ci"  # type: ignore[union-attr]


def test_robots_are_changed_where_they_stand(acme: Path) -> None:
    robot(acme, "add", "ci")
    robot(acme, "add", "deployer", "--days", "30")
    before = result(acme)
    robot(acme, "secret", "ci")
    robot(acme, "renew", "deployer", "--days", "60")
    after = result(acme)
    assert before[0]["secret_hash"] != after[0]["secret_hash"]
    assert before[1]["secret_hash"] == after[1]["secret_hash"]
    assert after[1]["expires"] == datetime.now(UTC).date() + timedelta(days=60)
    assert robot(acme, "list").split()[:3] == ["ci", "until", str(after[0]["expires"])]
    robot(acme, "remove", "ci")
    robot(acme, "remove", "deployer")
    assert result(acme) == []
    assert "There is none" in robot(acme, "list")
    robot(acme, "add", "ci")
    assert [one["name"] for one in result(acme)] == ["ci"]
    assert (acme / "group_vars/registry/access.yml").read_text() == ACCESS


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["add", "ci", "--expires", "soon"], "--expires: expected a day as 2027-12-31, got soon"),
        (["add", "a:b"], "NAME: expected letters, digits"),
        (["secret", "ci"], "expected robots, found none. Run: holdfast robot add ci"),
    ],
)
def test_refusals(acme: Path, argv: list[str], text: str) -> None:
    with pytest.raises(InputError) as caught:
        CliRunner().invoke(
            group, ["robot", *argv, "-i", str(acme)], catch_exceptions=False, standalone_mode=False
        )
    assert text in str(caught.value)


def test_users_and_robots_share_one_space_of_names(acme: Path) -> None:
    (acme / "group_vars/registry/people.yml").write_text(
        "registry_auth_users:\n  - name: alice\n    password_hash: x\n"
    )
    with pytest.raises(
        InputError, match=r"got alice, a user in .*people\.yml:2\. Users and robots"
    ):
        robot(acme, "add", "alice")
    robot(acme, "add", "ci")
    with pytest.raises(InputError, match=r"got ci, a robot in .*robots\.yml:\d"):
        argv = ["user", "add", "ci", "--generate", "-i", str(acme)]
        CliRunner().invoke(group, argv, catch_exceptions=False)
