"""Send HTTP requests to a registry over TLS or a unix socket, with a login or a token."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import re
import select
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from ansible_collections.holdfast.registry.plugins.module_utils.system import http as system_http

_LOGIN = "Authorization"
_CHALLENGE = re.compile(r'(?:^Bearer |,)(realm|service|scope)="([^"]*)"')


class Reply(NamedTuple):
    """Answer of a server, whatever its status."""

    status: int
    headers: http.client.HTTPMessage
    """Headers; the lookup ignores case."""
    body: bytes


class RegistryError(Exception):
    """A request without an answer, or with another one than the API defines.

    The text names the request without its query and its headers, which can hold secrets.
    """


class Connection:
    """Keep-alive connection, opened when it is first needed."""

    def __init__(
        self,
        connect: Callable[[], http.client.HTTPConnection],
        place: str,
        authorization: str | None = None,
    ) -> None:
        self.place = place
        self.seen: Callable[[str, int], None] | None = None
        """Called with each request, without its query, and the status of its answer."""
        self.issuer = "", ""
        """Realm of the one other server that may get the login, and PEM to trust there, too."""
        self._connect = connect
        self._authorization = authorization
        self._login = authorization if (authorization or "").startswith("Basic ") else None
        self._open: http.client.HTTPConnection | None = None

    def login(self, username: str, password: str) -> Connection:
        """Return another connection to the same server that sends this login."""
        token = base64.b64encode(f"{username}:{password}".encode()).decode()
        return self._sending(f"Basic {token}")

    def bearing(self, token: str) -> Connection:
        """Return another connection to the same server that sends this token."""
        return self._sending(f"Bearer {token}")

    def _sending(self, authorization: str) -> Connection:
        other = Connection(self._connect, self.place, authorization)
        other.seen, other.issuer = self.seen, self.issuer
        return other

    def expect(
        self,
        statuses: tuple[int, ...],
        method: str,
        path: str,
        body: bytes | Iterable[bytes] = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request and return the answer. Raises RegistryError for another status."""
        reply = self.request(method, path, body, headers or {})
        if reply.status not in statuses:
            text = reply.body[:200].decode("utf-8", "replace").strip()
            wanted = " or ".join(map(str, statuses))
            request = self.shown(method, path)
            raise RegistryError(f"{request}: expected {wanted}, got {reply.status}: {text}")
        return reply

    def request(
        self, method: str, path: str, body: bytes | Iterable[bytes], headers: Mapping[str, str]
    ) -> Reply:
        """Send one request and return the answer. Raises RegistryError if there is none.

        If the server requires a token, it is fetched with the login, and the refused request is
        sent again. If the issuer gives no token, its answer is returned.
        """
        reply = self._send(method, path, body, {**self._sent, **headers})
        challenge = dict(_CHALLENGE.findall(reply.headers.get("WWW-Authenticate", "")))
        if reply.status != 401 or not self._login or "realm" not in challenge:
            return reply
        query = urlencode({key: challenge[key] for key in ("service", "scope") if key in challenge})
        answer = self._token(challenge["realm"], query, self._login)
        if answer.status != 200:
            return answer
        self._authorization = f"Bearer {json.loads(answer.body)['token']}"
        return self._send(method, path, body, {**self._sent, **headers})

    def _token(self, realm: str, query: str, login: str) -> Reply:
        """Return the answer of the issuer, which may be another server."""
        elsewhere, ca = self.issuer
        if realm != elsewhere:
            return self._send("GET", f"{realm}?{query}", b"", {_LOGIN: login})
        try:
            status, body = system_http.ask(
                "GET", f"{realm}?{query}", {_LOGIN: login}, timeout=30, ca=ca
            )
        except OSError as error:
            raise RegistryError(f"GET {realm}: no answer: {error}") from error
        if self.seen:
            self.seen(f"GET {realm}", status)
        return Reply(status, http.client.HTTPMessage(), body)

    @property
    def _sent(self) -> dict[str, str]:
        return {_LOGIN: self._authorization} if self._authorization else {}

    def _send(
        self, method: str, path: str, body: bytes | Iterable[bytes], headers: Mapping[str, str]
    ) -> Reply:
        try:
            connection = self._usable()
            # A server that refuses a large body answers and closes before all of it is sent.
            with contextlib.suppress(BrokenPipeError):
                connection.request(method, system_http.target(path), body or None, dict(headers))
            answer = connection.getresponse()
            if self.seen:
                self.seen(f"{method} {urlsplit(path).path}", answer.status)
            reply = Reply(answer.status, answer.headers, answer.read())
            # Beside nginx's own word, which comes first and is the only one that Python looks at.
            if "close" in answer.headers.get_all("Connection", ()):
                self.close()
            return reply
        except (OSError, http.client.HTTPException) as error:
            self.close()
            what = str(error) or type(error).__name__
            raise RegistryError(f"{self.shown(method, path)}: no answer: {what}") from error

    def shown(self, method: str, path: str) -> str:
        """Return a request's text for an error, without its query and headers."""
        return f"{method} {self.place}{urlsplit(path).path}"

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _usable(self) -> http.client.HTTPConnection:
        """Return the open connection, or a new one if the server has closed it.

        Because of this check a request needs to be sent only once: a lost one is never hidden.
        """
        if self._open is not None and self._open.sock is not None:
            poll = select.poll()
            poll.register(self._open.sock, select.POLLIN)
            if not poll.poll(0):
                return self._open
        self.close()
        self._open = self._connect()
        return self._open


