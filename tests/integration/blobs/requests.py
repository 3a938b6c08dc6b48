"""A request as the bytes that a client sends.

In braces stand digests (`store.words`); `%AUTH%` is the login of the mode.
"""

from __future__ import annotations

NAME = "registry.test.example"
REPOSITORY = "team/image"
Case = tuple[str, bytes]
"""Name, and what is sent on one connection."""


def request(
    target: str,
    *headers: str,
    method: str = "GET",
    version: str = "HTTP/1.1",
    host: str = NAME,
    auth: str = "%AUTH%",
    body: str = "",
    close: bool = True,
) -> bytes:
    """Return one request."""
    lines = (
        [f"{method} {target} {version}", f"Host: {host}"]
        if host
        else [f"{method} {target} {version}"]
    )
    lines += [*headers, *([auth] if auth else []), *(["Connection: close"] if close else [])]
    return "\r\n".join([*lines, "", body]).encode("utf-8", "surrogateescape")


def blob(digest: str = "{small}", repository: str = REPOSITORY) -> str:
    """Return the path of a blob."""
    return f"/v2/{repository}/blobs/{digest}"
