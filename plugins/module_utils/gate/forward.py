"""Send a request on to the registry of the generation from which it came."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ansible_collections.holdfast.registry.plugins.module_utils.registry.http import Unix

HOP = frozenset(("connection", "content-length", "date", "keep-alive", "server", "te"))
"""Headers of one connection; `transfer-encoding` and ours are left out by name, too."""
SECONDS = 120.0


class Answer(NamedTuple):
    """Answer of the registry, or one of the gate's own."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def forward(
    socket: str, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes | None
) -> Answer:
    """Return the registry's answer to a request. Raises OSError or HTTPException if none comes."""
    sent = {key: value for key, value in headers if _passes(key)}
    connection = Unix(socket, "registry", SECONDS)
    try:
        # A registry that refuses a client answers before all of the manifest is sent, and closes.
        with contextlib.suppress(ConnectionError):
            connection.request(method, target, body, sent)
        answer = connection.getresponse()
        kept = [(key, value) for key, value in answer.getheaders() if _passes(key)]
        return Answer(answer.status, kept, answer.read())
    finally:
        connection.close()


def allowed(socket: str, target: str, headers: Mapping[str, str]) -> Answer | None:
    """Return the registry's refusal of a push; None if the client may push there.

    The registry looks at the token before it reads the manifest. An empty one is none, so that
    this request changes nothing.
    """
    sent = [(key, value) for key, value in headers.items() if key.lower() != "content-type"]
    kind = ("Content-Type", "application/vnd.oci.image.manifest.v1+json")
    answer = forward(socket, "PUT", target, [*sent, kind], b"")
    return answer if answer.status in {401, 403} else None


def _passes(header: str) -> bool:
    name = header.lower()
    return name not in HOP and name != "transfer-encoding" and not name.startswith("x-holdfast-")


NO_ANSWER = (OSError, http.client.HTTPException)
"""Errors of a registry that does not answer."""