def over_tls(  # noqa: PLR0913, PLR0917 -- each is a fact of its own
    host: str,
    port: int,
    address: str | None,
    cafile: str | None,
    timeout: float = 10,
    pair: tuple[str, str] | None = None,
) -> Connection:
    """Return a connection that verifies that the server is `host`; opens nothing yet.

    `cafile` is the only authority to trust, or the server's own certificate; None: the system's
    authorities. `timeout` is in seconds, for each wait. `pair` are the files of a certificate of
    the client and of its key.
    """
    context = ssl.create_default_context(cafile=cafile)
    if pair:
        context.load_cert_chain(*pair)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Python 3.13's default: a certificate that is trusted itself needs no authority above it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    place = f"https://{host}" if port == 443 else f"https://{host}:{port}"
    return Connection(lambda: Tls(host, port, address or host, context, timeout), place)


def over_plain(host: str, port: int, address: str, timeout: float = 10) -> Connection:
    """Return a connection without TLS, like a load balancer that terminates TLS."""
    place = f"http://{host}"
    return Connection(lambda: Plain(host, port, address, timeout), place)


def elsewhere(address: str, ca: str) -> bytes:
    """Return the content of a URL on another server, fetched without the login.

    `ca` is PEM to trust in addition. Raises RegistryError, whose text does not show the query,
    because that holds a signature.
    """
    parts = urlsplit(address)
    place = f"{parts.scheme}://{parts.netloc}{parts.path}"
    try:
        status, content = system_http.ask("GET", address, timeout=30, ca=ca)
    except OSError as error:
        raise RegistryError(f"GET {place}: no answer: {error}") from error
    if status != 200:
        raise RegistryError(f"GET {place}: expected 200, got {status}")
    return content


class Plain(http.client.HTTPConnection):
    """Plain HTTP to an address, with the host name in the Host header."""

    def __init__(self, host: str, port: int, address: str, timeout: float) -> None:
        super().__init__(host, timeout=timeout)
        self._place = address, port

    def connect(self) -> None:
        self.sock = socket.create_connection(self._place, self.timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Tls(http.client.HTTPConnection):
    """TLS to an address, with the host name in SNI, Host header and verification."""

    default_port = 443

    def __init__(
        self, host: str, port: int, address: str, context: ssl.SSLContext, timeout: float
    ) -> None:
        super().__init__(host, port, timeout=timeout)
        self._address = address
        self._context = context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)


class Unix(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str, host: str, timeout: float) -> None:
        super().__init__(host, timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
