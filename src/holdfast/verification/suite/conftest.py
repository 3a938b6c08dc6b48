"""Fixtures. `target` is the verified host; its settings define the required state."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import Client

from holdfast.access import identity_of
from holdfast.deploying import desired
from holdfast.issuer.rules import VERIFIED, VERIFIER, Identity, Policy
from holdfast.rendering import Tree
from holdfast.rendering.components import services, units
from holdfast.settings import Settings
from holdfast.verification.expected import Expected
from holdfast.verification.host_facts import (
    Facts,
    PendingFacts,
    collect,
)
from holdfast.verification.network.endpoint import TIMEOUT_SECONDS, Endpoint
from holdfast.verification.plugin import EXTRAS, FOUND, TARGETS
from holdfast.verification.remote import UnreachableError
from holdfast.verification.skips import INSIDE, not_applicable, not_checked
from holdfast.verification.target import Login, Target
from holdfast.verification.verifiers import NoVerifierError, temporary_user

REPOSITORY = VERIFIED
"""The repository that checks push to and pull from."""


@pytest.fixture(scope="session")
def pending_facts(pytestconfig: pytest.Config) -> Iterator[PendingFacts]:
    """Collect the facts of all hosts in parallel."""
    extras = pytestconfig.stash[EXTRAS]
    with ThreadPoolExecutor(8) as pool:
        yield {
            target.name: pool.submit(collect, target.connection, target.settings, extras)
            for target in pytestconfig.stash[TARGETS]
            if target.connection
        }


@pytest.fixture(scope="session")
def host_facts(target: Target, pending_facts: PendingFacts, pytestconfig: pytest.Config) -> Facts:
    """Return the host's facts, deployed or not."""
    if target.name not in pending_facts:
        not_checked("looked at from outside only", INSIDE)
    try:
        found = pending_facts[target.name].result()
    except UnreachableError:
        not_checked("no command can be run on the host", "See host.reachable")
    pytestconfig.stash[FOUND][target.name] = found
    return found


@pytest.fixture(scope="session")
def facts(host_facts: Facts) -> Facts:
    """Return the host's facts if a generation is deployed."""
    if not host_facts.generation:
        not_checked("nothing is deployed", "See host.deployed")
    return host_facts


@pytest.fixture(scope="session")
def service_units(facts: Facts, settings: Settings) -> list[str]:
    """Return the units of the current generation's services, sorted."""
    return sorted(map(facts.unit, services(settings)))


@pytest.fixture(scope="session")
def running_units(settings: Settings, service_units: list[str]) -> list[str]:
    """Return every unit of holdfast that should run all the time."""
    names = [one.name for one in units(settings) if one.active]
    return [*(name for name in names if name.endswith(".service")), *service_units]


@pytest.fixture(scope="session")
def settings(target: Target) -> Settings:
    """Return the settings of the host."""
    return target.settings


@pytest.fixture(scope="session")
def tree(settings: Settings) -> Tree:
    """Return the files that the generation should have, those of its states included."""
    return desired(settings).staged


@pytest.fixture(scope="session")
def expected(tree: Tree) -> Expected:
    """Return the requests of these files to systemd."""
    return Expected(tree)


@pytest.fixture(scope="session")
def endpoint(target: Target) -> Endpoint:
    """Return the address of the registry if it accepts connections."""
    endpoint = Endpoint.of(target)
    try:
        socket.create_connection((endpoint.address, endpoint.port), TIMEOUT_SECONDS).close()
    except OSError:
        not_checked("nothing answers there", "See host.answers")
    return endpoint


@pytest.fixture(scope="session")
def tls_endpoint(endpoint: Endpoint, settings: Settings) -> Endpoint:
    """Return the endpoint if the proxy itself ends TLS."""
    if not settings.tls.terminates_here:
        not_applicable("TLS ends at a load balancer (registry_tls_mode: external)")
    return endpoint


