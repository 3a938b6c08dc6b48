"""What a generation needs around it: users, directories, a shared secret, a place in systemd."""

from __future__ import annotations

import os

from ansible_collections.holdfast.registry.plugins.module_utils import cache, files, names, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.store import Store

LINKS = {
    **{
        f"{names.SYSTEM}/{name}": f"systemd/{name}"
        for name in (
            names.TARGET,
            "holdfast.target.wants",
            names.PROXY,
            names.PORTS,
            names.RENEWAL,
            names.FETCH,
            names.TIMER,
            names.ROOM,
            names.ROOM_TIMER,
            names.CACHE,
            names.FIREWALL,
            names.DATA,
        )
    },
    "/etc/sysusers.d/holdfast.conf": "systemd/sysusers.conf",
    "/etc/tmpfiles.d/holdfast.conf": "systemd/tmpfiles.conf",
    "/etc/logrotate.d/holdfast": "logrotate/holdfast",
}
"""What the system's directories take from a generation, by the path there."""


def links(number: int) -> dict[str, str]:
    """Return the links from the system's directories to a generation, and to the current one."""
    generation = f"{names.ETC}/generations/{number}"
    target = f"{names.SYSTEM}/{names.TARGET}"
    return {
        **{
            f"{names.SYSTEM}/{names.unit(instance, one)}": (
                f"{names.ETC}/generations/{instance}/{names.template(one)}"
            )
            for one, instance in Store().instances(number).items()
        },
        f"{names.SYSTEM}/multi-user.target.wants/{names.TARGET}": target,
        **{
            path: f"{names.ETC}/current/{place}"
            for path, place in LINKS.items()
            if os.path.exists(f"{generation}/{place}")
        },
    }


def surroundings(contents: dict[str, str]) -> None:
    """Make the users and directories that a generation names, and the registry's secret."""
    systemd.must(["systemd-sysusers", "-"], "make the users", contents["systemd/sysusers.conf"])
    systemd.must(
        ["systemd-tmpfiles", "--create", "-"],
        "make the directories",
        contents["systemd/tmpfiles.conf"],
    )
    files.make_directory(names.ETC, 0o750, names.GROUP)
    _shared_secret(os.path.join(names.ETC, "secrets"))
    if "cache/users.acl" in contents:
        cache.make_logins()


def directories(generation: str) -> None:
    """Give directories the owners and modes of a generation that is there, by its path."""
    path = f"{generation}/systemd/tmpfiles.conf"
    systemd.must(["systemd-tmpfiles", "--create", path], "make the directories")


def _shared_secret(directory: str) -> None:
    """Make the secret with which uploads are signed, once in the life of a host."""
    files.make_directory(directory, 0o700)
    path = os.path.join(directory, "http.env")
    if not os.path.exists(path):
        import secrets  # noqa: PLC0415 -- the gate, which runs each time, needs none

        files.replace(path, f"REGISTRY_HTTP_SECRET={secrets.token_hex(32)}\n".encode(), 0o600)


def link_units(number: int) -> None:
    """Give systemd the units of a generation's services, and the links to the current one."""
    for path, place in links(number).items():
        files.link(path, place)
    for path in LINKS.keys() - links(number).keys():
        files.remove(path)


def unlink_units(number: int) -> None:
    """Take the units of a generation that is about to go from systemd."""
    for service in Store().instances(number):
        files.remove(f"{names.SYSTEM}/{names.unit(number, service)}")


def missing_links(number: int) -> list[str]:
    """Return the links into the system's directories that are not as they should be."""
    return [
        f"{path} does not point to {target}"
        for path, target in links(number).items()
        if not (os.path.islink(path) and os.readlink(path) == target)
    ]
