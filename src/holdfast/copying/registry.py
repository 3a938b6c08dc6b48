"""A registry as a side of a copy, by the distribution specification."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlencode, urljoin

from ansible_collections.holdfast.registry.plugins.module_utils.system import digests
from ansible_collections.holdfast.registry.plugins.module_utils.system import http as system_http

from holdfast.copying import manifests
from holdfast.copying.place import (
    Descriptor,
    ImageError,
    Manifest,
    Pieces,
    UnknownBelowError,
    UnreachableError,
)
from holdfast.copying.proof import proved
from holdfast.copying.server import LOST, TRIES, Answer, Server, followed

MOST_LIST = 64 << 20
_BYTES = {"Content-Type": "application/octet-stream"}
_ACCEPT = {"Accept": manifests.ACCEPT}
_LACKING = ("MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN", "MANIFEST_UNKNOWN")


class Registry:
    """One registry, or what is below a path of it."""

    def __init__(
        self,
        server: Server,
        base: str,
        *,
        below: str = "",
        ca: str = "",
        took: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.name = f"{server.name}/{below}".rstrip("/")
        self._server, self._base, self._ca, self._took = server, base, ca, took
        self._below = f"{below}/" if below else ""
        self._lists_referrers: bool | None = None

    def repositories(self) -> list[str] | None:
        """Return all repositories; None if the registry gives no list."""
        found = self._pages("/v2/_catalog?n=1000", "repositories", "registry:catalog:*")
        if found is None:
            return None
        size = len(self._below)
        return sorted(one[size:] for one in found if one.startswith(self._below))

    def tags(self, repository: str) -> list[str]:
        """Return all tags of a repository; none if there is no such repository."""
        path = f"{self._path(repository)}/tags/list?n=1000"
        return self._pages(path, "tags", self._pull(repository), missing=True) or []

    def _pages(self, path: str, key: str, scope: str, *, missing: bool = False) -> list[str] | None:
        found: list[str] = []
        while path:
            answer = self._server.request("GET", path, scope=scope)
            if answer.status != 200 and missing and answer.status != 404:
                raise self._server.refusal("GET", path, answer)
            if answer.status != 200:
                answer.close()
                return [] if missing else None
            try:
                found += [str(one) for one in json.loads(answer.read(MOST_LIST)).get(key) or []]
            except (ValueError, AttributeError, TypeError) as error:
                shown = self._server.shown("GET", path)
                raise ImageError(f"{shown}: expected a list of {key}, got other text") from error
            path = _next_page(path, answer)
        return found

    def resolve(self, repository: str, reference: str) -> str | None:
        """Return the digest of a tag; None if there is none."""
        path = f"{self._path(repository)}/manifests/{reference}"
        answer = self._server.request("HEAD", path, _ACCEPT, scope=self._pull(repository))
        answer.read(0)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise self._server.refusal("HEAD", path, answer)
        found = answer.headers.get("Docker-Content-Digest") or ""
        return found if digests.valid(found) else self.manifest(repository, reference).digest

    def manifest(self, repository: str, reference: str) -> Manifest:
        """Return a manifest, proved by its digest. Raises ImageError."""
        path = f"{self._path(repository)}/manifests/{reference}"
        answer = self._server.request("GET", path, _ACCEPT, scope=self._pull(repository))
        if answer.status != 200:
            raise self._server.refusal("GET", path, answer)
        content = self._read(path, answer)
        header = answer.headers.get("Docker-Content-Digest") or ""
        wanted = reference if ":" in reference else header
        kind = wanted.partition(":")[0] if digests.valid(wanted) else digests.CANONICAL
        found = digests.of(content, kind)
        kind = (answer.headers.get("Content-Type") or "").partition(";")[0].strip()
        if wanted and found != wanted and kind not in manifests.SCHEMA_1:
            raise ImageError(
                f"{self._server.shown('GET', path)}: expected {wanted}, got {found}: the registry"
                " has other bytes than it says. Nothing of it was written"
            )
        return Manifest(found, kind, content)

    def _read(self, path: str, answer: Answer) -> bytes:
        try:
            return answer.read(manifests.MOST_BYTES)
        except ImageError as error:
            raise ImageError(f"{self._server.shown('GET', path)}: a manifest: {error}") from error
        except LOST as error:
            raise UnreachableError(f"{self._server.shown('GET', path)}: {error}") from error

    def blob(self, repository: str, part: Descriptor) -> Iterator[bytes]:
        """Return a blob piece by piece, the last one only if all have its digest.

        Raises ImageError. After a lost connection it is read on from where it ended.
        """
        path = f"{self._path(repository)}/blobs/{part.digest}"
        where = self._server.shown("GET", path)
        pieces = self._pieces(path, repository, part.size, where)
        return proved(pieces, part, self._took, where, "the registry has other bytes than it says")

    def _pieces(self, path: str, repository: str, size: int, where: str) -> Iterator[bytes]:
        """Yield a blob as it comes, read on after each lost connection."""
        done, failures = 0, 0
        while done < size:
            lost = "the end"
            try:
                for piece in self._from(path, repository, done):
                    done += len(piece)
                    yield piece
            except LOST as error:
                lost = str(error) or type(error).__name__
            if done >= size:
                break
            failures += 1
            if failures == TRIES:
                raise ImageError(f"{where}: expected {size} bytes, got {done}, then {lost}")
            time.sleep(0.3 * 2**failures)

    def _from(self, path: str, repository: str, done: int) -> Iterator[bytes]:
        """Yield the rest of a blob, of which `done` bytes are known."""
        headers = {"Range": f"bytes={done}-"} if done else {}
        answer = self._server.request("GET", path, headers, scope=self._pull(repository))
        answer = followed(answer, f"{self._base}{path}", headers, self._ca)
        if answer.status not in (200, 206):
            raise self._server.refusal("GET", path, answer)
        skip = done if answer.status == 200 else 0
        for piece in answer.pieces():
            rest = piece[skip:]
            skip -= len(piece) - len(rest)
            if rest:
                yield rest

    def referrers(self, repository: str, digest: str) -> list[Descriptor] | None:
        """Return the manifests whose subject this is; None if the registry has no such list."""
        if self._lists_referrers is False:
            return None
        found: list[Descriptor] = []
        path = f"{self._path(repository)}/referrers/{digest}"
        while path:
            answer = self._server.request("GET", path, scope=self._pull(repository))
            body = answer.read(MOST_LIST)
            self._lists_referrers = answer.status == 200
            if answer.status != 200:
                return None
            with contextlib.suppress(ValueError):
                found += manifests.descriptors(body)
            path = _next_page(path, answer)
        return found

    def has_blob(self, repository: str, digest: str) -> bool:
        """Return True if a repository has a blob."""
        path = f"{self._path(repository)}/blobs/{digest}"
        answer = self._server.request("HEAD", path, scope=self._push(repository))
        answer.read(0)
        if answer.status in (401, 403):
            raise self._server.refusal("HEAD", path, answer)
        return answer.status in (200, 307)

    def put_blob(self, repository: str, part: Descriptor, pieces: Pieces, known: str) -> bool:
        """Write a blob, or mount it from the repository `known`; return True if it was mounted."""
        for number in range(TRIES):
            try:
                return self._put_blob(repository, part, pieces, known)
            except LOST as error:
                last = str(error) or type(error).__name__
                time.sleep(0.3 * 2**number)
        raise UnreachableError(f"{self.name}: expected to take {part.digest}, got {last}")

    def _put_blob(self, repository: str, part: Descriptor, pieces: Pieces, known: str) -> bool:
        begin = f"{self._path(repository)}/blobs/uploads/"
        scope, query = self._push(repository), ""
        if known:
            query = "?" + urlencode({"mount": part.digest, "from": f"{self._below}{known}"})
        mounting = f"{scope} {known}".strip()
        answer = self._server.request("POST", begin + query, scope=mounting)
        if known and answer.status in (401, 403, 404):  # no right to the other repository
            answer.close()
            mounting = scope
            answer = self._server.request("POST", begin, scope=scope)
        if answer.status == 201 and known:
            answer.read(MOST_LIST)
            return True
        if answer.status != 202:
            raise self._server.refusal("POST", begin, answer)
        answer.read(MOST_LIST)
        place = system_http.target(urljoin(begin, answer.headers.get("Location") or ""))
        end = f"{place}{'&' if '?' in place else '?'}{urlencode({'digest': part.digest})}"
        headers = {**_BYTES, "Content-Length": str(part.size)}
        try:
            done = self._server.request("PUT", end, headers, pieces(), scope=mounting, once=True)
        except ImageError:
            self._server.request("DELETE", place, scope=scope).close()
            raise
        if done.status >= 500 or done.status == 429:
            done.close()
            raise ConnectionError(f"the answer {done.status}")
        if done.status != 201:
            raise self._server.refusal("PUT", end, done)
        done.read(MOST_LIST)
        return False

    def put_manifest(self, repository: str, reference: str, manifest: Manifest) -> None:
        """Write a manifest by a tag or its digest. Raises UnknownBelowError if it lacks a part."""
        path = f"{self._path(repository)}/manifests/{reference}"
        kind = {"Content-Type": manifest.media_type}
        scope = self._push(repository)
        answer = self._server.request("PUT", path, kind, manifest.content, scope=scope)
        if answer.status == 201:
            answer.read(MOST_LIST)
            return
        error = self._server.refusal("PUT", path, answer)
        raise UnknownBelowError(str(error)) if any(w in str(error) for w in _LACKING) else error

    def _path(self, repository: str) -> str:
        return f"/v2/{self._below}{repository}"

    def _pull(self, repository: str) -> str:
        return f"pull:{repository}"

    def _push(self, repository: str) -> str:
        return f"push:{repository}"


def _next_page(path: str, answer: Answer) -> str:
    """Return path and query of the page after an answer; "" after the last one."""
    link = answer.headers.get("Link") or ""
    return system_http.target(urljoin(path, link[1:].partition(">")[0])) if link else ""
