"""Check that a host can store images in the wanted place, before anything is changed."""

from __future__ import annotations

import grp
import json
import os
import pwd
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    s3_proof,
    s3_role,
    users,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage.disk_space import measure
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_client import (
    Bucket,
    Keys,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    files,
    foreign_files,
    paths,
)

if TYPE_CHECKING:
    import ssl

    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
        Storage,
        StorageFound,
        StorageSecrets,
    )

USER, GROUP = "holdfast-registry", paths.GROUP
OPENED = f"{paths.STATE}/opened-to-gate.json"
"""File with the directory whose files the gate can move."""
LAYOUT = ("docker", "registry", "v2")
"""Nested directories that every registry creates in its storage."""
REPOSITORIES = "docker/registry/v2/repositories"
SMOKE = {"holdfast"}
"""Repositories of holdfast's own tests."""
MOVED = f"{paths.STATE}/moved.json"
"""File of the last finished move of images: {"from": place, "to": place}."""


def examine(
    wanted: Storage, serving: Storage | None, secrets: StorageSecrets, writes: bool
) -> StorageFound:
    """Return figures of the storage, and one sentence for each problem.

    `wanted` and `serving` are facts of holdfast.rendering.storage; `secrets` has access, secret and
    ca. With `writes` the bucket is written to, below a scratch prefix.
    """
    problems = _left_behind(wanted, serving)
    space = None
    if "directory" in wanted:
        space = measure(wanted["directory"], wanted["minimum_free_percent"])
        ours = serving is not None and serving["place"] == wanted["place"]
        problems += [] if ours else occupied(wanted["directory"], adopt=wanted["adopt"])
        problems += [] if ours else in_use(wanted)
        problems += unmounted(wanted)
    elif wanted["driver"] == "s3":
        problems += _bucket(wanted, secrets, writes)
    return {"problems": problems, "space": space}


def occupied(directory: str, *, adopt: bool) -> list[str]:
    """Return a problem if a directory holds files that are not ours."""
    found = _entries(directory)
    if not found or _owner(directory) == USER or _left_by_removal(directory):
        return []
    if found != [LAYOUT[0]] or not os.path.isdir(os.path.join(directory, *LAYOUT)):
        shown = ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")
        return [
            f"{directory}: expected an empty directory or a registry's (docker/registry/v2), found"
            f" {shown}. Choose another registry_storage_directory"
        ]
    if adopt:
        return []
    return [
        f"{directory}: expected an empty directory, found images of {_owner(directory)}'s registry."
        " Stop that one and set registry_storage_adopt: true to use them, or choose another"
        " registry_storage_directory"
    ]


def _left_by_removal(directory: str) -> bool:
    """Return True if a directory has the images that a removal of ours left, and closed."""
    note = files.read_json(paths.REMOVAL) or {}
    return directory in note.get("kept", {}).get("images", []) and _owner(directory) == "root"


def in_use(wanted: Storage) -> list[str]:
    """Return a problem if processes that are not ours use a directory that would be adopted."""
    directory = wanted["directory"]
    if not (wanted["adopt"] and _entries(directory)):
        return []
    return [
        f"{directory}: expected no other process to use it, found {one}."
        " Stop it first: the files change their owner (registry_storage_adopt)"
        for one in users.users(directory, USER)
    ]


def unmounted(wanted: Storage) -> list[str]:
    """Return a problem if a directory should be a mount point and is not."""
    if not wanted.get("mount") or os.path.ismount(wanted["directory"]):
        return []
    return [
        f"{wanted['directory']}: expected a mount of its own (registry_storage_mount), found none."
        " Mount it, with a line in /etc/fstab"
    ]


def adopt(wanted: Storage) -> None:
    """Give another registry's files to our registry's user, once."""
    directory = wanted.get("directory")
    if not directory or not wanted["adopt"] or not _entries(directory):
        return
    if _owner(os.path.join(directory, LAYOUT[0])) == USER:
        return
    give(directory)


def open_to_gate(wanted: Storage, *, shared: bool) -> bool:
    """Let the gate, which is in the group of the sockets, move files of a store; once.

    Registry 3 makes its files so. Those of an adopted store, of a copy, or of registry 2.8 are
    others. Return True if files were opened. `shared`: the gate has an account of its own.
    """
    directory = wanted.get("directory")
    if not directory or not shared:
        files.remove(OPENED)
        return False
    if files.read_json(OPENED) == directory:
        return False
    there = os.path.isdir(os.path.join(directory, *LAYOUT))
    if there:
        give(directory)
    files.replace(OPENED, json.dumps(directory).encode(), 0o644)
    return there


def owners() -> tuple[int, int]:
    """Return the numbers of user and group of all files of a store."""
    return pwd.getpwnam(USER).pw_uid, grp.getgrnam(GROUP).gr_gid


def give(directory: str) -> None:
    """Give all files of a store to the registry, and to the group that the gate is in."""
    for _, folders, found, here in os.fwalk(directory):
        for name in (*folders, *found):
            mode = foreign_files.FOLDER_MODE if name in folders else foreign_files.FILE_MODE
            # Not through a link, which the registry's user could have put there.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            try:
                descriptor = os.open(name, flags, dir_fd=here)
            except OSError:  # a link, or a socket
                os.chown(name, *owners(), dir_fd=here, follow_symlinks=False)
                continue
            try:
                os.fchown(descriptor, *owners())
                os.fchmod(descriptor, mode)
            finally:
                os.close(descriptor)


def bucket(
    wanted: Storage, secrets: StorageSecrets, context: ssl.SSLContext | None = None
) -> Bucket:
    """Return a client of a bucket. Raises OSError if the host's role gives no keys.

    `context` is what several clients trust together, instead of the authority among the secrets.
    """
    keys = Keys(secrets["access"], secrets["secret"]) if wanted["keys"] else s3_role.role_keys()
    return Bucket(wanted, keys, secrets.get("ca") or "", secrets.get("outbound"), context)


def moved(start: str, end: str) -> bool:
    """Return True if the images were moved from one place to the other."""
    return bool(files.read_json(MOVED) == {"from": start, "to": end})


def _bucket(wanted: Storage, secrets: StorageSecrets, writes: bool) -> list[str]:
    try:
        client = bucket(wanted, secrets)
    except OSError as error:
        return [
            f"{wanted['place']}: no registry_storage_access_key is given, and the host has no role:"
            f" {error}. Give a key, or give the host a role"
        ]
    return s3_proof.proof(client, writes=writes)


def _left_behind(wanted: Storage, serving: Storage | None) -> list[str]:
    """Return a problem if the registry would look for its images in another place."""
    if not serving:
        return []
    start, end = serving["place"], wanted["place"]
    if start == end or wanted["adopt"] or moved(start, end):
        return []
    if "directory" in serving:
        here = set(_entries(os.path.join(serving["directory"], REPOSITORIES)))
        if not here - SMOKE:
            return []
    return [
        f"{end}: expected the place of the images that are served, {start}. Move them: holdfast"
        " storage move; or set registry_storage_adopt: true to leave them behind"
    ]


def _entries(directory: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(directory) if name != "lost+found")
    except OSError:
        return []


def _owner(path: str) -> str:
    try:
        number = os.stat(path).st_uid
    except OSError:
        return "nobody"
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
