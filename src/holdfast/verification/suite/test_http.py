"""What is said to those who ask strangely."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
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
from holdfast.verification.wire import ask
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


@pytest.mark.check("http.nosniff")
def test_browsers_do_not_guess_types(answers: Mapping[str, Reply]) -> None:
    _always(answers, "X-Content-Type-Options", "nosniff")


@pytest.mark.check("http.frames")
def test_no_page_can_frame_an_answer(answers: Mapping[str, Reply]) -> None:
    _always(answers, "X-Frame-Options", "DENY")


@pytest.mark.check("http.referrer")
def test_no_address_is_passed_on(answers: Mapping[str, Reply]) -> None:
    _always(answers, "Referrer-Policy", "no-referrer")


@pytest.mark.check("http.no-store")
def test_nothing_is_kept_on_the_way(answers: Mapping[str, Reply]) -> None:
    _always(answers, "Cache-Control", "no-store")


@pytest.mark.check("http.content-policy")
def test_browsers_run_nothing(answers: Mapping[str, Reply]) -> None:
    _always(answers, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")


@pytest.mark.check("http.hsts")
def test_browsers_keep_to_https(answers: Mapping[str, Reply], settings: Settings) -> None:
    age = 0 if isinstance(settings.tls, External) else settings.tls.hsts_seconds
    _always(answers, "Strict-Transport-Security", f"max-age={age}" if age else None)


@pytest.mark.check("http.api-version")
def test_the_version_of_the_api_is_told(answers: Mapping[str, Reply]) -> None:
    ours = {asked: reply for asked, reply in answers.items() if asked.startswith("/v2/")}
    _always(ours, "Docker-Distribution-Api-Version", "registry/2.0")


@pytest.mark.check("http.errors")
def test_errors_tell_nothing_of_the_host(place: Endpoint, anyone: Client) -> None:
    found = {
        "a path that is not there": anyone.request("GET", "/absent").body,
        "a wrong method": anyone.request("FOO", "/v2/").body,
        "another host": anyone.request("GET", "/v2/", headers={"Host": FOREIGN}).body,
        "two hosts": ask(place, "/v2/", f"Host: {FOREIGN}").raw.partition(b"\r\n\r\n")[2],
        "a long header": ask(place, "/v2/", "X-Long: " + "a" * 65536).raw,
    }
    told_of = re.compile(rb"nginx/\d|/etc/|/srv/|/usr/|unix:|upstream|goroutine")
    problems = [f"{what}: {m[0].decode()}" for what, b in found.items() if (m := told_of.search(b))]
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


@pytest.mark.usefixtures("takes_pushes")
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


def _always(answers: Mapping[str, Reply], name: str, wanted: str | None) -> None:
    """See a header once, with this value, in every answer; None: in none."""
    found = {asked: reply.headers.get_all(name) or [] for asked, reply in answers.items()}
    problems = [
        f"{asked}: {name} is {', '.join(values) or 'missing'}, not {wanted or 'missing'}"
        for asked, values in found.items()
        if values != ([wanted] if wanted else [])
    ]
    assert not problems, listed(problems)
