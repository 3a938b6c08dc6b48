"""What is said to those who ask strangely."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    Client,
    Reply,
)

from holdfast.settings import Settings
from holdfast.settings.tls import External
from holdfast.verification.outside import Endpoint
from holdfast.verification.target import Target
from holdfast.verification.words import listed, told

FOREIGN = "evil.example"


@pytest.fixture(scope="session")
def answers(target: Target, anyone: Client, request: pytest.FixtureRequest) -> Mapping[str, Reply]:
    """Answers of several statuses to another site; 200 is among them when a password is known."""
    origin = {"Origin": f"https://{FOREIGN}"}
    found = {path: anyone.request("GET", path, headers=origin) for path in ("/v2/", "/")}
    if target.user:
        client: Client = request.getfixturevalue("client")
        found["/v2/ with a login"] = client.request("GET", "/v2/", headers=origin)
    return {f"{path} ({reply.status})": reply for path, reply in found.items()}


@pytest.mark.check("http.redirect")
def test_http_leads_to_https_at_the_fixed_name(own_tls: Endpoint, settings: Settings) -> None:
    port = settings.proxy.http_port
    if not port:
        pytest.skip("registry_proxy_http_port is 0")
    wanted = f"301 {settings.url}/v2/"
    try:
        reply = own_tls.plain(port, "/v2/", FOREIGN)
    except (OSError, http.client.HTTPException) as error:
        raise AssertionError(told(f"{wanted} on port {port}", error)) from error
    found = f"{reply.status} {reply.headers.get('Location', '')}"
    assert found == wanted, told(wanted, found)


@pytest.mark.check("http.plain")
def test_the_tls_port_speaks_tls_only(own_tls: Endpoint) -> None:
    try:
        status = own_tls.plain(own_tls.port, "/v2/", own_tls.host).status
    except (OSError, http.client.HTTPException):
        return
    assert status == 400, told("400 for plain HTTP on the TLS port", status)


@pytest.mark.check("http.forwarded")
def test_a_load_balancer_that_was_asked_without_tls_is_sent_back(
    endpoint: Endpoint, anyone: Client, settings: Settings
) -> None:
    if not isinstance(settings.tls, External):
        pytest.skip("TLS ends at the proxy itself")
    if endpoint.tls:
        pytest.skip("not looked at from the load balancer's place (--by-address)")
    reply = anyone.request("GET", "/v2/", headers={"X-Forwarded-Proto": "http"})
    wanted, found = f"301 {settings.url}/v2/", f"{reply.status} {reply.headers.get('Location', '')}"
    assert found == wanted, told(wanted, found)


@pytest.mark.check("http.health")
def test_health_is_told_to_everybody(endpoint: Endpoint, settings: Settings) -> None:
    if settings.mtls.verify == "require" and "/health" not in settings.mtls.exempt_paths:
        pytest.skip("registry_mtls_exempt_paths has no /health")
    reply = endpoint.client(certified=False).request("GET", "/health")
    assert (reply.status, reply.body) == (200, b""), told("200 and nothing more", reply.status)


@pytest.mark.check("http.challenges")
def test_the_place_of_acme_challenges_leads_nowhere_else(
    own_tls: Endpoint, settings: Settings
) -> None:
    if not settings.proxy.http_port:
        pytest.skip("registry_proxy_http_port is 0")
    path = "/.well-known/acme-challenge/"
    found = [
        own_tls.plain(settings.proxy.http_port, path + name, own_tls.host).status
        for name in ("holdfast-verify", "..%2f..%2f..%2f..%2fetc%2fpasswd")
    ]
    assert all(status in (400, 404) for status in found), told("404", found)


@pytest.mark.check("http.host")
def test_another_host_is_refused(anyone: Client) -> None:
    foreign = {"Host": FOREIGN}
    statuses = {path: anyone.request("GET", path, headers=foreign).status for path in ("/", "/v2/")}
    problems = [f"{path} gives {got}, not 421" for path, got in statuses.items() if got != 421]
    assert not problems, listed(problems)


@pytest.mark.check("http.methods")
def test_other_methods_are_refused(anyone: Client) -> None:
    statuses = {
        method: anyone.request(method, "/v2/").status for method in ("OPTIONS", "TRACE", "FOO")
    }
    problems = [f"{method} gives {got}, not 405" for method, got in statuses.items() if got != 405]
    assert not problems, listed(problems)


@pytest.mark.check("http.paths")
def test_there_is_nothing_beside_the_api(anyone: Client) -> None:
    paths = (
        *("/", "/metrics", "/debug/pprof/", "/debug/vars", "/debug/health"),
        *("/nginx_status", "/.git/config", "/v1/_ping", "/_login"),
    )
    statuses = {path: anyone.request("GET", path).status for path in paths}
    problems = [f"{path} gives {got}, not 404" for path, got in statuses.items() if got != 404]
    assert not problems, listed(problems)


@pytest.mark.check("http.headers")
def test_browsers_are_told_to_be_careful(answers: Mapping[str, Reply], settings: Settings) -> None:
    age = 0 if isinstance(settings.tls, External) else settings.tls.hsts_seconds
    problems = [
        f"{asked}: {what}" for asked, reply in answers.items() for what in _careless(reply, age)
    ]
    assert not problems, listed(problems)


@pytest.mark.check("http.version")
def test_no_version_is_told(answers: Mapping[str, Reply]) -> None:
    problems = []
    for asked, reply in answers.items():
        server = reply.headers.get("Server", "")
        problems += [f"{asked}: Server is {server}"] if re.search(r"\d", server) else []
        problems += [f"{asked}: the page names it"] if re.search(rb"nginx/\d", reply.body) else []
    assert not problems, listed(problems)


@pytest.mark.check("http.origins")
def test_scripts_of_other_sites_get_nothing(answers: Mapping[str, Reply]) -> None:
    problems = [
        f"{asked}: Access-Control-Allow-Origin is {allowed}"
        for asked, reply in answers.items()
        if (allowed := reply.headers.get("Access-Control-Allow-Origin"))
    ]
    assert not problems, listed(problems)


@pytest.mark.check("http.location")
def test_uploads_go_to_the_fixed_name(client: Client, settings: Settings) -> None:
    forged = {
        "X-Forwarded-Host": FOREIGN,
        "X-Forwarded-Proto": "http",
        "Forwarded": f"host={FOREIGN};proto=http",
    }
    place = "/v2/holdfast/verify/blobs/uploads/"
    reply = client.request("POST", place, headers=forged)
    found = reply.headers.get("Location", f"{reply.status} without a Location")
    if reply.status == 202:
        client.request("DELETE", urlsplit(found).path + "?" + urlsplit(found).query)
    assert found.startswith(settings.url + place), told(
        f"{settings.url}{place}…", found.partition("?")[0]
    )


def _careless(reply: Reply, age: int) -> Iterator[str]:
    for name, wanted in {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }.items():
        found = reply.headers.get_all(name) or []
        if found != [wanted]:
            yield f"{name} is {', '.join(found) or 'missing'}, not {wanted}"
    if "default-src 'none'" not in reply.headers.get("Content-Security-Policy", ""):
        yield "Content-Security-Policy allows something"
    promise = f"max-age={age}" if age else None
    given = reply.headers.get("Strict-Transport-Security")
    if given != promise:
        yield f"Strict-Transport-Security is {given or 'missing'}, not {promise or 'missing'}"
