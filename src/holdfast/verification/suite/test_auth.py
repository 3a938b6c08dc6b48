"""Who gets in, and who does not."""

from __future__ import annotations

import secrets
import time
from typing import Any

import jwt
import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import Client
from cryptography.hazmat.primitives.asymmetric import ec

from holdfast.rendering.render import challenge
from holdfast.rendering.trust import Trust, token_trust
from holdfast.settings import Settings
from holdfast.settings.auth import ExternalToken, Htpasswd, Open
from holdfast.verification.inside import Facts
from holdfast.verification.target import Login
from holdfast.verification.words import listed, told

BCRYPT = ("2a", "2b", "2y")
LEAST_COST = 10
REFUSED = (401, 429)
"""429: there were too many wrong logins from here, and none is even looked at."""
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


@pytest.fixture(scope="module")
def htpasswd(settings: Settings) -> Htpasswd:
    """The settings of logins, where the proxy checks passwords itself."""
    if not isinstance(settings.auth, Htpasswd):
        pytest.skip(f"registry_auth_mode is {settings.auth.mode}")
    return settings.auth


@pytest.fixture(scope="module")
def someone(settings: Settings) -> str:
    """The name of somebody whose password this host checks."""
    if not settings.users:
        pytest.skip(f"registry_auth_mode is {settings.auth.mode}, without users of our own")
    return settings.users[0].name


@pytest.fixture(scope="module")
def trust(settings: Settings) -> Trust:
    """Whose tokens the registry takes, where it takes any."""
    found = token_trust(settings)
    if found is None:
        pytest.skip(f"registry_auth_mode is {settings.auth.mode}")
    return found


@pytest.mark.check("auth.open")
def test_no_login_is_asked_for_where_none_should_be(anyone: Client, settings: Settings) -> None:
    if not isinstance(settings.auth, Open):
        pytest.skip(f"registry_auth_mode is {settings.auth.mode}")
    status = anyone.check()
    assert status == 200, told("200 without a login (registry_auth_mode: none)", status)


@pytest.mark.check("auth.asked")
def test_a_login_is_asked_for(anyone: Client, settings: Settings, htpasswd: Htpasswd) -> None:
    reply = anyone.request("GET", "/v2/")
    wanted = challenge(settings, htpasswd)
    found = reply.headers.get("WWW-Authenticate", "no login asked for")
    assert (reply.status, found) == (401, wanted), told(f"401 {wanted}", f"{reply.status} {found}")


@pytest.mark.check("auth.asked-for-token")
def test_a_token_is_asked_for(anyone: Client, trust: Trust) -> None:
    reply = anyone.request("GET", "/v2/")
    wanted = f'Bearer realm="{trust.told}",service="{trust.service}"'
    found = reply.headers.get("WWW-Authenticate", "no login asked for")
    assert (reply.status, found) == (401, wanted), told(f"401 {wanted}", f"{reply.status} {found}")


@pytest.mark.check("auth.forged-token")
def test_nobody_else_s_token_gets_in(anyone: Client, trust: Trust) -> None:
    forged = {name: anyone.bearing(token) for name, token in _forged(trust).items()}
    statuses = {name: client.check() for name, client in forged.items()}
    for client in forged.values():
        client.close()
    problems = [f"one {name} gives {got}, not 401" for name, got in statuses.items() if got != 401]
    assert not problems, listed(problems)


def _forged(trust: Trust) -> dict[str, str]:
    """Return tokens that say all that a good one says, and are signed by nobody that is trusted."""
    now = int(time.time())
    access = [{"type": "registry", "name": "catalog", "actions": ["*"]}]
    said = {"iss": trust.issuer, "aud": trust.service, "sub": "root", "access": access}
    claims: dict[str, Any] = {**said, "iat": now, "nbf": now, "exp": now + 300}
    stranger = ec.generate_private_key(ec.SECP256R1())
    return {
        "without a signature": jwt.encode(claims, "", "none"),
        "with a shared secret": jwt.encode(claims, secrets.token_hex(32), "HS256"),
        "of a stranger's key": jwt.encode(claims, stranger, "ES256", {"kid": "stranger"}),
        "that is no token": "nonsense",
    }


