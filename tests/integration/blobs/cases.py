"""Requests for blobs that were used while the direct way was developed."""

from __future__ import annotations

from collections.abc import Iterator

from tests.integration.blobs.headers import HEADERS
from tests.integration.blobs.requests import NAME, Case, blob, request
from tests.integration.blobs.store import PLAIN

DIGESTS = {
    **{name: f"{{{name}}}" for name in ("small", "empty", "large", "foreign", "deleted")},
    **{name: f"{{{name}}}" for name in ("gone", "linked", "folder", "manifest", "unlinked")},
    "missing": "sha256:" + "ab" * 32,
    "nobody's": "sha256:" + "0" * 64,
    "short": "sha256:" + "a" * 63,
    "long": "sha256:" + "a" * 65,
    "no hex": "sha256:" + "g" * 64,
    "capital hex": "{SMALL}",
    "capital algorithm": "SHA256:{hex}",
    "sha512": "{sha512}",
    "missing sha512": "sha512:" + "a" * 128,
    "unknown algorithm": "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8",
    "sha384": "sha384:" + "a" * 96,
    "md5": "md5:" + "a" * 32,
    "no algorithm": "{hex}",
    "two colons": "sha256::{hex}",
    "tag": "latest",
    "nothing": "",
    "uploads": "uploads/",
    "an upload": "uploads/7a2dd1c5-0000-4000-8000-000000000000",
}
TARGETS = {
    "query": blob() + "?",
    "query with a word": blob() + "?x=1",
    "query with a digest": blob() + "?digest={foreign}",
    "fragment": blob() + "#x",
    "slash": blob() + "/",
    "two slashes": blob() + "//",
    "more": blob() + "/more",
    "semicolon": blob() + ";x",
    "dot": blob() + ".",
    "space": blob() + "%20",
    "nul": blob() + "%00",
    "newline": blob() + "%0a",
    "encoded colon": "/v2/team/image/blobs/sha256%3A{hex}",
    "encoded letter": "/v2/te%61m/image/blobs/{small}",
    "encoded slash": "/v2/team%2Fimage/blobs/{small}",
    "encoded v2": "/%762/team/image/blobs/{small}",
    "encoded digit": "/v2/team/image/blobs/sha256:%30{hex}",
    "badly encoded": "/v2/team/image/blobs/%zz{small}",
    "double slash": "/v2//team/image/blobs/{small}",
    "double slash at the start": "//v2/team/image/blobs/{small}",
    "double slash before the digest": "/v2/team/image/blobs//{small}",
    "dot segment": "/v2/./team/image/blobs/{small}",
    "dots": "/v2/team/x/../image/blobs/{small}",
    "encoded dots": "/v2/team/x/%2e%2e/image/blobs/{small}",
    "dots to another": "/v2/team/image/../other/blobs/{foreign}",
    "encoded dots to another": "/v2/team/image/%2e%2e/other/blobs/{foreign}",
    "dots out": "/v2/../../../etc/passwd",
    "encoded dots out": "/v2/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "dots in the digest": "/v2/team/image/blobs/sha256:../../{hex}",
    "backslash": "/v2/team\\image/blobs/{small}",
    "capitals": "/v2/Team/image/blobs/{small}",
    "capital v": "/V2/team/image/blobs/{small}",
    "capital blobs": "/v2/team/image/Blobs/{small}",
    "unicode": "/v2/team/im%C3%A4ge/blobs/{small}",
    "raw unicode": "/v2/team/imäge/blobs/{small}",
    "raw bytes": "/v2/team/im\udce4ge/blobs/{small}",
    "no repository": "/v2/blobs/{small}",
    "empty repository": "/v2//blobs/{small}",
    "half a repository": "/v2/team/blobs/{small}",
    "underscore": "/v2/_team/image/blobs/{small}",
    "end with a dot": "/v2/team/image./blobs/{small}",
    "three underscores": "/v2/team/a___b/blobs/{small}",
    "two dots inside": "/v2/team/a..b/blobs/{small}",
    "layers": "/v2/team/image/_layers/blobs/{small}",
    "blobs twice": "/v2/team/image/blobs/blobs/{small}",
    "path of the store": "/v2/team/image/_layers/sha256/{hex}/link",
    "long name": "/v2/" + "a" * 255 + "/blobs/{small}",
    "longer name": "/v2/" + "a" * 256 + "/blobs/{small}",
    "long part": "/v2/team/" + "b" * 200 + "/blobs/{small}",
    "many parts": "/v2/" + "a/" * 120 + "b/blobs/{small}",
    "too many parts": "/v2/" + "a/" * 2000 + "b/blobs/{small}",
    "very long": "/v2/" + "a-" * 12000 + "b/blobs/{small}",
    "absolute": f"https://{NAME}" + blob(),
    "absolute without tls": f"http://{NAME}" + blob(),
    "absolute of another": "https://evil.example" + blob(),
    "absolute with a login": f"https://alice:x@{NAME}" + blob(),
    "star": "*",
    "authority": f"{NAME}:443",
    "inside": "/_blob",
    "inside named": "/@registry",
    "inside login": "/_login",
    "root": "/v2/",
    "tags": "/v2/team/image/tags/list",
    "manifest": "/v2/team/image/manifests/latest",
    "manifest of a blob": "/v2/team/image/manifests/{small}",
}
REPOSITORIES = (*PLAIN, "nobody/there")
METHODS = (
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "get",
    "FOO",
    "",
)


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for name, digest in DIGESTS.items():
        yield f"digest {name}", request(blob(digest))
        yield f"head of {name}", request(blob(digest), method="HEAD")
    for name, lines in HEADERS.items():
        yield name, request(blob(), lines)
    for name, target in TARGETS.items():
        yield f"target {name}", request(target)
    for name in REPOSITORIES:
        yield f"repository {name}", request(blob(repository=name))
    for method in METHODS:
        yield f"method {method}", request(blob(), method=method)
        yield (
            f"method {method} with a body",
            request(blob(), "Content-Length: 4", method=method, body="body"),
        )
    yield from _framing()


