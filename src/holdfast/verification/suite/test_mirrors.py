"""Mirrors: what they give, to whom, and that nobody can put anything there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import Client

from holdfast.rendering.sites import Route, Site, sites
from holdfast.settings import Settings
from holdfast.verification.outside import Endpoint
from holdfast.verification.target import Target
from holdfast.verification.words import listed

MirrorClients = list[tuple[Route, Client]]
LOG = "Look at: holdfast status, journalctl -u 'holdfast-mirror-*' -n 50"


@pytest.fixture(scope="module")
def mirrors(anyone: Client, endpoint: Endpoint, settings: Settings) -> Iterator[MirrorClients]:
    """Each mirror, and a client without a login for it."""
    del anyone  # it skips where no client is let in at all
    found = [
        (route, _at(endpoint, site).client())
        for site in sites(settings)
        for route in site.routes
        if route.read_only
    ]
    if not found:
        pytest.skip("there is none (registry_mirrors, registry_upstream_url)")
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
def test_mirrors_answer_whoever_may_pull(mirrors: MirrorClients, target: Target) -> None:
    problems = []
    for route, client in mirrors:
        if not route.anonymous and target.user is None:
            continue
        found = _let_in(route, client, target).request("GET", route.path).status
        problems += [] if found == 200 else [f"{route.service} gives {found}, not 200"]
    assert not problems, listed(problems, LOG)


@pytest.mark.check("mirrors.read-only")
def test_nothing_can_be_put_into_a_mirror(mirrors: MirrorClients, target: Target) -> None:
    asked = (
        ("POST", "holdfast/verify/blobs/uploads/"),
        ("PUT", "holdfast/verify/manifests/latest"),
        ("DELETE", "holdfast/verify/manifests/latest"),
    )
    problems = []
    for route, client in mirrors:
        inside = _let_in(route, client, target)
        for method, path in asked:
            found = inside.request(method, route.path + path).status
            if found != 405:
                problems.append(f"{method} {route.path}{path} gives {found}, not 405")
    assert not problems, listed(problems)


def _at(endpoint: Endpoint, site: Site) -> Endpoint:
    """Return where another name of the same host is reached."""
    known = endpoint.address if endpoint.address != endpoint.host else site.hostname
    return replace(endpoint, host=site.hostname, address=known)


def _let_in(route: Route, client: Client, target: Target) -> Client:
    if route.anonymous or target.user is None:
        return client
    return client.login(target.user.username, target.user.password.get_secret_value())
