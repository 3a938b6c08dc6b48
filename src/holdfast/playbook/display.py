"""What a person sees of a run: one aligned line for each phase, and the task of the moment."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from holdfast.playbook.run import Event

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

COLOURS = {
    "changed": "yellow",
    "would change": "yellow",
    "warning": "yellow",
    "failed": "red",
    "unreachable": "red",
    "ok": "green",
}
QUIET = ("failed", "unreachable", "warning")


class Lines:
    """Events for a person. A spinner only on a terminal; colour never carries a meaning alone."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._console: Console | None = None
        self._status: Status | None = None
        self._width = 0

    def show(self, event: Event) -> None:
        """Show one event; at the first one, get ready while Ansible does."""
        if event["event"] == "begin" and not self._quiet:
            _ = self.console
        elif event["event"] == "phase":
            if not self._quiet or event["state"] in QUIET:
                self._phase(event)
        elif event["event"] == "diff" and not self._quiet:
            self.console.print(_difference(event), highlight=False, markup=False)
        elif event["event"] == "task" and self.console.is_terminal and not self._quiet:
            self._spin(f"{event['host']}  {event['name']}")

    def close(self) -> None:
        """Take the spinner away."""
        if self._status:
            self._status.stop()
            self._status = None

    @property
    def console(self) -> Console:
        """The console; made when it is asked for, for rich is slow to import."""
        if self._console is None:
            from rich.console import Console  # noqa: PLC0415 -- after Ansible was started

            self._console = Console(soft_wrap=True)
        return self._console

    def _spin(self, text: str) -> None:
        if self._status is None:
            self._status = self.console.status(text)
            self._status.start()
        self._status.update(text)

    def _phase(self, event: Event) -> None:
        from rich.text import Text  # noqa: PLC0415

        state = event["state"]
        self._width = max(self._width, len(event["host"]))
        # A complaint about settings names its own host, and there can be many hosts.
        line = Text("" if event["phase"] == "settings" else f"{event['host']:<{self._width}}  ")
        if event["phase"] not in ("gate", "settings"):
            line.append(f"{event['phase']:<13} ")
            line.append(f"{state:<12} ", style=COLOURS.get(state, ""))
        elif event["phase"] == "gate" and state in QUIET:
            line.append(f"{state}  ", style=COLOURS[state])
        line.append(event["text"])
        if event.get("seconds", 0) >= 0.1:
            line.append(f" ({event['seconds']:.1f} s)")
        self.console.print(line)
        for extra in event.get("lines") or []:
            indent = "" if event["phase"] == "settings" else " " * (len(event["host"]) + 2)
            self.console.print(Text(f"{indent}{extra}"))


class Objects:
    """Events for a program: one JSON object a line."""

    def show(self, event: Event) -> None:
        """Print one event."""
        if event["event"] not in ("begin", "task"):
            sys.stdout.write(json.dumps(event, sort_keys=True) + "\n")
            sys.stdout.flush()

    def close(self) -> None:
        """Nothing is left to be done."""


def _difference(event: dict[str, Any]) -> str:
    import difflib  # noqa: PLC0415 -- only with --diff

    if "prepared" in event:
        return str(event["prepared"]).rstrip()
    before, after = (str(event[side]).splitlines() for side in ("before", "after"))
    names = (f"now/{event['before_header']}", f"new/{event['after_header']}")
    return "\n".join(difflib.unified_diff(before, after, *names, lineterm=""))
