"""Run Ansible as a child process: events arrive through a pipe, its own output goes to a log
file."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.system import foreign_text

from holdfast.errors import Exit, InputError
from holdfast.playbook import diagnosis, records
from holdfast.playbook.command import Playbook

Event = dict[str, Any]

WORST = (
    Exit.OK,
    Exit.VERIFICATION,
    Exit.REFUSED,
    Exit.UNREACHABLE,
    Exit.INPUT,
    Exit.FAILED,
    Exit.UNEXPECTED,
)
"""Exit codes by severity; the most severe one of all hosts is the exit code of the run."""


@dataclass
class Outcome:
    """Result of a run."""

    log: Path
    hosts: list[str] = field(default_factory=list)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed: dict[str, Exit] = field(default_factory=dict)
    seconds: float = 0.0
    changes: dict[str, list[str]] = field(default_factory=dict)
    """Changes of each host in this run, in their order."""

    @property
    def changed(self) -> bool:
        """True if any host was changed."""
        return bool(self.changes)

    @property
    def exit_code(self) -> Exit:
        """Most severe exit code of all hosts."""
        return max(self.failed.values(), key=WORST.index, default=Exit.OK)


def run(playbook: Playbook, show: Callable[[Event], None], *, live: bool = False) -> Outcome:
    """Run a playbook and display its events. `live` also passes Ansible's own output through.

    Raises InputError if Ansible cannot start: inventory, vault, unknown hosts.
    """
    begun = time.monotonic()
    _let_streams_block()
    outcome, result = Outcome(records.new_log(playbook)), "INTERRUPTED"
    try:
        good = _play(playbook, outcome, show, live=live)
        result = outcome.exit_code.name if good else Exit.INPUT.name
    finally:
        outcome.seconds = time.monotonic() - begun
        facts = {"hosts": outcome.hosts, "changes": outcome.changes, "seconds": outcome.seconds}
        records.write(playbook, outcome.log, {"exit": result, **facts})
    if not good:
        raise InputError(*_reasons(outcome, playbook))
    return outcome


def _play(
    playbook: Playbook, outcome: Outcome, show: Callable[[Event], None], *, live: bool
) -> bool:
    """Run Ansible to its end; return False if it could not begin."""
    reading, writing = os.pipe()
    with open(outcome.log, "w", opener=_private) as log:
        process = subprocess.Popen(
            playbook.argv(),
            env={**playbook.environment(), "HOLDFAST_EVENTS": str(writing)},
            stdin=None if _reads_input(playbook) else subprocess.DEVNULL,
            stdout=None if live else log,
            stderr=subprocess.STDOUT if not live else None,
            pass_fds=[writing],
        )
        os.close(writing)
        show({"event": "begin"})
        try:
            ended = _read(reading, outcome, show)
        except KeyboardInterrupt:
            if playbook.endless:  # others end by themselves, and hosts finish their steps
                process.terminate()
                process.wait()
            raise
        code = process.wait()
    return ended and not (code and not outcome.failed) and bool(outcome.hosts)


def _reads_input(playbook: Playbook) -> bool:
    """Return True if Ansible may have to read our standard input, which it shares then.

    An ssh beside us that shares it, too, can make it non-blocking at any time, and Ansible
    refuses to start with such an input.
    """
    return playbook.takes_password or os.isatty(0)


def _let_streams_block() -> None:
    """Make the standard streams blocking, as Ansible demands; a caller may share them."""
    for descriptor in range(3):
        with contextlib.suppress(OSError):
            os.set_blocking(descriptor, True)


def _read(descriptor: int, outcome: Outcome, show: Callable[[Event], None]) -> bool:
    """Read events until the pipe closes. Return True if the play ran to its end."""
    ended = False
    with os.fdopen(descriptor) as stream:
        for line in stream:
            event: Event = _printable(_plain(json.loads(line)))
            host: str = event.get("host", "")
            if event["event"] == "facts":
                outcome.facts.setdefault(host, {}).update(event["facts"])
            elif event["event"] == "failed":
                outcome.failed[host] = Exit[event["exit"]]
            elif event.get("state") == "changed":
                outcome.changes.setdefault(host, []).append(f"{event['phase']}: {event['text']}")
            elif event["event"] == "end":
                ended, outcome.hosts = True, event["hosts"]
            show(event)
    return ended


def _plain(event: Event) -> Event:
    """Put our own explanation before Ansible's message if a host cannot be accessed."""
    if event.get("state") not in ("failed", "unreachable"):
        return event
    message = "\n".join([event["text"], *(event.get("lines") or [])])
    reason = diagnosis.of_access(event["host"], message)
    return {**event, "text": reason, "lines": message.splitlines()} if reason else event


def _printable(event: Event) -> Event:
    """Escape control characters in an event's texts, which may quote logs."""
    if "text" in event:
        event["text"] = foreign_text.visible(str(event["text"]))
    if event.get("lines"):
        event["lines"] = [foreign_text.visible(str(line)) for line in event["lines"]]
    return event


def _reasons(outcome: Outcome, playbook: Playbook) -> list[str]:
    """Return why Ansible could not start: our own explanation, else Ansible's message."""
    log = outcome.log.read_text(errors="replace")
    lines = diagnosis.of_start(log, playbook, outcome.hosts) or diagnosis.ansible_s_words(log)
    lines = lines or ["Ansible stopped before it began"]
    return [*lines, f"Ansible's own output: {outcome.log}"]


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
