"""Survey the images on the host's disk, within a time limit."""

from __future__ import annotations

import grp
import os
import pwd
import random
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.system import digests

from holdfast.verification.probe.files import name_of
from holdfast.verification.probe.reading import output, read, summed

STORE = "docker/registry/v2"
TRASH = "holdfast-trash"
SURVEY_SECONDS = 5.0
SAMPLE_BYTES = 512 << 20
SAMPLE_FILES = 200
SHOWN = 10
DAY_SECONDS = 86400


def disk_space(directory: str) -> dict[str, Any]:
    """Return free space, kind of file system and if it is a mount; empty if there is none."""
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
    """Return the anomalies in a store by kind, with at most ten paths each.

    `group` may read it besides the owner; "" for none. `complete` is False if the time ran out.
    """
    kinds = (*ODDITIES, "stale", "temporary", "closed")
    found: dict[str, Any] = {kind: [] for kind in kinds}
    readers = _group_number(group)
    deadline, seen, whole = time.monotonic() + SURVEY_SECONDS, 0, True
    for path, status in entries(directory):
        seen += 1
        if time.monotonic() > deadline:
            whole = False
            break
        odd = [*oddities(directory, path, status, owner, purge_seconds)]
        odd += ["closed"] if readers is not None and closed(path, status, readers) else []
        if path.startswith(f"{directory}/{TRASH}"):  # the gate's, with what is damaged
            odd = [one for one in odd if one == "special"]
        for kind in odd:
            found[kind] += [path] if len(found[kind]) < SHOWN else []
    return {**found, "seen": seen, "complete": whole}


def _group_number(name: str) -> int | None:
    try:
        return grp.getgrnam(name).gr_gid if name else None
    except KeyError:
        return None  # nothing was deployed yet


ODDITIES = ("foreign", "special", "empty", "links", "dangling")


def oddities(
    directory: str, path: str, status: os.stat_result, owner: str, purge_seconds: int
) -> Iterator[str]:
    """Yield the anomalies of one entry."""
    file, name = stat.S_ISREG(status.st_mode), path.rpartition("/")[2]
    age = time.time() - status.st_mtime
    if name_of(pwd.getpwuid, status.st_uid) != owner:
        yield "foreign"
    if not (file or stat.S_ISDIR(status.st_mode)) or status.st_mode & 0o6000:
        yield "special"
    digest = digests.of_path(path) if file and not status.st_size else None
    if digest and not digests.is_of_nothing(digest):
        yield "empty"
    if file and name == "link":
        yield from linked(directory, path)
    if name == "startedat" and "/_uploads/" in path and age > purge_seconds + 2 * DAY_SECONDS:
        yield "stale"
    if file and name.endswith(".tmp") and age > DAY_SECONDS:
        yield "temporary"


def closed(path: str, status: os.stat_result, readers: int) -> bool:
    """Return True if a group cannot read a path whose content the proxy has to send."""
    if "/_uploads" in path:
        return False
    needed = 0o5 if stat.S_ISDIR(status.st_mode) else 0o4
    bits = status.st_mode >> 3 if status.st_gid == readers else status.st_mode
    return bits & needed != needed


def linked(directory: str, path: str) -> Iterator[str]:
    """Yield the anomalies of a file that names a blob."""
    digest = read(path) or ""
    if not digests.valid(digest):
        yield "links"
    # A layer of a repository may have gone, that of a tag not.
    elif path.endswith("/current/link") and not Path(blob(directory, digest)).exists():
        yield "dangling"


def blob(directory: str, digest: str) -> str:
    """Return the path of a blob."""
    return f"{directory}/{STORE}/{digests.path_of(digest)}"


def entries(top: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield path and status of all entries below a directory."""
    for folder, folders, files in os.walk(top):
        for name in (*folders, *files):
            path = f"{folder}/{name}"
            try:
                yield path, os.lstat(path)
            except OSError:
                continue  # gone meanwhile


def checksums(directory: str) -> dict[str, Any]:
    """Return the blobs of a random sample whose digest differs from their name.

    Those with a digest that cannot be computed here are not looked at.
    """
    blobs = list(names(f"{directory}/{STORE}/blobs"))
    wrong, left, looked = [], SAMPLE_BYTES, 0
    for digest in random.SystemRandom().sample(blobs, min(SAMPLE_FILES, len(blobs))):
        path, empty = blob(directory, digest), digests.hasher(digest)
        if empty is None:
            continue
        try:
            left -= os.lstat(path).st_size
            if left < 0:
                break
            looked += 1
            wrong += [path] if summed(path, empty) != digest.partition(":")[2] else []
        except OSError:
            continue  # deleted meanwhile
    return {"wrong": wrong[:SHOWN], "looked": looked, "of": len(blobs)}


def names(blobs: str) -> Iterator[str]:
    """Yield the digest of each blob; paths are made only for the sample: there may be millions."""
    for folder, found, _ in os.walk(blobs):
        start = folder.rpartition("/")[2]
        if found and all(len(start) == 2 < len(name) and name[:2] == start for name in found):
            algorithm = folder[len(blobs) + 1 : -3].replace("/", "+")
            yield from (f"{algorithm}:{name}" for name in found)
            found.clear()