def _framing() -> Iterator[Case]:
    plain = request(blob(), close=False)
    yield "get with a body", request(blob(), "Content-Length: 4", body="body")
    yield "get with an empty body", request(blob(), "Content-Length: 0")
    chunked = "4\r\nbody\r\n0\r\n\r\n"
    yield "get with chunks", request(blob(), "Transfer-Encoding: chunked", body=chunked)
    yield "expected body", request(blob(), "Expect: 100-continue", "Content-Length: 4", body="body")
    yield (
        "both lengths",
        request(blob(), "Content-Length: 4", "Transfer-Encoding: chunked", body=chunked),
    )
    yield "two lengths", request(blob(), "Content-Length: 4", "Content-Length: 5", body="body")
    yield "no length", request(blob(), "Content-Length: x")
    yield "1.0", request(blob(), version="HTTP/1.0", close=False)
    yield (
        "1.0 kept",
        request(blob(), "Connection: keep-alive", version="HTTP/1.0", close=False)
        + request(blob(), version="HTTP/1.0", close=False),
    )
    yield "1.0 without a host", request(blob(), version="HTTP/1.0", host="", close=False)
    yield "1.1 without a host", request(blob(), host="")
    yield "1.2", request(blob(), version="HTTP/1.2")
    yield "2.0", request(blob(), version="HTTP/2.0")
    yield "0.9", b"GET " + blob().encode() + b"\r\n"
    yield "another host", request(blob(), host="evil.example")
    yield "host with a port", request(blob(), host=f"{NAME}:443")
    yield "host with another port", request(blob(), host=f"{NAME}:444")
    yield "host in capitals", request(blob(), host=NAME.upper())
    yield "host with a dot", request(blob(), host=f"{NAME}.")
    yield "two hosts", request(blob(), f"Host: {NAME}")
    yield "two in a row", plain + request(blob("{large}"))
    yield "three in a row", plain + request(blob("{foreign}"), close=False) + request(blob())
    yield "head, then get", request(blob(), method="HEAD", close=False) + request(blob())
    yield "part, then whole", request(blob(), "Range: bytes=0-3", close=False) + request(blob())
    yield "deleted, then whole", request(blob("{deleted}"), close=False) + request(blob())
    yield "bare line feeds", request(blob()).replace(b"\r\n", b"\n")
    yield "folded header", request(blob(), "X-A: b\r\n c")
    yield "space before a colon", request(blob(), "Range : bytes=0-1")
    yield "leading empty line", b"\r\n" + request(blob())
