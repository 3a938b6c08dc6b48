"""Open the index: one SQLite file that is made again whenever it cannot be used.

Nothing is lost with it: what it holds is read from the store.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3

VERSION = 1
"""Version of the tables. There are no migrations: a file of another version is made again."""
SUFFIXES = ("", "-wal", "-shm")
WAIT_SECONDS = 10.0
CACHE_KIB = 16 << 10
MANIFEST, CONFIG = -2, -1
"""Positions among the parts of a manifest: itself, and its configuration; layers begin at 0."""
TABLES = """
create table repository(id integer primary key, name text unique not null,
  signature text not null) strict;
create table manifest(id integer primary key, digest text unique not null,
  kind text not null, media text not null default '', artifact text not null default '',
  full integer not null default 0, created text not null default '',
  platform text not null default '', user text not null default '',
  layers integer not null default 0, labels text not null default '{}',
  annotations text not null default '{}', words text not null default '',
  revision text not null default '', subject text not null default '',
  base text not null default '',
  secrets text not null default '') strict;
create index manifest_by_revision on manifest(revision) where revision <> '';
create index manifest_by_subject on manifest(subject) where subject <> '';
create table member(repository integer not null, manifest integer not null,
  primary key(repository, manifest)) strict, without rowid;
create index member_by_manifest on member(manifest);
create table tag(id integer primary key, repository integer not null, name text not null,
  manifest integer not null, changed real not null, unique(repository, name)) strict;
create index tag_by_manifest on tag(manifest);
create table blob(id integer primary key, digest text unique not null,
  bytes integer not null, here integer not null, diff text not null default '',
  images integer not null default 0, repositories integer not null default 0) strict;
create table part(manifest integer not null, position integer not null, blob integer not null,
  primary key(manifest, position)) strict, without rowid;
create index part_by_blob on part(blob);
create table held(repository integer not null, blob integer not null,
  manifests integer not null, primary key(repository, blob)) strict, without rowid;
create index held_by_blob on held(blob);
create table child(parent integer not null, position integer not null, digest text not null,
  platform text not null, primary key(parent, position)) strict, without rowid;
create index child_by_digest on child(digest);
"""
WORDS = """
create virtual table {table}_words using fts5({column}, content='{table}', content_rowid='id',
  tokenize='trigram');
create trigger {table}_words_new after insert on {table} begin
  insert into {table}_words(rowid, {column}) values (new.id, new.{column}); end;
create trigger {table}_words_old after delete on {table} begin
  insert into {table}_words({table}_words, rowid, {column})
  values ('delete', old.id, old.{column}); end;
create trigger {table}_words_set after update of {column} on {table} begin
  insert into {table}_words({table}_words, rowid, {column})
  values ('delete', old.id, old.{column});
  insert into {table}_words(rowid, {column}) values (new.id, new.{column}); end;
"""
SEARCHED = {"repository": "name", "tag": "name", "manifest": "words"}
"""Column by table that is searched by any three letters of it."""


def opened(path: str) -> sqlite3.Connection:
    """Return the index to write it; a new one for none, a damaged one, or one of other tables.

    Raises sqlite3.Error if no file can be made there.
    """
    with contextlib.suppress(sqlite3.DatabaseError):
        found = _connected(path)
        if _usable(found):
            return found
        found.close()
    wipe(path)
    fresh = _connected(path)
    make(fresh)
    return fresh


def reader(path: str) -> sqlite3.Connection:
    """Return the index to read it. Raises sqlite3.Error if there is none."""
    found = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=WAIT_SECONDS)
    found.execute("pragma query_only=on")
    return found


def make(database: sqlite3.Connection) -> None:
    """Make the tables in an empty file, at once or not at all."""
    searched = "".join(WORDS.format(table=one, column=two) for one, two in SEARCHED.items())
    script = f"begin;{TABLES}{searched}pragma user_version={VERSION};commit;"
    database.executescript(script)


def wipe(path: str) -> None:
    """Remove the file of an index, and what SQLite keeps beside it."""
    for suffix in SUFFIXES:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{path}{suffix}")


def _connected(path: str) -> sqlite3.Connection:
    found = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)
    # What a power cut loses is read again, so that no write waits for the disk.
    for setting in ("journal_mode=wal", "synchronous=normal", f"cache_size=-{CACHE_KIB}"):
        found.execute(f"pragma {setting}")
    return found


def _usable(database: sqlite3.Connection) -> bool:
    if database.execute("pragma user_version").fetchone()[0] != VERSION:
        return False
    return bool(database.execute("pragma quick_check(1)").fetchone()[0] == "ok")
