"""Describe one repository or one image from the index."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.index import sizes


def repository(database: sqlite3.Connection, name: str) -> dict[str, Any] | None:
    """Return sizes and tags of a repository, the newest tag first; None if there is none."""
    row = database.execute("select id from repository where name=?", (name,)).fetchone()
    if row is None:
        return None
    tags = database.execute(
        "select tag.name, digest, kind, platform, full, changed from tag"
        " join manifest on manifest.id=manifest where repository=? order by changed desc, 1",
        row,
    )
    keys = ("tag", "digest", "type", "platform", "bytes", "pushed")
    return {
        "kind": "repository",
        "repository": name,
        **sizes.of(database, row[0])._asdict(),
        "tags": [dict(zip(keys, tag, strict=True)) for tag in tags],
    }


def image(database: sqlite3.Connection, name: str, tag: str, digest: str) -> dict[str, Any] | None:
    """Return what is known of an image by its tag or digest; None if there is none."""
    row = database.execute(BY_TAG if tag else BY_DIGEST, (name, tag or digest)).fetchone()
    if row is None:
        return None
    found = dict(zip(KEYS, row, strict=True))
    number = found.pop("id")
    texts = {key: json.loads(found.pop(key)) for key in ("labels", "annotations")}
    secrets = [one for one in found.pop("secrets").split("\n") if one]
    return {
        "kind": "manifest",
        "repository": name,
        "tag": tag,
        **found,
        **texts,
        "secrets": secrets,
        "tags": _tags(database, name, number),
        "platforms": _children(database, number),
        "layers": _layers(database, number),
        "referrers": _referrers(database, name, found["digest"]),
    }


KEYS = (
    *("id", "digest", "type", "media", "artifact", "bytes", "created", "platform", "user"),
    *("labels", "annotations", "subject", "base", "secrets"),
)
_COLUMNS = (
    "manifest.id, digest, kind, media, artifact, full, created, platform, user,"
    " labels, annotations, subject, base, secrets"
)
BY_TAG = f"""
select {_COLUMNS} from repository join tag on tag.repository=repository.id
join manifest on manifest.id=tag.manifest where repository.name=? and tag.name=?
"""
BY_DIGEST = f"""
select {_COLUMNS} from repository join member on member.repository=repository.id
join manifest on manifest.id=member.manifest where repository.name=? and digest=?
"""


def _tags(database: sqlite3.Connection, name: str, number: int) -> list[str]:
    """Return all tags of a repository that name a manifest."""
    rows = database.execute(
        "select tag.name from tag join repository on repository.id=repository"
        " where repository.name=? and manifest=? order by 1",
        (name, number),
    )
    return [tag for (tag,) in rows]


def _children(database: sqlite3.Connection, number: int) -> list[dict[str, Any]]:
    rows = database.execute(
        "select child.platform, child.digest, full from child"
        " left join manifest using (digest) where parent=? order by position",
        (number,),
    )
    return [dict(zip(("platform", "digest", "bytes"), row, strict=True)) for row in rows]


def _layers(database: sqlite3.Connection, number: int) -> list[dict[str, Any]]:
    """Return the layers of an image, the lowest first, with who else has each."""
    rows = database.execute(
        "select digest, bytes, diff, here, images, repositories from part"
        " join blob on blob.id=blob where manifest=? and position>=0 order by position",
        (number,),
    )
    keys = ("digest", "bytes", "unpacked_digest", "here", "images", "repositories")
    found = [dict(zip(keys, row, strict=True)) for row in rows]
    return [{**one, "here": bool(one["here"])} for one in found]


def _referrers(database: sqlite3.Connection, name: str, digest: str) -> list[dict[str, Any]]:
    """Return what is attached to a manifest in the same repository, such as signatures."""
    rows = database.execute(
        "select digest, artifact, full from manifest"
        " join member on member.manifest=manifest.id"
        " join repository on repository.id=member.repository"
        " where repository.name=? and subject=? order by artifact, digest",
        (name, digest),
    )
    return [dict(zip(("digest", "artifact", "bytes"), row, strict=True)) for row in rows]
