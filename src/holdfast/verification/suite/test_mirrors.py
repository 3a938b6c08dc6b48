"""Check that mirrors serve the right clients, and that nobody can push to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import Client

from holdfast.rendering.sites import Route, Site, sites
from holdfast.settings import Settings
from holdfast.verification.messages import listed
from holdfast.verification.network.endpoint import Endpoint
from holdfast.verification.skips import not_applicable
from holdfast.verification.target import Login

MirrorClients = list[tuple[Route, Client]]
LOG = "Look at: holdfast status, journalctl -u 'holdfast-mirror-*' -n 50"


@pytest.fixture(scope="session")
def mirrors(anonymous: Client, endpoint: Endpoint, settings: Settings) -> Iterator[MirrorClients]:
    """Return each mirror, and a client without a login for it."""
    del anonymous  # it skips where no client is let in at all
    found = [
        (route, _at(endpoint, site).client())
        for site in sites(settings)
        for route in site.routes
        if route.read_only
    ]
    if not found:
        not_applicable("there is none (registry_mirrors, registry_upstream_url)")
    yield found
    for _, client in found:
        client.close()


@pytest.mark.check("mirrors.logins")
def test_mirrors_ask_for_a_login_or_not_as_set(mirrors: MirrorClients) -> None:
    problems = []
    for route, client in mirrors:
        wanted, found = 200 if route.anonymous else 401, client.request("GET", route.path).status
        if found != wanted:
            problems.append(f"{route.service} gives {found} without a login, not {wanted}")
    assert not problems, listed(problems, LOG)


@pytest.mark.check("mirrors.answer")
def test_mirrors_answer_whoever_may_pull(
    mirrors: MirrorClients, request: pytest.FixtureRequest
) -> None:
    closed = [route for route, _ in mirrors if not route.anonymous]
    login: Login | None = request.getfixturevalue("login") if closed else None
    problems = []
    for route, client in mirrors:
        found = _let_in(route, client, login).request("GET", route.path).status
        problems += [] if found == 200 else [f"{route.service} gives {found}, not 200"]
    assert not problems, listed(problems, LOG)


@pytest.mark.check("mirrors.read-only")
def test_nothing_can_be_put_into_a_mirror(mirrors: MirrorClients, known_login: Login | str) -> None:
    login = known_login if isinstance(known_login, Login) else None
    requests = (
        ("POST", "holdfast/verify/blobs/uploads/"),
        ("PUT", "holdfast/verify/manifests/latest"),
        ("DELETE", "holdfast/verify/manifests/latest"),
    )
    problems = []
    for route, client in mirrors:
        inside = _let_in(route, client, login)
        for method, path in requests:
            found = inside.request(method, route.path + path).status
            if found != 405:
                problems.append(f"{method} {route.path}{path} gives {found}, not 405")
    assert not problems, listed(problems)


def _at(endpoint: Endpoint, site: Site) -> Endpoint:
    """Return the endpoint of another name of the same host."""
    known = endpoint.address if endpoint.address != endpoint.host else site.hostname
    return replace(endpoint, host=site.hostname, address=known)


def _let_in(route: Route, client: Client, login: Login | None) -> Client:
    if route.anonymous or login is None:
        return client
    return client.login(login.username, login.password.get_secret_value())
