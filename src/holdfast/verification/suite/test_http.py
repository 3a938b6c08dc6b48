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
from holdfast.verification.outside import Endpoint
from holdfast.verification.target import Target
from holdfast.verification.words import listed, told

YEAR_SECONDS = 31536000
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
def test_http_leads_to_https_at_the_fixed_name(endpoint: Endpoint, settings: Settings) -> None:
    port = settings.proxy.http_port
    if not port:
        pytest.skip("registry_proxy_http_port is 0")
    wanted = f"301 {settings.url}/v2/"
    try:
        reply = endpoint.plain(port, "/v2/", FOREIGN)
    except (OSError, http.client.HTTPException) as error:
        raise AssertionError(told(f"{wanted} on port {port}", error)) from error
    found = f"{reply.status} {reply.headers.get('Location', '')}"
    assert found == wanted, told(wanted, found)


@pytest.mark.check("http.plain")
def test_the_tls_port_speaks_tls_only(endpoint: Endpoint) -> None:
    try:
        status = endpoint.plain(endpoint.port, "/v2/", endpoint.host).status
    except (OSError, http.client.HTTPException):
        return
    assert status == 400, told("400 for plain HTTP on the TLS port", status)


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
def test_browsers_are_told_to_be_careful(answers: Mapping[str, Reply]) -> None:
    problems = [f"{asked}: {what}" for asked, reply in answers.items() for what in _careless(reply)]
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


def _careless(reply: Reply) -> Iterator[str]:
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
    age = re.search(r"max-age=(\d+)", reply.headers.get("Strict-Transport-Security", ""))
    if not age or int(age[1]) < YEAR_SECONDS:
        yield "Strict-Transport-Security lasts less than a year"
