"""Send requests to one registry from several threads: again after failures, with pauses."""

from __future__ import annotations

import contextlib
import http.client
import json
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urljoin, urlsplit

from ansible_collections.holdfast.registry.plugins.module_utils.system import foreign_text, outbound
from ansible_collections.holdfast.registry.plugins.module_utils.system import http as system_http

from holdfast.copying import pacing
from holdfast.copying.access import Access
from holdfast.copying.place import DeniedError, ImageError, UnreachableError

TRIES = 5
TIMEOUT_SECONDS = 60.0
PIECE = 256 << 10
MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
LOST = (OSError, http.client.HTTPException)
"""Errors of a connection that is lost."""
Body = bytes | Iterable[bytes]
Link = http.client.HTTPConnection


@dataclass
class Answer:
    """Answer whose body is read once."""

    status: int
    headers: http.client.HTTPMessage
    _raw: http.client.HTTPResponse
    _link: Link
    _done: Callable[[Link], None]

    def read(self, most: int) -> bytes:
        """Return the body. Raises ImageError if it is longer than `most` bytes."""
        content = self._raw.read(most + 1)
        if len(content) > most:
            self._link.close()
            raise ImageError(f"expected at most {most >> 20} MiB, got more")
        self._done(self._link)
        return content

    def pieces(self) -> Iterator[bytes]:
        """Yield the body piece by piece."""
        while piece := self._raw.read(PIECE):
            yield piece
        self._done(self._link)

    def close(self) -> None:
        """End the answer, whose body nobody wants."""
        try:
            self.read(1 << 16)
        except (ImageError, *LOST):
            self._link.close()


class Server:
    """One registry, with its idle connections."""

    def __init__(self, name: str, connect: Callable[[], Link], access: Access) -> None:
        self.name, self.pace = name, pacing.Pace()
        self._connect, self._access = connect, access
        self._idle: list[Link] = []
        self._lock = threading.Lock()
        self._sleep = time.sleep

    def request(  # noqa: PLR0913 -- each is a fact of its own
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: Body = b"",
        *,
        scope: str = "",
        once: bool = False,
    ) -> Answer:
        """Send a request and return its answer, whatever its status below 500.

        A connection that is lost and an error of the server are tried again, unless `once` is set,
        for a body that can be sent once alone. Raises UnreachableError, DeniedError, and with
        `once` the errors of the connection.
        """
        last = ""
        failure: type[UnreachableError | ImageError] = UnreachableError
        for number in range(1 if once else TRIES):
            if number:
                self._sleep(0.3 * 2**number)
            try:
                answer = self._allowed(method, path, dict(headers or {}), body, scope)
            except LOST as error:
                if once:
                    raise
                self._hopeless(error)
                last, failure = str(error) or type(error).__name__, UnreachableError
                continue
            if answer.status < 500 or once:
                return answer
            last, failure = f"{answer.status}: {said(answer)}", ImageError
        raise failure(f"{self.shown(method, path)}: expected an answer, got {last}")

    def _hopeless(self, error: Exception) -> None:
        """Raise UnreachableError for an error that another try does not change."""
        if isinstance(error, socket.gaierror):
            raise UnreachableError(
                f"{self.name}: expected the name of a registry, and it has no address. Look at its"
                " spelling, and at DNS"
            ) from error
        if isinstance(error, ssl.SSLCertVerificationError):
            raise UnreachableError(
                f"{self.name}: expected a certificate that is trusted here:"
                f" {error.verify_message}. Give its authority with --remote-ca"
            ) from error

    def _allowed(
        self, method: str, path: str, headers: dict[str, str], body: Body, scope: str
    ) -> Answer:
        """Send a request; get an authorization and wait for the pauses that the server wants."""
        renewals = 0
        while True:
            sent = self._access.header(scope)
            answer = self._paced(method, path, {**headers, **_authorized(sent)}, body)
            again = answer.status == 429 and isinstance(body, bytes)
            if answer.status == 401 and renewals < 2:
                answer.close()
                challenge = answer.headers.get("WWW-Authenticate") or ""
                renewals += 1
                again = self._access.renewed(scope, challenge, sent)
                if again and not isinstance(body, bytes):
                    raise ConnectionError("the token has expired")
            if not again:
                return answer
            answer.close()

    def _paced(self, method: str, path: str, headers: dict[str, str], body: Body) -> Answer:
        self.pace.wait()
        answer = self._sent(method, path, headers, body)
        seconds = pacing.pause(answer.status, answer.headers)
        if answer.status == 429 and not seconds:
            seconds = 5.0
        if seconds > pacing.LONGEST_SECONDS:
            raise UnreachableError(
                f"{self.name}: allows no more requests for {seconds / 3600:.1f} h. The same command"
                " continues then"
            )
        self.pace.hold(seconds)
        return answer

    def _sent(self, method: str, path: str, headers: dict[str, str], body: Body) -> Answer:
        link = self._taken()
        try:
            # A server that refuses a large body answers and closes before all of it is sent.
            with contextlib.suppress(BrokenPipeError):
                link.request(method, path, body or None, headers)
            raw = link.getresponse()
        except BaseException:
            link.close()
            raise
        return Answer(raw.status, raw.headers, raw, link, self._given_back)

    def _taken(self) -> Link:
        with self._lock:
            while self._idle:
                link = self._idle.pop()
                if link.sock is not None and not _readable(link.sock):
                    return link
                link.close()
        return self._connect()

    def _given_back(self, link: Link) -> None:
        with self._lock:
            if link.sock is not None:
                self._idle.append(link)

    def shown(self, method: str, path: str) -> str:
        """Return a request's text for an error, without its query."""
        return f"{method} {self.name}{urlsplit(path).path}"

    def refusal(self, method: str, path: str, answer: Answer) -> ImageError:
        """Return the error for an answer that is not as expected."""
        text = f"{self.shown(method, path)}: {answer.status}: {said(answer)}"
        if answer.status not in (401, 403) and "DENIED" not in text:
            return ImageError(text)
        advice = "" if self._access.known else ". No login is known: run: podman login"
        return DeniedError(f"{text}{advice}")

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()


