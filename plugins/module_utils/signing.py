"""The keys that sign tokens: made on the host, a folder for each generation, and never sent away.

A process reads its keys once, at its start, so those of a generation never change: other keys are
another generation, and going over to it is what loses no request.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import files, names, systemd

SERVICE = "issuer"
USER = "holdfast-issuer"
KEYS = f"{names.ETC}/keys"
_FILES = {
    "signing.pem": (0o440, USER),
    "refresh.key": (0o440, USER),
    "keys.json": (0o400, "root"),
    "trust/jwks.json": (0o444, "root"),
    "trust/bundle.pem": (0o444, "root"),
}
"""Mode and group by path in a folder of keys; the owner is root."""


def folder(number: int | None) -> str:
    """Return where the keys of a generation are."""
    return f"{KEYS}/{number}"


def issues(number: int | None) -> bool:
    """Tell whether a generation has an issuer of tokens."""
    return os.path.exists(f"{names.ETC}/generations/{number}/{names.template(SERVICE)}")


def carry(old: int | None, new: int, change: str | None = None) -> str:
    """Give a generation its keys: those of the one that serves, but for a change of them.

    `change` is None, `rotate`, `finish` or `revoke`, see holdfast.issuer.keyset. Returns what was
    done, for a person. Raises StepError.
    """
    place, before = folder(new), folder(old)
    if old == new and not damage(new):
        return ""
    if not os.path.isdir(before):
        # Logins were of another kind meanwhile: what this generation had is as good as new keys.
        before = place if os.path.isdir(place) else ""
    files.make_directory(KEYS, 0o750, names.GROUP)
    staging = f"{KEYS}/.staging"
    files.remove(staging)
    with open(f"{names.ETC}/generations/{new}/issuer/keys.json", encoding="utf-8") as stream:
        order = {**json.load(stream), "before": before, "folder": staging, "change": change}
    done = json.loads(run(new, "keyset", text=json.dumps(order)))
    _own(staging)
    files.remove(place)
    os.rename(staging, place)
    files.sync_directory(KEYS)
    return _words(done) if done["made"] or change else ""


def _words(done: dict[str, Any]) -> str:
    key = "a new key signs" if done["made"] else "the same key signs"
    others = done["trusted"] - 1
    return f"{key}, {others or 'no'} other{'s are' if others > 1 else ' is'} trusted"


def mint(number: int, *scopes: str) -> str:
    """Return a token of a minute for a proof, as only root on the host can have one."""
    place = f"{names.ETC}/generations/{number}/issuer"
    return run(number, "mint", place, folder(number), *scopes).strip()


def run(number: int, program: str, *arguments: str, text: str | None = None) -> str:
    """Run a program of a generation's issuer; StepError when it fails."""
    programs = f"{names.ETC}/generations/{number}/issuer/programs"
    argv = ["env", f"PYTHONPATH={programs}", _python(), "-B", "-W", "ignore"]
    return systemd.must([*argv, "-m", f"holdfast.issuer.{program}", *arguments], program, text)


def _python() -> str:
    # Debian's packages are for Debian's Python, whatever runs this.
    system = "/usr/bin/python3"
    return system if os.path.exists(system) else sys.executable


def damage(number: int) -> list[str]:
    """Return what is wrong with the keys of a generation, a sentence for each file."""
    if not issues(number):
        return []
    found = []
    for path in _FILES:
        try:
            if not os.lstat(os.path.join(folder(number), path)).st_size:
                found.append(f"keys/{number}/{path} is empty")
        except OSError:
            found.append(f"keys/{number}/{path} is missing")
    return found


def seconds_left(number: int | None) -> float:
    """Return for how long the last token of a retired key is good; 0 or less when none is."""
    try:
        with open(f"{folder(number)}/keys.json", encoding="utf-8") as stream:
            retired: list[float] = [at for at in json.load(stream).values() if at is not None]
        with open(f"{names.ETC}/generations/{number}/issuer/keys.json", encoding="utf-8") as stream:
            life = float(json.load(stream)["token_seconds"] + 60)
    except (OSError, ValueError, AttributeError):
        return 0
    return max(retired, default=0.0) + life - time.time()


def condition(number: int | None) -> dict[str, Any] | None:
    """Return how many keys are trusted, and how long old ones have to be; None: no issuer."""
    if not issues(number):
        return None
    try:
        with open(f"{folder(number)}/keys.json", encoding="utf-8") as stream:
            listed = json.load(stream)
    except (OSError, ValueError):
        return {"trusted": 0, "seconds_left": 0}
    return {"trusted": len(listed), "seconds_left": seconds_left(number)}


def _own(place: str) -> None:
    for name in ("trust", ""):
        files.make_directory(os.path.join(place, name), 0o755, names.GROUP)
    for path, (mode, group) in _FILES.items():
        full = os.path.join(place, path)
        with open(full, "rb") as stream:
            content = stream.read()
        files.replace(full, content, mode, "root", group)
