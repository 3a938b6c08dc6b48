"""Wrong logins are slowed and right ones are not; no verdict outlives its generation."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    over_tls,
)

from holdfast.rendering import render
from holdfast.settings import Settings, parse
from tests.integration import pairs
from tests.integration.test_verification import two_ports

ALICE, BOB, CAROL = "alices-first-one", "bobs-own-secret", "carols-own-secret"
BURST = 11
"""One guess, and the ten that may come with it."""
LAST = 2
"""Guesses that an address has when its own are used up."""


def users(**passwords: str) -> list[dict[str, str]]:
    return [{"name": name, "password": password} for name, password in passwords.items()]


def settings_of(directory: Path, **passwords: str) -> Settings:
    port, http_port = two_ports()
    return parse(
        {
            "registry_hostname": "registry.test.example",
            "registry_platform": "debian12",
            "registry_distribution_checksum": "sha256:" + "0" * 64,
            "registry_auth_users": users(**passwords),
            "registry_storage_directory": str(directory / "data"),
            "registry_proxy_addresses": ["127.0.0.1"],
            "registry_proxy_port": port,
            "registry_proxy_http_port": http_port,
        }
    )


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pair")


@pytest.fixture(scope="module")
def settings(directory: Path) -> Settings:
    return settings_of(directory, alice=ALICE, bob=BOB, carol=CAROL)


@pytest.fixture(scope="module")
def registry(directory: Path, settings: Settings, registry_binary: Path) -> Iterator[Path]:
    cafile = pairs.prepare(directory, settings)
    with pairs.registry(registry_binary, directory, settings):
        yield cafile


@pytest.fixture
def anyone(directory: Path, settings: Settings, registry: Path) -> Iterator[Client]:
    """A client without a login, of a proxy without earlier requests."""
    with pairs.proxy(directory, settings, lambda text: text):
        port = settings.proxy.port
        yield over_tls(settings.hostname, port, address="127.0.0.1", cafile=str(registry))


def guess(anyone: Client, name: str, count: int) -> Counter[int]:
    return Counter(anyone.login(name, f"guess-{number}").check() for number in range(count))


def test_guesses_are_limited_and_say_when_to_come_back(anyone: Client) -> None:
    begun = time.monotonic()
    found = guess(anyone, "alice", 40)
    checked = found[401]
    assert set(found) == {401, 429}
    assert BURST <= checked <= BURST + LAST + 1 + 0.55 * (time.monotonic() - begun)
    more = (anyone.login("alice", f"more-{n}").request("GET", "/v2/") for n in range(5))
    refused = next(reply for reply in more if reply.status == 429)
    assert refused.headers["Retry-After"] == "60"
    assert b"TOOMANYREQUESTS" in refused.body


def test_who_is_known_and_who_shares_the_address_get_in_meanwhile(anyone: Client) -> None:
    bob = anyone.login("bob", BOB)
    assert bob.check() == 200
    assert guess(anyone, "bob", 30)[429] > 10
    assert bob.check() == 200
    assert anyone.login("bob", BOB).check() == 200
    assert anyone.login("carol", CAROL).check() == 200


def test_a_client_that_was_never_here_waits_when_its_own_name_is_guessed(anyone: Client) -> None:
    found = []
    # On a slow machine a guess can be allowed again before the right password comes.
    for name, password in (("alice", ALICE), ("bob", BOB), ("carol", CAROL)):
        guess(anyone, name, 30)
        found.append(anyone.login(name, password).check())
        if found[-1] == 429:
            break
    assert found[-1] == 429, found


def test_a_wrong_login_that_is_repeated_is_one_guess(anyone: Client) -> None:
    old = anyone.login("alice", "an-old-password")
    assert {old.check() for _ in range(60)} == {401}
    assert anyone.login("alice", ALICE).check() == 200


def test_who_had_to_wait_is_not_taken_for_wrong(anyone: Client) -> None:
    guess(anyone, "alice", 30)
    alice = anyone.login("alice", ALICE)
    assert alice.check() == 429
    deadline = time.monotonic() + 15
    while (status := alice.check()) != 200 and time.monotonic() < deadline:
        assert status == 429
        time.sleep(0.5)
    assert status == 200


def test_all_names_together_are_limited_by_address(anyone: Client) -> None:
    found = Counter(anyone.login(f"user-{n}", "guess").check() for n in range(60))
    assert found[401] < 40
    assert found[429] > 20


def test_requests_without_a_login_are_never_limited(anyone: Client) -> None:
    assert {anyone.check() for _ in range(100)} == {401}
    headers = {"Authorization": "Bearer garbage"}
    assert {anyone.request("GET", "/v2/", b"", headers).status for _ in range(100)} == {401}


def test_parallel_requests_of_a_client_that_was_never_here_are_one_login(anyone: Client) -> None:
    def ask(_: int) -> int:
        client = anyone.login("alice", ALICE)
        try:
            return client.check()
        finally:
            client.close()

    with ThreadPoolExecutor(32) as pool:
        assert Counter(pool.map(ask, range(64))) == {200: 64}


def test_the_proxy_tells_when_logins_cannot_be_checked(directory: Path, anyone: Client) -> None:
    bob = anyone.login("bob", BOB)
    assert bob.check() == 200
    link = directory / "etc/current/logins.sock"
    target = link.readlink()
    link.unlink()
    try:
        assert bob.check() == 200
        reply = anyone.login("alice", ALICE).request("GET", "/v2/")
        assert (reply.status, reply.headers["Retry-After"]) == (503, "5")
        assert anyone.check() == 401
    finally:
        link.symlink_to(target)
    assert anyone.login("alice", ALICE).check() == 200


def test_the_log_has_who_failed_and_from_where_and_no_password(
    directory: Path, anyone: Client
) -> None:
    log = directory / "logs/access.log"
    log.write_text("")
    anyone.login("alice", "a-wrong-password").check()
    anyone.login('al"ice\n{', "another").check()
    deadline = time.monotonic() + 5
    while len(lines := log.read_text().splitlines()) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)  # a line is written after its answer
    assert len(lines) == 2
    assert '"uri":"/v2/"' in lines[0]
    assert '"address":"127.0.0.1","user":"alice"' in lines[0]
    assert '"status":401' in lines[0]
    assert '"user":"al\\"ice\\n{"' in lines[1]
    assert "password" not in log.read_text()


@pytest.fixture
def flip(
    tmp_path: Path, registry_binary: Path
) -> Iterator[tuple[Callable[[int], None], Callable[[str], int]]]:
    """Two generations that differ in alice's password: `flip(2)`, and `ask(password)`."""
    one = settings_of(tmp_path, alice=ALICE)
    two = parse({**_flat(one), "registry_auth_users": users(alice="alices-second-one")})
    cafile = pairs.prepare(tmp_path, one)
    current, generations = tmp_path / "etc/current", tmp_path / "etc/generations"
    generations.mkdir()
    current.rename(generations / "1")
    shutil.copytree(generations / "1", generations / "2", symlinks=True)
    content = render(two, pairs.layout(tmp_path))["logins/htpasswd"].content
    (generations / "2/logins/htpasswd").write_text(content)
    (tmp_path / "other/run").mkdir(parents=True)
    (generations / "2/logins.sock").unlink()
    (generations / "2/logins.sock").symlink_to(tmp_path / "other/run/socket")

    def point(number: int) -> None:
        beside = tmp_path / "etc/beside"
        beside.symlink_to(f"generations/{number}")
        beside.rename(current)

    point(1)
    with (
        pairs.registry(registry_binary, tmp_path, one),
        pairs.proxy(tmp_path, one, lambda text: text),
        pairs.logins(tmp_path / "other", generations / "2/logins/nginx.conf"),
    ):
        port = one.proxy.port
        anyone = over_tls(one.hostname, port, address="127.0.0.1", cafile=str(cafile))

        def ask(password: str) -> int:
            client = anyone.login("alice", password)
            try:
                return client.check()
            finally:
                client.close()

        yield point, ask


def _flat(settings: Settings) -> dict[str, object]:
    return {
        "registry_hostname": settings.hostname,
        "registry_distribution_checksum": "sha256:" + "0" * 64,
    }


def test_a_changed_password_is_refused_from_the_flip_on(
    flip: tuple[Callable[[int], None], Callable[[str], int]],
) -> None:
    point, ask = flip
    for _ in range(3):
        assert (ask(ALICE), ask("alices-second-one")) == (200, 401)
        point(2)
        assert (ask(ALICE), ask("alices-second-one")) == (401, 200)
        point(1)


def test_no_login_in_flight_at_the_flip_leaves_a_verdict_behind(
    flip: tuple[Callable[[int], None], Callable[[str], int]],
) -> None:
    point, ask = flip
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            flying = [pool.submit(ask, ALICE) for _ in range(8)]
            time.sleep(0.03)  # bcrypt takes longer: some are being checked now
            point(2)
            late = [pool.submit(ask, ALICE) for _ in range(2)]
            assert {one.result() for one in flying} <= {200, 401}
            assert {one.result() for one in late} <= {401, 429}
            assert ask(ALICE) in (401, 429)
            point(1)
            assert ask(ALICE) == 200
