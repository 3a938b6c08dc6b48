"""Whether a host can keep images where it should: looked at before anything is touched."""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Mapping
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import names, s3_proof, s3_role
from ansible_collections.holdfast.registry.plugins.module_utils.room import looked_at
from ansible_collections.holdfast.registry.plugins.module_utils.s3_client import Bucket, Keys

USER = "holdfast-registry"
LAYOUT = ("docker", "registry", "v2")
"""Directories in each other that every registry makes in its storage."""
REPOSITORIES = "docker/registry/v2/repositories"
SMOKE = {"holdfast"}
"""Repositories of holdfast's own proofs."""
MOVED = f"{names.STATE}/moved.json"
"""The last move of images that was finished: {"from": place, "to": place}."""


def examine(
    wanted: Mapping[str, Any], serving: Mapping[str, Any], secrets: Mapping[str, str], writes: bool
) -> dict[str, Any]:
    """Return figures of the storage, and `problems`: sentences on what is wrong with it.

    `wanted` and `serving` are facts of holdfast.rendering.storage; `secrets` has access, secret and
    ca. With `writes` a bucket is written to, below a scratch prefix.
    """
    problems = _left_behind(wanted, serving)
    figures: dict[str, Any] = {}
    if "directory" in wanted:
        figures = looked_at(wanted)
        ours = serving.get("place") == wanted["place"]
        problems += [] if ours else occupied(wanted["directory"], adopt=wanted["adopt"])
        problems += unmounted(wanted)
    elif wanted["driver"] == "s3":
        problems += _bucket(wanted, secrets, writes)
    return {"problems": problems, **figures}


def occupied(directory: str, *, adopt: bool) -> list[str]:
    """Return what is wrong with taking a directory for images: it holds what is not ours."""
    found = _entries(directory)
    if not found or _owner(directory) == USER:
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
        " Stop that one and set registry_storage_adopt: true to take them over, or choose another"
        " registry_storage_directory"
    ]


def unmounted(wanted: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a directory that should be a mount of its own."""
    if not wanted.get("mount") or os.path.ismount(wanted["directory"]):
        return []
    return [
        f"{wanted['directory']}: expected a mount of its own (registry_storage_mount), found none."
        " Mount it, with a line in /etc/fstab"
    ]


def adopt(wanted: Mapping[str, Any]) -> None:
    """Give the registry's user what another one left, once."""
    directory = wanted.get("directory")
    if not directory or not wanted["adopt"] or not _entries(directory):
        return
    if _owner(os.path.join(directory, LAYOUT[0])) == USER:
        return
    user = pwd.getpwnam(USER)
    for folder, folders, files in os.walk(directory):
        for name in (*folders, *files):
            os.lchown(os.path.join(folder, name), user.pw_uid, user.pw_gid)


def bucket(wanted: Mapping[str, Any], secrets: Mapping[str, str]) -> Bucket:
    """Return a client of a bucket. Raises OSError when the host's own role gives no keys."""
    keys = Keys(secrets["access"], secrets["secret"]) if wanted["keys"] else s3_role.role_keys()
    return Bucket(wanted, keys, secrets.get("ca") or "")


def moved(start: str, end: str) -> bool:
    """Tell whether the images were moved from one place to another."""
    try:
        with open(MOVED, encoding="utf-8") as stream:
            return bool(json.load(stream) == {"from": start, "to": end})
    except (OSError, ValueError):
        return False


def _bucket(wanted: Mapping[str, Any], secrets: Mapping[str, str], writes: bool) -> list[str]:
    try:
        client = bucket(wanted, secrets)
    except OSError as error:
        return [
            f"{wanted['place']}: no registry_storage_access_key is given, and the host has no role:"
            f" {error}. Give a key, or give the host a role"
        ]
    return s3_proof.proof(client, writes=writes)


def _left_behind(wanted: Mapping[str, Any], serving: Mapping[str, Any]) -> list[str]:
    """Complain when the images that are served would not be where the registry looks next."""
    start, end = serving.get("place"), wanted["place"]
    if not start or start == end or wanted["adopt"] or moved(start, end):
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
