"""What the checks work with. `target` is the host of the check: its settings say what to expect."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import Client

from holdfast.explaining import identity_of
from holdfast.issuer.rules import Policy
from holdfast.rendering import Tree, caching, render
from holdfast.rendering.services import services
from holdfast.settings import Settings
from holdfast.settings.auth import ExternalToken, Open, Token
from holdfast.settings.tls import External
from holdfast.verification.expected import Expected
from holdfast.verification.inside import (
    CACHE,
    PROXY,
    Examinations,
    Facts,
    UnreachableError,
    examine,
)
from holdfast.verification.outside import TIMEOUT_SECONDS, Endpoint
from holdfast.verification.plugin import EXTRAS, FOUND, TARGETS
from holdfast.verification.target import Login, Target

REPOSITORY = "holdfast/verify"
"""Where images are pushed to and pulled from."""


@pytest.fixture(scope="session")
def examinations(pytestconfig: pytest.Config) -> Iterator[Examinations]:
    """Facts of all hosts, asked for at once."""
    extras = pytestconfig.stash[EXTRAS]
    with ThreadPoolExecutor(8) as pool:
        yield {
            target.name: pool.submit(examine, target.connection, target.settings, extras)
            for target in pytestconfig.stash[TARGETS]
            if target.connection
        }


@pytest.fixture(scope="session")
def inside(target: Target, examinations: Examinations, pytestconfig: pytest.Config) -> Facts:
    """What the host looks like inside, deployed or not."""
    if target.name not in examinations:
        pytest.skip("looked at from outside only")
    try:
        found = examinations[target.name].result()
    except UnreachableError:
        pytest.skip("no command can be run on the host, see host.reachable")
    pytestconfig.stash[FOUND][target.name] = found
    return found


@pytest.fixture(scope="session")
def facts(inside: Facts) -> Facts:
    """What the host looks like inside, when there is a generation to look at."""
    if not inside.generation:
        pytest.skip("nothing is deployed, see host.deployed")
    return inside


@pytest.fixture(scope="session")
def own(facts: Facts, settings: Settings) -> list[str]:
    """Units of the services that the current generation should run, in the order of their names."""
    return sorted(map(facts.unit, services(settings)))


@pytest.fixture(scope="session")
def cache(settings: Settings) -> list[str]:
    """The unit of our own cache, if there is one."""
    return [CACHE] if caching.local(settings) else []


@pytest.fixture(scope="session")
def ours(cache: list[str], own: list[str]) -> list[str]:
    """Every unit of ours that should run all the time."""
    return [PROXY, *cache, *own]


@pytest.fixture(scope="session")
def settings(target: Target) -> Settings:
    """What the host should be."""
    return target.settings


@pytest.fixture(scope="session")
def tree(settings: Settings) -> Tree:
    """The files that the host should have."""
    return render(settings)


@pytest.fixture(scope="session")
def expected(tree: Tree) -> Expected:
    """What these files ask systemd for."""
    return Expected(tree)


@pytest.fixture(scope="session")
def endpoint(target: Target) -> Endpoint:
    """Where clients reach the registry; whether it answers is a check of its own."""
    endpoint = Endpoint.of(target)
    try:
        socket.create_connection((endpoint.address, endpoint.port), TIMEOUT_SECONDS).close()
    except OSError:
        pytest.skip("nothing answers there, see host.answers")
    return endpoint


@pytest.fixture(scope="session")
def own_tls(endpoint: Endpoint, settings: Settings) -> Endpoint:
    """Where clients reach the proxy itself by TLS."""
    if isinstance(settings.tls, External):
        pytest.skip("TLS ends at a load balancer (registry_tls_mode: external)")
    return endpoint


@pytest.fixture(scope="session")
def place(endpoint: Endpoint, settings: Settings) -> Endpoint:
    """Where anybody may ask, with the certificate that has to be shown for it."""
    if settings.mtls.verify == "require" and not endpoint.pair:
        pytest.skip("clients need a certificate, and none can be issued here: registry_mtls_ca")
    return endpoint


@pytest.fixture(scope="session")
def guarded(place: Endpoint, settings: Settings) -> Endpoint:
    """The same, where a login is asked for."""
    if isinstance(settings.auth, Open):
        pytest.skip("registry_auth_mode is none")
    return place


@pytest.fixture(scope="session")
def anyone(place: Endpoint) -> Iterator[Client]:
    """A client without a login."""
    client = place.client()
    yield client
    client.close()


@pytest.fixture
def takes_pushes(settings: Settings, request: pytest.FixtureRequest) -> None:
    """Skip a check that pushes where nobody can."""
    if settings.only_mirror:
        pytest.skip("it is a mirror, to which nobody pushes (registry_upstream_url)")
    marker = request.node.get_closest_marker("check")
    if settings.storage.readonly and marker.args != ("storage.readonly",):
        pytest.skip("pushes are refused (registry_storage_readonly), see storage.readonly")


@pytest.fixture(scope="session")
def login(target: Target) -> Login:
    """A user whose password is known."""
    if isinstance(target.settings.auth, Open):
        pytest.skip("registry_auth_mode is none")
    if isinstance(target.settings.auth, ExternalToken):
        pytest.skip("tokens are made by an issuer that is not ours (registry_auth_mode)")
    if target.user is None:
        pytest.skip("no password is known: every user of the settings has a hash only")
    return target.user


@pytest.fixture(scope="session")
def may_delete(settings: Settings, request: pytest.FixtureRequest) -> bool:
    """Whether the client's login may delete what it pushed: without rules, everybody may."""
    if not isinstance(settings.auth, Token):
        return True
    login: Login = request.getfixturevalue("login")
    who = identity_of(settings.auth, login.username)
    return "delete" in Policy(r.rule for r in settings.auth.rules).allows(who, REPOSITORY)


@pytest.fixture(scope="session")
def client(anyone: Client, settings: Settings, request: pytest.FixtureRequest) -> Iterator[Client]:
    """A client that may pull and push: logged in, where a login is asked for."""
    if isinstance(settings.auth, Open):
        yield anyone
        return
    login: Login = request.getfixturevalue("login")
    if isinstance(settings.auth, Token):
        who = identity_of(settings.auth, login.username)
        if "push" not in Policy(r.rule for r in settings.auth.rules).allows(who, REPOSITORY):
            pytest.skip(f"no rule lets {login.username} push to {REPOSITORY}")
    client = anyone.login(login.username, login.password.get_secret_value())
    yield client
    client.close()
