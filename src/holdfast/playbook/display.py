"""Display a run: one aligned line for each phase, and the current task."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.system.foreign_text import visible
from ansible_collections.holdfast.registry.plugins.plugin_utils import lines

from holdfast.playbook.run import Event
from holdfast.terminal import spinner, wrapped

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


class Failures:
    """Copy failures to standard error if that is not the same stream as standard output.

    So a log of standard output is complete, and a failure is visible even if nobody reads that log.
    """

    def __init__(self) -> None:
        self._wanted = not _same_stream()
        self._lines: dict[str, list[str]] = {}

    def note(self, event: Event) -> None:
        """Keep the lines of a failure, and print them once the task has failed.

        The problems that `status` finds are its result, not a failure.
        """
        if not self._wanted:
            return
        if event.get("state") in lines.LOUD[:2]:
            prefix = "" if event["phase"] == "settings" else f"{event['host']}: "
            said = [f"{prefix}{event['text']}", *(event.get("lines") or [])]
            self._lines.setdefault(event["host"], []).extend(said)
        elif event["event"] == "failed":
            for line in self._lines.pop(event["host"], []):
                sys.stderr.write(f"{line}\n")


def _same_stream() -> bool:
    """Tell whether standard output and standard error are the same file or terminal."""
    try:
        return os.path.sameopenfile(sys.stdout.fileno(), sys.stderr.fileno())
    except (OSError, ValueError):
        return False


class Lines:
    """Display events as lines. Spinners only on a terminal; colour alone never carries meaning."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._failures = Failures()
        self._console: Console | None = None
        self._status: Status | None = None
        self._width = 0
        self._alone = self._named = ""

    def show(self, event: Event) -> None:
        """Display one event. The first one loads the console while Ansible starts."""
        self._failures.note(event)
        if event["event"] == "begin" and not self._quiet:
            _ = self.console
        elif event["event"] == "play":
            self._alone = event["hosts"][0] if len(event["hosts"]) == 1 else ""
        elif event["event"] == "phase":
            if not self._quiet or event["state"] in lines.LOUD:
                self._phase(event)
        elif event["event"] == "diff" and not self._quiet:
            self.console.print(_difference(event), highlight=False, markup=False)
        elif event["event"] == "task" and self.console.is_terminal and not self._quiet:
            self._spin(f"{event['host']}  {event['name']}")

    def close(self) -> None:
        """Remove the spinner."""
        if self._status:
            self._status.stop()
            self._status = None

    @property
    def console(self) -> Console:
        """The console, created on first use because rich is slow to import."""
        if self._console is None:
            from rich.console import Console  # noqa: PLC0415 -- after Ansible was started

            self._console = Console(soft_wrap=True)
        return self._console

    def _spin(self, text: str) -> None:
        if self._status is None:
            self._status = self.console.status(text, spinner=spinner(self.console.encoding))
            self._status.start()
        self._status.update(text)

    def _phase(self, event: Event) -> None:
        from rich.text import Text  # noqa: PLC0415

        event = self._without_name(event)
        self._width = max(self._width, len(event["host"]))
        begin, state, text = lines.parts(event, self._width)
        columns = self.console.width if self.console.is_terminal else None
        first, *rest = wrapped(f"{begin}{state}{text}", columns).split("\n")
        line = Text(first)
        line.stylize(COLOURS.get(event["state"], ""), len(begin), len(begin) + len(state))
        further = [wrapped(one, columns).split("\n") for one in lines.further(event)]
        for part in (line, *map(Text, [*rest, *(one for group in further for one in group)])):
            self.console.print(part)

    def _without_name(self, event: Event) -> Event:
        """Return the event of a play's only host without its name, which a terminal has once."""
        host = event["host"]
        if event["phase"] == "settings" or host != self._alone or not self.console.is_terminal:
            return event
        if self._named != host:
            self._named = host
            self.console.print(host, highlight=False, markup=False)
        return {**event, "host": ""}


class Objects:
    """Print events as one JSON object a line."""

    def __init__(self) -> None:
        self._failures = Failures()

    def show(self, event: Event) -> None:
        """Print one event."""
        self._failures.note(event)
        if event["event"] not in ("begin", "play", "task"):
            sys.stdout.write(json.dumps(event, sort_keys=True) + "\n")
            sys.stdout.flush()

    def close(self) -> None:
        """Do nothing; there is nothing to close."""


def _difference(event: dict[str, Any]) -> str:
    import difflib  # noqa: PLC0415 -- only with --diff

    if "prepared" in event:
        return str(event["prepared"]).rstrip()
    before, after = (_lines(str(event[side])) for side in ("before", "after"))
    old, new = event.get("sides") or ("now", "new")
    names = (f"{old}/{event['before_header']}", f"{new}/{event['after_header']}")
    found = difflib.unified_diff(before, after, *names, lineterm="")
    return "\n".join(visible(line.replace("\t", "    ")) for line in found)


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []
