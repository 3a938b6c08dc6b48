"""Search the index: repositories, tags, labels and digests with all words of a text.

Words of three letters and more are found by trigrams, in a few milliseconds among 10^5 tags.
Shorter ones are looked for in the names of repositories alone.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from itertools import islice
from typing import Any

MOST_WORDS = 6
MOST_TEXT = 200
SHORTEST = 3
"""Letters of the shortest word that trigrams can find."""
_HEXADECIMAL = re.compile(r"(?:(sha\d+):)?([0-9a-f]{6,128})")
_BETWEEN = re.compile(r"\s+|(?<!sha256)(?<!sha384)(?<!sha512):")
"""Text between words: `app:1.2` are two of them, and a digest is one."""


def search(database: sqlite3.Connection, text: str, most: int = 20) -> list[dict[str, Any]]:
    """Return what has all words of a text, at most so many of each kind.

    Each has `kind` (repository, tag, label, revision, manifest, config or layer), `repository`,
    `tag` and `digest`, empty where it has none.
    """
    words = split(text)
    if not words:
        return []
    found = [*_repositories(database, words, most)]
    if all(len(word) >= SHORTEST for word in words):
        found += _tags(database, words, most)
        found += _labels(database, words, most)
    if len(words) == 1 and (digits := _HEXADECIMAL.fullmatch(words[0])):
        found += _digests(database, digits[1] or "sha256", digits[2], most)
        found += _revisions(database, digits[2], most)
    return found


def split(text: str) -> list[str]:
    """Return the words of a text in small letters."""
    words = _BETWEEN.split(text[:MOST_TEXT].lower().replace("\0", " "))
    return [word for word in words if word][:MOST_WORDS]


def _repositories(
    database: sqlite3.Connection, words: list[str], most: int
) -> Iterator[dict[str, Any]]:
    """Yield the repositories whose names have all words, the shortest names first."""
    long = [word for word in words if len(word) >= SHORTEST]
    where = " and ".join(["instr(lower(name), ?) > 0"] * len(words))
    if long:
        table = "repository where id in (select rowid from repository_words where name match ?)"
        query = f"select name from {table} and {where}"
        values = [_match(long), *words]
    else:
        query, values = f"select name from repository where {where}", words
    rows = database.execute(f"{query} order by length(name), name limit ?", (*values, most))
    for (name,) in rows:
        yield _line("repository", name)


def _tags(database: sqlite3.Connection, words: list[str], most: int) -> Iterator[dict[str, Any]]:
    """Yield the tags with a word, whose other words they or their repositories have.

    The newest in the index are the first.
    """
    rows = database.execute(
        "select tag.name, repository.name, digest from tag_words"
        " join tag on tag.id=tag_words.rowid join repository on repository.id=repository"
        " join manifest on manifest.id=manifest where tag_words match ?"
        " order by tag_words.rowid desc",
        (" OR ".join(map(_quoted, words)),),
    )
    good = (
        _line("tag", name, tag, digest)
        for tag, name, digest in rows
        if all(word in tag.lower() or word in name for word in words)
    )
    yield from islice(good, most)


def _labels(database: sqlite3.Connection, words: list[str], most: int) -> Iterator[dict[str, Any]]:
    """Yield the labels and annotations with all words, by the tags that have them."""
    rows = database.execute(
        "select manifest.words, digest, repository.name, tag.name from manifest_words"
        " join manifest on manifest.id=manifest_words.rowid join tag on tag.manifest=manifest.id"
        " join repository on repository.id=tag.repository where manifest_words match ?"
        " order by manifest_words.rowid desc, tag.id desc",
        (_match(words),),
    )
    yield from islice(_with_lines(rows, words), most)


def _with_lines(rows: Iterator[Any], words: list[str]) -> Iterator[dict[str, Any]]:
    for text, digest, name, tag in rows:
        for line in text.split("\n"):
            if all(word in line.lower() for word in words):
                yield {**_line("label", name, tag, digest), "label": line}
                break


def _digests(
    database: sqlite3.Connection, algorithm: str, digits: str, most: int
) -> Iterator[dict[str, Any]]:
    """Yield manifests, configurations and layers whose digests begin so, by repository."""
    rows = database.execute(
        "select distinct case when position=-2 then 'manifest' when position=-1 then 'config'"
        " else 'layer' end, repository.name, coalesce(tag.name, ''), blob.digest from blob"
        " join part on blob=blob.id join member on member.manifest=part.manifest"
        " join repository on repository.id=member.repository"
        " left join tag on tag.repository=repository.id and tag.manifest=part.manifest"
        " where blob.digest between ? and ? order by 4, 2, 3, 1 limit ?",
        (f"{algorithm}:{digits}", f"{algorithm}:{digits}g", most),
    )
    for kind, name, tag, digest in rows:
        yield _line(kind, name, tag, digest)


def _revisions(database: sqlite3.Connection, digits: str, most: int) -> Iterator[dict[str, Any]]:
    """Yield the tags whose images were built from a revision that begins so."""
    rows = database.execute(
        "select repository.name, tag.name, digest, revision from manifest"
        " join tag on tag.manifest=manifest.id join repository on repository.id=repository"
        " where revision <> '' and revision between ? and ? order by 1, 2 limit ?",
        (digits, f"{digits}g", most),
    )
    for name, tag, digest, revision in rows:
        yield {**_line("revision", name, tag, digest), "revision": revision}


def _line(kind: str, repository: str, tag: str = "", digest: str = "") -> dict[str, Any]:
    return {"kind": kind, "repository": repository, "tag": tag, "digest": digest}


def _match(words: list[str]) -> str:
    """Return an expression of FTS5 for all words; nothing in a word is an operator."""
    return " AND ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
