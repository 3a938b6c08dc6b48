"""Verification of a host whose users have hashes alone: by a temporary user, in each mode."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import bcrypt
import pytest

from tests.hosts.conftest import PASSWORD, Site

FOLDER = "/run/holdfast/verifiers"
HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()
TOKENS = {
    "registry_auth_mode": "token",
    "registry_auth_rules": [
        {"subjects": ["user:alice"], "repositories": ["**"], "actions": ["push"]}
    ],
}


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host with one user, whose password nobody wrote down."""
    made = new_site(
        flavour="tokens", registry_auth_users=[{"name": "alice", "password_hash": HASH}]
    )
    made.deploy()
    return made


def verified(site: Site, *arguments: str) -> dict[str, Any]:
    done = site.holdfast("verify", "--by-address", "--json", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def states(found: dict[str, Any], text: str) -> set[str]:
    """Return the controls that are not checked for a reason."""
    left = (one for one in found["checks"] if one["state"] == "not_checked")
    return {one["check"] for one in left if text in one["text"]}


def assert_nothing_stays(site: Site) -> None:
    assert site.host.run(f"ls {FOLDER}").stdout == ""
    assert "verifier" not in site.host.run("systemctl list-units --all 'holdfast-verifier*'").stdout


def passed(found: dict[str, Any]) -> set[str]:
    return {one["check"] for one in found["checks"] if one["state"] == "passed"}


def test_all_is_checked_by_a_user_who_is_gone_afterwards(site: Site) -> None:
    found = verified(site)
    assert {"auth.right-password", "images.push", "images.delete", "http.location"} <= passed(found)
    assert states(found, "password") == set()
    assert_nothing_stays(site)


def test_it_ends_by_itself_when_its_verification_dies(site: Site) -> None:
    site.write()
    argv = [sys.executable, "-m", "holdfast", "verify", "--by-address", "-i", str(site.folder)]
    running = subprocess.Popen(argv, stdout=subprocess.DEVNULL, env=dict(os.environ))
    try:
        name = _appeared(site)
    finally:
        running.kill()
        running.wait()
    said = site.host.run(f"stat -c '%a %U %G' {FOLDER} {FOLDER}/{name}").stdout.splitlines()
    assert said == ["755 root root", "440 root holdfast-logins"]
    unit = f"holdfast-verifier-{name}"
    assert "20min" in site.host.run(f"systemctl show -p TimersMonotonic {unit}.timer").stdout
    site.host.run(f"systemctl start {unit}.service")
    assert site.host.run(f"ls {FOLDER}").stdout == ""
    site.host.run(f"systemctl stop {unit}.timer")


def _appeared(site: Site) -> str:
    for _ in range(150):
        name = site.host.run(f"ls {FOLDER}").stdout.strip()
        if name:
            return name
        time.sleep(0.2)
    raise AssertionError("no temporary user was made")


def test_a_user_can_be_given_instead(site: Site) -> None:
    file = site.folder / "password"
    file.write_text(f"{PASSWORD}\n")
    given = ("--user", "alice", "--password-file", str(file))
    assert "auth.right-password" in passed(verified(site, "--only", "auth", *given))
    file.write_text("wrong-password\n")
    done = site.holdfast("verify", "--by-address", "--only", "auth.right-password", *given)
    assert done.returncode == 6
    assert "expected 200 for alice with the right password, found 401" in done.stdout
    done = site.holdfast("verify", "--by-address", "--user", "mallory")
    assert done.returncode == 2
    assert 'expected a user of images.holdfast.test, got "mallory". There are: alice' in done.stderr


def test_from_outside_it_is_said_that_nobody_could_log_in(site: Site) -> None:
    done = site.holdfast("verify", "--by-address", "--outside", "--only", "images")
    assert "no password is known, and from outside no temporary user can be made" in done.stdout
    assert "could not be checked" in done.stdout


def test_the_issuer_takes_it_too(site: Site) -> None:
    site.deploy(**TOKENS)
    found = verified(site)
    assert {"auth.right-password", "auth.changed-token", "images.push"} <= passed(found)
    assert states(found, "password") == {"auth.rules", "auth.catalog"}
    assert_nothing_stays(site)
    assert "alice" not in site.host.run("tail -n 3 /var/log/holdfast-issuer/audit.log").stdout
