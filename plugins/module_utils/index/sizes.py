"""Compute honest sizes from the index: each blob once, and what would go with a repository."""

from __future__ import annotations

import sqlite3
from typing import Any, NamedTuple


class Sizes(NamedTuple):
    """Sizes of a repository in bytes."""

    apparent: int
    """Sum over its tags of all that each needs, as if nothing were shared."""
    real: int
    """Sum over its blobs, each once: manifests, configurations and layers."""
    alone: int
    """Sum over the blobs that no other repository has: what its removal would free."""
    untagged: int
    """Part of `real` that no tag needs, nor what is attached to what a tag needs."""


def of(database: sqlite3.Connection, repository: int) -> Sizes:
    """Return the sizes of one repository."""
    values = {"repository": repository}
    apparent = database.execute(
        "select coalesce(sum(full), 0) from tag join manifest on manifest.id=manifest"
        " where repository=:repository",
        values,
    ).fetchone()[0]
    real, alone = database.execute(
        "select coalesce(sum(bytes), 0),"
        " coalesce(sum(case when repositories=1 then bytes else 0 end), 0)"
        " from held join blob on id=blob where repository=:repository",
        values,
    ).fetchone()
    tagged = database.execute(TAGGED, values).fetchone()[0]
    return Sizes(apparent, real, alone, real - tagged)


def repositories(database: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    """Return tags, apparent, real and alone by name of all repositories, in one pass over each."""
    found = {
        name: {"repository": name, "tags": 0, "apparent": 0, "real": 0, "alone": 0, "pushed": None}
        for (name,) in database.execute("select name from repository order by name")
    }
    names = dict(database.execute("select id, name from repository"))
    for number, tags, apparent, changed in database.execute(
        "select repository, count(*), sum(full), max(changed)"
        " from tag join manifest on manifest.id=manifest group by repository"
    ):
        found[names[number]].update(tags=tags, apparent=apparent, pushed=changed)
    for number, real, alone in database.execute(
        "select repository, sum(bytes), sum(case when repositories=1 then bytes else 0 end)"
        " from held join blob on id=blob group by repository"
    ):
        found[names[number]].update(real=real, alone=alone)
    return found


def stored(database: sqlite3.Connection) -> int:
    """Return the bytes of all blobs that a manifest of a repository needs, each once."""
    total = database.execute(
        "select coalesce(sum(bytes), 0) from blob where repositories>0"
    ).fetchone()[0]
    return int(total)


TAGGED = """
with recursive need(digest) as (
  select digest from tag join manifest on manifest.id=manifest where repository=:repository
  union select child.digest from need join manifest parent using (digest)
    join child on child.parent=parent.id
  union select referrer.digest from need
    join manifest referrer on referrer.subject=need.digest and referrer.subject<>'')
select coalesce(sum(bytes), 0) from blob where id in (
  select blob from part join manifest on manifest.id=part.manifest join need using (digest)
  join member on member.manifest=manifest.id and member.repository=:repository)
"""
"""Bytes of a repository's blobs that its tags need."""
