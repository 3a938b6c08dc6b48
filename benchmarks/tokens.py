"""Measure the cost of tokens: a request with one, its issue, many users and rules."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import bcrypt
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    over_tls,
    two_layer_image,
)

from benchmarks.figures import Figure, Result, Table, Way, interleaved
from benchmarks.lab import Lab
from benchmarks.processes import cpu
from holdfast.issuer.rules import Identity, Policy
from holdfast.issuer.scopes import Scope
from holdfast.issuer.sources import Inventory
from holdfast.preview import Preview
from holdfast.rendering import render
from holdfast.settings import parse
from holdfast.settings.sections.auth import Token
from testhosts import binary

PASSWORD = "correct-horse-battery"
ROUNDS, REQUESTS, CLIENTS = 7, 3000, 8
USERS, RULES, COLD = 10_000, 1_000, 60
BASE = {
    "registry_hostname": "registry.holdfast.test",
    "registry_distribution_checksum": "sha256:" + "a" * 64,
}
MANIFEST = "/v2/team/app/manifests/1"
SCOPE = "/auth/token?service=localhost&scope=repository:team/app:pull,push"


@dataclass
class Served:
    """A preview, and the headers that a request to it needs."""

    preview: Preview
    login: str

    @property
    def url(self) -> str:
        return self.preview.settings.url

    def client(self) -> Client:
        port = self.preview.settings.proxy.port
        return over_tls("localhost", port, address="127.0.0.1", cafile=str(self.preview.ca_file))


def measure(_: Lab) -> list[Result]:
    """Compare a registry without logins and one with tokens, in turns, each behind its proxy."""
    with ExitStack() as stack:
        served = {mode: stack.enter_context(_serving(mode)) for mode in ("none", "token")}
        one = served["token"]
        basic = one.client().login("user0", PASSWORD)
        token = json.loads(basic.request("GET", SCOPE).body)["token"]
        one.login = f"Bearer {token}"
        for mode in served.values():
            client = mode.client()
            (client if mode.login == "" else client.bearing(token)).push(
                "team/app", "1", two_layer_image("measured")
            )
        return [*_requests(served), _issued(one), _many()]


def _requests(served: dict[str, Served]) -> Iterator[Figure]:
    names = {"none": "no logins (`registry_auth_mode: none`)", "token": "token, ES256"}
    ways: dict[str, Way] = {names[mode]: partial(_rate, one) for mode, one in served.items()}
    samples = interleaved("tokens", ways, ROUNDS)
    title, token = f"manifest GET by tag, {CLIENTS} keep-alive connections", names["token"]
    yield Figure(title, "requests/s", names["none"], samples, {token: ">= 0.85"})
    ways = {names[mode]: partial(_cost, one) for mode, one in served.items()}
    samples = interleaved("tokens, CPU", ways, ROUNDS)
    goals = {token: "<= 1.18"}
    yield Figure("the same, CPU a request", "ms", names["none"], samples, goals)


def _rate(one: Served) -> float:
    headers = ["Accept: application/vnd.oci.image.manifest.v1+json"]
    headers += [f"Authorization: {one.login}"] if one.login else []
    return _ab(f"{one.url}{MANIFEST}", headers)[0]


def _cost(one: Served) -> float:
    """Return the milliseconds of processor time of a request, without the client's."""
    before = cpu(*one.preview.pids)
    _rate(one)
    return (cpu(*one.preview.pids) - before) / REQUESTS * 1000


