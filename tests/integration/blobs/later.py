"""Requests for blobs that were written after the configuration was final.

None of them was run before, so their result shows how well the others were chosen.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.integration.blobs.requests import NAME, Case, blob, request

HEADERS = (
    "Range: bytes=1-1, 3-3, 5-5, 7-7",
    "Range: bytes=4095-",
    "Range: bytes=4096-",
    "Range: bytes=-0",
    "Range: bytes=-4097",
    "Range: bytes=0-4096",
    "Range: bytes=00-01",
    "Range: bytes=+1-2",
    "Range: bytes=0 - 1",
    "range: bytes=0-1",
    "Range:bytes=0-1",
    "Range: bytes=0-1;q=1",
    "Request-Range: bytes=0-1",
    "If-Range: *\r\nRange: bytes=0-1",
    'If-Range: W/"{small}"\r\nRange: bytes=0-1',
    "If-Modified-Since: yesterday",
    "If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT; length=4096",
    'If-None-Match: "{foreign}", "{small}"',
    'If-None-Match: "{small}\r\n',
    'If-Match: "{small}", "{foreign}"',
    'If-None-Match: "x"\r\nIf-Match: "{small}"',
    "If: (<urn:x>)",
    "Unless-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT",
    "Content-Type: application/json",
    "Content-Range: bytes 0-3/4",
    "Content-Length: 00",
    "Content-Length: +0",
    "Content-Encoding: gzip",
    "Transfer-Encoding: identity",
    "Transfer-Encoding:",
    "Content-Length:",
    "Expect:",
    "Trailer: X-A",
    "Connection: Range, close\r\nRange: bytes=0-1",
    "Connection: upgrade\r\nUpgrade: TLS/1.0",
    "Keep-Alive: timeout=1000",
    "Proxy-Connection: keep-alive",
    "Via: 1.1 evil",
    "X-Forwarded-For: 10.0.0.1, 10.0.0.2",
    "X-Forwarded-Proto: https, http",
    "X-Forwarded-Prefix: /x",
    "X-Forwarded-Port: 80",
    "X-Real-IP: 127.0.0.1",
    "Docker-Content-Digest: {foreign}",
    "Accept: */*;q=0",
    "Accept-Ranges: none",
    "Accept-Encoding: identity;q=0, *;q=0",
    "User-Agent:",
    "User-Agent: docker/1.5",
    "Referer: https://evil.example/",
    "Sec-Fetch-Mode: cors\r\nOrigin: null",
    "Access-Control-Request-Method: GET\r\nOrigin: https://a.example",
    "Priority: u=0",
    "Save-Data: on",
    "Early-Data: 1",
    "X-Sendfile: /etc/passwd",
    "Destination: https://a.example/x",
    "Depth: infinity",
    "Host:",
    "X-A: \xe4\xf6",
)
TARGETS = (
    "/v2/team/image/blobs/{small}%3fx",
    "/v2/team/image/blobs/{small}%23x",
    "/v2/team/image/blobs/{small}%2e",
    "/v2/team/image/blobs/{small}/.",
    "/v2/team/image/blobs/{small}/..",
    "/v2/team/image/blobs/{small}/../{small}",
    "/v2/team/image/blobs/x/../{small}",
    "/v2/team/image/blobs/./{small}",
    "/v2/team/image/blobs/%2e/{small}",
    "/v2/team/image/blobs/sha256:{hex}:{hex}",
    "/v2/team/image/blobs/sha256%253A{hex}",
    "/v2/team/image/blobs/sha256+{hex}",
    "/v2/team/image/blobs/sha256:{hex}%0d%0aX-A:%20b",
    "/v2/team/image/blobs/sha256:{hex}\t",
    "/v2/team/image/blobs/sha256:{hex}&x=1",
    "/v2/team/image/blobs/tarsum.v1+sha256:{hex}",
    "/v2/team/image/blobs/sha256:" + "f" * 64 + "?a=/blobs/{small}",
    "/v2/team/image/blobs/{small}?/v2/team/other/blobs/{foreign}",
    "/v2/team/image/x/blobs/{small}",
    "/v2/team/imag/blobs/{small}",
    "/v2/team/image0/blobs/{small}",
    "/v2/team/.image/blobs/{small}",
    "/v2/team/-image/blobs/{small}",
    "/v2/team/image-/blobs/{small}",
    "/v2/team/a-_b/blobs/{small}",
    "/v2/team/a._b/blobs/{small}",
    "/v2/team/a---b/blobs/{small}",
    "/v2/team/image/_manifests/blobs/{manifest}",
    "/v2/team/image/_uploads/blobs/{small}",
    "/v2/team/image/manifests/blobs/{small}",
    "/v2/team/image/tags/blobs/{small}",
    "/v2/uploads/blobs/{small}",
    "/v2/library/blobs/blobs/{small}",
    "/v2/_catalog/blobs/{small}",
    "/v2/v2/team/image/blobs/{small}",
    "/v2/hub/team/image/blobs/{small}",
    "/v2/team/image%c0%afx/blobs/{small}",
    "/v2/team/image%u0061/blobs/{small}",
    "/v2/" + "a/" * 100 + "../" * 100 + "team/image/blobs/{small}",
    "/v2/team/" + "x" * 256 + "/../image/blobs/{small}",
    "/v2/team/image\x00/blobs/{small}",
    "/v2/team/image /blobs/{small}",
    "/v2/team/image/blobs/{small} x",
    "/V2/team/image/blobs/../../../../v2/team/image/blobs/{small}",
    "v2/team/image/blobs/{small}",
    f"HTTP://{NAME}/v2/team/image/blobs/{{small}}",
    f"https://{NAME}:443/v2/team/image/blobs/{{small}}",
    f"https://{NAME}/v2/team/image/blobs/{{small}}?",
    f"ftp://{NAME}/v2/team/image/blobs/{{small}}",
    "https:///v2/team/image/blobs/{small}",
    "/blobs/{small}",
    "/v2/team/image/blobs/{large}%",
)


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for lines in HEADERS:
        yield lines, request(blob(), lines)
        yield f"{lines}, of a blob that is not there", request(blob("{deleted}"), lines)
    for target in TARGETS:
        yield target, request(target)
        yield f"HEAD {target}", request(target, method="HEAD")
    for method in ("PROPFIND", "PURGE", "Get", "GETX", "HEAD\t", "QUERY", "LINK", "DEBUG"):
        yield method, request(blob(), method=method)
    yield from _lines()


def _lines() -> Iterator[Case]:
    plain, end = request(blob(), close=False), request(blob("{large}"))
    yield (
        "four in a row, of each kind",
        b"".join(
            request(blob(f"{{{name}}}"), close=False)
            for name in ("small", "missing", "foreign", "gone")
        )
        + end,
    )
    yield "a refusal in between", plain + request(blob(), auth="", close=False) + end
    yield (
        "a body in between",
        plain + request(blob(), "Content-Length: 4", body="body", close=False) + end,
    )
    yield (
        "a body that is a request",
        request(blob(), f"Content-Length: {len(plain)}", body=plain.decode(), close=False) + end,
    )
    yield (
        "chunks that are a request",
        request(
            blob(), "Transfer-Encoding: chunked", body="0\r\n\r\n" + plain.decode(), close=False
        )
        + end,
    )
    yield "a method in between", plain + request(blob(), method="DELETE", close=False) + end
    yield "a part in between", plain + request(blob(), "Range: bytes=1-2", close=False) + end
    yield "an unknown method in between", plain + request(blob(), method="FOO", close=False) + end
    yield "twenty in a row", plain * 20 + end
    yield "rubbish after it", plain + b"rubbish\r\n\r\n"
    yield "tabs between", request(blob()).replace(b" HTTP", b"\tHTTP")
    yield "spaces between", request(blob()).replace(b" HTTP", b"   HTTP")
    yield "no version", request(blob()).replace(b" HTTP/1.1", b"")
    yield "half a version", request(blob(), version="HTTP/1")
    yield "small version", request(blob(), version="http/1.1")
    yield "1.9", request(blob(), version="HTTP/1.9")
    yield "1.0 with a part", request(blob(), "Range: bytes=0-1", version="HTTP/1.0", close=False)
    yield (
        "1.0 with an absolute target",
        request(f"https://{NAME}{blob()}", version="HTTP/1.0", close=False),
    )
    yield "host after the end", request(blob(), host="") + f"Host: {NAME}\r\n\r\n".encode()
    yield "host with a login", request(blob(), host=f"alice@{NAME}")
    yield "host with a path", request(blob(), host=f"{NAME}/x")
    yield "host with a bad port", request(blob(), host=f"{NAME}:x")
    yield "host with an empty port", request(blob(), host=f"{NAME}:")
    yield "host in brackets", request(blob(), host="[::1]")
    yield "carriage returns alone", request(blob()).replace(b"\r\n", b"\r") + b"\r\n\r\n"
    yield "header without a colon", request(blob(), "Range")
    yield "header without a name", request(blob(), ": x")
    yield "nul in a header", request(blob(), "X-A: a\x00b")
