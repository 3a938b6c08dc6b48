"""Compare a host with its current generation: files, services, units, links, users."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import time
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.cache import (
    service as cache_service,
)
from ansible_collections.holdfast.registry.plugins.module_utils.certificates import (
    store as certificate_store,
)
from ansible_collections.holdfast.registry.plugins.module_utils.deploy import (
    drop_ins,
    history,
    links,
    locking,
    prerequisites,
    services,
)
from ansible_collections.holdfast.registry.plugins.module_utils.generations import (
    manifest as manifests,
)
from ansible_collections.holdfast.registry.plugins.module_utils.generations import store
from ansible_collections.holdfast.registry.plugins.module_utils.hardening import parts
from ansible_collections.holdfast.registry.plugins.module_utils.registry import binary, liveness
from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    ownership,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    preflight as storage_preflight,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    os_release,
    packages,
    paths,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.tokens import keys as token_keys

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.facts import Observed
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import (
        Expect,
        Manifest,
    )


def observe(running: str) -> Observed:
    """Return facts of the host, and `drift`: one sentence for each difference.

    Nothing is changed, and no setting is needed: the manifest of the current generation says what
    the host should be. `running` is the version of holdfast on the controller. Raises StepError if
    a newer version made the current generation in a format that this one cannot read.
    """
    kept = store.Store()
    number = kept.current()
    manifest = kept.manifest(number)
    manifests.refuse_newer(manifest, running)
    facts: Observed = {
        "time": time.time(),
        "root": os.geteuid() == 0,
        "systemd": os.path.isdir("/run/systemd/system"),
        "machine": os.uname().machine,
        "os": os_release.os_release(),
        "generation": number,
        "version": manifest.get("version"),
        "identity": manifest.get("identity"),
        "files": manifest.get("files", {}),
        "interrupted": history.interrupted(kept),
        "certificates": certificate_store.texts(),
        "drift": [],
        "drop_ins": [],
        "locked": locking.locked(),
    }
    if number is not None and facts["root"]:
        facts["drift"] = _drift(kept, number, manifest)
        facts["drop_ins"] = drop_ins.drop_ins()
    return facts


def _drift(kept: store.Store, number: int, manifest: Manifest) -> list[str]:
    expect = manifest.get("expect")
    if not expect:
        return [f"generation {number} has no manifest"]
    found: list[str] = []
    # Hashing a large binary, dpkg and systemd: each waits for something else.
    beside = [
        Thread(target=_gather, args=(found, binary.damage, expect["binary"])),
        Thread(target=_gather, args=(found, _packages, expect["packages"])),
        Thread(target=_gather, args=(found, partial(_units, manifest), kept.instances(number))),
        Thread(target=_gather, args=(found, parts.drift, kept.path(number))),
    ]
    for thread in beside:
        thread.start()
    found += _services(kept, number, expect)
    for one in sorted({number, *kept.instances(number).values()}):
        found += [f"generation {one}: {what}" for what in kept.damage(one)]
    found += token_keys.damage(number)
    found += links.missing_links(number) + _users(manifest) + _storage(expect)
    found += prerequisites.problems(kept.path(number))
    for thread in beside:
        thread.join()
    asked = liveness.problems, liveness.login_problems
    return sorted(found) or next(filter(None, (ask(expect["probe"]) for ask in asked)), [])


def _services(kept: store.Store, number: int, expect: Expect) -> list[str]:
    """Check each service at its own socket, because the proxy's answers prove nothing about it."""
    instances, known = kept.instances(number), expect["services"].items()
    checks: services.Services = {
        name: {**how, "instance": instances[name]} for name, how in known if name in instances
    }
    deaf = services.unready(checks, expect["probe"]["host"])
    if cache_service.has_own(kept.path(number)) and cache_service.problem():
        deaf.append(paths.CACHE)
    return [f"{unit} gives no answer at its socket" for unit in deaf]


def _gather(found: list[str], check: Callable[[Any], list[str]], subject: Any) -> None:
    """Run a check in a thread; report a check that cannot run as a finding."""
    try:
        found.extend(check(subject))
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        found.append(f"{subject} cannot be checked: {error}")


def _packages(wanted: list[str]) -> list[str]:
    return [f"package {name} is missing" for name in packages.missing(wanted)]


def _units(manifest: Manifest, instances: dict[str, int]) -> list[str]:
    states = systemd.states("holdfast*")
    own = [paths.unit(instance, service) for service, instance in instances.items()]
    found = [
        f"{name} is {states.get(name, 'inactive')}"
        for name in (*manifests.active(manifest), *own)
        if states.get(name) != "active"
    ]
    others = [name for name in paths.running(states) if name not in own]
    return found + [f"{name} still runs" for name in others]


def _users(manifest: Manifest) -> list[str]:
    found = []
    for name in manifests.accounts(manifest):
        try:
            pwd.getpwnam(name)
        except KeyError:
            found.append(f"user {name} is missing")
    return found


def _storage(expect: Expect) -> list[str]:
    """Return the problems of an image directory; the registry itself checks other storage."""
    kept = expect["storage"]
    if "directory" not in kept:
        return []
    mode = kept.get("mode", "0700")
    return _directory(kept["directory"], mode) + storage_preflight.unmounted(kept)


def _directory(path: str, wanted: str) -> list[str]:
    try:
        status = os.stat(path)
        owner = pwd.getpwuid(status.st_uid).pw_name
    except (OSError, KeyError):
        return [f"{path} is missing, or its owner is"]
    mode = f"{stat.S_IMODE(status.st_mode):04o}"
    if (owner, mode) != ("holdfast-registry", wanted):
        return [f"{path} is {owner}'s with mode {mode}, not holdfast-registry's with {wanted}"]
    return ownership.problems(path, wanted)
