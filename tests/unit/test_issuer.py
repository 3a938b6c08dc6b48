"""The issuer over HTTP, without a proxy: every kind of request, and every refusal."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import bcrypt
import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.issuer import keys
from holdfast.issuer.audit import Audit
from holdfast.issuer.errors import SourceError
from holdfast.issuer.limits import QUIET_SECONDS, Limits, network_of
from holdfast.issuer.logins import Logins
from holdfast.issuer.requests import TokenRequest
from holdfast.issuer.rules import Identity, Policy, Rule
from holdfast.issuer.service import Issuer, Refused
from holdfast.issuer.sources import Inventory
from holdfast.issuer.tokens import Names, Tokens
from holdfast.issuer.turns import EACH, FullError, Turns

PASSWORD, SECRET = "correct-horse", "robot-secret"
HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
RULES = [
    Rule(("user:alice",), ("team-a/**", "home/{user}/**"), ("push", "delete")),
    Rule(("group:devs",), ("shared/*",), ("pull",)),
    Rule(("robot:ci",), ("team-a/app",), ("pull",)),
    Rule(("anonymous",), ("public/**",), ("pull",)),
    Rule(("everyone",), (), ("catalog",)),
]
KEY = keys.make()


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def inventory(hash_: str = HASH) -> dict[str, Any]:
    sum_ = hashlib.sha256(SECRET.encode()).hexdigest()
    return {
        "users": {
            "alice": {"hash": hash_, "groups": ["devs"]},
            "bob": {"hash": HASH, "groups": []},
        },
        "robots": {"ci": {"sha256": sum_, "until": 1_900_000_000.0}},
    }


def made(log: Path | None = None, told: dict[str, Any] | None = None, clock: Any = None) -> Issuer:
    clock = clock or Clock()
    names = Names("holdfast", "registry.example", 300, 86400)
    return Issuer(
        Policy(RULES),
        Logins([Inventory(told or inventory(), clock)]),
        Tokens(names, (KEY, keys.thumbprint(KEY.public_key())), b"r" * 32, clock),
        Limits(clock),
        Audit(log),
    )


def ask(
    issuer: Issuer,
    query: str = "",
    *,
    basic: tuple[str, str] | None = None,
    form: dict[str, str] | bytes | None = None,
    headers: list[tuple[bytes, bytes]] | None = None,
) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Send one request to the application; return status, headers and what is in the answer."""
    sent = [(b"x-forwarded-for", b"192.0.2.1"), *(headers or [])]
    if basic:
        raw = base64.b64encode(":".join(basic).encode())
        sent.append((b"authorization", b"Basic " + raw))
    body = urlencode(form).encode() if isinstance(form, dict) else form or b""
    scope = {
        "type": "http",
        "method": "GET" if form is None else "POST",
        "path": "/auth/token",
        "raw_path": b"/auth/token",
        "root_path": "",
        "scheme": "http",
        "query_string": query.encode(),
        "headers": sent,
        "http_version": "1.1",
        "server": None,
        "client": None,
    }
    answers: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        answers.append(message)

    asyncio.run(issuer.application()(scope, receive, send))
    told = {name.decode(): value.decode() for name, value in answers[0]["headers"]}
    return answers[0]["status"], told, json.loads(b"".join(one["body"] for one in answers[1:]))


def access(answer: dict[str, Any]) -> list[dict[str, Any]]:
    options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    claims = jwt.decode(
        answer["token"], KEY.public_key(), ["ES256"], audience="registry.example", options=options
    )
    return claims["access"]


def test_a_login_gets_what_the_rules_allow() -> None:
    query = "service=registry.example&scope=repository:team-a/x:pull,push,delete"
    status, headers, answer = ask(made(), query, basic=("alice", PASSWORD))
    assert (status, headers["cache-control"]) == (200, "no-store")
    assert access(answer) == [
        {"type": "repository", "name": "team-a/x", "actions": ["delete", "pull", "push"]}
    ]
    assert (answer["expires_in"], answer["access_token"]) == (300, answer["token"])
    header = jwt.get_unverified_header(answer["token"])
    assert (header["alg"], header["kid"]) == ("ES256", keys.thumbprint(KEY.public_key()))


