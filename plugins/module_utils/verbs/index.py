"""Verb that asks the index of the host's images."""

from __future__ import annotations

import json
import os
import socket
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.system import paths
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.index import (
        IndexAnswer,
        IndexOrder,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.verbs.request import Request

UNIT = "holdfast-index.service"
SOCKET = "/run/holdfast-index/index.sock"
SECONDS = 60.0
"""Longest wait for a part of an answer."""


def ask(request: Request) -> Any:
    """Return the answer to a question. Raises StepError."""
    given: IndexOrder = request.order
    if not os.path.exists(f"{paths.SYSTEM}/{UNIT}"):
        raise StepError(
            "index: expected one on this host, found none."
            " Set registry_index_enabled: true and run: holdfast deploy",
            wrong_input=True,
        )
    found = answered(SOCKET, {"question": given["question"], "given": given["given"]})
    if found["error"]:
        raise StepError(found["error"])
    if found["found"] is None:
        place = given["given"]
        after = f":{place['tag']}" if place["tag"] else f"@{place['digest']}"
        name = f"{place['repository']}{after if place['tag'] or place['digest'] else ''}"
        late = "" if found["state"]["complete"] else " The index is not complete yet."
        raise StepError(
            f"{name}: expected an image or repository of this host, the index has none.{late}"
            f" Run: holdfast search {place['repository'].rpartition('/')[2]}",
            wrong_input=True,
        )
    return found


def answered(path: str, order: IndexOrder) -> IndexAnswer:
    """Return the answer of the index at a socket. Raises StepError if there is none."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(SECONDS)
            client.connect(path)
            client.sendall(json.dumps(order).encode() + b"\n")
            with client.makefile("rb") as stream:
                found: IndexAnswer = json.loads(stream.read())
                return found
    except (OSError, ValueError) as error:
        raise StepError(
            f"index: expected an answer, got: {error}. See: journalctl -u {UNIT}"
        ) from error
