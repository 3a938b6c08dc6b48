"""Requests as bytes: what no client library would send, and how many answers come back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.verification.outside import Endpoint

_STATUS = re.compile(rb"^HTTP/1\.[01] (\d{3})[^\r\n]*\r?$", re.MULTILINE)
LARGEST_ANSWER = 1 << 20


@dataclass(frozen=True)
class Heard:
    """All that came back on one connection until the server closed it, or fell silent."""

    raw: bytes
    ended: bool
    """Whether the server closed the connection."""

    @property
    def statuses(self) -> list[int]:
        """The status of each answer."""
        return [int(status) for status in _STATUS.findall(self.raw)]

    def __str__(self) -> str:
        said = ", ".join(map(str, self.statuses)) or ("something else" if self.raw else "nothing")
        return f"{said}, and the connection closed" if self.ended else said


def lines(*parts: str | bytes) -> bytes:
    """Return header lines and the empty one that ends them."""
    encoded = [part if isinstance(part, bytes) else part.encode("latin-1") for part in parts]
    return b"".join(part + b"\r\n" for part in (*encoded, b""))


def say(endpoint: Endpoint, *pieces: bytes, silence: float = 2.0) -> Heard:
    """Send bytes on a new connection, and listen until it is closed or silent for some seconds."""
    heard = b""
    with endpoint.open() as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            connection.settimeout(silence)
            while len(heard) < LARGEST_ANSWER:
                more = connection.recv(65536)
                if not more:
                    return Heard(heard, ended=True)
                heard += more
        except TimeoutError:
            return Heard(heard, ended=False)
        except OSError:
            return Heard(heard, ended=True)
    return Heard(heard, ended=False)


def ask(endpoint: Endpoint, target: str, *headers: str, method: str = "GET") -> Heard:
    """Send one request whose target is not touched, and have the connection closed after it."""
    first = f"{method} {target} HTTP/1.1"
    return say(endpoint, lines(first, f"Host: {endpoint.host}", *headers, "Connection: close"))


def refused(heard: Heard, statuses: Iterable[int]) -> bool:
    """Tell whether there was exactly one answer, and one of these; none at all will do."""
    return heard.statuses == [] if not heard.raw else heard.statuses in [[s] for s in statuses]
