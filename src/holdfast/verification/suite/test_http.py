"""Check the answers to odd requests, and the headers of all answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    RegistryError,
    Reply,
)

from holdfast.settings import Settings
from holdfast.settings.sections.http import EVERY_ORIGIN
from holdfast.verification.messages import listed, mismatch
from holdfast.verification.network.endpoint import Endpoint
from holdfast.verification.network.raw_http import send_request
from holdfast.verification.skips import not_applicable, not_checked
from holdfast.verification.target import Login

FOREIGN = "evil.example"


@pytest.fixture(scope="session")
def answers(known_login: Login | str, anonymous: Client) -> Mapping[str, Reply]:
    """Return answers of several statuses to another origin; with 200 if somebody can log in."""
    origin = {"Origin": f"https://{FOREIGN}"}
    found = {path: anonymous.request("GET", path, headers=origin) for path in ("/v2/", "/")}
    if isinstance(known_login, Login):
        client = anonymous.login(known_login.username, known_login.password.get_secret_value())
        found["/v2/ with a login"] = client.request("GET", "/v2/", headers=origin)
        client.close()
    return {f"{path} ({reply.status})": reply for path, reply in found.items()}


@pytest.mark.check("http.redirect")
def test_http_leads_to_https_at_the_fixed_name(tls_endpoint: Endpoint, settings: Settings) -> None:
    port = settings.proxy.http_port
    if not port:
        not_applicable("registry_proxy_http_port is 0")
    wanted = f"301 {settings.url}/v2/"
    try:
        reply = tls_endpoint.plain(port, "/v2/", FOREIGN)
    except RegistryError as error:
        raise AssertionError(mismatch(f"{wanted} on port {port}", error)) from error
    found = f"{reply.status} {reply.headers.get('Location', '')}"
    assert found == wanted, mismatch(wanted, found)


@pytest.mark.check("http.plain")
def test_the_tls_port_speaks_tls_only(tls_endpoint: Endpoint) -> None:
    try:
        status = tls_endpoint.plain(tls_endpoint.port, "/v2/", tls_endpoint.host).status
    except RegistryError:
        return
    assert status == 400, mismatch("400 for plain HTTP on the TLS port", status)


@pytest.mark.check("http.forwarded")
def test_a_load_balancer_that_was_asked_without_tls_is_sent_back(
    endpoint: Endpoint, anonymous: Client, settings: Settings
) -> None:
    if settings.tls.terminates_here:
        not_applicable("TLS ends at the proxy itself")
    if endpoint.tls:
        not_checked("not looked at from the load balancer's place", "Run it with --by-address")
    reply = anonymous.request("GET", "/v2/", headers={"X-Forwarded-Proto": "http"})
    wanted, found = f"301 {settings.url}/v2/", f"{reply.status} {reply.headers.get('Location', '')}"
    assert found == wanted, mismatch(wanted, found)


@pytest.mark.check("http.health")
def test_health_is_told_to_everybody(endpoint: Endpoint, settings: Settings) -> None:
    if settings.mtls.verify == "require" and "/health" not in settings.mtls.exempt_paths:
        not_applicable("registry_mtls_exempt_paths has no /health")
    reply = endpoint.client(certified=False).request("GET", "/health")
    assert (reply.status, reply.body) == (200, b""), mismatch("200 and nothing more", reply.status)


@pytest.mark.check("http.challenges")
def test_the_place_of_acme_challenges_leads_nowhere_else(
    tls_endpoint: Endpoint, settings: Settings
) -> None:
    if not settings.proxy.http_port:
        not_applicable("registry_proxy_http_port is 0")
    path = "/.well-known/acme-challenge/"
    found = [
        tls_endpoint.plain(settings.proxy.http_port, path + name, tls_endpoint.host).status
        for name in ("holdfast-verify", "..%2f..%2f..%2f..%2fetc%2fpasswd")
    ]
    assert all(status in (400, 404) for status in found), mismatch("404", found)


@pytest.mark.check("http.host")
def test_another_host_is_refused(anonymous: Client) -> None:
    foreign = {"Host": FOREIGN}
    statuses = {
        path: anonymous.request("GET", path, headers=foreign).status for path in ("/", "/v2/")
    }
    problems = [f"{path} gives {got}, not 421" for path, got in statuses.items() if got != 421]
    assert not problems, listed(problems)


@pytest.mark.check("http.methods")
def test_other_methods_are_refused(anonymous: Client) -> None:
    statuses = {
        method: anonymous.request(method, "/v2/").status for method in ("OPTIONS", "TRACE", "FOO")
    }
    problems = [f"{method} gives {got}, not 405" for method, got in statuses.items() if got != 405]
    assert not problems, listed(problems)


@pytest.mark.check("http.paths")
def test_there_is_nothing_beside_the_api(anonymous: Client) -> None:
    paths = (
        *("/", "/metrics", "/debug/pprof/", "/debug/vars", "/debug/health"),
        *("/nginx_status", "/.git/config", "/v1/_ping", "/_login"),
    )
    statuses = {path: anonymous.request("GET", path).status for path in paths}
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
    age = settings.tls.hsts_seconds
    _always(answers, "Strict-Transport-Security", f"max-age={age}" if age else None)


@pytest.mark.check("http.api-version")
def test_the_version_of_the_api_is_told(answers: Mapping[str, Reply]) -> None:
    ours = {
        request_line: reply
        for request_line, reply in answers.items()
        if request_line.startswith("/v2/")
    }
    _always(ours, "Docker-Distribution-Api-Version", "registry/2.0")


@pytest.mark.check("http.errors")
def test_errors_tell_nothing_of_the_host(public_endpoint: Endpoint, anonymous: Client) -> None:
    found = {
        "a path that is not there": anonymous.request("GET", "/absent").body,
        "a wrong method": anonymous.request("FOO", "/v2/").body,
        "another host": anonymous.request("GET", "/v2/", headers={"Host": FOREIGN}).body,
        "two hosts": send_request(public_endpoint, "/v2/", f"Host: {FOREIGN}").raw.partition(
            b"\r\n\r\n"
        )[2],
        "a long header": send_request(public_endpoint, "/v2/", "X-Long: " + "a" * 65536).raw,
    }
    revealing = re.compile(rb"nginx/\d|/etc/|/srv/|/usr/|unix:|upstream|goroutine")
    problems = [
        f"{what}: {m[0].decode()}" for what, b in found.items() if (m := revealing.search(b))
    ]
    assert not problems, listed(problems)


@pytest.mark.check("http.version")
def test_no_version_is_told(answers: Mapping[str, Reply]) -> None:
    problems = []
    for request_line, reply in answers.items():
        server = reply.headers.get("Server", "")
        problems += [f"{request_line}: Server is {server}"] if re.search(r"\d", server) else []
        problems += (
            [f"{request_line}: the page names it"] if re.search(rb"nginx/\d", reply.body) else []
        )
    assert not problems, listed(problems)


@pytest.mark.check("http.origins")
def test_scripts_of_other_sites_get_nothing(
    answers: Mapping[str, Reply], anonymous: Client, settings: Settings
) -> None:
    origins = settings.http.cors_origins
    named = [] if EVERY_ORIGIN in origins else origins
    found = [
        (request_line, reply, None if named or not origins else EVERY_ORIGIN)
        for request_line, reply in answers.items()
    ]
    for origin in named:
        reply = anonymous.request("GET", "/v2/", headers={"Origin": origin})
        found.append((f"/v2/ for {origin}", reply, origin))
    problems = [
        f"{request_line}: Access-Control-Allow-Origin is {allowed}, not {wanted}"
        for request_line, reply, wanted in found
        if (allowed := reply.headers.get("Access-Control-Allow-Origin")) != wanted
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
    assert found.startswith(settings.url + place), mismatch(
        f"{settings.url}{place}…", found.partition("?")[0]
    )


def _always(answers: Mapping[str, Reply], name: str, wanted: str | None) -> None:
    """Check that a header is in every answer once with a value; in none if it is None."""
    found = {
        request_line: reply.headers.get_all(name) or [] for request_line, reply in answers.items()
    }
    problems = [
        f"{request_line}: {name} is {', '.join(values) or 'missing'}, not {wanted or 'missing'}"
        for request_line, values in found.items()
        if values != ([wanted] if wanted else [])
    ]
    assert not problems, listed(problems)
