"""Check that correct logins are accepted, and all others refused."""

from __future__ import annotations

import secrets
import time
from typing import Any

import jwt
import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import Client
from cryptography.hazmat.primitives.asymmetric import ec

from holdfast.rendering.login_challenge import challenge
from holdfast.rendering.sites import sites
from holdfast.rendering.token_trust import Trust, token_trust
from holdfast.settings import Settings
from holdfast.settings.sections.auth import Htpasswd
from holdfast.verification.host_facts import Facts
from holdfast.verification.messages import listed, mismatch
from holdfast.verification.skips import not_applicable
from holdfast.verification.target import Login

BCRYPT = ("2a", "2b", "2y")
REFUSED = (401, 429)
"""429: after too many wrong logins from this address, further ones are refused unchecked."""
CATALOG = (("GET", "/v2/_catalog"), ("GET", "/v2/holdfast/verify/blobs/uploads/x"))
PULLS = (
    ("GET", "/v2/holdfast/verify/tags/list"),
    ("GET", "/v2/holdfast/verify/manifests/latest"),
    ("HEAD", f"/v2/holdfast/verify/blobs/sha256:{'0' * 64}"),
)
WRITES = (
    ("POST", "/v2/holdfast/verify/blobs/uploads/"),
    ("PUT", "/v2/holdfast/verify/manifests/latest"),
    ("DELETE", "/v2/holdfast/verify/manifests/latest"),
)
GUESSES = 40


@pytest.fixture(scope="session")
def htpasswd(settings: Settings) -> Htpasswd:
    """Return the settings of logins if the proxy checks passwords itself."""
    auth = settings.auth.htpasswd
    if auth is None:
        not_applicable(f"registry_auth_mode is {settings.auth.mode}")
    return auth


@pytest.fixture(scope="session")
def someone(settings: Settings) -> str:
    """Return the name of a user whose password this host checks."""
    if not settings.users:
        not_applicable(f"registry_auth_mode is {settings.auth.mode}, without users of our own")
    return settings.users[0].name


@pytest.fixture(scope="session")
def trust(settings: Settings) -> Trust:
    """Return the issuer whose tokens the registry accepts."""
    found = token_trust(settings)
    if found is None:
        not_applicable(f"registry_auth_mode is {settings.auth.mode}")
    return found


@pytest.mark.check("auth.open")
def test_no_login_is_asked_for_where_none_should_be(anonymous: Client, settings: Settings) -> None:
    if settings.auth.asks_login:
        not_applicable(f"registry_auth_mode is {settings.auth.mode}")
    status = anonymous.check()
    assert status == 200, mismatch("200 without a login (registry_auth_mode: none)", status)


@pytest.mark.check("auth.asked")
def test_a_login_is_asked_for(anonymous: Client, settings: Settings, htpasswd: Htpasswd) -> None:
    reply = anonymous.request("GET", "/v2/")
    wanted = challenge(next(sites(settings)), settings, htpasswd)
    found = reply.headers.get("WWW-Authenticate", "no login requested")
    assert (reply.status, found) == (401, wanted), mismatch(
        f"401 {wanted}", f"{reply.status} {found}"
    )


@pytest.mark.check("auth.asked-for-token")
def test_a_token_is_asked_for(anonymous: Client, trust: Trust) -> None:
    reply = anonymous.request("GET", "/v2/")
    wanted = f'Bearer realm="{trust.token_url}",service="{trust.service}"'
    found = reply.headers.get("WWW-Authenticate", "no login requested")
    assert (reply.status, found) == (401, wanted), mismatch(
        f"401 {wanted}", f"{reply.status} {found}"
    )


@pytest.mark.check("auth.forged-token")
def test_nobody_else_s_token_gets_in(anonymous: Client, trust: Trust) -> None:
    forged = {name: anonymous.bearing(token) for name, token in _forged(trust).items()}
    statuses = {name: client.check() for name, client in forged.items()}
    for client in forged.values():
        client.close()
    problems = [f"one {name} gives {got}, not 401" for name, got in statuses.items() if got != 401]
    assert not problems, listed(problems)


def _forged(trust: Trust) -> dict[str, str]:
    """Return tokens with the claims of a good one, without a trusted signature."""
    now = int(time.time())
    access = [{"type": "registry", "name": "catalog", "actions": ["*"]}]
    common = {"iss": trust.issuer, "aud": trust.service, "sub": "root", "access": access}
    claims: dict[str, Any] = {**common, "iat": now, "nbf": now, "exp": now + 300}
    stranger = ec.generate_private_key(ec.SECP256R1())
    return {
        "without a signature": jwt.encode(claims, "", "none"),
        "with a shared secret": jwt.encode(claims, secrets.token_hex(32), "HS256"),
        "of a stranger's key": jwt.encode(claims, stranger, "ES256", {"kid": "stranger"}),
        "that is no token": "nonsense",
    }