def _issued(one: Served) -> Table:
    client = one.client()
    seconds = []
    for number in range(1, COLD + 1):
        begun = time.monotonic()
        status = client.login(f"user{number}", PASSWORD).request("GET", SCOPE).status
        seconds.append(time.monotonic() - begun)
        assert status == 200, status
    cold = statistics.quantiles(seconds, n=100)
    rate, middle, slow = _ab(f"{one.url}{SCOPE}", [], ["-A", f"user0:{PASSWORD}"])
    rows = [
        ["login remembered", f"{rate:.0f}", f"{middle} ms", f"{slow} ms"],
        [
            "first login (bcrypt, cost 10)",
            f"{1 / statistics.mean(seconds):.0f}",
            f"{cold[49] * 1000:.0f} ms",
            f"{cold[98] * 1000:.0f} ms",
        ],
    ]
    return Table("issuer", ["the issuer, one process", "tokens/s", "p50", "p99"], rows)


def _ab(url: str, headers: list[str], more: list[str] | None = None) -> tuple[float, str, str]:
    """Return requests a second, and the 50th and 99th percentile in milliseconds."""
    given = [part for header in headers for part in ("-H", header)]
    argv = ["ab", "-k", "-q", "-n", str(REQUESTS), "-c", str(CLIENTS), *given, *(more or []), url]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in said, said
    rate = re.search(r"Requests per second:\s+([\d.]+)", said)
    parts = [re.search(rf"{percent}%\s+(\d+)", said) for percent in (50, 99)]
    assert rate
    return float(rate[1]), *(part[1] if part else "?" for part in parts)  # type: ignore[return-value]


@contextmanager
def _serving(mode: str) -> Iterator[Served]:
    own: dict[str, Any] = {"registry_auth_mode": mode}
    if mode == "token":
        own["registry_auth_users"] = [
            {"name": f"user{number}", "password": PASSWORD} for number in range(COLD + 1)
        ]
        own["registry_auth_rules"] = [
            {"subjects": ["everyone"], "repositories": ["team/**"], "actions": ["push"]}
        ]
    else:
        own["registry_auth_accept_open_access"] = True
    with Preview(parse({**BASE, **own}), Path(binary.obtain()["path"])) as preview:
        yield Served(preview, "")


def many() -> dict[str, Any]:
    """Return the settings with many users in groups of ten, and one rule for each group."""
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()
    names = [f"user{number}" for number in range(USERS)]
    groups = [f"group{number}" for number in range(RULES)]
    return {
        **BASE,
        "registry_auth_mode": "token",
        "registry_auth_users": [{"name": name, "password_hash": hashed} for name in names],
        "registry_auth_groups": [
            {"name": group, "members": names[number::RULES]} for number, group in enumerate(groups)
        ],
        "registry_auth_rules": [
            {"subjects": [f"group:{group}"], "repositories": [f"{group}/**"], "actions": ["push"]}
            for group in groups
        ],
    }


def _many() -> Table:
    variables = many()
    begun = time.monotonic()
    settings = parse(variables)
    parsed = time.monotonic()
    tree = render(settings)
    rendered = time.monotonic()
    inventory = Inventory(json.loads(tree["issuer/sources.json"].content)["sources"][0])
    auth = settings.auth
    assert isinstance(auth, Token)
    policy = Policy(rule.rule for rule in auth.rules)
    loaded = time.monotonic()
    rows = [
        ["parsed and checked", f"{parsed - begun:.2f} s"],
        ["rendered", f"{rendered - parsed:.2f} s"],
        ["read by the issuer at its start", f"{loaded - rendered:.2f} s"],
    ]
    for what, who in _people(inventory):
        begun, times = time.perf_counter(), 2000
        for _ in range(times):
            policy.grant(who, Scope("repository", "group7/app", ("pull", "push")))
        each = (time.perf_counter() - begun) / times * 1e6
        rows.append([f"a decision, {what}", f"{each:.0f} µs"])
    return Table("many", [f"{USERS} users in {RULES} groups, a rule for each", "time"], rows)


def _people(inventory: Inventory) -> Iterator[tuple[str, Identity]]:
    found = inventory.lookup("user7")
    assert found
    yield "a user of one group", found
    groups = tuple(f"group{number}" for number in range(RULES))
    yield "a user of all groups", Identity("boss", "user", groups)
