"""Send requests as raw bytes that no client library would send, and count the answers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.verification import evidence
from holdfast.verification.network.endpoint import Endpoint

_STATUS = re.compile(rb"^HTTP/1\.[01] (\d{3})[^\r\n]*\r?$", re.MULTILINE)
LARGEST_ANSWER = 1 << 20


@dataclass(frozen=True)
class RawAnswer:
    """The bytes of one connection until the server closed it or fell silent."""

    raw: bytes
    ended: bool
    """True if the server closed the connection."""

    @property
    def statuses(self) -> list[int]:
        """The status of each answer."""
        return [int(status) for status in _STATUS.findall(self.raw)]

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.statuses)) or ("something else" if self.raw else "nothing")
        return f"{shown}, and the connection closed" if self.ended else shown


def header_lines(*parts: str | bytes) -> bytes:
    """Return header lines and the empty line that ends them."""
    encoded = [part if isinstance(part, bytes) else part.encode("latin-1") for part in parts]
    return b"".join(part + b"\r\n" for part in (*encoded, b""))


def send_bytes(endpoint: Endpoint, *pieces: bytes, silence: float = 2.0) -> RawAnswer:
    """Send bytes on a new connection; read until it is closed or silent for `silence` seconds."""
    answer = _answer_to(endpoint, pieces, silence)
    first = b"".join(pieces).partition(b"\r\n")[0].partition(b"?")[0]
    evidence.note(f"{first.decode('latin-1')} → {answer}")
    return answer


def _answer_to(endpoint: Endpoint, pieces: tuple[bytes, ...], silence: float) -> RawAnswer:
    answer = b""
    with endpoint.open() as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            connection.settimeout(silence)
            while len(answer) < LARGEST_ANSWER:
                more = connection.recv(65536)
                if not more:
                    return RawAnswer(answer, ended=True)
                answer += more
        except TimeoutError:
            return RawAnswer(answer, ended=False)
        except OSError:
            return RawAnswer(answer, ended=True)
    return RawAnswer(answer, ended=False)


def send_request(endpoint: Endpoint, target: str, *headers: str, method: str = "GET") -> RawAnswer:
    """Send one request with its target unchanged, and `Connection: close`."""
    first = f"{method} {target} HTTP/1.1"
    return send_bytes(
        endpoint, header_lines(first, f"Host: {endpoint.host}", *headers, "Connection: close")
    )


def is_refused(answer: RawAnswer, statuses: Iterable[int]) -> bool:
    """Return True for exactly one answer with one of the statuses, or for no byte at all."""
    return answer.statuses == [] if not answer.raw else answer.statuses in [[s] for s in statuses]
