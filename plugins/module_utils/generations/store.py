"""Store the generations of a host: numbered, read-only directories, and the link `current`."""

from __future__ import annotations

import contextlib
import grp
import json
import os
import pwd
import stat
from typing import TYPE_CHECKING, cast

from ansible_collections.holdfast.registry.plugins.module_utils.generations import (
    manifest as manifests,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, paths

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import (
        FileNote,
        Manifest,
        ServiceExpected,
    )

MANIFEST = "manifest.json"


class Store:
    """Generations below a directory; no number is ever used twice."""

    def __init__(self, etc: str = paths.ETC) -> None:
        self.etc = etc
        self.generations = os.path.join(etc, "generations")

    def path(self, number: int, *parts: str) -> str:
        """Return the path of a generation, or of something in it."""
        return os.path.join(self.generations, str(number), *parts)

    def numbers(self) -> list[int]:
        """Return the numbers of all generations, oldest first."""
        if not os.path.isdir(self.generations):
            return []
        return sorted(int(name) for name in os.listdir(self.generations) if name.isdigit())

    def current(self) -> int | None:
        """Return the number of the serving generation; None if there is none."""
        try:
            return int(os.path.basename(os.readlink(os.path.join(self.etc, "current"))))
        except (OSError, ValueError):
            return None

    def flip(self, number: int | None) -> None:
        """Change the link `current` to a generation atomically; None removes it."""
        if number is None:
            files.remove(os.path.join(self.etc, "current"))
        else:
            files.link(os.path.join(self.etc, "current"), f"generations/{number}")

    def manifest(self, number: int | None) -> Manifest:
        """Return the manifest of a generation; empty if it cannot be read, or lacks its files."""
        found = files.read_json(self.path(number or 0, MANIFEST))
        whole = isinstance(found, dict) and isinstance(found.get("files"), dict)
        return cast("Manifest", found if whole else {})

    def instances(self, number: int | None) -> dict[str, int]:
        """Return the instance number of each service that a generation runs.

        That is usually its own number. A service that keeps running across an activation keeps the
        number of the generation whose files it was started with.
        """
        manifest = self.manifest(number)
        noted = manifest.get("instances", {})
        return {
            name: noted.get(name, number or 0) for name in paths.services(manifest.get("files", ()))
        }

    def stage(self, contents: dict[str, str], manifest: Manifest, *, restart: bool = False) -> int:
        """Write a new generation atomically, and return its number.

        `contents` is text by path; `manifest["files"]` has mode, owner and group of each. With
        `restart` no service continues to run with the files of an earlier generation.
        """
        number = max(*self.numbers(), self.current() or 0, 0) + 1
        # Not one whose kept connections could be those of the generation that serves.
        number += same_pool(manifest, number, self.current())
        files.make_directory(self.etc, 0o750, paths.GROUP)
        files.make_directory(self.generations, 0o750, paths.GROUP)
        staging = os.path.join(self.generations, ".staging")
        files.remove(staging)
        os.mkdir(staging, 0o700)
        for path, kind in manifest["files"].items():
            self._write(staging, path, contents[path], kind)
        kept = {} if restart else self._unchanged(manifest)
        manifest = {**manifest, "number": number, "instances": kept}
        note = json.dumps(manifest, indent=1, sort_keys=True)
        files.write_new(os.path.join(staging, MANIFEST), note.encode(), 0o440)
        for path, target in links(number, manifest).items():
            os.makedirs(os.path.dirname(os.path.join(staging, path)), exist_ok=True)
            os.symlink(target, os.path.join(staging, path))
        for folder, _, _ in os.walk(staging):
            files.make_directory(folder, 0o550, paths.GROUP)
            files.sync_directory(folder)
        os.rename(staging, self.path(number))
        files.sync_directory(self.generations)
        return number

    def _unchanged(self, manifest: Manifest) -> dict[str, int]:
        """Return the instances of services whose files are unchanged, which need no restart."""
        current, running = self.current(), self.instances(self.current())
        before = self.manifest(current).get("files", {})
        return {
            service: running[service]
            for service, expected in manifest.get("expect", {}).get("services", {}).items()
            if service in running
            and "folder" in expected
            and _own(service, expected, manifest["files"]) == _own(service, expected, before)
            and not self.damage(running[service])
        }

    def _write(self, root: str, path: str, content: str, kind: FileNote) -> None:
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        files.write_new(full, content.encode(), int(kind["mode"], 8), kind["owner"], kind["group"])
        # systemd asks for a daemon-reload when a unit file is younger than the one it read: a file
        # that did not change keeps its time.
        before = self.path(self.current() or 0, path)
        if self.manifest(self.current()).get("files", {}).get(path) == kind:
            with contextlib.suppress(FileNotFoundError):  # damaged: this generation replaces it
                times = os.stat(before)
                os.utime(full, ns=(times.st_atime_ns, times.st_mtime_ns))

    def damage(self, number: int) -> list[str]:
        """Return the differences from the staged files, one sentence for each."""
        manifest = self.manifest(number)
        if not manifest:
            return ["its manifest cannot be read"]
        found = [
            f"{path} {what}"
            for path, kind in manifest["files"].items()
            for what in _difference(self.path(number, path), kind)
        ]
        linked = links(number, manifest)
        found += [
            f"{path} points elsewhere"
            for path, target in linked.items()
            if not _points(self.path(number, path), target)
        ]
        known = {*manifest["files"], *linked, MANIFEST}
        return found + [f"{path} was added" for path in self._all(number) if path not in known]

    def _all(self, number: int) -> list[str]:
        root = self.path(number)
        return [
            os.path.relpath(os.path.join(folder, name), root)
            for folder, _, found in os.walk(root)
            for name in found
        ]


def links(number: int, manifest: Manifest) -> dict[str, str]:
    """Return a generation's symbolic links: to its sockets, and to units that start at boot."""
    own, noted = manifest["files"], manifest.get("instances", {})
    wants = "systemd/holdfast.target.wants"
    services = {service: noted.get(service, number) for service in paths.services(own)}
    started = manifests.started(manifest)
    started += [paths.unit(instance, service) for service, instance in services.items()]
    return {
        **{f"{service}.sock": paths.socket(one, service) for service, one in services.items()},
        **{
            f"{service}-{number % pools}.sock": paths.socket(services[service], service)
            for service, pools in _pools(manifest).items()
        },
        **{f"{wants}/{name}": f"{paths.SYSTEM}/{name}" for name in started},
    }


def same_pool(manifest: Manifest, one: int, other: int | None) -> bool:
    """Return True if both generations map to the same upstream socket (number modulo pools)."""
    found = _pools(manifest).values()
    return other not in (None, one) and any((one - (other or 0)) % pools == 0 for pools in found)


def _pools(manifest: Manifest) -> dict[str, int]:
    """Return the number of upstream socket names by service that has several."""
    expected = manifest.get("expect", {}).get("services", {})
    return {name: how["pools"] for name, how in expected.items() if "pools" in how}


def _own(
    service: str, expected: ServiceExpected, files: dict[str, FileNote]
) -> dict[str, FileNote]:
    """Return the files of a generation that belong to a service."""
    unit, folder = paths.template(service), f"{expected['folder']}/"
    return {path: kind for path, kind in files.items() if path == unit or path.startswith(folder)}


def _difference(path: str, kind: FileNote) -> list[str]:
    try:
        status = os.lstat(path)
    except OSError:
        return ["is missing"]
    if not stat.S_ISREG(status.st_mode):
        return ["is no regular file"]
    found = []
    if files.sha256_of(path) != kind["sha256"]:
        found.append("was edited")
    if f"{stat.S_IMODE(status.st_mode):04o}" != kind["mode"]:
        found.append(f"has mode {stat.S_IMODE(status.st_mode):04o}, not {kind['mode']}")
    if _owners(status) != (kind["owner"], kind["group"]):
        found.append(f"belongs to {':'.join(_owners(status))}, not {kind['owner']}:{kind['group']}")
    return found


def _owners(status: os.stat_result) -> tuple[str, str]:
    try:
        return pwd.getpwuid(status.st_uid).pw_name, grp.getgrgid(status.st_gid).gr_name
    except KeyError:
        return str(status.st_uid), str(status.st_gid)


def _points(path: str, target: str) -> bool:
    return os.path.islink(path) and os.readlink(path) == target
