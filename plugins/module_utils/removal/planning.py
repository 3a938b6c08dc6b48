"""Plan a removal: collect what is ours from the manifests of the generations on a host."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.certificates import (
    store as certificate_store,
)
from ansible_collections.holdfast.registry.plugins.module_utils.deploy import links
from ansible_collections.holdfast.registry.plugins.module_utils.generations import (
    manifest as manifests,
)
from ansible_collections.holdfast.registry.plugins.module_utils.generations.store import Store
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    files,
    foreign_text,
    metrics,
    paths,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import (
        Manifest,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.removal import (
        RemovalPlan,
    )

NOTE = paths.REMOVAL
OPT = "/opt/holdfast"
STAMPS = "/var/lib/systemd/timers"
"""Directory in which systemd notes the last run of a timer."""
WORDS = ("images", "backups", "certificates", "logs")
_USER = "holdfast-registry"
_DIRECTORY = re.compile(r"^d (\S+) \d+ (\S+) \S+ -$", re.MULTILINE)
_LOG = re.compile(r"^(/\S+) \{$", re.MULTILINE)


def plan() -> RemovalPlan:
    """Return everything of ours on this host, also what an interrupted removal had noted."""
    store = Store()
    found = _empty()
    known: dict[str, Any] = files.read_json(NOTE) or {}
    _add(found, known)
    for number in store.numbers():
        manifest = store.manifest(number)
        if manifest:
            _add(found, _of(store, number, manifest))
    _add(found, {"kept": {"certificates": [certificate_store.directory()]}})
    # Before the first generation is staged, a deploy has made some of them.
    _add(found, {"directories": [paths.ETC, paths.STATE, paths.RUN, OPT]})
    return found


def note(found: RemovalPlan) -> None:
    """Write a plan to the disk, from which an interrupted removal is completed."""
    files.replace(NOTE, json.dumps(found, indent=1, sort_keys=True).encode(), 0o600)


def _empty() -> RemovalPlan:
    return {
        "units": [],
        "links": {},
        "masked": [],
        "users": [],
        "directories": [],
        "metrics": [],
        "logs": [],
        "kept": {word: [] for word in WORDS},
        "elsewhere": [],
        "packages": [],
    }


def _add(found: Any, more: Any) -> None:
    """Add the entries of a plan to another one, each once."""
    for name, value in more.items():
        if isinstance(value, dict):
            _add(found.setdefault(name, {}), value)
        elif isinstance(value, list):
            found[name] = list(dict.fromkeys([*found.get(name, []), *value]))
        else:
            found[name] = value


def _of(store: Store, number: int, manifest: Manifest) -> dict[str, Any]:
    """Return the part of a plan that the manifest of a generation gives."""
    own = links.links(number)
    # Also those whose file a damaged generation lost.
    linked = {
        path: f"{paths.ETC}/current/{place}" for path, place in manifests.linked(manifest).items()
    }
    units = [os.path.basename(path) for path in {**linked, **own} if path.startswith(paths.SYSTEM)]
    logs = _found(_LOG, store.path(number, "logrotate/holdfast"))
    directories, images = _directories(store, number)
    expect: Any = manifest.get("expect", {})
    storage, backup = expect.get("storage", {}), _read(store, number, "agent/backup.json")
    images += [storage["directory"]] if "directory" in storage else []
    folders = [os.path.dirname(path) for path in logs]
    measured = _read(store, number, "agent/plan.json").get("metrics", "")
    kept = {*images, *folders, measured}
    return {
        "units": [
            one for one in units if one.endswith((".service", ".socket", ".timer", ".target"))
        ],
        "links": {**linked, **own},
        "masked": manifest.get("masked", []),
        "users": manifests.accounts(manifest),
        "directories": [path for path in directories if path not in kept],
        "metrics": list(_metrics(manifest, measured)),
        "logs": logs,
        "kept": {
            "images": images,
            "backups": [backup["path"]] if backup.get("path") else [],
            "logs": folders,
        },
        "elsewhere": [
            *([] if "directory" in storage else [storage["place"]] if storage else []),
            *([backup["target"]] if backup.get("target") and not backup["path"] else []),
        ],
        "packages": expect.get("packages", []),
    }


def _directories(store: Store, number: int) -> tuple[list[str], list[str]]:
    """Return the directories that a generation brings, and those of them that have images."""
    rows = _found(_DIRECTORY, store.path(number, "systemd/tmpfiles.conf"))
    gate = f"{paths.STATE}/gate"
    images = [
        path
        for path, owner in rows
        if owner == _USER and path != gate and not path.startswith("/run/")
    ]
    return [path for path, _ in rows if path not in images], images


def _metrics(manifest: Manifest, folder: str) -> Iterator[str]:
    """Yield the files of metrics in a directory that other programs may use, too."""
    if folder and not folder.startswith(f"{paths.STATE}/"):
        yield from (f"{folder}/{name}" for name in ("holdfast.prom", metrics.PROVEN))
        for name in manifests.jobs(manifest):
            yield f"{folder}/holdfast-{name}.prom"


def _read(store: Store, number: int, path: str) -> dict[str, Any]:
    found = files.read_json(store.path(number, path))
    return found if isinstance(found, dict) else {}


def _found(pattern: re.Pattern[str], path: str) -> list[Any]:
    try:
        return pattern.findall(foreign_text.read(path))
    except OSError:
        return []
