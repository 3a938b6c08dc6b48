"""Requests that two servers could read differently: each gets one answer, and that is a refusal."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from holdfast.verification.outside import Endpoint
from holdfast.verification.wire import Heard, lines, refused, say
from holdfast.verification.words import listed

POST = "POST /v2/holdfast/verify/blobs/uploads/ HTTP/1.1"
GET = "GET /v2/ HTTP/1.1"
CHUNKED = "Transfer-Encoding: chunked"
HIDDEN = b"GET /health HTTP/1.1\r\nHost: hidden\r\n\r\n"
REFUSALS = (400, 501)


@pytest.mark.check("http.two-lengths")
def test_two_lengths_are_refused(place: Endpoint) -> None:
    _all_refused(
        place,
        {
            "Content-Length 0 and 5": [_post(place, "Content-Length: 0", "Content-Length: 5")],
            "Content-Length -5": [_post(place, "Content-Length: -5")],
            "Content-Length +5": [_post(place, "Content-Length: +5")],
            "Content-Length 5, 5": [_post(place, "Content-Length: 5, 5")],
        },
    )


@pytest.mark.check("http.length-and-chunks")
def test_a_length_beside_chunks_is_refused(place: Endpoint) -> None:
    end = b"0\r\n\r\n" + HIDDEN
    first = _post(place, "Content-Length: 5", CHUNKED)
    second = _post(place, CHUNKED, "Content-Length: 5")
    _all_refused(place, {"length first": [first, end], "chunks first": [second, end]})


@pytest.mark.check("http.odd-encodings")
def test_odd_transfer_encodings_are_refused(place: Endpoint) -> None:
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
    _all_refused(place, {repr(one): [_post(place, one), b"0\r\n\r\n" + HIDDEN] for one in odd})


@pytest.mark.check("http.bad-chunks")
def test_chunks_without_a_size_are_refused(place: Endpoint) -> None:
    sizes = (b"zz", b"fffffffffffffffff", b"-1", b"0x5")
    begun = _post(place, CHUNKED)
    # Where a login is asked for before the body is looked at, that is a refusal, too.
    requests = {repr(size): [begun + size + b"\r\n\r\n" + HIDDEN] for size in sizes}
    _all_refused(place, requests, (400, 401, 501))


@pytest.mark.check("http.folded-headers")
def test_folded_headers_are_refused(place: Endpoint) -> None:
    host = f"Host: {place.host}"
    _all_refused(
        place,
        {
            "a folded header": [lines(GET, host, "X-Long: one", " two")],
            "a folded encoding": [_post(place, "X-Long: one", f" {CHUNKED}"), b"0\r\n\r\n"],
            "a space before the first header": [lines(GET, f" {host}", host)],
        },
    )


@pytest.mark.check("http.control-characters")
def test_control_characters_are_refused(place: Endpoint) -> None:
    host = f"Host: {place.host}"
    _all_refused(
        place,
        {
            "NUL in a header": [lines(GET, host, b"X-Odd: a\0b")],
            "NUL in the path": [lines(b"GET /v2/\0 HTTP/1.1", host)],
            "CR in a header": [lines(GET, host, b"X-Odd: a\rX-More: b")],
        },
    )


@pytest.mark.check("http.hidden-request")
def test_a_body_is_not_taken_for_a_request(place: Endpoint) -> None:
    heard = say(
        place,
        lines(GET, f"Host: {place.host}", f"Content-Length: {len(HIDDEN)}"),
        HIDDEN,
        silence=0.4,
    )
    assert len(heard.statuses) == 1, listed([f"one request with a body was answered {heard}"])


@pytest.mark.check("http.hosts")
def test_a_request_has_exactly_one_host(place: Endpoint) -> None:
    host = f"Host: {place.host}"
    _all_refused(
        place,
        {
            "no Host": [lines(GET)],
            "two Hosts": [lines(GET, host, "Host: evil.example")],
            "another host in the target": [
                lines("GET https://evil.example/v2/ HTTP/1.1", host, "Connection: close")
            ],
            "a host with a path": [lines(GET, f"Host: {place.host}/v2/", "Connection: close")],
        },
        (400, 421),
    )


@pytest.mark.check("http.upgrades")
def test_connections_are_not_upgraded(place: Endpoint) -> None:
    host, more = f"Host: {place.host}", ("Connection: Upgrade", "HTTP2-Settings: AAMA")
    found = {
        name: say(place, lines(GET, host, *more, f"Upgrade: {name}"), silence=0.3)
        for name in ("h2c", "websocket", "TLS/1.2")
    }
    problems = [f"{name} is answered {heard}" for name, heard in found.items() if _upgraded(heard)]
    assert not problems, listed(problems)


@pytest.mark.check("http.tunnels")
def test_nothing_is_tunnelled(place: Endpoint) -> None:
    host = f"Host: {place.host}"
    _all_refused(
        place,
        {
            "CONNECT to another host": [lines("CONNECT evil.example:443 HTTP/1.1", host)],
            "the preface of HTTP/2": [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
            "HTTP/9.9": [lines("GET /v2/ HTTP/9.9", host)],
        },
        (400, 405, 421, 505),
    )


def _upgraded(heard: Heard) -> bool:
    return heard.statuses[:1] == [101] or len(heard.statuses) != 1


def _post(place: Endpoint, *headers: str) -> bytes:
    return lines(POST, f"Host: {place.host}", *headers)


def _all_refused(
    place: Endpoint,
    requests: Mapping[str, list[bytes]],
    statuses: tuple[int, ...] = REFUSALS,
) -> None:
    """Send each, with a request hidden behind it; see one refusal, or a closed connection."""
    found = {what: say(place, *pieces) for what, pieces in requests.items()}
    wanted = " or ".join(map(str, statuses))
    problems = [
        f"{what} is answered {heard}, not {wanted} once"
        for what, heard in found.items()
        if not refused(heard, statuses)
    ]
    assert not problems, listed(problems)