def test_several_scopes_at_once_as_a_mount_asks() -> None:
    query = "scope=repository:team-a/x:pull,push&scope=repository:shared/y:pull,push"
    _, _, answer = ask(made(), query, basic=("alice", PASSWORD))
    assert [(one["name"], one["actions"]) for one in access(answer)] == [
        ("team-a/x", ["pull", "push"]),
        ("shared/y", ["pull"]),
    ]


def test_anybody_pulls_what_is_open_and_is_asked_to_log_in_for_the_rest() -> None:
    _, _, answer = ask(made(), "scope=repository:public/x:pull,push")
    assert access(answer) == [{"type": "repository", "name": "public/x", "actions": ["pull"]}]
    status, headers, _ = ask(made(), "scope=repository:team-a/x:pull")
    assert (status, headers["www-authenticate"]) == (401, 'Basic realm="holdfast"')
    assert ask(made(), "")[0] == 401


def test_catalog_is_for_who_is_logged_in() -> None:
    _, _, answer = ask(made(), "scope=registry:catalog:*", basic=("bob", PASSWORD))
    assert access(answer) == [{"type": "registry", "name": "catalog", "actions": ["*"]}]
    _, _, answer = ask(made(), "scope=registry:catalog:*", basic=("ci", SECRET))
    assert access(answer) == []


@pytest.mark.parametrize(
    ("name", "password"),
    [("alice", "wrong"), ("nobody", PASSWORD), ("alice", ""), ("ci", PASSWORD), ("alice", "\0")],
)
def test_wrong_logins(name: str, password: str) -> None:
    status, headers, answer = ask(made(), "", basic=(name, password))
    assert (status, headers["www-authenticate"]) == (401, 'Basic realm="holdfast"')
    assert answer["errors"][0]["code"] == "UNAUTHORIZED"


def test_a_password_that_bcrypt_would_cut_short_is_no_login() -> None:
    long = "x" * 72
    told = inventory(bcrypt.hashpw(long.encode(), bcrypt.gensalt(4)).decode())
    assert ask(made(told=told), "", basic=("alice", long))[0] == 200
    assert ask(made(told=told), "", basic=("alice", long + "y"))[0] == 401


def test_refresh_tokens_continue_a_login_until_its_password_changes() -> None:
    issuer = made()
    form = {"grant_type": "password", "username": "alice", "password": PASSWORD}
    form |= {"service": "registry.example", "access_type": "offline", "client_id": "docker"}
    refresh = ask(issuer, form=form)[2]["refresh_token"]
    again = {"grant_type": "refresh_token", "refresh_token": refresh}
    again |= {"scope": "repository:team-a/x:pull repository:team-b/x:pull"}
    status, _, answer = ask(issuer, form=again)
    assert (status, answer["refresh_token"]) == (200, refresh)
    assert [one["name"] for one in access(answer)] == ["team-a/x"]
    other = bcrypt.hashpw(b"another-horse", bcrypt.gensalt(4)).decode()
    assert ask(made(told=inventory(other)), form=again)[0] == 401
    gone = inventory()
    del gone["users"]["alice"]
    assert ask(made(told=gone), form=again)[0] == 401


def test_a_refresh_token_ends_and_is_no_token_for_the_registry() -> None:
    clock = Clock()
    issuer = made(clock=clock)
    _, _, answer = ask(issuer, "offline_token=true", basic=("alice", PASSWORD))
    refresh = answer["refresh_token"]
    assert jwt.decode(refresh, options={"verify_signature": False})["aud"] != "registry.example"
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    assert ask(issuer, form=form)[0] == 200
    for bad in ("", refresh[:-4], answer["token"], "a.b.c"):
        assert ask(issuer, form={**form, "refresh_token": bad})[0] == 401
    clock.now += 86400
    assert ask(issuer, form=form)[0] == 401


def test_a_robot_ends_on_its_day_although_its_secret_was_remembered() -> None:
    clock = Clock()
    issuer = made(clock=clock)
    query = "scope=repository:team-a/app:pull,push"
    assert access(ask(issuer, query, basic=("ci", SECRET))[2])[0]["actions"] == ["pull"]
    clock.now = 1_900_000_000.0
    assert ask(issuer, query, basic=("ci", SECRET))[0] == 401


