"""List objects of a bucket, with their versions or without."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from itertools import groupby
from xml.etree import ElementTree

from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_client import (
    PAGE,
    contents,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_pool import (
    Pool,
    Version,
)


def versioned(pool: Pool) -> bool:
    """Return True if the bucket keeps what is deleted. Raises OSError."""
    answer = pool.ask("s3:GetBucketVersioning", "GET", query={"versioning": ""})
    return answer is not None and answer.xml().findtext("Status") == "Enabled"


def versions(pool: Pool, prefix: str) -> Iterator[list[Version]]:
    """Yield all versions of each key below a prefix, the latest first. Raises OSError.

    The order of the others is not known: some servers put markers before or behind the rest.
    """
    waiting: list[Version] = []
    for page in _pages(pool, prefix):
        # The versions of the last key may go on in the next page.
        waiting += page
        last = max((one.key for one in page), default="")
        ready = sorted(one for one in waiting if one.key != last)
        waiting = [one for one in waiting if one.key == last]
        yield from _by_key(ready)
    yield from _by_key(waiting)


def _by_key(some: list[Version]) -> Iterator[list[Version]]:
    for _, each in groupby(some, key=lambda one: one.key):
        yield sorted(each, key=lambda one: (not one.latest, -one.time))


def _pages(pool: Pool, prefix: str) -> Iterator[list[Version]]:
    query = {"versions": "", "prefix": prefix, "max-keys": str(PAGE)}
    while True:
        answer = pool.ask("s3:ListBucketVersions", "GET", query=query)
        if answer is None:
            return
        page = answer.xml()
        yield [_version(one) for one in page if one.tag in {"Version", "DeleteMarker"}]
        if page.findtext("IsTruncated") != "true":
            return
        query["key-marker"] = page.findtext("NextKeyMarker") or ""
        query["version-id-marker"] = page.findtext("NextVersionIdMarker") or ""


def objects(pool: Pool, prefix: str) -> Iterator[list[Version]]:
    """Yield each object below a prefix, as its only version. Raises OSError."""
    for one in contents(lambda query: pool.ask("s3:ListBucket", "GET", query=query), prefix):
        yield [_version(one)._replace(latest=True)]


def _version(one: ElementTree.Element) -> Version:
    text = one.findtext("LastModified") or ""
    return Version(
        one.findtext("Key") or "",
        one.findtext("VersionId") or "null",
        one.tag == "DeleteMarker",
        one.findtext("IsLatest") == "true",
        int(one.findtext("Size") or 0),
        datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp(),
    )
