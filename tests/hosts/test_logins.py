"""Users are added, removed and changed on a busy host; and a host with many users."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable

import bcrypt
import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import RegistryError

from tests.hosts.conftest import PASSWORD, Site
from tests.hosts.traffic import load

BOB, OTHER = "bobs-own-secret", "bobs-next-secret"


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host with a registry and two users; bob's hash is in a file of its own."""
    made = new_site(registry_auth_users=None)
    users = made.folder / "group_vars/registry/users.yml"
    users.parent.mkdir(parents=True)
    users.write_text(f"registry_auth_users:\n  - name: alice\n    password: {PASSWORD}\n")
    made.write()
    user(made, "add", "bob", "--stdin", typed=BOB)
    made.deploy()
    return made


def user(site: Site, *arguments: str, typed: str = "") -> str:
    """Run `holdfast user`, which has to succeed; return its output."""
    argv = [sys.executable, "-m", "holdfast", "user", *arguments, "-i", str(site.folder)]
    done = subprocess.run(argv, input=typed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Watch:
    """Repeats a login with one password; records the times of 200 and of refusals."""

    def __init__(self, site: Site, password: str) -> None:
        self.answers: list[tuple[float, int]] = []
        self._stop, self._site, self._password = threading.Event(), site, password
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        client = self._site.client("bob", self._password)
        while not self._stop.wait(0.05):
            try:
                self.answers.append((time.monotonic(), client.check()))
            except RegistryError:
                self.answers.append((time.monotonic(), 0))

    def last(self, status: int) -> float:
        return max((when for when, found in self.answers if found == status), default=0.0)

    def first(self, status: int) -> float:
        return min((when for when, found in self.answers if found == status), default=0.0)


def test_a_changed_password_is_refused_at_once_and_nothing_fails(site: Site) -> None:
    user(site, "password", "bob", "--stdin", typed=OTHER)
    with load(site.client) as counts, Watch(site, BOB) as old:
        result = site.deploy()
    assert "proxy untouched" in result
    assert counts.failures == [], counts
    assert 0 not in {status for _, status in old.answers}
    # From the first refusal on there is no other answer: no verdict comes back.
    assert old.last(200) < old.first(401), old.answers
    assert site.client("bob", OTHER).check() == 200
    print(counts)


def test_a_disabled_user_is_refused_and_comes_back_by_rollback(site: Site) -> None:
    user(site, "disable", "bob")
    with load(site.client) as counts, Watch(site, OTHER) as bob:
        site.deploy()
        assert site.client("bob", OTHER).check() == 401
        done = site.holdfast("rollback")
        assert done.returncode == 0, done.stdout + done.stderr
        assert site.client("bob", OTHER).check() == 200
    assert counts.failures == [], counts
    assert {status for _, status in bob.answers} <= {200, 401, 429}
    user(site, "enable", "bob")
    site.deploy()


def test_a_rollback_to_another_password_of_the_smoke_tests_user(site: Site) -> None:
    user(site, "password", "alice", "--stdin", "--plain", typed="alices-next-secret")
    site.deploy()
    done = site.holdfast("rollback")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no user's password is known" in done.stdout
    assert site.client("alice", PASSWORD).check() == 200
    assert site.client("alice", "alices-next-secret").check() == 401
    user(site, "password", "alice", "--stdin", "--plain", typed=PASSWORD)
    site.deploy()


def test_modes_follow_each_other(site: Site) -> None:
    accepted = {"registry_auth_accept_open_access": True}
    result = site.deploy(registry_auth_anonymous="pull", **accepted)
    assert "login, push, pull" in result
    anyone = site.client()
    assert anyone.pull("holdfast/smoke", "latest").digest
    result = site.deploy(registry_storage_readonly=True)
    assert "login, push refused (read-only)" in result
    done = site.holdfast("verify", "--by-address")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing to do" in site.deploy()
    site.deploy(
        registry_storage_readonly=None,
        registry_auth_anonymous=None,
        registry_auth_accept_open_access=None,
    )


def test_ten_thousand_users(site: Site) -> None:
    digest = bcrypt.hashpw(BOB.encode(), bcrypt.gensalt(10)).decode()
    path = site.folder / "group_vars/registry/users.yml"
    before = path.read_text()
    many = (f"  - name: user{n}\n    password_hash: {digest}\n" for n in range(10_000))
    path.write_text(before + "".join(many))
    seconds = {}
    runs: dict[str, Callable[[], object]] = {
        "user list": lambda: user(site, "list", "--json"),
        "user add": lambda: user(site, "add", "late", "--stdin", typed=OTHER),
        "check": lambda: site.holdfast("check"),
        "deploy": site.deploy,
        "nothing to do": site.deploy,
    }
    for what, run in runs.items():
        begun = time.monotonic()
        run()
        seconds[what] = time.monotonic() - begun
    print({what: f"{taken:.1f} s" for what, taken in seconds.items()})
    assert site.client("user9999", BOB).check() == 200
    assert site.client("late", OTHER).check() == 200
    assert max(seconds.values()) < 60
    path.write_text(before)
    site.deploy()
    assert site.client("user9999", BOB).check() == 401
