"""Copy one image: what it needs first, then what hangs on it, its tag last."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from holdfast.copying import manifests
from holdfast.copying.journal import Journal
from holdfast.copying.place import Descriptor, ImageError, Manifest, Source, Target
from holdfast.copying.progress import Progress, Report

DEEPEST = 6
"""Maximum depth of indexes in indexes, and of referrers of referrers."""


class Images:
    """Copy of images from one side to the other, for several threads."""

    def __init__(
        self,
        sides: tuple[Source, Target],
        journal: Journal,
        blobs: Executor,
        progress: Progress,
        report: Report,
    ) -> None:
        self._source, self._target = sides
        self._journal, self._blobs = journal, blobs
        self._progress, self._report = progress, report
        self.fresh: set[str] = set()
        """Repositories of which the target has nothing: no blob is looked for."""
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._guard = threading.Lock()

    def content(self, repository: str, manifest: Manifest, depth: int = 0) -> list[str]:
        """Copy all that a manifest needs; return the digests of it and of those below it."""
        found, needed = [manifest.digest], manifests.parts(manifest)
        if depth > DEEPEST:
            raise ImageError(f"{manifest.digest}: expected at most {DEEPEST} indexes in each other")
        waiting = [
            self._blobs.submit(self._blob, repository, one)
            for one in needed.blobs
            if not self._journal.has(repository, one.digest)
        ]
        try:
            for child in needed.children:
                found += self._child(repository, child, depth)
        finally:
            failures = [failure for one in waiting if (failure := one.exception())]
        for failure in failures:
            raise failure
        return found

    def _child(self, repository: str, child: Descriptor, depth: int) -> list[str]:
        if self._journal.has(repository, child.digest):
            return [child.digest]
        manifest = self._source.manifest(repository, child.digest)
        if not manifest.media_type:  # of a folder, where the index alone says it
            manifest = replace(manifest, media_type=child.media_type)
        found = self.content(repository, manifest, depth + 1)
        self.put(repository, child.digest, manifest)
        return found

    def distrust(self, repository: str) -> None:
        """Look again for each part of a repository."""
        self._journal.forget(repository)
        self.fresh.discard(repository)

    def put(self, repository: str, reference: str, manifest: Manifest) -> None:
        """Write a manifest, by its digest or a tag."""
        self._target.put_manifest(repository, reference, manifest)
        self._journal.add(repository, manifest.digest)

    def _blob(self, repository: str, part: Descriptor) -> None:
        with self._locked(part.digest):
            if self._journal.has(repository, part.digest):
                return
            if repository in self.fresh or not self._target.has_blob(repository, part.digest):
                if part.foreign and not self._source.has_blob(repository, part.digest):
                    self._report.notes.append(
                        f"{repository}: {part.digest} is a foreign layer, which clients fetch from"
                        " elsewhere: it was not copied"
                    )
                    return
                self._sent(repository, part)
            self._journal.add(repository, part.digest)

    def _sent(self, repository: str, part: Descriptor) -> None:
        known = self._journal.elsewhere(part.digest)
        self._progress.plan(part.size)
        pieces = partial(self._source.blob, repository, part)
        mounted = self._target.put_blob(repository, part, pieces, known)
        self._progress.plan(-part.size * mounted)
        with self._guard:
            self._report.blobs += not mounted
            self._report.mounted += mounted

    def referrers(self, repository: str, digest: str, depth: int = 0) -> None:
        """Copy the manifests whose subject this is, if the source has a list of them."""
        listed = self._source.referrers(repository, digest)
        if not listed or depth > DEEPEST:
            return
        found = [self._source.manifest(repository, one.digest) for one in listed]
        for one in found:
            if not self._journal.has(repository, one.digest):
                self.content(repository, one)
                self.put(repository, one.digest, one)
            self.referrers(repository, one.digest, depth + 1)
        if self._target.referrers(repository, digest) is None:
            self._listed(repository, digest, found)

    def _listed(self, repository: str, digest: str, found: list[Manifest]) -> None:
        """Name referrers in a tag, where a registry has no list of its own."""
        tag = manifests.fallback(digest)
        with self._locked(f"{repository} {tag}"):
            before = b""
            if self._target.resolve(repository, tag):
                before = self._target.manifest(repository, tag).content
            made = manifests.with_referrers(before, found)
            if made.content != before:
                self.put(repository, tag, made)

    @contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        with self._guard:
            lock = self._locks[key]
        with lock:
            yield


def text_of(source: Source, repository: str, part: Descriptor, most: int) -> bytes:
    """Return a small blob; nothing if it is larger than `most`."""
    return b"".join(source.blob(repository, part)) if part.size <= most else b""
