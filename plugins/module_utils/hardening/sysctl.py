"""Set kernel parameters, save their previous values, and restore them."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.system import files, paths, systemd

KEPT = f"{paths.STATE}/hardening.json"
"""File of the values from before the first change, which are restored from it."""


@lru_cache
def container() -> str:
    """Return the kind of container of this host; empty if it has its own kernel."""
    found = systemd.run(["systemd-detect-virt", "--container"]).stdout.strip()
    return "" if found == "none" else found


def shared() -> str:
    """Return the reason why the kernel must not be changed; empty if it may."""
    return f"this host is a container ({container()}): the kernel is shared" if container() else ""


def kept(key: str) -> Any:
    """Return the saved value of a key; None if there is none."""
    return _kept().get(key)


def keep(key: str, value: Any) -> None:
    """Save a previous value to restore; an empty value removes the key."""
    known = {**_kept(), key: value}
    text = json.dumps({name: one for name, one in known.items() if one}, sort_keys=True)
    os.makedirs(paths.STATE, mode=0o755, exist_ok=True)
    files.replace(KEPT, text.encode(), 0o600)


def _kept() -> dict[str, Any]:
    return files.read_json(KEPT) or {}


def wanted_parameters(root: str) -> dict[str, str]:
    """Return value by key of a generation's sysctl.conf."""
    with open(f"{root}/hardening/sysctl.conf", encoding="utf-8") as stream:
        pairs = [line.split("=", 1) for line in stream if "=" in line and line[0] != "#"]
    return {key.strip(): value.strip() for key, value in pairs}


def absent_parameters(root: str) -> list[str]:
    """Return the keys that this kernel lacks."""
    return [key for key in wanted_parameters(root) if _value(key) is None]


def inactive_parameters(root: str) -> list[str]:
    """Return a problem for each key whose value differs from the generation's."""
    found = {key: (_value(key), value) for key, value in wanted_parameters(root).items()}
    return [
        f"{key} is {now}, not {value}"
        for key, (now, value) in found.items()
        if now is not None and now != value
    ]


def load_parameters(root: str | None) -> None:
    """Set a generation's values; restore the previous ones of keys that it does not set."""
    before = kept("parameters") or {}
    wanted = wanted_parameters(root) if root else {}
    for key, value in wanted.items():
        now = _value(key)
        if now is not None and now != value:
            before.setdefault(key, now)
    # On the disk before anything is changed: a power cut must not lose the previous values.
    keep("parameters", before)
    for key, value in {**{k: v for k, v in before.items() if k not in wanted}, **wanted}.items():
        if _value(key) not in (None, value):
            _set(key, value)
    keep("parameters", {key: value for key, value in before.items() if key in wanted})


def _path(key: str) -> str:
    return "/proc/sys/" + key.replace(".", "/")


def _value(key: str) -> str | None:
    try:
        with open(_path(key), encoding="ascii") as stream:
            return " ".join(stream.read().split())
    except OSError:
        return None


def _set(key: str, value: str) -> None:
    with open(_path(key), "w", encoding="ascii") as stream:
        stream.write(value)
