"""Guesses from many addresses: a network counts as one, and nobody elsewhere is locked out."""

from __future__ import annotations

import ipaddress
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    Reply,
    over_plain,
)

from holdfast.issuer.limits import network_of
from holdfast.settings import parse
from tests.integration import pairs
from tests.integration.conftest import NAME, _free_port

ALICE, BOB = "alices-first-one", "bobs-own-secret"
# What a slow machine takes for bcrypt has no part in it then.
PASSWORDS = {"registry_auth_guesses_per_minute": 1}
TOKENS = {
    "registry_auth_mode": "token",
    "registry_auth_rules": [
        {"subjects": ["user:alice", "user:bob"], "repositories": ["**"], "actions": ["pull"]}
    ],
}
Ask = Callable[[str, str, str], Reply]
"""Log in from an address, with a name and a password."""


@pytest.fixture(params=[PASSWORDS, TOKENS], ids=["htpasswd", "token"])
def ask(request: pytest.FixtureRequest, tmp_path: Path, registry_binary: Path) -> Iterator[Ask]:
    """Behind a load balancer, which says from where a client comes."""
    own: dict[str, Any] = request.param
    settings = parse(
        {
            "registry_hostname": NAME,
            "registry_platform": "debian12",
            "registry_distribution_checksum": "sha256:" + "0" * 64,
            "registry_auth_users": [
                {"name": "alice", "password": ALICE},
                {"name": "bob", "password": BOB},
            ],
            "registry_storage_directory": str(tmp_path / "data"),
            "registry_tls_mode": "external",
            "registry_tls_trusted_proxies": ["127.0.0.1"],
            "registry_tls_plain_port": _free_port(),
            **own,
        }
    )
    pairs.prepare(tmp_path, settings)
    path = "/auth/token" if settings.auth.issues_tokens else "/v2/"

    def asked(address: str, name: str, password: str) -> Reply:
        anyone = over_plain(NAME, settings.ports[0][0], address="127.0.0.1", timeout=60)
        client: Client = anyone.login(name, password)
        try:
            return client.request("GET", path, b"", {"X-Forwarded-For": address})
        finally:
            client.close()

    with (
        pairs.registry(registry_binary, tmp_path, settings),
        pairs.proxy(tmp_path, settings, lambda text: text),
    ):
        yield asked


def statuses(ask: Ask, guesses: list[tuple[str, str, str]]) -> Counter[int]:
    with ThreadPoolExecutor(8) as pool:
        return Counter(reply.status for reply in pool.map(lambda one: ask(*one), guesses))


def test_a_network_of_ipv6_counts_as_one(ask: Ask) -> None:
    guesses = [(f"2001:db8:1:2::{n:x}", "alice", f"guess-{n}") for n in range(1, 81)]
    begun = time.monotonic()
    found = statuses(ask, guesses)
    assert set(found) == {401, 429}
    most = 14 + 0.6 * (time.monotonic() - begun)
    assert found[401] <= most, "nearly all guesses from one /64 were looked at before"
    assert ask("2001:db8:1:3::1", "bob", BOB).status == 200, "another network"


def test_many_networks_lock_nobody_out(ask: Ask) -> None:
    places = [f"198.51.100.{n}" for n in range(10)] + [f"2001:db8:{n:x}::1" for n in range(10)]
    guesses = [(place, "alice", f"{place}-{n}") for place in places for n in range(8)]
    found = statuses(ask, guesses)
    assert found[429] > 20, "the name is limited"
    assert ask("203.0.113.7", "alice", ALICE).status == 200
    assert ask("2001:db8:99::1", "alice", ALICE).status == 200
    refused = next(
        reply for n in range(20) if (reply := ask(places[0], "alice", f"more-{n}")).status == 429
    )
    assert int(refused.headers["Retry-After"]) >= 1
    assert json.loads(refused.body)["errors"][0]["code"] == "TOOMANYREQUESTS"


@pytest.mark.parametrize("ask", [TOKENS], indirect=True, ids=["token"])
def test_a_flood_is_answered_and_delays_nobody_elsewhere(ask: Ask) -> None:
    guesses = [(f"198.51.100.{n % 2}", f"name-{n}", "guess") for n in range(400)]
    with ThreadPoolExecutor(250) as pool:
        flood = [pool.submit(ask, *one) for one in guesses]
        time.sleep(0.5)
        begun = time.monotonic()
        assert ask("203.0.113.7", "alice", ALICE).status == 200
        assert time.monotonic() - begun < 25
        replies = [one.result() for one in flood]
    # On a busy machine the proxy stops waiting for some, and says so.
    assert {reply.status for reply in replies} <= {401, 429, 503}
    later = [reply for reply in replies if reply.status != 401]
    assert all(1 <= int(reply.headers["Retry-After"]) <= 60 for reply in later)
    assert any(b"too many logins at once" in reply.body for reply in later), "the queue has an end"


@pytest.mark.usefixtures("ask")
@pytest.mark.parametrize("ask", [PASSWORDS], indirect=True, ids=["htpasswd"])
def test_nginx_and_python_agree_on_networks(tmp_path: Path) -> None:
    halves = ["2001:db8:1:2", "2001:0:0:5", "2001:db8:0:0", "0:0:1:2", "0:0:0:9", "1:0:0:0"]
    ends = ["1:2:3:4", "0:0:0:1", "0:0:3:4", "a:0:0:4", "1:0:0:0", "0:b:c:d", "0:0:0:0"]
    conf = (tmp_path / "etc/current/proxy/nginx.conf").read_text()
    begin = conf.index("map $remote_addr $network")
    rules = conf[begin : conf.index("  }\n", begin) + 4]
    port = _free_port()
    own = tmp_path / "networks.conf"
    own.write_text(
        f"events {{}}\npid {tmp_path}/networks.pid;\nhttp {{\n access_log off;\n"
        " set_real_ip_from 127.0.0.1;\n real_ip_header X-Forwarded-For;\n  "
        f"{rules} server {{ listen 127.0.0.1:{port};\n"
        " location / { add_header X-Network $network; return 204; } }\n}\n"
    )
    client = over_plain("networks", port, address="127.0.0.1")
    seen: dict[str, set[str]] = {}
    with pairs.running(pairs.nginx(own), tmp_path / "networks.log", client.check):
        for half in halves:
            for end in ends:
                address = str(ipaddress.ip_address(f"{half}:{end}"))
                reply = client.request("GET", "/", b"", {"X-Forwarded-For": address})
                seen.setdefault(network_of(address), set()).add(reply.headers["X-Network"])
        for address in ("192.0.2.7", "::ffff:192.0.2.7"):
            reply = client.request("GET", "/", b"", {"X-Forwarded-For": address})
            seen.setdefault(network_of(address), set()).add(reply.headers["X-Network"])
    assert all(len(names) == 1 for names in seen.values()), seen
    assert len({name for names in seen.values() for name in names}) == len(seen) == len(halves) + 1
