"""Keep the counts of who has a blob while manifests come to repositories and go.

A count at each view of a page would cost thirty times the page.
"""

from __future__ import annotations

import sqlite3

PARTS = "select blob from part where manifest=:manifest"


def hold(database: sqlite3.Connection, repository: int, manifest: int) -> None:
    """Count the blobs of a manifest as held by a repository."""
    values = {"repository": repository, "manifest": manifest}
    new = f"{PARTS} except select blob from held where repository=:repository"
    database.execute(
        f"update blob set repositories=repositories+1 where id in ({new})",
        values,
    )
    database.execute(
        "insert into held(repository, blob, manifests)"
        f" select :repository, blob, 1 from (select distinct blob from ({PARTS})) where true"
        " on conflict(repository, blob) do update set manifests=manifests+1",
        values,
    )


def drop(database: sqlite3.Connection, repository: int, manifest: int) -> None:
    """Count the blobs of a manifest no longer as held by a repository."""
    values = {"repository": repository, "manifest": manifest}
    database.execute(
        f"update held set manifests=manifests-1 where repository=:repository and blob in ({PARTS})",
        values,
    )
    gone = (
        f"select blob from held where repository=:repository and manifests=0 and blob in ({PARTS})"
    )
    database.execute(
        f"update blob set repositories=repositories-1 where id in ({gone})",
        values,
    )
    database.execute(
        f"delete from held where repository=:repository and manifests=0 and blob in ({PARTS})",
        values,
    )


def image(database: sqlite3.Connection, manifest: int, more: int) -> None:
    """Count a manifest among those that have its layers (1), or no longer (-1)."""
    database.execute(
        "update blob set images=images+? where id in"
        " (select blob from part where manifest=? and position>=0)",
        (more, manifest),
    )


def full(database: sqlite3.Connection, digests: set[str]) -> None:
    """Compute the size of manifests with all that they need, and that of indexes above them."""
    for digest in digests:
        for (number,) in database.execute(ABOVE, (digest,)).fetchall():
            database.execute(FULL, {"manifest": number})


ABOVE = """
with recursive above(digest) as (select ? union
  select parent.digest from above join child on child.digest=above.digest
  join manifest parent on parent.id=child.parent)
select id from manifest join above using (digest)
"""
FULL = """
with recursive need(id) as (select :manifest union
  select lower_one.id from need join child on child.parent=need.id
  join manifest lower_one on lower_one.digest=child.digest)
update manifest set full=(select coalesce(sum(bytes), 0) from blob where id in
  (select blob from part where manifest in (select id from need))) where id=:manifest
"""
