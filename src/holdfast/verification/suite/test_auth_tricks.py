"""Ways around a login."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import Client

from holdfast.settings import Settings
from holdfast.verification.outside import Endpoint
from holdfast.verification.wire import Heard, ask, say
from holdfast.verification.words import listed, told

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
"""Logins of examples. Not more: wrong ones are counted, and then good ones have to wait, too."""


@pytest.mark.check("auth.paths")
def test_no_way_of_writing_a_path_goes_past_the_login(guarded: Endpoint) -> None:
    found = {path: ask(guarded, path) for path in PATHS}
    full = f"https://{guarded.host}/v2/_catalog"
    found[full] = ask(guarded, full)
    found["HTTP/0.9"] = say(guarded, b"GET /v2/_catalog\r\n", silence=0.5)
    problems = [f"{path} is answered {heard}" for path, heard in found.items() if _given(heard)]
    assert not problems, listed(problems)


@pytest.mark.usefixtures("takes_pushes")
@pytest.mark.check("auth.uploads")
def test_uploads_of_others_are_closed(anyone: Client, guarded: Endpoint) -> None:
    del guarded
    upload = "/v2/holdfast/verify/blobs/uploads/7a2dd1c5-0000-4000-8000-000000000000"
    found = {
        verb: anyone.request(verb, upload).status for verb in ("GET", "PATCH", "PUT", "DELETE")
    }
    problems = [
        f"{verb} gives {status}, not 401" for verb, status in found.items() if status != 401
    ]
    assert not problems, listed(problems)


@pytest.mark.check("auth.other-schemes")
def test_other_kinds_of_logins_get_nowhere(guarded: Endpoint) -> None:
    kinds = ("Bearer abc.def.ghi", "Negotiate YII=", "Digest username=admin", "Basic", "abc")
    _refused(guarded, {kind: [f"Authorization: {kind}"] for kind in kinds})


@pytest.mark.check("auth.odd-logins")
def test_logins_that_are_none_are_refused(guarded: Endpoint) -> None:
    odd = (b"nobody", b"\xff\xfe:\xff")
    headers = {repr(one): [f"Authorization: Basic {_encoded(one)}"] for one in odd}
    _refused(guarded, {**headers, "no base64": ["Authorization: Basic ===="]})


@pytest.mark.check("auth.two-logins")
def test_two_logins_at_once_are_refused(guarded: Endpoint) -> None:
    login = f"Authorization: Basic {_encoded(b'nobody:nothing')}"
    heard = ask(guarded, "/v2/", login, login)
    assert heard.statuses == [400], told("400 for two Authorization headers", heard)


@pytest.mark.check("auth.forged-names")
def test_a_name_in_a_header_is_no_login(guarded: Endpoint, settings: Settings) -> None:
    name = settings.users[0].name if settings.users else "admin"
    forged = ("X-Remote-User", "X-Forwarded-User", "Remote-User", "X-Original-User")
    url = ("X-Original-URL: /health", "X-Rewrite-URL: /health", "X-Original-Method: OPTIONS")
    headers = {header: [f"{header}: {name}"] for header in forged}
    _refused(guarded, {**headers, "another path in a header": list(url)})


@pytest.mark.check("auth.known-passwords")
def test_logins_of_examples_are_refused(guarded: Endpoint) -> None:
    logins = [f"{name}:{password}".encode() for name, password in KNOWN]
    _refused(guarded, {repr(one): [f"Authorization: Basic {_encoded(one)}"] for one in logins})


@pytest.mark.check("auth.asking-is-free")
def test_to_be_asked_for_a_login_costs_no_attempt(anyone: Client, guarded: Endpoint) -> None:
    del guarded
    found = [anyone.check() for _ in range(ASKED)]
    assert set(found) == {401}, told(f"401 for each of {ASKED} requests without a login", found)


def _encoded(login: bytes) -> str:
    return base64.b64encode(login).decode()


def _given(heard: Heard) -> bool:
    """Tell whether more came than a refusal or a redirect."""
    successes = [status for status in heard.statuses if not 300 <= status < 500]
    return bool(successes) or b'"repositories"' in heard.raw


def _refused(guarded: Endpoint, requests: dict[str, list[str]]) -> None:
    found = {what: ask(guarded, "/v2/_catalog", *headers) for what, headers in requests.items()}
    # 429: too many wrong logins of this address, which are refused all the same.
    problems = [
        f"{what} is answered {heard}"
        for what, heard in found.items()
        if heard.statuses not in ([400], [401], [403], [429])
    ]
    assert not problems, listed(problems)
