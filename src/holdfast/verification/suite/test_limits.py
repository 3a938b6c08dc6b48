"""Check limits on the duration, size and rate of requests."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    RegistryError,
    digest_of,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    MANIFEST_TYPE,
)

from holdfast.verification.messages import mismatch
from holdfast.verification.network.endpoint import Endpoint
from holdfast.verification.network.raw_http import header_lines, is_refused, send_request
from holdfast.verification.network.slow_clients import hold_connections

KIB = 1 << 10
TOO_LONG = (400, 413, 414, 431)
HEADER_SECONDS = 20
PAUSE_SECONDS = 5
GOOD_CLIENT_SECONDS = 1.0
SLOW_CLIENTS = 2000


@pytest.mark.check("http.token-8k")
def test_a_token_of_8_kib_passes(public_endpoint: Endpoint) -> None:
    _passes(public_endpoint, 8)


@pytest.mark.check("http.token-16k")
def test_a_token_of_16_kib_passes(public_endpoint: Endpoint) -> None:
    _passes(public_endpoint, 16)


@pytest.mark.check("http.header-64k")
def test_a_header_of_64_kib_is_refused(public_endpoint: Endpoint) -> None:
    answer = send_request(public_endpoint, "/v2/", "X-Long: " + "a" * 64 * KIB)
    assert is_refused(answer, TOO_LONG), mismatch("400 for 64 KiB", answer)


@pytest.mark.check("http.many-headers")
def test_2_mib_of_headers_are_refused(public_endpoint: Endpoint) -> None:
    answer = send_request(
        public_endpoint, "/v2/", *[f"X-{number}: {'a' * 4 * KIB}" for number in range(512)]
    )
    assert is_refused(answer, TOO_LONG), mismatch("400 for 2 MiB", answer)


@pytest.mark.check("http.long-path")
def test_a_path_of_64_kib_is_refused(public_endpoint: Endpoint) -> None:
    answer = send_request(public_endpoint, "/v2/" + "a" * 64 * KIB)
    assert is_refused(answer, TOO_LONG), mismatch("414 for 64 KiB", answer)


@pytest.mark.usefixtures("takes_pushes")
@pytest.mark.check("http.manifest-size")
def test_a_manifest_of_5_mib_is_refused(client: Client) -> None:
    big = b'{"schemaVersion": 2, "padding": "' + b"a" * (5 << 20) + b'"}'
    path = "/v2/holdfast/verify/manifests/big"
    status = client.request("PUT", path, big, {"Content-Type": MANIFEST_TYPE}).status
    assert status in (400, 413), mismatch("400 or 413 for a manifest of 5 MiB", status)


@pytest.mark.check("http.slow-headers")
def test_a_request_that_does_not_end_is_cut(public_endpoint: Endpoint) -> None:
    begun = time.monotonic()
    with public_endpoint.open() as connection:
        connection.sendall(
            header_lines("GET /v2/ HTTP/1.1", f"Host: {public_endpoint.host}")[:-2] + b"X-Slow: "
        )
        connection.settimeout(HEADER_SECONDS)
        try:
            while connection.recv(4096):
                pass
        except TimeoutError:
            wanted = f"half a request to be cut within {HEADER_SECONDS} s"
            raise AssertionError(mismatch(wanted, "it still waits")) from None
        except OSError:
            pass
    # At once is no time for a client behind a bad line.
    assert time.monotonic() - begun > 1, mismatch("half a request to be waited for", "it was cut")


@pytest.mark.usefixtures("takes_pushes")
@pytest.mark.check("http.slow-body")
def test_a_slow_push_is_not_cut(client: Client) -> None:
    content = b"slow" * 16 * KIB
    public_endpoint = "/v2/holdfast/verify/blobs/uploads/"
    reply = client.request("POST", public_endpoint)
    where = reply.headers.get("Location", "")
    assert reply.status == 202, mismatch("202 for a new upload", reply.status)
    end = f"{where}{'&' if '?' in where else '?'}digest={digest_of(content)}"
    length = {"Content-Length": str(len(content))}
    try:
        status: object = client.request("PUT", end, _slowly(content), length).status
    except RegistryError as error:
        status = error
    assert status == 201, mismatch(f"201 for a push with pauses of {PAUSE_SECONDS} s", status)


@pytest.mark.check("http.slow-clients")
def test_a_good_client_is_served_beside_thousands_of_slow_ones(
    public_endpoint: Endpoint, client: Client
) -> None:
    with hold_connections(public_endpoint, SLOW_CLIENTS) as connected:
        begun = time.monotonic()
        status = client.check()
        took = time.monotonic() - begun
    wanted = f"200 within {GOOD_CLIENT_SECONDS} s beside {SLOW_CLIENTS} half-sent requests"
    found = f"{status} after {took:.2f} s beside {connected}"
    assert status == 200, mismatch(wanted, found)
    assert took < GOOD_CLIENT_SECONDS, mismatch(wanted, found)


def _slowly(content: bytes) -> Iterator[bytes]:
    half = len(content) // 2
    yield content[:half]
    time.sleep(PAUSE_SECONDS)
    yield content[half:-1]
    time.sleep(PAUSE_SECONDS)
    yield content[-1:]


def _passes(public_endpoint: Endpoint, size: int) -> None:
    answer = send_request(public_endpoint, "/v2/", "Authorization: Bearer " + "a" * size * KIB)
    judged = answer.statuses[:1] and answer.statuses[0] not in TOO_LONG and answer.statuses[0] < 500
    assert judged, mismatch(f"a token of {size} KiB to be looked at, as 401", answer)
