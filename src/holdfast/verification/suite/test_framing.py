"""Send requests that two servers could read differently; each has to be refused once."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from holdfast.verification.messages import listed
from holdfast.verification.network.endpoint import Endpoint
from holdfast.verification.network.raw_http import RawAnswer, header_lines, is_refused, send_bytes

POST = "POST /v2/holdfast/verify/blobs/uploads/ HTTP/1.1"
GET = "GET /v2/ HTTP/1.1"
CHUNKED = "Transfer-Encoding: chunked"
HIDDEN = b"GET /health HTTP/1.1\r\nHost: hidden\r\n\r\n"
REFUSALS = (400, 501)


@pytest.mark.check("http.two-lengths")
def test_two_lengths_are_refused(public_endpoint: Endpoint) -> None:
    _all_refused(
        public_endpoint,
        {
            "Content-Length 0 and 5": [
                _post(public_endpoint, "Content-Length: 0", "Content-Length: 5")
            ],
            "Content-Length -5": [_post(public_endpoint, "Content-Length: -5")],
            "Content-Length +5": [_post(public_endpoint, "Content-Length: +5")],
            "Content-Length 5, 5": [_post(public_endpoint, "Content-Length: 5, 5")],
        },
    )


@pytest.mark.check("http.length-and-chunks")
def test_a_length_beside_chunks_is_refused(public_endpoint: Endpoint) -> None:
    end = b"0\r\n\r\n" + HIDDEN
    first = _post(public_endpoint, "Content-Length: 5", CHUNKED)
    second = _post(public_endpoint, CHUNKED, "Content-Length: 5")
    _all_refused(public_endpoint, {"length first": [first, end], "chunks first": [second, end]})


@pytest.mark.check("http.odd-encodings")
def test_odd_transfer_encodings_are_refused(public_endpoint: Endpoint) -> None:
    odd = (
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t: chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity",
        "Transfer-Encoding:\x0bchunked",
        'Transfer-Encoding: "chunked"',
        f"{CHUNKED}\r\n{CHUNKED}",
    )
    _all_refused(
        public_endpoint,
        {repr(one): [_post(public_endpoint, one), b"0\r\n\r\n" + HIDDEN] for one in odd},
    )


@pytest.mark.check("http.bad-chunks")
def test_chunks_without_a_size_are_refused(public_endpoint: Endpoint) -> None:
    sizes = (b"zz", b"fffffffffffffffff", b"-1", b"0x5")
    begun = _post(public_endpoint, CHUNKED)
    # Where a login is asked for before the body is looked at, that is a refusal, too.
    requests = {repr(size): [begun + size + b"\r\n\r\n" + HIDDEN] for size in sizes}
    _all_refused(public_endpoint, requests, (400, 401, 501))


@pytest.mark.check("http.folded-headers")
def test_folded_headers_are_refused(public_endpoint: Endpoint) -> None:
    host = f"Host: {public_endpoint.host}"
    _all_refused(
        public_endpoint,
        {
            "a folded header": [header_lines(GET, host, "X-Long: one", " two")],
            "a folded encoding": [
                _post(public_endpoint, "X-Long: one", f" {CHUNKED}"),
                b"0\r\n\r\n",
            ],
            "a space before the first header": [header_lines(GET, f" {host}", host)],
        },
    )


@pytest.mark.check("http.control-characters")
def test_control_characters_are_refused(public_endpoint: Endpoint) -> None:
    host = f"Host: {public_endpoint.host}"
    _all_refused(
        public_endpoint,
        {
            "NUL in a header": [header_lines(GET, host, b"X-Odd: a\0b")],
            "NUL in the path": [header_lines(b"GET /v2/\0 HTTP/1.1", host)],
            "CR in a header": [header_lines(GET, host, b"X-Odd: a\rX-More: b")],
        },
    )


@pytest.mark.check("http.hidden-request")
def test_a_body_is_not_taken_for_a_request(public_endpoint: Endpoint) -> None:
    answer = send_bytes(
        public_endpoint,
        header_lines(GET, f"Host: {public_endpoint.host}", f"Content-Length: {len(HIDDEN)}"),
        HIDDEN,
        silence=0.4,
    )
    assert len(answer.statuses) == 1, listed([f"one request with a body was answered {answer}"])


@pytest.mark.check("http.hosts")
def test_a_request_has_exactly_one_host(public_endpoint: Endpoint) -> None:
    host = f"Host: {public_endpoint.host}"
    _all_refused(
        public_endpoint,
        {
            "no Host": [header_lines(GET)],
            "two Hosts": [header_lines(GET, host, "Host: evil.example")],
            "another host in the target": [
                header_lines("GET https://evil.example/v2/ HTTP/1.1", host, "Connection: close")
            ],
            "a host with a path": [
                header_lines(GET, f"Host: {public_endpoint.host}/v2/", "Connection: close")
            ],
        },
        (400, 421),
    )


@pytest.mark.check("http.upgrades")
def test_connections_are_not_upgraded(public_endpoint: Endpoint) -> None:
    host, more = f"Host: {public_endpoint.host}", ("Connection: Upgrade", "HTTP2-Settings: AAMA")
    found = {
        name: send_bytes(
            public_endpoint, header_lines(GET, host, *more, f"Upgrade: {name}"), silence=0.3
        )
        for name in ("h2c", "websocket", "TLS/1.2")
    }
    problems = [
        f"{name} is answered {answer}" for name, answer in found.items() if _upgraded(answer)
    ]
    assert not problems, listed(problems)


@pytest.mark.check("http.tunnels")
def test_nothing_is_tunnelled(public_endpoint: Endpoint) -> None:
    host = f"Host: {public_endpoint.host}"
    _all_refused(
        public_endpoint,
        {
            "CONNECT to another host": [header_lines("CONNECT evil.example:443 HTTP/1.1", host)],
            "the preface of HTTP/2": [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
            "HTTP/9.9": [header_lines("GET /v2/ HTTP/9.9", host)],
        },
        (400, 405, 421, 505),
    )


def _upgraded(answer: RawAnswer) -> bool:
    return answer.statuses[:1] == [101] or len(answer.statuses) != 1


def _post(public_endpoint: Endpoint, *headers: str) -> bytes:
    return header_lines(POST, f"Host: {public_endpoint.host}", *headers)


def _all_refused(
    public_endpoint: Endpoint,
    requests: Mapping[str, list[bytes]],
    statuses: tuple[int, ...] = REFUSALS,
) -> None:
    """Send each with a request hidden behind it; expect one refusal or a closed connection."""
    found = {what: send_bytes(public_endpoint, *pieces) for what, pieces in requests.items()}
    wanted = " or ".join(map(str, statuses))
    problems = [
        f"{what} is answered {answer}, not {wanted} once"
        for what, answer in found.items()
        if not is_refused(answer, statuses)
    ]
    assert not problems, listed(problems)