def test_wrong_logins_are_slowed_and_right_ones_are_not() -> None:
    clock = Clock()
    issuer = made(clock=clock)
    assert ask(issuer, "", basic=("bob", PASSWORD))[0] == 200
    wrong = [ask(issuer, "", basic=("alice", f"guess-{n}"))[0] for n in range(30)]
    assert wrong == [401] * 10 + [429] * 20
    status, headers, _ = ask(issuer, "", basic=("alice", PASSWORD))
    assert (status, headers["retry-after"]) == (429, "2")
    assert ask(issuer, "", basic=("bob", PASSWORD))[0] == 200, "it was remembered"
    clock.now += 2
    assert ask(issuer, "", basic=("alice", PASSWORD))[0] == 200


def test_of_ipv6_a_network_counts() -> None:
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::9")
    assert network_of("2001:db8:1:2::9") != network_of("2001:db8:1:3::9")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("unknown") == "unknown"


def test_a_name_that_many_guess_is_open_to_networks_that_did_not() -> None:
    clock = Clock()
    limits = Limits(clock)
    for number in range(30):
        limits.failed(f"192.0.2.{number}", "alice")
    assert limits.wait("192.0.2.1", "alice") == 2.0
    assert limits.wait("198.51.100.1", "alice") == 0.0, "it never tried"
    assert limits.wait("192.0.2.1", "bob") == 0.0, "another name"
    limits.failed("198.51.100.1", "alice")
    assert limits.wait("198.51.100.1", "alice") == 2.0, "one try for each network"
    clock.now += QUIET_SECONDS
    assert limits.wait("192.0.2.1", "alice") == 0.0


def test_turns_are_fair_and_end() -> None:
    async def flood() -> tuple[list[str], list[bool]]:
        turns, order, full = Turns(1), [], []

        async def one(network: str) -> None:
            try:
                async with turns.turn(network):
                    order.append(network)
                    await asyncio.sleep(0)
            except FullError as error:
                full.append(error.own)

        many = [asyncio.create_task(one("many")) for _ in range(EACH + 11)]
        await asyncio.sleep(0)
        gone = asyncio.create_task(one("gone"))
        late = [asyncio.create_task(one("late")) for _ in range(2)]
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(*many, *late)
        return order, full

    order, full = asyncio.run(flood())
    assert order.index("late") < 6
    assert order.count("late") == 2
    assert full == [True] * 10
    assert len(order) == EACH + 3


def test_who_comes_when_too_many_wait_learns_when_to_come_back() -> None:
    issuer = made()

    async def asked() -> int:
        async with issuer._turns.turn("a"), issuer._turns.turn("a"):
            waits = [issuer._turns.turn("192.0.2.1").__aenter__() for _ in range(EACH)]
            tasks = [asyncio.create_task(one) for one in waits]
            await asyncio.sleep(0)
            with pytest.raises(Refused) as refused:
                await issuer._identity(TokenRequest("basic", "alice", "x"), "192.0.2.1")
            for task in tasks:
                task.cancel()
            assert int(refused.value.headers["Retry-After"]) >= 1
            return refused.value.status

    assert asyncio.run(asked()) == 429


def test_a_source_that_cannot_be_asked_is_no_wrong_password() -> None:
    class Down:
        remember_seconds = 60.0

        def verify(self, name: str, password: str) -> Identity | None:
            raise SourceError(name + password)

        lookup = verify  # type: ignore[assignment]

    issuer = made()
    issuer.logins = Logins([Down(), Inventory(inventory())])  # type: ignore[list-item]
    status, headers, _ = ask(issuer, "", basic=("nobody", PASSWORD))
    assert (status, headers["retry-after"]) == (503, "10")
    assert ask(issuer, "", basic=("bob", PASSWORD))[0] == 200


