"""Images on a disk of the host, looked at for a bounded time."""

from __future__ import annotations

import grp
import os
import pwd
import random
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from holdfast.verification.probe.files import name_of
from holdfast.verification.probe.reading import output, read, sha256

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
SURVEY_SECONDS = 5.0
SAMPLE_BYTES = 512 << 20
SAMPLE_FILES = 200
SHOWN = 10
DAY_SECONDS = 86400


def room(directory: str) -> dict[str, Any]:
    """Return what is free, the kind of file system, and whether it is a mount; empty: none."""
    try:
        status = os.statvfs(directory)
    except OSError:
        return {}
    kind = output("stat", "--file-system", "--format=%T", directory).strip()
    return {
        "free_percent": 100 * status.f_bavail / max(1, status.f_blocks),
        "free_files_percent": 100 * status.f_favail / status.f_files if status.f_files else 100.0,
        "kind": kind,
        "mount": os.path.ismount(directory),
    }


def survey(directory: str, owner: str, purge_seconds: int, group: str) -> dict[str, Any]:
    """Return what is odd in a store, by kind of oddity; at most ten paths of each.

    `group` is that of those who read in it beside the owner, or nothing; `complete` tells whether
    all was seen within the time that this may take.
    """
    kinds = (*ODDITIES, "stale", "temporary", "closed")
    found: dict[str, Any] = {kind: [] for kind in kinds}
    readers = grp.getgrnam(group).gr_gid if group else None
    deadline, seen, whole = time.monotonic() + SURVEY_SECONDS, 0, True
    for path, status in entries(directory):
        seen += 1
        if time.monotonic() > deadline:
            whole = False
            break
        odd = [*oddities(directory, path, status, owner, purge_seconds)]
        odd += ["closed"] if readers is not None and closed(path, status, readers) else []
        for kind in odd:
            found[kind] += [path] if len(found[kind]) < SHOWN else []
    return {**found, "seen": seen, "complete": whole}


ODDITIES = ("foreign", "special", "empty", "links", "dangling")


def oddities(
    directory: str, path: str, status: os.stat_result, owner: str, purge_seconds: int
) -> Iterator[str]:
    """Yield what is odd about one entry."""
    file, name = stat.S_ISREG(status.st_mode), path.rpartition("/")[2]
    age = time.time() - status.st_mtime
    if name_of(pwd.getpwuid, status.st_uid) != owner:
        yield "foreign"
    if not (file or stat.S_ISDIR(status.st_mode)) or status.st_mode & 0o6000:
        yield "special"
    if file and "/blobs/" in path and name == "data" and not status.st_size:
        yield "empty"
    if file and name == "link":
        yield from linked(directory, path)
    if name == "startedat" and "/_uploads/" in path and age > purge_seconds + 2 * DAY_SECONDS:
        yield "stale"
    if file and name.endswith(".tmp") and age > DAY_SECONDS:
        yield "temporary"


def closed(path: str, status: os.stat_result, readers: int) -> bool:
    """Tell whether a group cannot read what it sends to clients, or cannot get there."""
    if "/_uploads" in path:
        return False
    needed = 0o5 if stat.S_ISDIR(status.st_mode) else 0o4
    bits = status.st_mode >> 3 if status.st_gid == readers else status.st_mode
    return bits & needed != needed


def linked(directory: str, path: str) -> Iterator[str]:
    """Yield what is odd about a file that names a blob."""
    digest = read(path) or ""
    if not DIGEST.fullmatch(digest):
        yield "links"
    # A layer of a repository may have gone, that of a tag not.
    elif path.endswith("/current/link") and not Path(blob(directory, digest)).exists():
        yield "dangling"


def blob(directory: str, digest: str) -> str:
    """Return where a blob lies. Source: Distribution, registry/storage/paths.go."""
    name = digest.partition(":")[2]
    return f"{directory}/docker/registry/v2/blobs/sha256/{name[:2]}/{name}/data"


def entries(top: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield path and status of all that lies below a directory."""
    for folder, folders, files in os.walk(top):
        for name in (*folders, *files):
            path = f"{folder}/{name}"
            try:
                yield path, os.lstat(path)
            except OSError:
                continue  # gone meanwhile


def checksums(directory: str) -> dict[str, Any]:
    """Return which of some blobs, chosen at random, are not what their names say."""
    blobs = list(names(f"{directory}/docker/registry/v2/blobs/sha256"))
    wrong, left, looked = [], SAMPLE_BYTES, 0
    for name in random.SystemRandom().sample(blobs, min(SAMPLE_FILES, len(blobs))):
        path = blob(directory, f"sha256:{name}")
        try:
            left -= Path(path).stat().st_size
            if left < 0:
                break
            looked += 1
            wrong += [path] if sha256(path) != name else []
        except OSError:
            continue  # deleted meanwhile
    return {"wrong": wrong[:SHOWN], "looked": looked, "of": len(blobs)}


def names(blobs: str) -> Iterator[str]:
    """Yield the name of each blob; of very many no path is made but for those looked at."""
    for folder, found, _ in os.walk(blobs):
        if folder != blobs:
            yield from found
            found.clear()