def said(answer: Answer) -> str:
    """Return the beginning of an error's text, as the API defines it or as it is."""
    try:
        body = answer.read(1 << 16)
    except (ImageError, *LOST):
        return "a long text"
    try:
        first = json.loads(body)["errors"][0]
        text = f"{first.get('code', '')} {first.get('message', '')}".strip()
    except (ValueError, LookupError, TypeError, AttributeError):
        text = body[:200].decode("utf-8", "replace").strip()
    return foreign_text.visible(text)[:300]


def _authorized(header: str) -> dict[str, str]:
    return {"Authorization": header} if header else {}


def _readable(sock: socket.socket) -> bool:
    """Return True if the server has closed a connection that is idle."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def link_to(address: str, ca: str) -> Link:
    """Return a connection to an address, through the proxy of the environment if there is one."""
    proxy = outbound.proxy_for(address)
    return system_http.connection(address, TIMEOUT_SECONDS, proxy=proxy, context=_trust(ca))


_trust = cache(system_http.trust)


def followed(answer: Answer, base: str, headers: Mapping[str, str], ca: str) -> Answer:
    """Follow redirects to the storage of blobs, without the login, which is not for it."""
    for _ in range(MOST_REDIRECTS):
        if answer.status not in _REDIRECTS:
            return answer
        answer.close()
        base = urljoin(base, answer.headers.get("Location") or "")
        scheme = urlsplit(base).scheme
        if scheme not in ("https", "http"):
            raise ImageError(f"expected a redirect to https, got {scheme}")
        link = link_to(base, ca)
        link.request("GET", system_http.target(base), headers=dict(headers))
        raw = link.getresponse()
        answer = Answer(raw.status, raw.headers, raw, link, Link.close)
    raise ImageError(f"expected at most {MOST_REDIRECTS} redirects, got more")


def asker(ca: str) -> Callable[[str, str, dict[str, str], bytes], tuple[int, bytes]]:
    """Return a function that sends one request to an issuer of tokens."""

    def ask(method: str, address: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        link = link_to(address, ca)
        try:
            link.request(method, system_http.target(address), body or None, headers)
            answer = link.getresponse()
            return answer.status, answer.read(1 << 20)
        finally:
            link.close()

    return ask