def test_what_is_remembered_of_another_source_is_forgotten_in_time() -> None:
    requested: list[str] = []
    clock = Clock()

    class Elsewhere:
        remember_seconds = 60.0

        def verify(self, name: str, password: str) -> Identity | None:
            requested.append(name)
            return Identity(name) if password == PASSWORD else None

        def lookup(self, name: str) -> Identity | None:
            return Identity(name)

    logins = Logins([Elsewhere()], clock)
    assert logins.remembered("carol", PASSWORD) is None
    assert logins.verify("carol", PASSWORD) == logins.remembered("carol", PASSWORD)
    assert logins.remembered("carol", "another") is None
    clock.now += 60
    assert logins.remembered("carol", PASSWORD) is None
    assert requested == ["carol"]


def test_the_audit_log_has_a_line_for_each_and_no_secret(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    issuer = made(log)
    query = "scope=repository:team-a/x:pull,push&scope=repository:team-b/x:pull&offline_token=true"
    refresh = ask(issuer, query, basic=("alice", PASSWORD))[2]["refresh_token"]
    ask(issuer, "", basic=("alice", "wrong-horse"))
    ask(issuer, "", basic=('al\nice"', "wrong-horse"))
    ask(issuer, form={"grant_type": "refresh_token", "refresh_token": refresh})
    ask(issuer, headers=[(b"authorization", b"Digest x")])
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines[0] == {
        "time": lines[0]["time"],
        "address": "192.0.2.1",
        "subject": "user:alice",
        "grant": "basic",
        "asked": ["repository:team-a/x:pull,push", "repository:team-b/x:pull"],
        "granted": ["repository:team-a/x:pull,push"],
        "result": "token",
    }
    assert [line["result"] for line in lines[1:]] == [
        "wrong name or password",
        "wrong name or password",
        "token",
        "bad request: only Basic is understood in the Authorization header",
    ]
    assert lines[2]["subject"] == 'login:al\nice"'
    text = log.read_text()
    assert not [one for one in (PASSWORD, "wrong-horse", refresh, HASH) if one in text]


BAD: list[dict[str, Any]] = [
    {"query": "service=another"},
    {"query": "service=a&service=b"},
    {"headers": [(b"authorization", b"Bearer x")]},
    {"headers": [(b"authorization", b"Basic !")]},
    {"headers": [(b"authorization", b"Basic " + base64.b64encode(b"no-colon"))]},
    {"headers": [(b"authorization", b"Basic YTpi"), (b"authorization", b"Basic YTpi")]},
    {"form": {"grant_type": "client_credentials"}},
    {"form": {"grant_type": "password", "username": "alice"}},
    {"form": b"grant_type=password&username=a&username=b&password=c"},
    {"form": b"\xff\xfe"},
    {"form": b"x=" + b"y" * 70000},
    {"form": {"grant_type": "refresh_token"}, "headers": [(b"authorization", b"Basic YTpi")]},
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: str(bad)[:60])
def test_what_cannot_be_understood(bad: dict[str, Any]) -> None:
    status, _, answer = ask(made(), **bad)
    assert (status, answer["errors"][0]["code"]) == (400, "UNSUPPORTED")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.binary(max_size=80))
def test_no_header_and_no_form_breaks_it_or_opens_it(header: bytes, form: bytes) -> None:
    query = "scope=repository:team-a/x:pull,push&scope=registry:catalog:*"
    issuer = made()
    status, _, _ = ask(issuer, query, headers=[(b"authorization", header)])
    assert status in (400, 401)
    status, _, _ = ask(
        issuer, query, headers=[(b"authorization", b"Basic " + base64.b64encode(header))]
    )
    assert status in (400, 401)
    assert ask(issuer, form=form)[0] in (400, 401)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.text(max_size=50) | st.sampled_from(["repository:team-a/x:push", "*:*:*"]), max_size=4
    )
)
def test_no_scope_breaks_it_or_gives_more_than_the_rules(scopes: list[str]) -> None:
    issuer = made()
    issuer.logins.verify("alice", PASSWORD)
    query = urlencode([("scope", one) for one in scopes])
    status, _, answer = ask(issuer, query, basic=("alice", PASSWORD))
    assert status in (200, 400)
    if status == 200:
        alice = Identity("alice", "user", ("devs",))
        for one in access(answer):
            allowed = set(issuer.policy.allows(alice, one["name"])) | {"*"}
            assert set(one["actions"]) <= allowed
            assert one["type"] == "repository" or one["name"] == "catalog"
