"""Client of S3: requests are signed with Signature Version 4, and sent once."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from ansible_collections.holdfast.registry.plugins.module_utils.system import http as system_http
from ansible_collections.holdfast.registry.plugins.module_utils.system import outbound

if TYPE_CHECKING:
    import ssl

    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import Storage

ALGORITHM = "AWS4-HMAC-SHA256"
SAFE = "-._~"
TIMEOUT_SECONDS = 20
PAGE = 1000
"""Objects in one answer to a list; no server gives more."""


class Keys(NamedTuple):
    """Access keys."""

    access: str
    secret: str
    token: str = ""
    """Session token of a role; empty for permanent keys."""


class Answer(NamedTuple):
    """Answer of the server, whatever its status."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def xml(self) -> ElementTree.Element:
        """Return the body's XML without its namespace, as servers disagree on it."""
        # The standard library has no other parser; the server is one that the settings name.
        root = ElementTree.fromstring(self.body or b"<nothing/>")  # noqa: S314
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        return root

    @property
    def code(self) -> str:
        """Return the code of an error, such as NoSuchBucket; empty if there is none."""
        try:
            return self.xml().findtext("Code") or ""
        except ElementTree.ParseError:
            return ""


class RefusedError(Exception):
    """The server refused a request; `answer` has the reason."""

    def __init__(self, action: str, answer: Answer) -> None:
        super().__init__(f"{action}: {answer.status} {answer.code}".strip())
        self.action, self.answer = action, answer


class Bucket:
    """A bucket, over one keep-alive connection. Not for use by several threads at once."""

    def __init__(
        self,
        facts: Storage,
        keys: Keys,
        ca: str = "",
        variables: Mapping[str, str] | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """`facts` are those of holdfast.rendering.storage; `ca` is PEM to trust, too, or `context`
        what several clients trust; `variables` are those of the outbound proxy."""
        self.facts, self.keys = facts, keys
        place = urlsplit(facts["endpoint"])
        # A certificate for *.server does not fit a name with more dots.
        paths = facts["paths"] or ("." in facts["bucket"] and place.scheme == "https")
        self._host = place.netloc if paths else f"{facts['bucket']}.{place.netloc}"
        self._place = f"{place.scheme}://{self._host}"
        self._base = f"/{facts['bucket']}" if paths else ""
        self._ca, self._context = ca, context
        self._proxy = outbound.proxy_for(self._place, variables or {})
        self._open: http.client.HTTPConnection | None = None

    def ask(  # noqa: PLR0913, PLR0917 -- what a request is made of
        self,
        action: str,
        method: str,
        key: str = "",
        query: Mapping[str, str] | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return a successful answer. Raises RefusedError and OSError.

        `action` is the name of the request in a policy.
        """
        response = self.begin(method, key, query, body, headers)
        answer = Answer(response.status, response.headers, response.read())
        # A copy or a completion can fail after its 200.
        if not 200 <= answer.status < 300 or (method != "GET" and b"<Error>" in answer.body[:400]):
            raise RefusedError(action, answer)
        return answer

    def begin(
        self,
        method: str,
        key: str,
        query: Mapping[str, str] | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> http.client.HTTPResponse:
        """Send a request and return the answer; its body is still unread."""
        path = quote(f"{self._base}/{key}", safe=f"/{SAFE}")
        text = "&".join(
            f"{quote(name, safe=SAFE)}={quote(value, safe=SAFE)}"
            for name, value in sorted((query or {}).items())
        )
        moment = time.gmtime()
        signed = signature(
            self.keys,
            self.facts["region"],
            moment,
            (method, path, text),
            {"host": self._host, **(headers or {})},
            hashlib.sha256(body).hexdigest(),
        )
        try:
            if self._open is None:
                self._open = self._connect()
            # Not only when there is a body: an empty one needs its length, too.
            length = {"Content-Length": str(len(body))} if method in ("PUT", "POST") else {}
            target = f"{path}?{text}" if text else path
            self._open.request(method, target, body or None, {**length, **signed})
            return self._open.getresponse()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if isinstance(error, OSError):
                raise
            raise ConnectionError(str(error) or type(error).__name__) from error

    def objects(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield key and size in bytes of every object below a prefix, in the order of the keys."""
        for one in contents(lambda query: self.ask("s3:ListBucket", "GET", query=query), prefix):
            yield one.findtext("Key") or "", int(one.findtext("Size") or 0)

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _connect(self) -> http.client.HTTPConnection:
        trusted = self._ca, self._proxy, self._context
        return system_http.connection(self._place, TIMEOUT_SECONDS, *trusted)


def contents(
    ask: Callable[[Mapping[str, str]], Answer | None], prefix: str
) -> Iterator[ElementTree.Element]:
    """Yield the description of each object below a prefix; `ask` sends one query for a page."""
    query = {"list-type": "2", "prefix": prefix, "max-keys": str(PAGE)}
    while True:
        answer = ask(query)
        if answer is None:
            return
        page = answer.xml()
        yield from page.iter("Contents")
        token = page.findtext("NextContinuationToken") or ""
        if page.findtext("IsTruncated") != "true" or not token:
            return
        query["continuation-token"] = token


def signature(  # noqa: PLR0913, PLR0917 -- each is a part of what is signed
    keys: Keys,
    region: str,
    moment: time.struct_time,
    request: tuple[str, str, str],
    headers: Mapping[str, str],
    body_sha256: str,
) -> dict[str, str]:
    """Return the headers of a signed request.

    `request` is method, path and query, both encoded, the query sorted. Source: Signature Version 4
    in Amazon's documentation of S3.
    """
    stamp, day = time.strftime("%Y%m%dT%H%M%SZ", moment), time.strftime("%Y%m%d", moment)
    own = {"x-amz-date": stamp, "x-amz-content-sha256": body_sha256}
    own |= {"x-amz-security-token": keys.token} if keys.token else {}
    every = {name.lower(): value.strip() for name, value in {**headers, **own}.items()}
    names = ";".join(sorted(every))
    lines = [*request, *(f"{name}:{every[name]}" for name in sorted(every)), "", names, body_sha256]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    scope = f"{day}/{region}/s3/aws4_request"
    key = f"AWS4{keys.secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"{ALGORITHM}\n{stamp}\n{scope}\n{digest}"
    signed = hmac.digest(key, text.encode(), "sha256").hex()
    credential = f"{ALGORITHM} Credential={keys.access}/{scope}"
    every["authorization"] = f"{credential}, SignedHeaders={names}, Signature={signed}"
    return every