@pytest.mark.check("auth.closed")
def test_nothing_is_given_without_a_login(anyone: Client, settings: Settings) -> None:
    if isinstance(settings.auth, Open):
        pytest.skip("registry_auth_mode is none")
    statuses = {asked: anyone.request(*asked).status for asked in (*CATALOG, *WRITES)}
    if not _anonymous(settings):
        statuses |= {asked: anyone.request(*asked).status for asked in PULLS}
    wanted = dict.fromkeys(statuses, 401)
    if settings.only_mirror or settings.storage.readonly:
        # There nothing is taken, from whomever it comes.
        wanted |= dict.fromkeys(WRITES, 405)
    problems = [
        f"{' '.join(asked)} gives {got}, not {wanted[asked]}"
        for asked, got in statuses.items()
        if got != wanted[asked]
    ]
    assert not problems, listed(problems)


@pytest.mark.check("auth.anonymous-pull")
def test_without_a_login_images_can_be_pulled(anyone: Client, settings: Settings) -> None:
    if not _anonymous(settings):
        pytest.skip("registry_auth_anonymous is none")
    statuses = {asked: anyone.request(*asked).status for asked in PULLS}
    problems = [f"{' '.join(asked)} gives {got}" for asked, got in statuses.items() if got == 401]
    token = {"Authorization": "Bearer -anonymous-"}
    statuses = {asked: anyone.request(*asked, b"", token).status for asked in (*CATALOG, *WRITES)}
    problems += [
        f"{' '.join(asked)} gives {got} to anybody"
        for asked, got in statuses.items()
        if got not in (401, 405)
    ]
    assert not problems, listed(problems)


@pytest.mark.check("auth.right-password")
def test_the_right_password_gets_in(client: Client, login: Login) -> None:
    status = client.check()
    assert status == 200, told(f"200 for {login.username} with the right password", status)


@pytest.mark.check("auth.wrong-password")
def test_a_wrong_password_does_not(anyone: Client, someone: str) -> None:
    status = _try(anyone, someone, secrets.token_urlsafe(16))
    assert status in REFUSED, told(f"401 for {someone} with a wrong password", status)


@pytest.mark.check("auth.empty-password")
def test_no_password_does_not(anyone: Client, someone: str) -> None:
    status = _try(anyone, someone, "")
    assert status in REFUSED, told(f"401 for {someone} without a password", status)


@pytest.mark.check("auth.unknown-user")
def test_an_unknown_user_does_not(anyone: Client, settings: Settings) -> None:
    if isinstance(settings.auth, Open | ExternalToken):
        pytest.skip(f"registry_auth_mode is {settings.auth.mode}")
    status = _try(anyone, f"nobody-{secrets.token_hex(4)}", secrets.token_urlsafe(16))
    assert status in REFUSED, told("401 for an unknown user", status)


@pytest.mark.check("auth.hashes")
def test_passwords_are_kept_as_slow_hashes(facts: Facts, htpasswd: Htpasswd) -> None:
    weak = [
        f"{login['name']}: {login['scheme'] or 'no bcrypt'} {login['cost']}"
        for login in facts.logins
        if login["scheme"] not in BCRYPT or int(login["cost"] or 0) < LEAST_COST
    ]
    assert facts.logins, told(f"{len(htpasswd.active)} users", "none")
    assert not weak, listed(weak)


@pytest.mark.check("auth.users")
def test_users_are_those_of_the_settings(facts: Facts, htpasswd: Htpasswd) -> None:
    wanted, found = ([user.name for user in htpasswd.active], [one["name"] for one in facts.logins])
    problems = [f"{name} may log in" for name in found if name not in wanted]
    problems += [f"{name} may not log in" for name in wanted if name not in found]
    assert not problems, listed(problems)


@pytest.mark.check("auth.limited")
def test_guesses_are_limited(anyone: Client, htpasswd: Htpasswd) -> None:
    del htpasswd
    name = f"guessed-{secrets.token_hex(4)}"
    found = _guess(anyone, name)
    assert found == 429, told(f"429 within {GUESSES} guesses", found)


@pytest.mark.check("auth.warm-client")
def test_a_known_client_gets_in_meanwhile(
    anyone: Client, client: Client, login: Login, htpasswd: Htpasswd
) -> None:
    del htpasswd
    before = client.check()
    _guess(anyone, login.username)
    after = client.check()
    assert (before, after) == (200, 200), told("200 before and after guesses", (before, after))


def _guess(anyone: Client, name: str) -> int:
    """Guess passwords until the answer is another than 401; return the last one."""
    status = 401
    for _ in range(GUESSES):
        status = _try(anyone, name, secrets.token_urlsafe(16))
        if status != 401:
            break
    return status


def _anonymous(settings: Settings) -> bool:
    return isinstance(settings.auth, Htpasswd) and settings.auth.anonymous == "pull"


def _try(anyone: Client, username: str, password: str) -> int:
    client = anyone.login(username, password)
    try:
        return client.check()
    finally:
        client.close()
