"""Manage the keys that sign tokens: created on the host, one folder for each generation.

The keys never leave the host. A process reads its keys once, when it starts, so the keys of a
generation never change. Other keys are another generation, whose activation loses no request.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.system import files, paths, systemd

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.report import KeyState

SERVICE = "issuer"
USER = "holdfast-issuer"
KEYS = f"{paths.ETC}/keys"
LAST = f"{KEYS}/last"
"""Link to the keys that served last. They outlive generations without an issuer, so that no
generation brings back keys that were replaced, revoked or no longer trusted."""
KEEP = "keep"
"""Change of a rollback: keep the keys of the host, not those that the generation was made with."""
_FILES = {
    "signing.pem": (0o440, USER),
    "refresh.key": (0o440, USER),
    "keys.json": (0o400, "root"),
    "trust/jwks.json": (0o444, "root"),
    "trust/bundle.pem": (0o444, "root"),
}
"""Mode and group by path in a folder of keys; the owner is root."""


def folder(number: int | None) -> str:
    """Return the folder of a generation's keys."""
    return f"{KEYS}/{number}"


def issues(number: int | None) -> bool:
    """Return True if a generation has a token issuer."""
    return os.path.exists(f"{paths.ETC}/generations/{number}/{paths.template(SERVICE)}")


def prepare_keys(old: int | None, new: int, change: str | None = None) -> str:
    """Prepare a generation's keys: those of the serving one, with a change if there is one.

    `change` is None, KEEP, `rotate`, `finish` or `revoke`, see holdfast.issuer.keyset. Returns a
    text about what was done, for the log. Raises StepError.
    """
    place, before = folder(new), folder(old)
    if old == new and not damage(new):
        return ""
    if not os.path.isdir(before):
        # Logins were of another kind meanwhile. The keys of this generation may be revoked since.
        before = LAST if os.path.isdir(LAST) else ""
    files.make_directory(KEYS, 0o750, paths.GROUP)
    staging = f"{KEYS}/.staging"
    files.remove(staging)
    with open(f"{paths.ETC}/generations/{new}/issuer/keys.json", encoding="utf-8") as stream:
        order = {**json.load(stream), "before": before, "folder": staging, "change": change}
    done = json.loads(run(new, "keyset", text=json.dumps(order)))
    _own(staging)
    files.remove(place)
    os.rename(staging, place)
    files.sync_directory(KEYS)
    return _words(done) if done["made"] or change not in (None, KEEP) else ""


def remember(number: int | None) -> None:
    """Note that the keys of a generation serve, if it has any: the next keys follow them."""
    if os.path.isdir(folder(number)):
        files.link(LAST, str(number))


def prune(numbers: Collection[int]) -> None:
    """Remove the keys of other generations than these, but not those that served last."""
    last = os.readlink(LAST) if os.path.islink(LAST) else ""
    for name in os.listdir(KEYS) if os.path.isdir(KEYS) else ():
        if name.isdigit() and name != last and int(name) not in numbers:
            files.remove(f"{KEYS}/{name}")


def _words(done: dict[str, Any]) -> str:
    key = "a new key signs" if done["made"] else "the same key signs"
    others = done["trusted"] - 1
    return f"{key}, {others or 'no'} other{'s are' if others > 1 else ' is'} trusted"


def mint(number: int, *scopes: str) -> str:
    """Return a token with a lifetime of one minute for a test; only root can mint it."""
    place = f"{paths.ETC}/generations/{number}/issuer"
    return run(number, "mint", place, folder(number), *scopes).strip()


def run(number: int, program: str, *arguments: str, text: str | None = None) -> str:
    """Run a program of a generation's issuer. Raises StepError if it fails."""
    programs = f"{paths.ETC}/generations/{number}/issuer/programs"
    argv = ["env", f"PYTHONPATH={programs}", _python(), "-B", "-W", "ignore"]
    return systemd.run_checked(
        [*argv, "-m", f"holdfast.issuer.{program}", *arguments], program, text
    )


def _python() -> str:
    # Debian's packages are for Debian's Python, whatever runs this.
    system = "/usr/bin/python3"
    return system if os.path.exists(system) else sys.executable


def damage(number: int) -> list[str]:
    """Return the problems of a generation's keys, one sentence for each file."""
    if not issues(number):
        return []
    found = []
    for path in _FILES:
        try:
            if not os.lstat(os.path.join(folder(number), path)).st_size:
                found.append(f"keys/{number}/{path} is empty")
        except OSError:
            found.append(f"keys/{number}/{path} is missing")
    if os.path.exists(f"{folder(number)}/kept"):
        found.append(f"keys/{number}: a later key signs than registry_auth_signing_key of then")
    return found


def seconds_left(number: int | None) -> float:
    """Return the remaining seconds of the last token of a retired key; 0 or less if none."""
    try:
        with open(f"{folder(number)}/keys.json", encoding="utf-8") as stream:
            retired: list[float] = [at for at in json.load(stream).values() if at is not None]
        with open(f"{paths.ETC}/generations/{number}/issuer/keys.json", encoding="utf-8") as stream:
            life = float(json.load(stream)["token_seconds"] + 60)
    except (OSError, ValueError, AttributeError):
        return 0
    return max(retired, default=0.0) + life - time.time()


def key_state(number: int | None) -> KeyState | None:
    """Return the number of trusted keys, and the seconds that retired ones stay trusted.

    None if the generation has no issuer.
    """
    if not issues(number):
        return None
    listed = files.read_json(f"{folder(number)}/keys.json")
    if listed is None:
        return {"trusted": 0, "seconds_left": 0}
    return {"trusted": len(listed), "seconds_left": seconds_left(number)}


def _own(place: str) -> None:
    for name in ("trust", ""):
        files.make_directory(os.path.join(place, name), 0o755, paths.GROUP)
    for path, (mode, group) in _FILES.items():
        full = os.path.join(place, path)
        with open(full, "rb") as stream:
            content = stream.read()
        files.replace(full, content, mode, "root", group)
