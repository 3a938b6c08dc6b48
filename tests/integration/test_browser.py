"""Pages of other sites in a real browser: those that are named read every answer, others none."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.integration import pairs
from tests.integration.browser import answers, request
from tests.integration.test_names import ask, get, running
from tests.integration.test_proxy_logins import ALICE, PASSWORD, site

NAME = "registry.test.example"
LOGIN = {"Authorization": "Basic " + base64.b64encode(f"alice:{PASSWORD}".encode()).decode()}
BLOB = b"layer of a page"
DIGEST = "sha256:" + hashlib.sha256(BLOB).hexdigest()
IMAGE = "/v2/team/image"
RULE = {"subjects": ["user:alice"], "repositories": ["team/**"], "actions": ["pull"]}
TOKENS: dict[str, tuple[str, dict[str, Any]]] = {
    "anonymous": ("/token", {"registry_auth_anonymous": "pull"}),
    "token": (
        "/auth/token?service=registry.test.example",
        {"registry_auth_mode": "token", "registry_auth_rules": [RULE]},
    ),
}


@pytest.fixture
def page(free_port: int) -> str:
    """The origin of the page that the browser opens."""
    return f"http://ui.test:{free_port}"


def test_a_page_that_is_named_pushes_and_pulls(
    page: str, tmp_path: Path, registry_binary: Path
) -> None:
    changes = {**ALICE, "registry_http_cors_origins": [page], "registry_storage_delete": True}
    with site(tmp_path, registry_binary, NAME, changes) as made:
        made.fill()
        url = made.settings.url
        accept = {**LOGIN, "Accept": "application/vnd.oci.image.manifest.v1+json"}
        digest, put = "Docker-Content-Digest", request("Location", "PUT", headers=LOGIN)
        put["options"]["body"] = BLOB.decode()
        requests = [
            request(f"{url}/v2/", "GET", "WWW-Authenticate"),
            request(f"{url}/v2/", headers=LOGIN),
            request(f"{url}/v2/_catalog?n=1", "GET", headers=LOGIN),
            request(f"{url}{IMAGE}/manifests/latest", "HEAD", digest, headers=accept),
            request(f"{url}/nothing"),
            request(f"{url}{IMAGE}/manifests/absent", "DELETE", headers=LOGIN),
            request(f"{url}{IMAGE}/blobs/uploads/", "POST", "Location", headers=LOGIN),
            {**put, "digest": DIGEST},
            request(f"{url}{IMAGE}/blobs/{DIGEST}", "GET", "Etag", headers=LOGIN),
            request(f"{url}/v2/", "GET", headers=LOGIN, credentials="include"),
        ]
        got = answers(page, requests, tmp_path, made.cafile)
    wanted = [401, 200, 200, 200, 404, 404, 202, 201, 200, None]
    assert [one.get("status") for one in got] == wanted, got
    assert got[0]["headers"]["WWW-Authenticate"] == 'Basic realm="Registry"'
    assert got[3]["headers"][digest].startswith("sha256:")
    assert (got[8]["size"], got[8]["headers"]["Etag"]) == (len(BLOB), f'"{DIGEST}"')
    assert "Failed to fetch" in got[9]["error"]  # with a login that the browser keeps


@pytest.mark.parametrize("mode", TOKENS)
def test_a_page_with_the_logins_of_the_browser_fetches_a_token(
    mode: str, page: str, tmp_path: Path, registry_binary: Path
) -> None:
    place, changes = TOKENS[mode]
    origins = {"registry_http_cors_origins": [page], "registry_http_cors_credentials": True}
    with site(tmp_path, registry_binary, NAME, {**ALICE, **origins, **changes}) as made:
        url = made.settings.url
        requests = [
            request(f"{url}{place}", "GET", headers=LOGIN, credentials="include"),
            request(f"{url}{place}", "GET", headers={"Authorization": "Basic eDp5"}),
            request(f"{url}{IMAGE}/blobs/uploads/", "POST", "WWW-Authenticate"),
        ]
        got = answers(page, requests, tmp_path, made.cafile)
    assert [one.get("status") for one in got] == [200, 401, 401], got
    assert got[0]["size"] > 40
    assert got[2]["headers"]["WWW-Authenticate"].startswith("Bearer realm=")


@pytest.mark.parametrize("origins", [["https://ui.test"], ["http://ui.test"], []])
def test_no_other_page_reads_anything(
    origins: list[str], page: str, tmp_path: Path, registry_binary: Path
) -> None:
    changes = {**ALICE, "registry_http_cors_origins": origins}
    with site(tmp_path, registry_binary, NAME, changes) as made:
        url = made.settings.url
        requests = [request(f"{url}/v2/"), request(f"{url}/v2/", headers=LOGIN)]
        got = answers(page, requests, tmp_path, made.cafile)
    assert ["error" in one for one in got] == [True, True], got


PREFLIGHT = (
    "Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: authorization\r\n"
)
ANY = {"registry_http_cors_origins": ["*"]}


@pytest.mark.parametrize("mtls", ["off", "require"])
def test_a_preflight_needs_neither_login_nor_certificate(mtls: str, tmp_path: Path) -> None:
    changes = dict(ANY)
    if mtls == "require":
        clients = tmp_path / "etc/tls/clients"
        clients.mkdir(parents=True)
        pairs.certify(["authority"], clients)
        (clients / "certificate.pem").rename(clients / "ca.pem")
        changes |= {"registry_mtls_verify": mtls, "registry_mtls_ca": str(clients / "ca.pem")}
    with running(tmp_path, None, changes) as made:
        origin = "Origin: https://ui.test\r\n"
        allowed = ask(made, get("/v2/", NAME, "OPTIONS", origin + PREFLIGHT))
        assert allowed.status == 204
        assert "access-control-allow-origin: *" in allowed.headers
        assert "access-control-allow-headers: authorization\r" in allowed.headers
        assert "vary: origin" in allowed.headers
        assert "access-control-allow-credentials" not in allowed.headers
        none = 403 if mtls == "require" else 405
        assert ask(made, get("/v2/", NAME, "OPTIONS", origin)).status == none
        assert ask(made, get("/v2/", NAME, "OPTIONS", PREFLIGHT)).status == none
        assert ask(made, get("/v2/", "other.example", "OPTIONS", origin + PREFLIGHT)).status == 421
        refused = ask(made, get("/v2/", NAME, more=origin))
        assert "access-control-allow-origin: *" in refused.headers
        assert "access-control" not in ask(made, get("/v2/", NAME)).headers