@pytest.fixture(scope="session")
def public_endpoint(endpoint: Endpoint, settings: Settings) -> Endpoint:
    """Return the endpoint with the client certificate that it requires, if any."""
    if settings.mtls.verify == "require" and not endpoint.pair:
        not_checked(
            "clients need a certificate, and none can be issued here",
            "Verify where the key of registry_mtls_ca is",
        )
    return endpoint


@pytest.fixture(scope="session")
def login_endpoint(public_endpoint: Endpoint, settings: Settings) -> Endpoint:
    """Return the endpoint if it requires a login."""
    if not settings.auth.asks_login:
        not_applicable("registry_auth_mode is none")
    return public_endpoint


@pytest.fixture(scope="session")
def anonymous(public_endpoint: Endpoint) -> Iterator[Client]:
    """Provide a client without a login."""
    client = public_endpoint.client()
    yield client
    client.close()


@pytest.fixture
def takes_pushes(settings: Settings, request: pytest.FixtureRequest) -> None:
    """Skip a check that pushes if nobody may push."""
    if settings.only_mirror:
        not_applicable("it is a mirror, to which nobody pushes (registry_upstream_url)")
    marker = request.node.get_closest_marker("check")
    if settings.storage.readonly and marker.args != ("storage.readonly",):
        not_applicable("pushes are refused (registry_storage_readonly), see storage.readonly")


@pytest.fixture(scope="session")
def known_login(target: Target) -> Iterator[Login | str]:
    """Provide a user whose password is known, else a temporary one, else why there is none."""
    why = "no password is known, and from outside no temporary user can be made"
    if target.user or not target.settings.auth.asks_login or not target.connection:
        yield target.user or why
        return
    with ExitStack() as stack:
        try:
            found = stack.enter_context(temporary_user(target.connection, target.settings))
        except NoVerifierError as error:
            yield f"no password is known, and no temporary user can be made: {error}"
        else:
            yield found


@pytest.fixture(scope="session")
def login(known_login: Login | str, settings: Settings) -> Login:
    """Return a user who can log in."""
    if not settings.auth.asks_login:
        not_applicable("registry_auth_mode is none")
    if isinstance(known_login, str):
        not_checked(known_login, "Give a user: holdfast verify --user NAME")
    return known_login


@pytest.fixture(scope="session")
def own_login(login: Login) -> Login:
    """Return a user of the settings: rules and the memory of logins concern only those."""
    if login.temporary:
        not_checked(
            "no user's password is known, and a temporary user has no rules and no memory",
            "Give a user: holdfast verify --user NAME",
        )
    return login


@pytest.fixture(scope="session")
def identity(login: Login, settings: Settings) -> Identity:
    """Return the user in the words of the rules."""
    if login.temporary or settings.auth.token is None:
        return Identity(login.username, VERIFIER)
    return identity_of(settings.auth.token, login.username)


@pytest.fixture(scope="session")
def may_delete(settings: Settings, request: pytest.FixtureRequest) -> bool:
    """Return True if the client may delete its images; without rules, every client may."""
    auth = settings.auth.token
    if auth is None:
        return True
    who: Identity = request.getfixturevalue("identity")
    return "delete" in Policy(r.rule for r in auth.rules).allows(who, REPOSITORY)


@pytest.fixture(scope="session")
def client(
    anonymous: Client, settings: Settings, request: pytest.FixtureRequest
) -> Iterator[Client]:
    """Provide a client that may pull and push, logged in if a login is required."""
    if not settings.auth.asks_login:
        yield anonymous
        return
    login: Login = request.getfixturevalue("login")
    auth = settings.auth.token
    if auth:
        who: Identity = request.getfixturevalue("identity")
        if "push" not in Policy(r.rule for r in auth.rules).allows(who, REPOSITORY):
            not_checked(
                f"no rule lets {login.username} push to {REPOSITORY}",
                "Give another user: holdfast verify --user NAME",
            )
    client = anonymous.login(login.username, login.password.get_secret_value())
    yield client
    client.close()
