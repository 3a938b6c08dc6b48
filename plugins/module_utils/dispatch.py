"""Run one verb on the host: one row of VERBS each, whose module imports only what it needs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.bootstrap import PACKAGE
from ansible_collections.holdfast.registry.plugins.module_utils.deploy import locking
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, paths
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import (
    Log,
    StepError,
    as_step,
)
from ansible_collections.holdfast.registry.plugins.module_utils.verbs.request import Request

FOLDER = f"{PACKAGE}.verbs"
"""Package of the modules with the functions of the verbs."""


@dataclass(frozen=True)
class Verb:
    """A function of the host library; a verb that changes something holds the host's lock."""

    call: str
    """Module and function below verbs/, which takes the request."""
    changes: bool = True
    look: str | None = None
    """All checks that `call` makes before it changes something, for check mode."""
    lockable: bool = False
    """True if it is refused while the host is closed to deploys."""

    @property
    def modules(self) -> list[str]:
        """Host modules that the verb begins with, as dotted names below module_utils."""
        called = [one for one in (self.call, self.look) if one]
        return ["dispatch", *sorted({f"verbs.{one.partition('.')[0]}" for one in called})]


def run(verb: str, order: dict[str, Any], secrets: dict[str, Any], check: bool) -> dict[str, Any]:
    """Return answer and events of a verb, or its failure: msg, lines and events.

    With `check` a verb that changes something only runs its look, if it has one.
    `order["holdfast"]` is the version of holdfast on the controller.
    """
    found, log = VERBS[verb], Log()
    despite = bool(order.pop("despite_lock", False))
    dry = check and found.changes
    call = found.look if dry else found.call
    if call is None:
        return {"changed": True, "skipped": True}
    try:
        with files.locked(paths.LOCK) if found.changes and not dry else nullcontext():
            if found.lockable and not dry:
                locking.refuse(log, despite=despite)
            request = Request(order, secrets, log, order.pop("holdfast", "unknown"))
            answer = _function(call)(request)
    except (StepError, OSError) as problem:
        error = as_step(problem)
        result = {"msg": error.message, "lines": error.lines, "events": log.events}
        return {
            "failed": True,
            "wrong_input": error.wrong_input,
            "refused": error.refused,
            **result,
        }
    return {"changed": found.changes, "answer": answer, "events": log.events}


def _function(name: str) -> Callable[[Request], Any]:
    module, _, function = name.partition(".")
    found: Callable[[Request], Any] = getattr(import_module(f"{FOLDER}.{module}"), function)
    return found


VERBS: dict[str, Verb] = {
    "platform": Verb("platforms.platform", changes=False),
    "observe": Verb("observing.observe", changes=False),
    "examine": Verb("examining.examine", changes=False),
    "generations": Verb("deploys.generations", changes=False),
    "generations-diff": Verb("deploys.differences", changes=False),
    "status": Verb("reports.state", changes=False),
    "doctor": Verb("reports.diagnosis", changes=False),
    "place": Verb("deploys.place"),
    "confirm_access": Verb("deploys.confirm_access"),
    "deploy": Verb("deploys.activate", lockable=True),
    "rollback": Verb("deploys.go_back", look="deploys.look_back", lockable=True),
    "rotate": Verb("deploys.rotate", lockable=True),
    "restart": Verb("deploys.restart", look="deploys.look_to_restart", lockable=True),
    "patch-look": Verb("patches.look", changes=False),
    "patch": Verb("patches.patch", lockable=True),
    "reboot": Verb("patches.reboot", lockable=True),
    "lock": Verb("deploys.lock"),
    "smoke": Verb("deploys.smoke"),
    "flush": Verb("deploys.flush", look="deploys.look_at_cache"),
    "logs": Verb("jobs.log_lines", changes=False),
    "jobs": Verb("jobs.states", changes=False),
    # The job takes the lock, not the one who starts it.
    "job-start": Verb("jobs.start", changes=False),
    "job-look": Verb("jobs.look", changes=False),
    "gc-plan": Verb("cleanup.collect", changes=False),
    "gc": Verb("cleanup.collect"),
    "retention-look": Verb("cleanup.retain", changes=False),
    "retention": Verb("cleanup.retain"),
    "restore-look": Verb("backups.look", changes=False),
    "restore-keys": Verb("backups.restore_keys"),
    "restore": Verb("backups.restore", look="backups.look"),
    "rules-check": Verb("cleanup.check_rules", changes=False),
    "move-begin": Verb("moves.begin", look="moves.look", lockable=True),
    "move-copy": Verb("moves.copy"),
    "move-clean": Verb("moves.clean", look="moves.look_at_clean"),
    "index": Verb("index.ask", changes=False),
    "remove": Verb("removals.remove", look="removals.look", lockable=True),
}
"""Function by verb."""
