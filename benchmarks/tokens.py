"""What tokens cost: a request with one, the making of one, and many users and rules."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bcrypt

sys.path.insert(0, str(Path(__file__).parents[1] / ".collections"))

from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    Client,
    over_tls,
    two_layer_image,
)

from holdfast.issuer.rules import Identity, Policy
from holdfast.issuer.scopes import Scope
from holdfast.issuer.sources import Inventory
from holdfast.preview import Preview
from holdfast.rendering import render
from holdfast.settings import parse
from holdfast.settings.auth import Token
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
    """A preview, and what a request to it has to bring."""

    preview: Preview
    login: str

    @property
    def url(self) -> str:
        return self.preview.settings.url

    def client(self) -> Client:
        port = self.preview.settings.proxy.port
        return over_tls("localhost", port, address="127.0.0.1", cafile=str(self.preview.ca_file))


def measure() -> None:
    """Compare a registry without logins and one with tokens, interleaved, each behind its proxy."""
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
        _requests(served)
        _issued(one)
    _many()


def _requests(served: dict[str, Served]) -> None:
    rates: dict[str, list[float]] = {mode: [] for mode in served}
    for _ in range(ROUNDS):
        for mode, one in served.items():
            headers = ["Accept: application/vnd.oci.image.manifest.v1+json"]
            headers += [f"Authorization: {one.login}"] if one.login else []
            rates[mode].append(_ab(f"{one.url}{MANIFEST}", headers)[0])
    found = {mode: statistics.median(values) for mode, values in rates.items()}
    ratio = found["token"] / found["none"]
    print(
        f"manifest GET/s: none {found['none']:.0f}, token {found['token']:.0f}, ratio {ratio:.2f}"
    )


def _issued(one: Served) -> None:
    client = one.client()
    seconds = []
    for number in range(1, COLD + 1):
        begun = time.monotonic()
        status = client.login(f"user{number}", PASSWORD).request("GET", SCOPE).status
        seconds.append(time.monotonic() - begun)
        assert status == 200, status
    cold = statistics.quantiles(seconds, n=100)
    print(
        f"a token, first login: {1 / statistics.mean(seconds):.0f}/s, p50 {_ms(cold[49])}, "
        f"p99 {_ms(cold[98])}"
    )
    rate, middle, slow = _ab(f"{one.url}{SCOPE}", [], ["-A", f"user0:{PASSWORD}"])
    print(f"a token, login remembered: {rate:.0f}/s, p50 {middle} ms, p99 {slow} ms")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


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


class _Serving:
    def __init__(self, mode: str) -> None:
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
        self._preview = Preview(parse({**BASE, **own}), Path(binary.obtain()["path"]))

    def __enter__(self) -> Served:
        return Served(self._preview.__enter__(), "")

    def __exit__(self, *error: Any) -> None:
        self._preview.__exit__(*error)


def _serving(mode: str) -> _Serving:
    return _Serving(mode)


def many() -> dict[str, Any]:
    """Return settings of many users, each in a group of ten, and a rule for each group."""
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


def _many() -> None:
    told = many()
    begun = time.monotonic()
    settings = parse(told)
    parsed = time.monotonic()
    tree = render(settings)
    rendered = time.monotonic()
    inventory = Inventory(json.loads(tree["issuer/sources.json"].content)["sources"][0])
    auth = settings.auth
    assert isinstance(auth, Token)
    policy = Policy(rule.rule for rule in auth.rules)
    loaded = time.monotonic()
    print(
        f"{USERS} users, {RULES} rules: parsed and checked {parsed - begun:.2f} s,"
        f" rendered {rendered - parsed:.2f} s, read by the issuer {loaded - rendered:.2f} s"
    )
    for what, who in _people(inventory):
        begun, times = time.perf_counter(), 2000
        for _ in range(times):
            policy.grant(who, Scope("repository", "group7/app", ("pull", "push")))
        each = (time.perf_counter() - begun) / times * 1e6
        print(f"a decision, {what}: {each:.0f} µs")


def _people(inventory: Inventory) -> Iterator[tuple[str, Identity]]:
    found = inventory.lookup("user7")
    assert found
    yield "a user of one group", found
    groups = tuple(f"group{number}" for number in range(RULES))
    yield "a user of all groups", Identity("boss", "user", groups)


if __name__ == "__main__":
    measure()
