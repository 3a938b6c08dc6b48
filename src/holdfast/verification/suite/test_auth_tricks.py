"""Try known ways to bypass a login."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import Client

from holdfast.settings import Settings
from holdfast.verification.messages import listed, mismatch
from holdfast.verification.network.endpoint import Endpoint
from holdfast.verification.network.raw_http import RawAnswer, send_bytes, send_request

PATHS = (
    *("/v2//_catalog", "/v2/./_catalog", "//v2/_catalog", "/v2/_catalog/", "/v2/_catalog?n=1"),
    *("/%76%32/_catalog", "/v2/%5f%63atalog", "/V2/_catalog", "/v2\\_catalog", "/v2/..;/_catalog"),
    *("/v2/../v2/_catalog", "/v2/%2e%2e/v2/_catalog", "/.%2e/v2/_catalog", "/v2/_catalog;a=b"),
    *("/health/../v2/_catalog", "/health/%2e%2e/v2/_catalog", "/health%2f..%2fv2/_catalog"),
    *("/v2/_catalog%00", "/v2/_catalog%0a", "/v2/_catalog%20", "/v2/_catalog#x", "/v2/%00"),
    *("/_login", "/_login/", "/%5flogin", "/@right", "_catalog", "*"),
)
ASKED = 40
KNOWN = (("admin", "admin"), ("testuser", "testpassword"))
"""Example logins. Only two: wrong logins count towards the rate limit."""


@pytest.mark.check("auth.paths")
def test_no_way_of_writing_a_path_goes_past_the_login(login_endpoint: Endpoint) -> None:
    found = {path: send_request(login_endpoint, path) for path in PATHS}
    full = f"https://{login_endpoint.host}/v2/_catalog"
    found[full] = send_request(login_endpoint, full)
    found["HTTP/0.9"] = send_bytes(login_endpoint, b"GET /v2/_catalog\r\n", silence=0.5)
    problems = [f"{path} is answered {answer}" for path, answer in found.items() if _given(answer)]
    assert not problems, listed(problems)


@pytest.mark.usefixtures("takes_pushes")
@pytest.mark.check("auth.uploads")
def test_uploads_of_others_are_closed(anonymous: Client, login_endpoint: Endpoint) -> None:
    del login_endpoint
    upload = "/v2/holdfast/verify/blobs/uploads/7a2dd1c5-0000-4000-8000-000000000000"
    found = {
        verb: anonymous.request(verb, upload).status for verb in ("GET", "PATCH", "PUT", "DELETE")
    }
    problems = [
        f"{verb} gives {status}, not 401" for verb, status in found.items() if status != 401
    ]
    assert not problems, listed(problems)


@pytest.mark.check("auth.other-schemes")
def test_other_kinds_of_logins_get_nowhere(login_endpoint: Endpoint) -> None:
    kinds = ("Bearer abc.def.ghi", "Negotiate YII=", "Digest username=admin", "Basic", "abc")
    _refused(login_endpoint, {kind: [f"Authorization: {kind}"] for kind in kinds})


@pytest.mark.check("auth.odd-logins")
def test_logins_that_are_none_are_refused(login_endpoint: Endpoint) -> None:
    odd = (b"nobody", b"\xff\xfe:\xff")
    headers = {repr(one): [f"Authorization: Basic {_encoded(one)}"] for one in odd}
    _refused(login_endpoint, {**headers, "no base64": ["Authorization: Basic ===="]})


@pytest.mark.check("auth.two-logins")
def test_two_logins_at_once_are_refused(login_endpoint: Endpoint) -> None:
    login = f"Authorization: Basic {_encoded(b'nobody:nothing')}"
    answer = send_request(login_endpoint, "/v2/", login, login)
    assert answer.statuses == [400], mismatch("400 for two Authorization headers", answer)


@pytest.mark.check("auth.forged-names")
def test_a_name_in_a_header_is_no_login(login_endpoint: Endpoint, settings: Settings) -> None:
    name = settings.users[0].name if settings.users else "admin"
    forged = ("X-Remote-User", "X-Forwarded-User", "Remote-User", "X-Original-User")
    url = ("X-Original-URL: /health", "X-Rewrite-URL: /health", "X-Original-Method: OPTIONS")
    headers = {header: [f"{header}: {name}"] for header in forged}
    _refused(login_endpoint, {**headers, "another path in a header": list(url)})


@pytest.mark.check("auth.known-passwords")
def test_logins_of_examples_are_refused(login_endpoint: Endpoint) -> None:
    logins = [f"{name}:{password}".encode() for name, password in KNOWN]
    _refused(
        login_endpoint, {repr(one): [f"Authorization: Basic {_encoded(one)}"] for one in logins}
    )


@pytest.mark.check("auth.asking-is-free")
def test_to_be_asked_for_a_login_costs_no_attempt(
    anonymous: Client, login_endpoint: Endpoint
) -> None:
    del login_endpoint
    found = [anonymous.check() for _ in range(ASKED)]
    assert set(found) == {401}, mismatch(f"401 for each of {ASKED} requests without a login", found)


def _encoded(login: bytes) -> str:
    return base64.b64encode(login).decode()


def _given(answer: RawAnswer) -> bool:
    """Return True if the answer is more than a refusal or a redirect."""
    successes = [status for status in answer.statuses if not 300 <= status < 500]
    return bool(successes) or b'"repositories"' in answer.raw


def _refused(login_endpoint: Endpoint, requests: dict[str, list[str]]) -> None:
    found = {
        what: send_request(login_endpoint, "/v2/_catalog", *headers)
        for what, headers in requests.items()
    }
    # 429: too many wrong logins of this address, which are refused all the same.
    problems = [
        f"{what} is answered {answer}"
        for what, answer in found.items()
        if answer.statuses not in ([400], [401], [403], [429])
    ]
    assert not problems, listed(problems)
