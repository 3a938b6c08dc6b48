"""Check the tokens that users get by the rules, and that invalid tokens are refused."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import Client

from holdfast.access import identity_of
from holdfast.issuer import keys
from holdfast.issuer.rules import ANYBODY, Identity, Policy
from holdfast.issuer.scopes import Scope, parse
from holdfast.settings import Settings
from holdfast.settings.sections.auth import Token
from holdfast.verification.messages import listed, mismatch
from holdfast.verification.skips import not_applicable
from holdfast.verification.target import Login

UNHEARD_OF = "holdfast-verify-unheard-of/app"
CATALOG = "registry:catalog:*"


@pytest.fixture(scope="session")
def auth(settings: Settings) -> Token:
    """Return the settings of logins if the host's own issuer grants tokens."""
    auth = settings.auth.token
    if auth is None:
        not_applicable(f"registry_auth_mode is {settings.auth.mode}")
    return auth


@pytest.fixture(scope="session")
def policy(auth: Token) -> Policy:
    """Return the rules of the inventory."""
    return Policy(rule.rule for rule in auth.rules)


@pytest.fixture(scope="session")
def token(auth: Token, anonymous: Client, login: Login) -> str:
    """Return a good token."""
    del auth
    return str(_answer(_as(anonymous, login), [])["token"])


@pytest.mark.check("auth.rules")
def test_a_login_has_what_the_rules_allow(
    auth: Token, anonymous: Client, policy: Policy, own_login: Login
) -> None:
    who = identity_of(auth, own_login.username)
    problems = list(_differences(_as(anonymous, own_login), policy, who))
    assert not problems, listed(problems)


@pytest.mark.check("auth.anonymous")
def test_without_a_login_there_is_what_the_rules_open(anonymous: Client, policy: Policy) -> None:
    problems = list(_differences(anonymous, policy, ANYBODY))
    assert not problems, listed(problems)


@pytest.mark.check("auth.catalog")
def test_who_may_list_all_repositories_is_as_set(
    auth: Token, anonymous: Client, policy: Policy, own_login: Login
) -> None:
    allowed = bool(policy.lists(identity_of(auth, own_login.username)))
    client = _as(anonymous, own_login)
    status, wanted = client.request("GET", "/v2/_catalog?n=1").status, 200 if allowed else 401
    assert status == wanted, mismatch(f"{wanted} for the catalog, to {own_login.username}", status)


@pytest.mark.check("auth.changed-token")
def test_a_good_token_cannot_be_made_another(anonymous: Client, token: str) -> None:
    """Send unsigned, shared-secret, foreign-key and changed tokens, one request each."""
    assert anonymous.bearing(token).check() == 200, mismatch("200 for a good token", "a refusal")
    statuses = {
        what: anonymous.bearing(forged).request("GET", "/v2/_catalog?n=1").status
        for what, forged in _forged(token).items()
    }
    problems = [f"{what} gives {got}, not 401" for what, got in statuses.items() if got != 401]
    assert not problems, listed(problems)


def _forged(token: str) -> dict[str, str]:
    """Return tokens that an attacker could derive from a valid one."""
    kid, now = jwt.get_unverified_header(token)["kid"], int(time.time())
    claims = jwt.decode(token, options={"verify_signature": False})
    claims["access"] = [{"type": "registry", "name": "catalog", "actions": ["*"]}]
    other = keys.make()
    jwk = json.loads(keys.jwks([other.public_key()]))["keys"][0]
    head, _, signature = token.split(".")
    changed = jwt.encode(claims, other, "ES256", {"kid": kid}).split(".")[1]
    return {
        "an unsigned token (alg none)": jwt.encode(claims, "", "none", {"kid": kid}),
        "a token with a shared secret (HS256)": jwt.encode(claims, "x" * 32, "HS256", {"kid": kid}),
        "a token of another key": jwt.encode(claims, other, "ES256", {"kid": kid}),
        "a token of a key that it brings": jwt.encode(claims, other, "ES256", {"jwk": jwk}),
        "a token without a key's id": jwt.encode(claims, other, "ES256"),
        "a token that was changed": f"{head}.{changed}.{signature}",
        "a token that has ended": jwt.encode(
            {**claims, "exp": now - 3600}, other, "ES256", {"kid": kid}
        ),
    }


def _differences(client: Client, policy: Policy, who: Identity) -> Iterator[str]:
    """Yield the scopes whose grants differ from the rules."""
    for scope in [*_asked(policy, who), *parse([CATALOG])]:
        wanted = policy.grant(who, scope)
        found = _granted(client, scope)
        if found != wanted:
            shown = ", ".join(found) or "nothing"
            yield f"{who.subject} gets {shown} of {scope}, not {', '.join(wanted) or 'nothing'}"


def _asked(policy: Policy, who: Identity) -> list[Scope]:
    """Return scopes in repositories of the first rules, and in an unnamed one."""
    globs = [glob for rule in policy.rules for glob in rule.repositories]
    names = [
        glob.replace("**", "a/b").replace("*", "x").replace("{user}", who.name or "x").lower()
        for glob in dict.fromkeys(globs)
    ]
    actions = ("delete", "pull", "push")
    return [Scope("repository", name, actions) for name in [*names[:12], UNHEARD_OF]]


def _granted(client: Client, scope: Scope) -> list[str]:
    answer = _answer(client, [str(scope)])
    if "token" not in answer:
        return []
    claims = jwt.decode(answer["token"], options={"verify_signature": False})
    return sorted(action for one in claims["access"] for action in one["actions"])


def _answer(client: Client, scopes: list[str]) -> dict[str, Any]:
    query = urlencode([("scope", scope) for scope in scopes])
    reply = client.request("GET", f"/auth/token?{query}")
    assert reply.status in (200, 401), mismatch("200 or 401 for a token", reply.status)
    answer: dict[str, Any] = json.loads(reply.body)
    return answer


def _as(anonymous: Client, login: Login) -> Client:
    return anonymous.login(login.username, login.password.get_secret_value())
