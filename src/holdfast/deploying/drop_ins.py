"""Report the drop-ins on a host that its settings do not name."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import PurePosixPath

from holdfast.settings import Settings

SETTING = "registry_service_drop_ins"


def foreign(settings: Settings, found: Iterable[str]) -> list[str]:
    """Return the paths of drop-ins that are not meant."""
    return [path for path in found if path not in settings.service.drop_ins]


def complaint(path: str) -> str:
    """Return what is wrong with a drop-in, and the command for the host that ends it."""
    return f"{path}: expected no drop-in, or its path in {SETTING}. {remedy([path])}"


def remedy(paths: Iterable[str]) -> str:
    """Return the command that removes drop-ins on the host, and applies that."""
    known = sorted(set(paths))
    units = " ".join(dict.fromkeys(_restarted(PurePosixPath(path).parent.name) for path in known))
    removed = " ".join(map(shlex.quote, known))
    reload = "systemctl daemon-reload && systemctl try-restart"
    return f"Run on the host: rm {removed} && {reload} {units}"


def _restarted(directory: str) -> str:
    """Return a pattern of the loaded units that drop-ins of a directory change."""
    stem, _, kind = directory.removesuffix(".d").rpartition(".")
    if not stem:  # of every unit of a kind
        return f"'holdfast*.{kind}'"
    if kind == "socket":  # systemd starts no socket whose service runs
        return f"{stem}.service {stem}.socket"
    name = f"{stem}*" if stem.endswith(("@", "-")) else stem
    return f"'{name}.{kind}'" if "*" in name else f"{name}.{kind}"
