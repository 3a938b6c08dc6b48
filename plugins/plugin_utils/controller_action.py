"""Base of all action plugins: they run beside the Python package of the collection's version."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.plugins.action import ActionBase
from ansible_collections.holdfast.registry.plugins.plugin_utils.output import shown

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.events import Event

VERSION = "0.1.0"
"""Version of this collection. The Python package, which does the work, has to be of the same."""

try:
    from holdfast import __version__ as installed
except ImportError:
    installed = ""


class ControllerAction(ActionBase):  # type: ignore[misc]
    """An action that begins on the controller, with the Python package holdfast.

    Subclasses import holdfast where they use it: it may be missing, and much of it is slow.
    """

    _supports_check_mode = True
    phase = "preflight"

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run `act`, and show its events in Ansible's own output."""
        super().run(tmp, task_vars)
        self.vars = task_vars or {}
        self.events: list[Event] = []
        return shown(self.outcome(), self.vars)

    def outcome(self) -> dict[str, Any]:
        """Run `act`, and convert every error of ours to a task result."""
        refused = mismatch(installed)
        if refused:
            return failure(self.phase, refused, "REFUSED")
        from holdfast.errors import Exit, HoldfastError  # noqa: PLC0415 -- may be missing

        try:
            return self.act()
        except HoldfastError as error:
            name = Exit(error.exit_code).name
            return self.failed(failure(self.phase, list(error.lines), name))

    def act(self) -> dict[str, Any]:
        """Return the result of the task."""
        raise NotImplementedError

    def failed(self, result: dict[str, Any]) -> dict[str, Any]:
        """Return the result of a failed task with the events from before the failure."""
        result["holdfast"]["events"][:0] = self.events
        return result


def mismatch(version: str) -> list[str]:
    """Return why a Python package cannot run this collection, and what to do; empty if it can.

    `version` is that of the package; empty if there is none.
    """
    if version == VERSION:
        return []
    install = f"Run: {sys.executable} -m pip install holdfast=={VERSION}"
    expected = f"holdfast: expected the Python package holdfast {VERSION} beside Ansible"
    if not version:
        return [f"{expected}, as this collection needs it, found none. {install}"]
    folder = Path(__file__).parents[2]
    # Without --force a copy that the package carries counts as installed, and this one stays.
    options = f"holdfast.registry:=={version} --force -p {folder.parents[2]}"
    return [
        f"{expected}, as the collection in {folder} is {VERSION}, found {version}. {install}",
        "Or take the collection of the package instead."
        f" Run: ansible-galaxy collection install {options}",
    ]


def failure(phase: str, lines: list[str], exit_name: str) -> dict[str, Any]:
    """Return the result of a failed task, with the exit code of the command line."""
    event: Event = {
        "phase": phase,
        "state": "failed",
        "text": lines[0],
        "lines": lines[1:],
    }
    return {
        "failed": True,
        "msg": "\n".join(lines),
        "holdfast": {"events": [event], "exit": exit_name},
    }


def event(phase: str, state: str, text: str) -> Event:
    """Return one event of progress."""
    return {"phase": phase, "state": state, "text": text}
