"""Remove everything of ours from a host, in an order in which a second run completes a cut one.

The note with the plan is written first and removed last: it outlives the manifests that it is
made of.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.deploy import services
from ansible_collections.holdfast.registry.plugins.module_utils.hardening import confirm, parts
from ansible_collections.holdfast.registry.plugins.module_utils.removal import (
    accounts,
    clearing,
    looking,
    planning,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    files,
    paths,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import (
    Log,
    StepError,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.removal import (
        RemovalOrder,
        RemovalPlan,
        Removed,
    )


def look(order: RemovalOrder) -> Removed:
    """Return texts about what a removal would remove, and what would stay. Raises StepError."""
    return looking.look(*_planned(order))


def remove(order: RemovalOrder, log: Log) -> Removed:
    """Remove what is ours; return texts about what is gone and what stays. Raises StepError."""
    plan, also = _planned(order)
    found = looking.look(plan, also)
    if not found["gone"]:
        return found
    kept = looking.stay(plan, also)
    files.make_directory(paths.ETC, 0o750)
    planning.note(plan)
    log.step("noted")
    _stop(plan)
    log.step("stopped")
    parts.apply(None)
    log.step("settings")
    _unlink(plan)
    log.step("unlinked")
    _remove_data(plan, also)
    log.step("data")
    _put_away(plan, kept)
    _remove_files(plan, kept)
    log.step("files")
    accounts.remove(plan["users"])
    log.step("accounts")
    _end(kept)
    log.step("done")
    return found


def _planned(order: RemovalOrder) -> tuple[RemovalPlan, list[str]]:
    also = _also(order)
    if confirm.pending():
        text = "a change of firewall and ssh waits for its confirmation, expected none"
        raise StepError(f"{text}. Try again when it is confirmed or undone")
    return planning.plan(), also


def _also(order: RemovalOrder) -> list[str]:
    unknown = sorted(set(order["also"]) - set(planning.WORDS))
    if unknown:
        known = ", ".join(planning.WORDS)
        raise StepError(
            f"with: expected words out of {known}, got {unknown[0]}. Correct it", wrong_input=True
        )
    return order["also"]


def _stop(plan: RemovalPlan) -> None:
    """Stop our units: first what starts others, then the services, which need not end by asking."""
    known = set(systemd.states("holdfast*"))
    units = [name for name in plan["units"] if name in known]
    starters = [name for name in units if not name.endswith(".service")]
    if starters:
        systemd.stop(*starters)
    # Also instances of generations that drain, whose manifests are pruned.
    running = paths.running(systemd.states(paths.SERVICES))
    own = [name for name in units if name.endswith(".service")]
    services.stop(sorted({*own, *running}))


def _unlink(plan: RemovalPlan) -> None:
    found = [*looking.links(plan), *looking.masks(plan), *looking.stamps(plan)]
    for path in found:
        files.remove(path)
    if found:
        systemd.systemctl("daemon-reload")
        systemd.run(["systemctl", "reset-failed", *plan["units"]])


def _remove_data(plan: RemovalPlan, also: list[str]) -> None:
    for word in also:
        for path in plan["kept"][word]:
            names = looking.NAMES.get(word)
            if names is None:
                clearing.clear(path, ())
            else:
                clearing.empty(path, names)
    clearing.empty(clearing.MIRRORS, ())


def _put_away(plan: RemovalPlan, kept: list[str]) -> None:
    """Close what stays; a log gets another name, for the next user of its name is another one."""
    for path in plan["logs"]:
        if os.path.dirname(path) in kept and os.path.lexists(path):
            os.rename(path, f"{path}.{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}")
    backups = plan["kept"]["backups"]
    for path in kept:
        if path not in backups:
            clearing.close(path)


def _remove_files(plan: RemovalPlan, kept: list[str]) -> None:
    """Remove files and directories, and those of the system that a deploy had to make."""
    for path in plan["metrics"]:
        files.remove(path)
    for path in plan["directories"]:
        clearing.clear(path, {*kept, planning.NOTE})
    places = [*plan["links"], *(part.place for part in parts.PARTS.values() if part.place)]
    for folder in sorted({os.path.dirname(path) for path in places}):
        empty = os.path.isdir(folder) and not os.listdir(folder)
        if empty and systemd.run(["dpkg-query", "--search", folder]).returncode:
            os.rmdir(files.removable(folder))


def _end(kept: list[str]) -> None:
    """Remove the note, if nothing stays that a later removal has to find."""
    if kept:
        os.chown(paths.ETC, 0, 0)
        return
    files.remove(planning.NOTE)
    if os.path.isdir(paths.ETC):
        os.rmdir(files.removable(paths.ETC))
