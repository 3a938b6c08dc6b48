"""The kernel's parameters: set, remembered as they were, and put back."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import files, names, systemd

KEPT = f"{names.STATE}/hardening.json"
"""What was before the first deploy that changed it; it is put back from there."""


@lru_cache
def container() -> str:
    """Return the kind of container that this host is; empty: it has a kernel of its own."""
    found = systemd.run(["systemd-detect-virt", "--container"]).stdout.strip()
    return "" if found == "none" else found


def shared() -> str:
    """Return why the kernel is not ours to change; empty: it is."""
    return f"this host is a container ({container()}): the kernel is shared" if container() else ""


def kept(key: str) -> Any:
    """Return what is kept under a key; None: nothing."""
    return _kept().get(key)


def keep(key: str, value: Any) -> None:
    """Keep something for the way back; an empty value is forgotten."""
    known = {**_kept(), key: value}
    text = json.dumps({name: one for name, one in known.items() if one}, sort_keys=True)
    os.makedirs(names.STATE, mode=0o755, exist_ok=True)
    files.replace(KEPT, text.encode(), 0o600)


def _kept() -> dict[str, Any]:
    try:
        with open(KEPT, encoding="utf-8") as stream:
            found: dict[str, Any] = json.load(stream)
            return found
    except (OSError, ValueError):
        return {}


def wanted_parameters(root: str) -> dict[str, str]:
    """Return value by key of a generation's sysctl.conf."""
    with open(f"{root}/hardening/sysctl.conf", encoding="utf-8") as stream:
        pairs = [line.split("=", 1) for line in stream if "=" in line and line[0] != "#"]
    return {key.strip(): value.strip() for key, value in pairs}


def absent_parameters(root: str) -> list[str]:
    """Return the keys that this kernel does not have."""
    return [key for key in wanted_parameters(root) if _value(key) is None]


def live_parameters(root: str) -> list[str]:
    """Return the keys whose value is another one than the generation wants."""
    found = {key: (_value(key), value) for key, value in wanted_parameters(root).items()}
    return [
        f"{key} is {now}, not {value}"
        for key, (now, value) in found.items()
        if now is not None and now != value
    ]


def load_parameters(root: str | None) -> None:
    """Set what a generation wants; put back what was there before where it wants nothing."""
    before = kept("parameters") or {}
    wanted = wanted_parameters(root) if root else {}
    for key, value in wanted.items():
        now = _value(key)
        if now is not None and now != value:
            before.setdefault(key, now)
    # On the disk before anything is changed: a power cut loses the values, not the way back.
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
