"""Make a backup, write the version into the inventory, and deploy it; or undo what was written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from holdfast.cli import hooks, interrupts
from holdfast.cli.deploy import deploy, hook_facts
from holdfast.cli.options import Common
from holdfast.cli.resolved import resolve
from holdfast.errors import Exit, HoldfastError, InputError
from holdfast.playbook import Outcome

if TYPE_CHECKING:
    from holdfast.upgrading.inventory_line import Change


class Run:
    """The part of an upgrade that changes something."""

    def __init__(
        self, shared: Common, version: str, message: str | None, despite: dict[str, object]
    ) -> None:
        self._shared, self._version, self._message = shared, version, message
        self._variables = {**despite, "holdfast_reason": message or f"upgrade to {version}"}
        self._outcome: Outcome | None = None

    def back_up(self, hosts: list[str]) -> Exit:
        """Make a backup of hosts. A backup that fails ends the upgrade."""
        if not hosts:
            return Exit.OK
        outcome = replace(self._shared, limit=",".join(hosts)).run("backup")
        if outcome.failed:
            self._shared.say("Nothing was upgraded. To do it without a backup: give --no-backup.")
        return outcome.exit_code

    def upgrade(self, changes: list[Change]) -> Exit:
        """Write the inventory and deploy. Without any host that changed, undo what was written."""
        shared = self._shared
        try:
            self._write(changes)
            code = hooks.around(shared.inventories, hook_facts(shared, self._message), self._deploy)
        except HoldfastError:
            self._undo(changes)
            raise
        if self._outcome and self._outcome.failed and changes:
            self._after_failure(self._outcome, changes)
        return code

    def _write(self, changes: list[Change]) -> None:
        """Write the files, and prove by Ansible's own reading that they say it."""
        for one in changes:
            one.write()
        if not changes:
            return
        where = ", ".join(str(one.path) for one in changes)
        interrupts.note(
            f"{where}: names {self._version} now. No host was upgraded."
            " The same command again completes the rest."
        )
        hosts, outcome = resolve(self._shared)
        wrong = [one.name for one in hosts if one.settings.version != self._version]
        if wrong or outcome.exit_code is not Exit.OK:
            raise InputError(
                f"{where}: expected to say {self._version} for all hosts, it does not for"
                f" {', '.join(wrong) or 'some'}. Look for other places that name a version, and"
                " change them by hand"
            )

    def _deploy(self) -> Outcome:
        variables = self._variables
        self._outcome = deploy(self._shared, check=False, variables=variables)
        return self._outcome

    def _after_failure(self, outcome: Outcome, changes: list[Change]) -> None:
        """Undo what was written, unless a host serves the new version: then say which does not."""
        good = sorted({*outcome.changes} - {*outcome.failed})
        if not good:
            self._undo(changes)
            return
        lacking = ", ".join(sorted(outcome.failed))
        self._shared.say(
            f"{', '.join(good)}: upgraded. {lacking}: not yet, and the inventory names"
            f" {self._version}. The same command again completes the rest."
        )

    def _undo(self, changes: list[Change]) -> None:
        for one in changes:
            one.undo()
        if changes:
            paths = ", ".join(str(one.path) for one in changes)
            self._shared.say(f"{paths}: as before, because no host was upgraded.")
