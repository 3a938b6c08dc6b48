"""Make the index of one repository equal to the store, in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import REPOSITORY
from ansible_collections.holdfast.registry.plugins.module_utils.index import (
    counting,
    manifests,
    reading,
)
from ansible_collections.holdfast.registry.plugins.module_utils.index.reading import Glance


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Write what the block does at once, or nothing of it if it raises."""
    database.execute("begin immediate")
    try:
        yield
    except BaseException:
        database.execute("rollback")
        raise
    database.execute("commit")


def update(
    database: sqlite3.Connection, store: Directory, name: str, *, again: bool = False
) -> bool:
    """Read a repository if it changed; return True if it was read.

    With `again` it is read in any case, and each of its blobs is looked for. A name that is none is
    left alone. Raises OSError if a folder cannot be read.
    """
    if not REPOSITORY.fullmatch(name):
        return False
    # The signature is older than what is read: a change in between is seen the next time.
    seen = reading.glance(store, name)
    row = database.execute("select id, signature from repository where name=?", (name,)).fetchone()
    if not seen.revisions and not seen.changed:
        if row:
            remove(database, name)
        return row is not None
    if row and row[1] == seen.signature and not again:
        return False
    with transaction(database):
        number = _read(database, store, name, seen)
        if again:
            manifests.look(database, store, number)
    return True


def remove(database: sqlite3.Connection, name: str) -> None:
    """Remove a repository from the index."""
    with transaction(database):
        row = database.execute("select id from repository where name=?", (name,)).fetchone()
        if row is None:
            return
        for number in _set_tags(database, row[0], {}, {}, {}):
            _forget(database, number)
        _set_members(database, row[0], {})
        database.execute("delete from repository where id=?", row)


def _read(database: sqlite3.Connection, store: Directory, name: str, seen: Glance) -> int:
    """Read a repository; return its number."""
    repository: int = database.execute(
        "insert into repository(name, signature) values (?, ?)"
        " on conflict(name) do update set signature=excluded.signature returning id",
        (name, seen.signature),
    ).fetchone()[0]
    named = reading.tags(store, name)
    wanted = seen.revisions | set(named.values())
    new = {one for one in wanted if manifests.known(database, one) is None}
    numbers = {one: manifests.add(database, store, one) for one in wanted}
    counting.full(database, new)
    before = _set_tags(database, repository, named, numbers, seen.changed)
    _set_members(database, repository, {one: numbers[one] for one in seen.revisions})
    for number in before:
        _forget(database, number)
    for number, digest in manifests.broken(database, repository):
        if digest not in new:
            manifests.reread(database, store, number, digest)
    return repository


def _set_tags(
    database: sqlite3.Connection,
    repository: int,
    named: dict[str, str],
    numbers: dict[str, int],
    changed: dict[str, float],
) -> set[int]:
    """Make tags those that are given; return the manifests that lost one."""
    rows = database.execute(
        "select name, manifest, changed from tag where repository=?", (repository,)
    )
    known = {name: (manifest, when) for name, manifest, when in rows}
    wanted = {name: (numbers[one], changed.get(name, 0.0)) for name, one in named.items()}
    database.executemany(
        "delete from tag where repository=? and name=?",
        [(repository, name) for name in known.keys() - wanted.keys()],
    )
    database.executemany(
        "insert into tag(repository, name, manifest, changed) values (?, ?, ?, ?)"
        " on conflict(repository, name) do update"
        " set manifest=excluded.manifest, changed=excluded.changed",
        [(repository, name, *pair) for name, pair in wanted.items() if known.get(name) != pair],
    )
    return {manifest for manifest, _ in known.values()} - {one for one, _ in wanted.values()}


def _set_members(database: sqlite3.Connection, repository: int, wanted: dict[str, int]) -> None:
    """Make the manifests of a repository those that are given."""
    rows = database.execute("select manifest from member where repository=?", (repository,))
    known = {number for (number,) in rows.fetchall()}
    for number in set(wanted.values()) - known:
        database.execute("insert into member values (?, ?)", (repository, number))
        counting.hold(database, repository, number)
    for number in known - set(wanted.values()):
        database.execute(
            "delete from member where repository=? and manifest=?", (repository, number)
        )
        counting.drop(database, repository, number)
        _forget(database, number)


def _forget(database: sqlite3.Connection, number: int) -> None:
    """Remove a manifest that nothing names any more, and compute the indexes above it again."""
    row = database.execute("select digest from manifest where id=?", (number,)).fetchone()
    if row is None:
        return
    above = [one for (one,) in database.execute(counting.ABOVE, row).fetchall() if one != number]
    manifests.remove_unused(database, number)
    for one in above:
        database.execute(counting.FULL, {"manifest": one})
