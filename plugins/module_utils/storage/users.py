"""Find the processes of a host that use a directory of images, also in containers.

A registry opens files only while it answers a request. So its arguments, its environment, its
configuration and the mounts of its container are looked at, too. Processes of other machines, which
mount the directory over a network, cannot be seen.
"""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterator

from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    foreign_files,
    foreign_text,
)

PARTS = ("", "docker", "docker/registry", "docker/registry/v2")
"""Folders below a directory of images that a container can have as a mount."""
REGISTRIES = ("registry", "distribution")
"""Parts of the names of programs whose arguments and configuration are looked at."""
SHELLS = ("bash", "dash", "fish", "sh", "su", "sudo", "tmux", "zsh")
"""Programs that only stand in a directory."""
CONFIG_BYTES = 1 << 20
SHOWN_CHARACTERS = 100
_CONTAINER = re.compile(r"(docker|libpod)-([0-9a-f]{12})[0-9a-f]{52}\.scope|/docker/([0-9a-f]{12})")
_UNIT = re.compile(r"/([^/]+\.service)(?:/|$)")
_ROOT = re.compile(rb"""^\s*rootdirectory\s*:\s*["']?([^"'#\r\n]+)""", re.MULTILINE)
_VARIABLE = b"REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY="
_CONFIG = b"REGISTRY_CONFIGURATION_PATH="

File = tuple[int, int]
"""Device and inode of a file, which are the same in every mount namespace."""


def users(directory: str, own: str, proc: str = "/proc") -> list[str]:
    """Return one text for each process that uses a directory: name, number, and how to stop it.

    `own` is the user of our registry, whose processes are left out.
    """
    places = {one for part in PARTS if (one := _file(os.path.join(directory, part)))}
    left_out = {os.getpid(), *_parents(proc)}
    number = _number(own)
    found = []
    for pid in sorted(int(name) for name in os.listdir(proc) if name.isdigit()):
        if pid in left_out or _owner(f"{proc}/{pid}") == number:
            continue
        try:
            use = _Process(f"{proc}/{pid}", directory, places).use()
        except OSError:
            continue  # it has ended meanwhile
        if use:
            found.append(use)
    return found


class _Process:
    """One process, as /proc shows it. Source: proc(5)."""

    def __init__(self, folder: str, directory: str, places: set[File]) -> None:
        self._folder, self._places = folder, places
        self._directory = os.path.realpath(directory)
        self._arguments = [one for one in _bytes(f"{folder}/cmdline").split(b"\0") if one]
        self._name = foreign_text.read(f"{folder}/comm").strip()
        self._contained = _file(f"{folder}/root/.") != _file("/")

    def use(self) -> str:
        """Return name, number and what to do about a process; empty if it does not use it."""
        if not self._arguments:
            return ""  # a thread of the kernel
        if not (self._mounts() or self._opens() or self._is_set_to()):
            return ""
        pid, command = os.path.basename(self._folder), ""
        if self._registry:
            words = b" ".join(self._arguments).decode("utf-8", foreign_text.ERRORS)
            command = f": {words[:SHOWN_CHARACTERS]}"
        return foreign_text.visible(f"{self._name} (process {pid}{command}){self._stop()}")

    @property
    def _registry(self) -> bool:
        program = os.path.basename(self._arguments[0]).decode("utf-8", foreign_text.ERRORS)
        return any(name in one for name in REGISTRIES for one in (program, self._name))

    def _mounts(self) -> bool:
        """Return True if the process is in a container that has the directory as a mount."""
        if not self._contained:
            return False
        lines = _bytes(f"{self._folder}/mountinfo").splitlines()
        return any(self._is_ours(_unescaped(line.split()[4])) for line in lines)

    def _opens(self) -> bool:
        """Return True if the process has something of the directory open, or stands in it."""
        handles = [f"fd/{name}" for name in os.listdir(f"{self._folder}/fd")]
        handles += [] if self._name in SHELLS else ["cwd"]
        return not self._contained and any(self._below(_link(self._folder, one)) for one in handles)

    def _is_set_to(self) -> bool:
        """Return True if a registry's arguments, environment or configuration name it."""
        if not self._registry:
            return False
        pairs = _bytes(f"{self._folder}/environ").split(b"\0")
        given = [one.partition(b"=")[2] for one in pairs if one.startswith(_VARIABLE)]
        configs = [one.partition(b"=")[2] for one in pairs if one.startswith(_CONFIG)]
        for path in (*self._arguments[1:], *configs):
            given += [path, *_ROOT.findall(self._text(os.fsdecode(path)))]
        return any(self._is_ours(os.fsdecode(one.strip())) for one in given if one)

    def _is_ours(self, path: str) -> bool:
        return _file(self._inside(path)) in self._places

    def _inside(self, path: str) -> str:
        """Return our own path of a path as the process sees it."""
        start = "root" if path.startswith("/") else "cwd"
        return f"{self._folder}/{start}/{path.lstrip('/')}"

    def _text(self, path: str) -> bytes:
        """Return the content of a file that an argument may name; empty if it is none."""
        try:
            return foreign_files.read(self._inside(path), CONFIG_BYTES, links=True)
        except (OSError, ValueError):
            return b""

    def _below(self, path: str) -> bool:
        return path == self._directory or path.startswith(f"{self._directory}/")

    def _stop(self) -> str:
        """Return the command that stops the process, if its control group says so."""
        group = foreign_text.read(f"{self._folder}/cgroup")
        container, unit = _CONTAINER.search(group), _UNIT.search(group)
        if container:
            program = "podman" if container[1] == "libpod" else "docker"
            return f", which ends with: {program} stop {container[2] or container[3]}"
        return f", which ends with: systemctl stop {unit[1]}" if unit else ""


def _unescaped(text: bytes) -> str:
    """Return a path of mountinfo, in which blanks are octal escapes."""
    return os.fsdecode(re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), text))


def _file(path: str) -> File | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _link(folder: str, name: str) -> str:
    try:
        return os.readlink(f"{folder}/{name}")
    except OSError:
        return ""


def _bytes(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


def _parents(proc: str) -> Iterator[int]:
    """Yield the processes that this one was started by."""
    pid = os.getppid()
    while pid > 1:
        yield pid
        try:
            pid = int(foreign_text.read(f"{proc}/{pid}/stat").rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            return


def _owner(path: str) -> int:
    try:
        return os.stat(path).st_uid
    except OSError:
        return -1


def _number(user: str) -> int | None:
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        return None