@pytest.mark.check("auth.closed")
def test_nothing_is_given_without_a_login(anonymous: Client, settings: Settings) -> None:
    if not settings.auth.asks_login:
        not_applicable("registry_auth_mode is none")
    statuses = {line: anonymous.request(*line).status for line in (*CATALOG, *WRITES)}
    if not _anonymous(settings):
        statuses |= {line: anonymous.request(*line).status for line in PULLS}
    wanted = dict.fromkeys(statuses, 401)
    if settings.only_mirror or settings.storage.readonly:
        # There nothing is taken, from whomever it comes.
        wanted |= dict.fromkeys(WRITES, 405)
    problems = [
        f"{' '.join(line)} gives {got}, not {wanted[line]}"
        for line, got in statuses.items()
        if got != wanted[line]
    ]
    assert not problems, listed(problems)


@pytest.mark.check("auth.anonymous-pull")
def test_without_a_login_images_can_be_pulled(anonymous: Client, settings: Settings) -> None:
    if not _anonymous(settings):
        not_applicable("registry_auth_anonymous is none")
    statuses = {line: anonymous.request(*line).status for line in PULLS}
    problems = [f"{' '.join(line)} gives {got}" for line, got in statuses.items() if got == 401]
    token = {"Authorization": "Bearer -anonymous-"}
    statuses = {line: anonymous.request(*line, b"", token).status for line in (*CATALOG, *WRITES)}
    problems += [
        f"{' '.join(line)} gives {got} to anybody"
        for line, got in statuses.items()
        if got not in (401, 405)
    ]
    assert not problems, listed(problems)


@pytest.mark.check("auth.right-password")
def test_the_right_password_gets_in(client: Client, login: Login) -> None:
    status = client.check()
    assert status == 200, mismatch(f"200 for {login.username} with the right password", status)


@pytest.mark.check("auth.wrong-password")
def test_a_wrong_password_does_not(anonymous: Client, someone: str) -> None:
    status = _try(anonymous, someone, secrets.token_urlsafe(16))
    assert status in REFUSED, mismatch(f"401 for {someone} with a wrong password", status)


@pytest.mark.check("auth.empty-password")
def test_no_password_does_not(anonymous: Client, someone: str) -> None:
    status = _try(anonymous, someone, "")
    assert status in REFUSED, mismatch(f"401 for {someone} without a password", status)


@pytest.mark.check("auth.unknown-user")
def test_an_unknown_user_does_not(anonymous: Client, settings: Settings) -> None:
    if not settings.auth.checks_passwords:
        not_applicable(f"registry_auth_mode is {settings.auth.mode}")
    status = _try(anonymous, f"nobody-{secrets.token_hex(4)}", secrets.token_urlsafe(16))
    assert status in REFUSED, mismatch("401 for an unknown user", status)


@pytest.mark.check("auth.hashes")
def test_passwords_are_kept_as_slow_hashes(facts: Facts, htpasswd: Htpasswd) -> None:
    weak = [
        f"{login['name']}: {login['scheme'] or 'no bcrypt'} {login['cost']}"
        for login in facts.logins
        if login["scheme"] not in BCRYPT or int(login["cost"] or 0) < htpasswd.minimum_bcrypt_cost
    ]
    assert facts.logins, mismatch(f"{len(htpasswd.active)} users", "none")
    assert not weak, listed(weak)


@pytest.mark.check("auth.users")
def test_users_are_those_of_the_settings(facts: Facts, htpasswd: Htpasswd) -> None:
    wanted, found = ([user.name for user in htpasswd.active], [one["name"] for one in facts.logins])
    problems = [f"{name} may log in" for name in found if name not in wanted]
    problems += [f"{name} may not log in" for name in wanted if name not in found]
    assert not problems, listed(problems)


@pytest.mark.check("auth.limited")
def test_guesses_are_limited(anonymous: Client, htpasswd: Htpasswd) -> None:
    del htpasswd
    name = f"guessed-{secrets.token_hex(4)}"
    found = _guess(anonymous, name)
    assert found == 429, mismatch(f"429 within {GUESSES} guesses", found)


@pytest.mark.check("auth.warm-client")
def test_a_known_client_gets_in_meanwhile(
    htpasswd: Htpasswd, anonymous: Client, client: Client, own_login: Login
) -> None:
    del htpasswd
    before = client.check()
    _guess(anonymous, own_login.username)
    after = client.check()
    assert (before, after) == (200, 200), mismatch("200 before and after guesses", (before, after))


def _guess(anonymous: Client, name: str) -> int:
    """Guess passwords until the answer is another than 401; return the last one."""
    status = 401
    for _ in range(GUESSES):
        status = _try(anonymous, name, secrets.token_urlsafe(16))
        if status != 401:
            break
    return status


def _anonymous(settings: Settings) -> bool:
    return settings.auth.asks_login and settings.auth.open_because is not None


def _try(anonymous: Client, username: str, password: str) -> int:
    client = anonymous.login(username, password)
    try:
        return client.check()
    finally:
        client.close()
