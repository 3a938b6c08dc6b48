"""How long, how large and how slow a request may be."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.oci_image import MANIFEST_TYPE
from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    Client,
    RegistryError,
    digest_of,
)

from holdfast.verification.crowd import crowd
from holdfast.verification.outside import Endpoint
from holdfast.verification.wire import ask, lines, refused
from holdfast.verification.words import told

KIB = 1 << 10
TOO_LONG = (400, 413, 414, 431)
HEADER_SECONDS = 20
PAUSE_SECONDS = 5
GOOD_CLIENT_SECONDS = 1.0
SLOW_CLIENTS = 2000


@pytest.mark.check("http.token-8k")
def test_a_token_of_8_kib_passes(place: Endpoint) -> None:
    _passes(place, 8)


@pytest.mark.check("http.token-16k")
def test_a_token_of_16_kib_passes(place: Endpoint) -> None:
    _passes(place, 16)


@pytest.mark.check("http.header-64k")
def test_a_header_of_64_kib_is_refused(place: Endpoint) -> None:
    heard = ask(place, "/v2/", "X-Long: " + "a" * 64 * KIB)
    assert refused(heard, TOO_LONG), told("400 for 64 KiB", heard)


@pytest.mark.check("http.many-headers")
def test_2_mib_of_headers_are_refused(place: Endpoint) -> None:
    heard = ask(place, "/v2/", *[f"X-{number}: {'a' * 4 * KIB}" for number in range(512)])
    assert refused(heard, TOO_LONG), told("400 for 2 MiB", heard)


@pytest.mark.check("http.long-path")
def test_a_path_of_64_kib_is_refused(place: Endpoint) -> None:
    heard = ask(place, "/v2/" + "a" * 64 * KIB)
    assert refused(heard, TOO_LONG), told("414 for 64 KiB", heard)


@pytest.mark.usefixtures("takes_pushes")
@pytest.mark.check("http.manifest-size")
def test_a_manifest_of_5_mib_is_refused(client: Client) -> None:
    big = b'{"schemaVersion": 2, "padding": "' + b"a" * (5 << 20) + b'"}'
    path = "/v2/holdfast/verify/manifests/big"
    status = client.request("PUT", path, big, {"Content-Type": MANIFEST_TYPE}).status
    assert status in (400, 413), told("400 or 413 for a manifest of 5 MiB", status)


@pytest.mark.check("http.slow-headers")
def test_a_request_that_does_not_end_is_cut(place: Endpoint) -> None:
    begun = time.monotonic()
    with place.open() as connection:
        connection.sendall(lines("GET /v2/ HTTP/1.1", f"Host: {place.host}")[:-2] + b"X-Slow: ")
        connection.settimeout(HEADER_SECONDS)
        try:
            while connection.recv(4096):
                pass
        except TimeoutError:
            wanted = f"half a request to be cut within {HEADER_SECONDS} s"
            raise AssertionError(told(wanted, "it still waits")) from None
        except OSError:
            pass
    # At once is no time for a client behind a bad line.
    assert time.monotonic() - begun > 1, told("half a request to be waited for", "it was cut")


@pytest.mark.usefixtures("takes_pushes")
@pytest.mark.check("http.slow-body")
def test_a_slow_push_is_not_cut(client: Client) -> None:
    content = b"slow" * 16 * KIB
    place = "/v2/holdfast/verify/blobs/uploads/"
    reply = client.request("POST", place)
    where = reply.headers.get("Location", "")
    assert reply.status == 202, told("202 for a new upload", reply.status)
    end = f"{where}{'&' if '?' in where else '?'}digest={digest_of(content)}"
    length = {"Content-Length": str(len(content))}
    try:
        status: object = client.request("PUT", end, _slowly(content), length).status
    except RegistryError as error:
        status = error
    assert status == 201, told(f"201 for a push with pauses of {PAUSE_SECONDS} s", status)


@pytest.mark.check("http.slow-clients")
def test_a_good_client_is_served_beside_thousands_of_slow_ones(
    place: Endpoint, client: Client
) -> None:
    with crowd(place, SLOW_CLIENTS) as connected:
        begun = time.monotonic()
        status = client.check()
        took = time.monotonic() - begun
    wanted = f"200 within {GOOD_CLIENT_SECONDS} s beside {SLOW_CLIENTS} half-sent requests"
    found = f"{status} after {took:.2f} s beside {connected}"
    assert status == 200, told(wanted, found)
    assert took < GOOD_CLIENT_SECONDS, told(wanted, found)


def _slowly(content: bytes) -> Iterator[bytes]:
    half = len(content) // 2
    yield content[:half]
    time.sleep(PAUSE_SECONDS)
    yield content[half:-1]
    time.sleep(PAUSE_SECONDS)
    yield content[-1:]


def _passes(place: Endpoint, size: int) -> None:
    heard = ask(place, "/v2/", "Authorization: Bearer " + "a" * size * KIB)
    judged = heard.statuses[:1] and heard.statuses[0] not in TOO_LONG and heard.statuses[0] < 500
    assert judged, told(f"a token of {size} KiB to be looked at, as 401", heard)
