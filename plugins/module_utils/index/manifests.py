"""Write manifests of the store into the index, and take them out of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.index import counting, reading
from ansible_collections.holdfast.registry.plugins.module_utils.index.describing import (
    BASE_NAME,
    REVISION,
    Described,
)
from ansible_collections.holdfast.registry.plugins.module_utils.index.schema import (
    CONFIG,
    MANIFEST,
)

FIELDS = (
    *("kind", "media", "artifact", "created", "platform", "user", "layers", "labels"),
    *("annotations", "words", "revision", "subject", "base", "secrets"),
)

NAMED = """
select manifest from member where repository=:repository
union select manifest from tag where repository=:repository
"""
"""Manifests of a repository, with those that only a tag names."""


def known(database: sqlite3.Connection, digest: str) -> int | None:
    """Return the number of a manifest; None for one that the index does not have."""
    row = database.execute("select id from manifest where digest=?", (digest,)).fetchone()
    return None if row is None else int(row[0])


def add(database: sqlite3.Connection, store: Directory, digest: str) -> int:
    """Return the number of a manifest, which is read if the index does not have it."""
    number = known(database, digest)
    if number is None:
        number = int(
            database.execute(
                "insert into manifest(digest, kind) values (?, 'missing') returning id", (digest,)
            ).fetchone()[0]
        )
        _fill(database, store, number, digest)
    return number


def reread(database: sqlite3.Connection, store: Directory, number: int, digest: str) -> None:
    """Read a manifest again that could not be read, or that lacked a blob."""
    rows = database.execute("select repository from member where manifest=?", (number,)).fetchall()
    for (repository,) in rows:
        counting.drop(database, repository, number)
    _clear(database, number)
    _fill(database, store, number, digest)
    for (repository,) in rows:
        counting.hold(database, repository, number)
    counting.full(database, {digest})


def broken(database: sqlite3.Connection, repository: int) -> list[tuple[int, str]]:
    """Return number and digest of a repository's manifests that lack something."""
    found: list[tuple[int, str]] = database.execute(
        f"select id, digest from manifest where id in ({NAMED}) and (kind='missing' or"
        " exists (select 1 from part join blob on blob.id=blob"
        " where part.manifest=manifest.id and not here))",
        {"repository": repository},
    ).fetchall()
    return found


def look(database: sqlite3.Connection, store: Directory, repository: int) -> None:
    """Look whether the store still has the blobs of a repository as the index knows them."""
    rows = database.execute(BLOBS, {"repository": repository}).fetchall()
    for number, digest, bytes_, here in rows:
        size = reading.size(store, digest)
        if (size or 0, size is not None) == (bytes_, bool(here)):
            continue
        database.execute(
            "update blob set bytes=?, here=? where id=?", (size or 0, size is not None, number)
        )
        _follow(database, store, number)


def remove_unused(database: sqlite3.Connection, number: int) -> None:
    """Remove a manifest that no repository has and no tag names."""
    used = database.execute(
        "select exists (select 1 from member where manifest=:id)"
        " or exists (select 1 from tag where manifest=:id)",
        {"id": number},
    ).fetchone()[0]
    if not used:
        _clear(database, number)
        database.execute("delete from manifest where id=?", (number,))


def _fill(database: sqlite3.Connection, store: Directory, number: int, digest: str) -> None:
    found = reading.manifest(store, digest)
    assigned = ", ".join(f"{one}=?" for one in FIELDS)
    database.execute(f"update manifest set {assigned} where id=?", (*_values(found), number))
    if found.kind == "missing":
        return
    changed = []
    for position, one, diff in _parts(found, digest):
        blob, other = _blob(database, store, one, diff)
        database.execute("insert into part values (?, ?, ?)", (number, position, blob))
        changed += [blob] if other else []
    children = [(number, *pair) for pair in enumerate(found.children)]
    database.executemany(
        "insert into child values (?, ?, ?, ?)",
        [(parent, position, *child) for parent, position, child in children],
    )
    counting.image(database, number, 1)
    for blob in changed:
        _follow(database, store, blob, but=number)


def _values(found: Described) -> tuple[str | int, ...]:
    """Return the values of FIELDS."""
    texts = {**found.annotations, **found.labels}
    return (
        *(found.kind, found.media, found.artifact, found.created, found.platform, found.user),
        len(found.layers),
        json.dumps(dict(found.labels)),
        json.dumps(dict(found.annotations)),
        *(found.words, texts.get(REVISION, ""), found.subject),
        *(texts.get(BASE_NAME, ""), "\n".join(found.secrets)),
    )


def _parts(found: Described, digest: str) -> Iterator[tuple[int, str, str]]:
    """Yield position, digest and unpacked digest of all blobs of a manifest."""
    yield MANIFEST, digest, ""
    if found.config:
        yield CONFIG, found.config, ""
    for position, layer in enumerate(found.layers):
        yield position, layer.digest, layer.diff
    for position, other in enumerate(found.others, start=1):
        yield CONFIG - 1 - position, other, ""


def _blob(
    database: sqlite3.Connection, store: Directory, digest: str, diff: str
) -> tuple[int, bool]:
    """Return the number of a blob, and True if it was missing and is there now."""
    row = database.execute("select id, here, diff from blob where digest=?", (digest,)).fetchone()
    if row and row[1] and (row[2] or not diff):
        return int(row[0]), False
    size = reading.size(store, digest)
    number = database.execute(
        "insert into blob(digest, bytes, here, diff) values (?, ?, ?, ?)"
        " on conflict(digest) do update set bytes=excluded.bytes, here=excluded.here,"
        " diff=case when excluded.diff='' then diff else excluded.diff end returning id",
        (digest, size or 0, size is not None, diff),
    ).fetchone()[0]
    return int(number), row is not None and bool(row[1]) != (size is not None)


def _follow(
    database: sqlite3.Connection, store: Directory, blob: int, but: int | None = None
) -> None:
    """Bring what depends on a blob that came or went up to date, except one manifest."""
    for manifest, digest in database.execute(READ, (blob, MANIFEST, CONFIG)).fetchall():
        if manifest != but:
            reread(database, store, manifest, digest)
    rows = database.execute(
        "select distinct digest from part join manifest on id=manifest where blob=?", (blob,)
    )
    counting.full(database, {digest for (digest,) in rows.fetchall()})


BLOBS = f"""
select distinct blob.id, digest, bytes, here from part join blob on blob.id=part.blob
where manifest in ({NAMED})
"""
"""Blobs of a repository, with those of a manifest that only a tag names."""
READ = """
select manifest.id, manifest.digest from part join manifest on manifest.id=part.manifest
where part.blob=? and part.position in (?, ?)
"""
"""Manifests whose own content a blob is, or whose configuration."""


def _clear(database: sqlite3.Connection, number: int) -> None:
    """Remove all that the index knows of a manifest's content, and blobs that no other one has."""
    counting.image(database, number, -1)
    blobs = database.execute(
        "select distinct blob from part where manifest=?", (number,)
    ).fetchall()
    database.execute("delete from part where manifest=?", (number,))
    database.execute("delete from child where parent=?", (number,))
    database.executemany(
        "delete from blob where id=:id and not exists (select 1 from part where blob=:id)",
        [{"id": one} for (one,) in blobs],
    )
