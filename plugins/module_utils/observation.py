"""What a host says of itself: is what it was given last still there, whole and answering?"""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import time
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import (
    binaries,
    certificates,
    hardening,
    history,
    liveness,
    names,
    packages,
    prepare,
    signing,
    storage,
    store,
    systemd,
)


def observe() -> dict[str, Any]:
    """Return facts of the host, and `drift`: sentences on what is not as the last deploy left it.

    Nothing is changed, and no setting is needed: the current generation's manifest says what the
    host should be.
    """
    kept = store.Store()
    number = kept.current()
    manifest = kept.manifest(number)
    facts = {
        "time": time.time(),
        "root": os.geteuid() == 0,
        "systemd": os.path.isdir("/run/systemd/system"),
        "machine": os.uname().machine,
        "os": _os_release(),
        "generation": number,
        "identity": manifest.get("identity"),
        "files": manifest.get("files", {}),
        "interrupted": history.interrupted(kept),
        "certificates": certificates.texts(),
        "drift": [],
    }
    if number is not None and facts["root"]:
        facts["drift"] = _drift(kept, number, manifest)
    return facts


def _drift(kept: store.Store, number: int, manifest: dict[str, Any]) -> list[str]:
    expect = manifest.get("expect")
    if not expect:
        return [f"generation {number} has no manifest"]
    found: list[str] = []
    # Hashing a large binary, dpkg and systemd: each waits for something else.
    beside = [
        Thread(target=_gather, args=(found, binaries.damage, expect["binary"])),
        Thread(target=_gather, args=(found, _packages, expect["packages"])),
        Thread(target=_gather, args=(found, partial(_units, manifest), kept.instances(number))),
        Thread(target=_gather, args=(found, hardening.drift, kept.path(number))),
    ]
    for thread in beside:
        thread.start()
    for one in sorted({number, *kept.instances(number).values()}):
        found += [f"generation {one}: {what}" for what in kept.damage(one)]
    found += signing.damage(number)
    found += prepare.missing_links(number) + _users() + _storage(expect)
    for thread in beside:
        thread.join()
    return sorted(found) or liveness.live(expect["probe"])


def _gather(found: list[str], check: Callable[[Any], list[str]], subject: Any) -> None:
    """Run a check in a thread; one that cannot be made counts as a finding."""
    try:
        found.extend(check(subject))
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        found.append(f"{subject} cannot be checked: {error}")


def _packages(wanted: list[str]) -> list[str]:
    return [f"package {name} is missing" for name in packages.missing(wanted)]


def _units(manifest: dict[str, Any], instances: dict[str, int]) -> list[str]:
    states = systemd.states("holdfast*")
    own = [names.unit(instance, service) for service, instance in instances.items()]
    own += [n for n in (names.CACHE, names.ROOM_TIMER) if f"systemd/{n}" in manifest["files"]]
    found = [
        f"{name} is {states.get(name, 'inactive')}"
        for name in (names.PORTS, names.PROXY, names.TARGET, names.TIMER, *own)
        if states.get(name) != "active"
    ]
    others = [name for name in names.running(states) if name not in own]
    return found + [f"{name} still runs" for name in others]


def _users() -> list[str]:
    found = []
    for name in ("holdfast-registry", "holdfast-proxy"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            found.append(f"user {name} is missing")
    return found


def _storage(expect: dict[str, Any]) -> list[str]:
    """Return what is wrong with a directory of images; others are asked by the registry itself."""
    kept = expect.get("storage", expect)  # an earlier holdfast knew a directory alone
    if "directory" not in kept:
        return []
    mode = kept.get("mode", "0700")
    return _directory(kept["directory"], mode) + storage.unmounted(kept)


def _directory(path: str, wanted: str) -> list[str]:
    try:
        status = os.stat(path)
        owner = pwd.getpwuid(status.st_uid).pw_name
    except (OSError, KeyError):
        return [f"{path} is missing, or its owner is"]
    mode = f"{stat.S_IMODE(status.st_mode):04o}"
    if (owner, mode) != ("holdfast-registry", wanted):
        return [f"{path} is {owner}'s with mode {mode}, not holdfast-registry's with {wanted}"]
    return []


def _os_release() -> dict[str, str]:
    try:
        with open("/etc/os-release", encoding="utf-8") as stream:
            lines = [line.strip().split("=", 1) for line in stream if "=" in line]
    except OSError:
        return {}
    return {key: value.strip('"') for key, value in lines}
