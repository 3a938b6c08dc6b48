"""HTTP to a registry over TLS or a unix socket, each request sent once, or again with a token."""

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

_LOGIN = "Authorization"
_CHALLENGE = re.compile(r'(?:^Bearer |,)(realm|service|scope)="([^"]*)"')


class Reply(NamedTuple):
    """What a server answered, whatever the status."""

    status: int
    headers: http.client.HTTPMessage
    """Looked up without regard to case."""
    body: bytes


class RegistryError(Exception):
    """A request that got no answer, or another one than the API promises.

    The text names the request, without its query and its headers, which can hold secrets.
    """


class Connection:
    """A keep-alive connection, opened when it is first needed."""

    def __init__(
        self,
        connect: Callable[[], http.client.HTTPConnection],
        place: str,
        authorization: str | None = None,
    ) -> None:
        self.place = place
        self._connect = connect
        self._authorization = authorization
        self._login = authorization if (authorization or "").startswith("Basic ") else None
        self._open: http.client.HTTPConnection | None = None

    def login(self, username: str, password: str) -> Connection:
        """Return another connection to the same place, that sends this login."""
        token = base64.b64encode(f"{username}:{password}".encode()).decode()
        return Connection(self._connect, self.place, f"Basic {token}")

    def bearing(self, token: str) -> Connection:
        """Return another connection to the same place, that sends this token."""
        return Connection(self._connect, self.place, f"Bearer {token}")

    def expect(
        self,
        statuses: tuple[int, ...],
        method: str,
        path: str,
        body: bytes | Iterable[bytes] = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request and return the answer; RegistryError for another status."""
        reply = self.request(method, path, body, headers or {})
        if reply.status not in statuses:
            text = reply.body[:200].decode("utf-8", "replace").strip()
            wanted = " or ".join(map(str, statuses))
            asked = self.asked(method, path)
            raise RegistryError(f"{asked}: expected {wanted}, got {reply.status}: {text}")
        return reply

    def request(
        self, method: str, path: str, body: bytes | Iterable[bytes], headers: Mapping[str, str]
    ) -> Reply:
        """Send one request and return the answer; RegistryError when there is none.

        Where tokens are asked for, one is fetched with the login, and what was refused for want of
        it is sent again; an issuer that gives none has the last word.
        """
        reply = self._send(method, path, body, {**self._sent, **headers})
        challenge = dict(_CHALLENGE.findall(reply.headers.get("WWW-Authenticate", "")))
        if reply.status != 401 or not self._login or "realm" not in challenge:
            return reply
        asked = urlencode({key: challenge[key] for key in ("service", "scope") if key in challenge})
        answer = self._send("GET", f"{challenge['realm']}?{asked}", b"", {_LOGIN: self._login})
        if answer.status != 200:
            return answer
        self._authorization = f"Bearer {json.loads(answer.body)['token']}"
        return self._send(method, path, body, {**self._sent, **headers})

    @property
    def _sent(self) -> dict[str, str]:
        return {_LOGIN: self._authorization} if self._authorization else {}

    def _send(
        self, method: str, path: str, body: bytes | Iterable[bytes], headers: Mapping[str, str]
    ) -> Reply:
        parts = urlsplit(path)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        try:
            connection = self._usable()
            # A server that refuses a large body answers and closes before all of it is sent.
            with contextlib.suppress(BrokenPipeError):
                connection.request(method, target, body or None, dict(headers))
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            what = str(error) or type(error).__name__
            raise RegistryError(f"{self.asked(method, path)}: no answer: {what}") from error

    def asked(self, method: str, path: str) -> str:
        """Return the words for a request in an error: neither its query nor its headers."""
        return f"{method} {self.place}{urlsplit(path).path}"

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _usable(self) -> http.client.HTTPConnection:
        """Return the open connection, or a new one when the server has closed it since.

        To look first is what lets a request be sent only once: a lost one is never hidden.
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
    """Return a connection that verifies that the server is `host`; nothing is opened yet.

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
    """Return a connection without TLS, as a load balancer makes it that ends TLS itself."""
    place = f"http://{host}"
    return Connection(lambda: Plain(host, port, address, timeout), place)


def elsewhere(address: str, ca: str) -> bytes:
    """Return what another server has at an address, without the login; `ca` is PEM to trust, too.

    Raises RegistryError, which does not show the query: that holds a signature.
    """
    parts = urlsplit(address)
    place = f"{parts.scheme}://{parts.netloc}{parts.path}"
    context = ssl.create_default_context()
    if ca:
        context.load_verify_locations(cadata=ca)
    secure = parts.scheme == "https"
    connection = (
        http.client.HTTPSConnection(parts.netloc, timeout=30, context=context)
        if secure
        else http.client.HTTPConnection(parts.netloc, timeout=30)
    )
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise RegistryError(f"GET {place}: no answer: {error}") from error
    finally:
        connection.close()
    if answer.status != 200:
        raise RegistryError(f"GET {place}: expected 200, got {answer.status}")
    return content


class Plain(http.client.HTTPConnection):
    """To an address, with the name of the host in the Host header."""

    def __init__(self, host: str, port: int, address: str, timeout: float) -> None:
        super().__init__(host, timeout=timeout)
        self._place = address, port

    def connect(self) -> None:
        self.sock = socket.create_connection(self._place, self.timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Tls(http.client.HTTPConnection):
    """To an address, with the name of the host in SNI, Host header and verification."""

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
    """To a unix socket."""

    def __init__(self, path: str, host: str, timeout: float) -> None:
        super().__init__(host, timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
