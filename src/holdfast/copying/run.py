"""Copy the chosen images of one side to another, and compare both at the end."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from holdfast.copying import manifests, since
from holdfast.copying.image import Images
from holdfast.copying.journal import Journal
from holdfast.copying.place import DeniedError, ImageError, Source, Target, UnknownBelowError
from holdfast.copying.progress import Progress, Report
from holdfast.copying.selection import Selection
from holdfast.issuer import globs

TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", re.ASCII)
Work = tuple[str, str]
"""Repository and tag."""


@dataclass(frozen=True)
class Wanted:
    """The wishes of a run."""

    selection: Selection
    since: datetime | None = None
    at_once: int = 6
    """Images, and blobs, at the same time."""
    check: bool = False
    """True to write nothing."""


def copy(
    sides: tuple[Source, Target], wanted: Wanted, journal: Journal, progress: Progress
) -> Report:
    """Copy what is chosen and not there. Raises HoldfastError if a side does not answer at all."""
    report = Report()
    with (
        ThreadPoolExecutor(wanted.at_once) as blobs,
        ThreadPoolExecutor(wanted.at_once) as pool,
    ):
        images = Images(sides, journal, blobs, progress, report)
        one = _Run(sides, wanted, images, progress, report, pool)
        try:
            one.run()
        finally:
            progress.stop()
            report.bytes = progress.bytes
    return report


def _valid(repository: str, tags: list[str]) -> list[str]:
    """Return the tags. Raises ImageError for names that would lead to another path."""
    for one in tags:
        if not (globs.valid_name(repository) and TAG.fullmatch(one)):
            raise ImageError(f"expected names of the specification, got {repository!r}: {one!r}")
    return tags


class _Run:
    """One run."""

    def __init__(  # noqa: PLR0913, PLR0917 -- each is a fact of its own
        self,
        sides: tuple[Source, Target],
        wanted: Wanted,
        images: Images,
        progress: Progress,
        report: Report,
        pool: ThreadPoolExecutor,
    ) -> None:
        self._source, self._target = sides
        self._wanted, self._images = wanted, images
        self._progress, self._report = progress, report
        self._pool = pool
        self._following: dict[str, dict[str, list[str]]] = {}
        """Tags of signatures and referrers, by repository and subject."""
        self._met: set[Work] = set()
        self._guard = threading.Lock()

    def run(self) -> None:
        """Copy, then compare."""
        found = self._wanted.selection.repositories(self._source)
        ordinary: list[Work] = []
        self._each(lambda one: ordinary.extend(self._listed(one)), found)
        self._progress.expect(len(ordinary))
        self._each(self._image, sorted(ordinary))
        if not self._wanted.check:
            self._each(self._left_over, self._following_of(found))
            self._each(self._compared, list(self._report.copied))

    def _each(self, work: Callable[[Any], None], items: Iterable[Any]) -> None:
        """Do some work for each item; the first error that is no image's ends all."""
        futures = [self._pool.submit(work, one) for one in items]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for one in done:
                one.result()
        except BaseException:
            self._progress.stop()
            for one in futures:
                one.cancel()
            raise

    def _listed(self, repository: str) -> list[Work]:
        """Return the chosen tags of a repository, without those that follow others."""
        try:
            tags = _valid(repository, self._source.tags(repository))
            if not self._wanted.check and not self._target.tags(repository):
                self._images.fresh.add(repository)
        except ImageError as error:
            self._failed((repository, ""), error)
            return []
        following: defaultdict[str, list[str]] = defaultdict(list)
        for tag in tags:
            if subject := manifests.subject(tag):
                following[subject].append(tag)
        self._following[repository] = dict(following)
        found = [
            (repository, tag)
            for tag in tags
            if not manifests.subject(tag) and self._wanted.selection.chosen(repository, tag)
        ]
        if not found:
            self._failed((repository, ""), ImageError("expected tags that are chosen, found none"))
        return found

    def _following_of(self, repositories: Iterable[str]) -> list[tuple[Work, str]]:
        """Return the tags that follow an image which was not met, with that image's digest."""
        return [
            ((repository, tag), subject)
            for repository in repositories
            for subject, tags in self._following.get(repository, {}).items()
            for tag in tags
            if (repository, tag) not in self._met
        ]

    def _image(self, work: Work) -> None:
        """Copy one image, and note its result."""
        try:
            try:
                self._copied(work)
            except UnknownBelowError:
                # The journal knows parts that the target has removed since.
                self._images.distrust(work[0])
                self._copied(work)
        except ImageError as error:
            self._failed(work, error)
        self._progress.image()

    def _copied(self, work: Work) -> None:
        repository, tag = work
        digest = self._source.resolve(repository, tag)
        if digest is None:
            raise ImageError("expected a tag, and it was removed meanwhile")
        if self._target.resolve(repository, tag) == digest:
            self._followed(repository, [digest])
            self._count("unchanged")
            return
        manifest = self._source.manifest(repository, tag)
        limit = self._wanted.since
        if limit and since.is_older(self._source, repository, manifest, limit):
            self._count("older")
            return
        if not self._wanted.check:
            self._followed(repository, self._images.content(repository, manifest))
            self._images.put(repository, tag, manifest)
        self._report.copied.append((repository, tag, manifest.digest))

    def _followed(self, repository: str, digests: list[str]) -> None:
        """Copy what hangs on manifests: referrers, and tags with their digest in the name."""
        if self._wanted.check:
            return
        for digest in digests:
            self._images.referrers(repository, digest)
            for tag in self._following[repository].get(digest, ()):
                self._follow((repository, tag))

    def _follow(self, work: Work) -> None:
        """Copy the tag of a signature, and what hangs on that."""
        with self._guard:
            if work in self._met:
                return
            self._met.add(work)
        repository, tag = work
        manifest = self._source.manifest(repository, tag)
        if self._target.resolve(repository, tag) == manifest.digest:
            return
        found = self._images.content(repository, manifest)
        self._followed(repository, found)
        self._images.put(repository, tag, manifest)
        self._count("hanging")

    def _left_over(self, one: tuple[Work, str]) -> None:
        """Copy a tag that follows an image which an earlier run has copied."""
        work, subject = one
        try:
            if self._target.resolve(work[0], subject):
                self._follow(work)
        except ImageError as error:
            self._failed(work, error)

    def _compared(self, one: tuple[str, str, str]) -> None:
        """Compare the digest of a copied tag on both sides."""
        repository, tag, digest = one
        try:
            here = self._target.resolve(repository, tag)
            there = self._source.resolve(repository, tag)
        except ImageError as error:
            self._failed((repository, tag), error)
            return
        if not here == there == digest:
            self._report.copied.remove(one)
            text = f"expected {digest} on both sides, got {there} and {here}: it was pushed"
            self._failed((repository, tag), ImageError(f"{text} meanwhile. Copy it again"))

    def _count(self, name: str) -> None:
        with self._guard:
            setattr(self._report, name, getattr(self._report, name) + 1)

    def _failed(self, work: Work, error: ImageError) -> None:
        if isinstance(error, DeniedError):
            self._count("denied")
        self._report.failed.append((*work, str(error)))
