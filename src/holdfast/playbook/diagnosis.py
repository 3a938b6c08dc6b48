"""Explain why Ansible could not start, or why it cannot access a host."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from holdfast.playbook.command import Playbook

UNKNOWN_HOST = re.compile(r"Could not match supplied host pattern, ignoring: (\S+)")
_MARKS = ("ERROR! ", "[ERROR]: ")
_DECRYPT = re.compile(r"no vault secrets|Decryption failed|Invalid vault password")
_ACCESS = (
    (
        r"HOST IDENTIFICATION HAS CHANGED",
        "its host key has changed: it is another machine, or a man in the middle."
        " If it was reinstalled, remove the old key. Run: ssh-keygen -R {host}",
    ),
    (
        r"Host key verification failed|host key is known for",
        "its host key is not known here. Compare the fingerprint and answer yes. Run: ssh {target}",
    ),
    (
        r"Permission denied \(",
        "ssh does not let {target} in. Set ansible_user to a user that may log in, and"
        " ansible_ssh_private_key_file to its key. Try it: ssh {target}",
    ),
    (
        r"Could not resolve hostname",
        "its name has no address. Set ansible_host to its address, or correct the DNS",
    ),
    (
        r"Connection refused|timed out|No route to host|Network is unreachable",
        "nothing answers there. Set ansible_host and ansible_port, and look at the machine."
        " Try it: ssh {target}",
    ),
    (
        r"[Mm]issing sudo password|a password is required|a terminal is required to read",
        "sudo wants a password. Run the same command with -K, which asks for it, or with"
        " --become-password-file",
    ),
    (
        r"[Ii]ncorrect sudo password|incorrect password attempt",
        "sudo does not take the password. Run the same command with -K and the right one",
    ),
    (
        r"not in the sudoers file|may not run sudo|not allowed to execute",
        "the user may not use sudo. Allow it, or set ansible_user to one that may",
    ),
    (r"sudo: (?:command )?not found", "there is no sudo. Install it, or set ansible_user: root"),
)
_TARGET = re.compile(r"([\w.-]+@[\w.:-]+): Permission denied|host key is known for (\S+)")


def of_start(log: str, playbook: Playbook, hosts: Sequence[str]) -> list[str]:
    """Return why an Ansible run did not start, from its output; empty if unknown."""
    where = ", ".join(map(str, playbook.inventories))
    for path in _yaml_files(playbook.inventories):
        from holdfast.playbook.yaml_errors import errors  # noqa: PLC0415 -- when it failed

        if lines := errors(path):
            return lines
    if _DECRYPT.search(log):
        given = playbook.vault_password_file or playbook.ask_vault_password
        got = "another one" if given else "none"
        return [
            f"{', '.join(_encrypted(playbook.inventories)) or where}: expected the password of the"
            f" vault, got {got}. Run the same command with -J, which asks for it, or with"
            " --vault-password-file"
        ]
    nobody = not hosts and ("no hosts matched" in log or "leaves us with no hosts" in log)
    if nobody and playbook.limit:
        options = " ".join(f"-i {shlex.quote(str(path))}" for path in playbook.inventories)
        return [
            f"--limit: expected hosts of the group `registry` in {where}, got {playbook.limit},"
            f" which matches none. See which there are. Run: holdfast check {options}"
        ]
    if nobody:
        return [
            f"{where}: expected a group `registry` with hosts, found none. See inventory/single"
        ]
    return []


def ansible_s_words(log: str) -> list[str]:
    """Return the first lines of Ansible's own error message, without its decoration."""
    starts = [log.find(mark) + len(mark) for mark in _MARKS if mark in log]
    if not starts:
        return []
    lines = [line.strip() for line in log[min(starts) :].splitlines() if line.strip()]
    return [*(f"no such host: {name}" for name in UNKNOWN_HOST.findall(log)), *lines[:8]]


def of_access(host: str, text: str) -> str | None:
    """Return why a host cannot be accessed, with the remedy, from Ansible's message; None if
    unknown."""
    for pattern, reason in _ACCESS:
        if re.search(pattern, text):
            found = _TARGET.search(text)
            target = next(filter(None, found.groups()), host) if found else host
            return reason.format(host=target.rpartition("@")[2], target=target)
    return None


def _yaml_files(inventories: Sequence[Path]) -> Iterator[Path]:
    """Yield the inventory files that Ansible certainly reads as YAML."""
    for path in _files(inventories):
        if path.suffix in (".yml", ".yaml", ".json") or "_vars" in str(path.parent.name):
            yield path


def _encrypted(inventories: Sequence[Path]) -> list[str]:
    from holdfast.playbook.yaml_errors import ENCRYPTED  # noqa: PLC0415 -- when it failed

    found = []
    for path in _files(inventories):
        with path.open(encoding="utf-8", errors="replace") as stream:
            if ENCRYPTED in stream.read():
                found.append(str(path))
    return found


def _files(inventories: Sequence[Path]) -> Iterator[Path]:
    for inventory in inventories:
        folder = inventory if inventory.is_dir() else inventory.parent
        hosts = folder / "hosts.yml"
        if inventory.is_dir() and not hosts.exists():
            yield from sorted(path for path in inventory.iterdir() if path.is_file())
        else:
            yield hosts if inventory.is_dir() else inventory
        for name in ("group_vars", "host_vars"):
            below = sorted((folder / name).rglob("*")) if (folder / name).is_dir() else []
            yield from (path for path in below if path.is_file() and path.name[0] != ".")
