"""Client of the registry API, sufficient to prove that a registry works."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from ansible_collections.holdfast.registry.plugins.module_utils.registry import (
    http as registry_http,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.http import (
    Connection,
    RegistryError,
    Reply,
    Unix,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry.oci_image import (
    MANIFEST_TYPE,
    Image,
    digest_of,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

__all__ = [
    "Client",
    "Image",
    "RegistryError",
    "Reply",
    "digest_of",
    "over_plain",
    "over_tls",
    "over_unix",
    "two_layer_image",
]

_BYTES = {"Content-Type": "application/octet-stream"}
_ACCEPT = f"{MANIFEST_TYPE}, application/vnd.docker.distribution.manifest.v2+json"


def over_tls(  # noqa: PLR0913 -- each is a fact of its own
    host: str,
    port: int,
    *,
    address: str | None = None,
    cafile: str | None = None,
    timeout: float = 10,
    pair: tuple[str, str] | None = None,
) -> Client:
    """Return a client that speaks TLS and verifies that the server is `host`.

    `address` is where to connect when that is not what the name resolves to. `cafile` is the only
    authority to trust, or the server's own certificate; None: the system's. `timeout` is in
    seconds, for each wait. `pair` are the files of a certificate of the client and of its key.
    """
    return Client(registry_http.over_tls(host, port, address, cafile, timeout, pair))


def over_plain(host: str, port: int, *, address: str, timeout: float = 10) -> Client:
    """Return a client without TLS, like a load balancer that terminates TLS."""
    return Client(registry_http.over_plain(host, port, address, timeout))


def over_unix(path: str, host: str, *, timeout: float = 10) -> Client:
    """Return a client that speaks plain HTTP to a unix socket; `host` is for the Host header."""
    return Client(Connection(lambda: Unix(path, host, timeout), f"unix:{path}:"))


class Client:
    """One keep-alive connection to one registry. Not for use by several threads at once."""

    def __init__(self, connection: Connection, storage_ca: str = "") -> None:
        self._connection = connection
        self.storage_ca = storage_ca
        """PEM to trust on redirects to the storage of blobs."""

    def login(self, username: str, password: str) -> Client:
        """Return a client with its own connection that sends this login."""
        return Client(self._connection.login(username, password), self.storage_ca)

    def bearing(self, token: str) -> Client:
        """Return a client with its own connection that sends this token."""
        return Client(self._connection.bearing(token))

    def request(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request, once, and return the answer, whatever its status.

        An iterable body is sent piece by piece; its length has to be among the headers. `path` may
        be the absolute URL of a Location header; its host is ignored. Raises RegistryError if there
        is no answer; its cause is the error of the connection.
        """
        return self._connection.request(method, path, body, headers or {})

    def check(self) -> int:
        """Return the status of GET /v2/: 200 with a valid login, 401 if a login is required."""
        return self.request("GET", "/v2/").status

    def push(
        self,
        repository: str,
        tag: str,
        image: Image,
        *,
        chunk: int | None = None,
        again: bool = False,
    ) -> str:
        """Push an image and return its digest.

        Blobs that the registry has are not sent, unless `again` is set: a repeated test needs no
        new space for them. `chunk` is the size in bytes of the parts in which blobs are sent; None
        sends each in one request.
        """
        for digest, content in image.blobs.items():
            path = f"/v2/{repository}/blobs/{digest}"
            if again or self.request("HEAD", path).status != 200:
                self.upload(repository, digest, content, chunk=chunk)
        path = f"/v2/{repository}/manifests/{tag}"
        self._connection.expect(
            (201,), "PUT", path, image.manifest, {"Content-Type": MANIFEST_TYPE}
        )
        return image.digest

    def pull(self, repository: str, reference: str) -> Image:
        """Pull an image by tag or digest; RegistryError when bytes and digest do not agree."""
        path = f"/v2/{repository}/manifests/{reference}"
        reply = self._connection.expect((200,), "GET", path, headers={"Accept": _ACCEPT})
        header = reply.headers.get("Docker-Content-Digest", "no digest")
        self._agree(path, reference if ":" in reference else header, reply.body)
        return Image(
            reply.body,
            {digest: self._blob(repository, digest) for digest in self._named(path, reply.body)},
        )

    def delete(self, repository: str, digest: str) -> bool:
        """Delete a manifest; False when the registry does not allow deletes at all."""
        path = f"/v2/{repository}/manifests/{digest}"
        return self._connection.expect((202, 405), "DELETE", path).status == 202

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        self._connection.close()

    def upload(
        self, repository: str, digest: str, content: bytes, *, chunk: int | None = None
    ) -> None:
        """Upload a blob, in parts of `chunk` bytes or in one request."""
        place = self._begun("POST", f"/v2/{repository}/blobs/uploads/")
        if chunk:
            for start in range(0, len(content), chunk):
                part = content[start : start + chunk]
                span = {"Content-Range": f"{start}-{start + len(part) - 1}", **_BYTES}
                place = self._begun("PATCH", place, part, span)
            content = b""
        end = f"{place}{'&' if '?' in place else '?'}{urlencode({'digest': digest})}"
        self._connection.expect((201,), "PUT", end, content, _BYTES)

    def _begun(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> str:
        """Return the URL at which an upload continues."""
        reply = self._connection.expect((202,), method, path, body, headers)
        if "Location" not in reply.headers:
            raise RegistryError(
                f"{self._connection.shown(method, path)}: expected a Location, got none"
            )
        return str(reply.headers["Location"])

    def _blob(self, repository: str, digest: str) -> bytes:
        path = f"/v2/{repository}/blobs/{digest}"
        reply = self._connection.expect((200, 307), "GET", path)
        content = reply.body
        if reply.status == 307:
            content = registry_http.elsewhere(reply.headers["Location"], self.storage_ca)
        self._agree(path, digest, content)
        return content

    def _named(self, path: str, manifest: bytes) -> list[str]:
        """Return the digests of the config and the layers."""
        try:
            parsed = json.loads(manifest)
            return [part["digest"] for part in (parsed["config"], *parsed["layers"])]
        except (ValueError, KeyError, TypeError) as error:
            request = self._connection.shown("GET", path)
            raise RegistryError(f"{request}: expected the manifest of one image") from error

    def _agree(self, path: str, digest: str, content: bytes) -> None:
        try:
            found = digests.of(content, digest.partition(":")[0])
        except ValueError as error:
            raise RegistryError(f"{self._connection.shown('GET', path)}: {error}") from error
        if found != digest:
            raise RegistryError(
                f"{self._connection.shown('GET', path)}: expected {digest}, got {found}"
            )
