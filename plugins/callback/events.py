"""Report the progress of a play to the command line, as JSON lines on a file descriptor."""

from __future__ import annotations

DOCUMENTATION = r"""
name: events
type: notification
short_description: JSON lines for the holdfast command
description:
  - Writes one JSON object a line to the descriptor that HOLDFAST_EVENTS names.
  - Does nothing when that is not set.
requirements:
  - enabled by the holdfast command
"""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Write events of tasks, of phases, and of the end of the play."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "holdfast.registry.events"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        number = os.environ.get("HOLDFAST_EVENTS")
        self._stream = os.fdopen(int(number), "w", buffering=1) if number else None
        if number:
            # ssh stays behind to serve the next run: it must not hold the pipe open meanwhile.
            os.set_inheritable(int(number), False)
        self._several = False
        self._ready = False

    def _emit(self, event: str, **more: Any) -> None:
        if self._stream:
            self._stream.write(json.dumps({"event": event, **more}, default=str) + "\n")

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Report the hosts of the play, and store whether they are several."""
        known = play.get_variable_manager().get_vars(play=play, include_hostvars=False)
        hosts = [str(one) for one in known.get("ansible_play_hosts_all", ())]
        self._several = len(hosts) > 1
        self._emit("play", hosts=hosts)

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """Report the task that a host starts; import shared modules once if hosts are several.

        A single worker imports them itself, while its host works.
        """
        if self._stream and self._several and not (task.run_once or self._ready):
            _get_ready()
            self._ready = True
        self._several = True
        self._emit("task", host=host.get_name(), phase=_phase(task), name=_name(task))

    def v2_runner_on_ok(self, result: Any) -> None:
        """Report the events of our actions, and the changes of other tasks."""
        report = result.result.get("holdfast")
        if report:
            self._pass_on(result, report)
        elif result.result.get("changed"):
            self._line(result, "changed", _name(result.task).lower())

    def v2_runner_retry(self, result: Any) -> None:
        """Report the progress of a task that Ansible repeats until it is done."""
        report = result.result.get("holdfast")
        if report:
            self._pass_on(result, report)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: ARG002 -- Ansible's signature
        """Report the reason of a failed task, and the exit code for it."""
        report = result.result.get("holdfast")
        if report:
            self._pass_on(result, report)
        else:
            message = str(result.result.get("msg", "failed")).strip()
            name = _name(result.task)
            lines = message.splitlines()[:15]
            self._line(result, "failed", f"{name}: {lines[0] if lines else 'failed'}", lines[1:])
        exit_name = (report or {}).get("exit", "REFUSED")
        self._emit("failed", host=result.host.get_name(), exit=exit_name)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Report an unreachable host."""
        lines = str(result.result.get("msg", "")).strip().splitlines()
        self._line(result, "unreachable", lines[0] if lines else "no answer", lines[1:])
        self._emit("failed", host=result.host.get_name(), exit="UNREACHABLE")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Report the end of the play, with its hosts."""
        self._emit("end", hosts=sorted(stats.processed))

    def _pass_on(self, result: Any, report: dict[str, Any]) -> None:
        host = result.host.get_name()
        for event in report.get("events", []):
            self._emit("phase", **{"host": host, "lines": [], **event})
        for difference in result.result.get("diff") or []:
            self._emit("diff", host=host, **difference)
        if report.get("facts"):
            self._emit("facts", host=host, facts=report["facts"])

    def _line(self, result: Any, state: str, text: str, lines: list[str] | None = None) -> None:
        phase = _phase(result.task)
        host = result.host.get_name()
        self._emit("phase", host=host, phase=phase, state=state, text=text, lines=lines or [])


def _get_ready() -> None:
    """Import what every worker needs, because each worker is a copy of this process."""
    with contextlib.suppress(ImportError):  # the action reports that
        from ansible_collections.holdfast.registry.plugins.module_utils.dispatch import (  # noqa: PLC0415
            VERBS,
        )
        from ansible_collections.holdfast.registry.plugins.plugin_utils import (  # noqa: PLC0415
            bootstrap,
        )

        import holdfast.certificates  # noqa: F401, PLC0415
        from holdfast.rendering.templates import compile_templates  # noqa: PLC0415

        for verb in ("observe", "examine", "deploy", "status"):
            bootstrap.modules(tuple(VERBS[verb].modules))
        compile_templates()


def _name(task: Any) -> str:
    """Return the name of a task without its role."""
    return str(task.get_name()).rsplit(" : ", 1)[-1]


def _phase(task: Any) -> str:
    """Return the phase of a task: the name of its tasks file; `main` is the phase `gate`."""
    stem = Path((task.get_path() or "main").rsplit(":", 1)[0]).stem
    return {"main": "gate", "apply": "install"}.get(stem, stem)
