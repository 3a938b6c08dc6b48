"""Running Ansible beside us: events come through a pipe, its own words go to a log file."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from holdfast.errors import Exit, InputError
from holdfast.playbook.command import Playbook

Event = dict[str, Any]
KEPT_LOGS = 20
UNKNOWN_HOST = "Could not match supplied host pattern"

WORST = (
    Exit.OK,
    Exit.VERIFICATION,
    Exit.REFUSED,
    Exit.UNREACHABLE,
    Exit.INPUT,
    Exit.FAILED,
    Exit.UNEXPECTED,
)
"""When hosts end differently, the exit code is the one that stands last here."""


@dataclass
class Outcome:
    """How a run ended."""

    log: Path
    hosts: list[str] = field(default_factory=list)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed: dict[str, Exit] = field(default_factory=dict)
    seconds: float = 0.0
    changed: bool = False
    """Whether any host was changed."""

    @property
    def exit_code(self) -> Exit:
        """The worst exit code of all hosts."""
        return max(self.failed.values(), key=WORST.index, default=Exit.OK)


def run(playbook: Playbook, show: Callable[[Event], None], *, live: bool = False) -> Outcome:
    """Run a playbook and show its events; `live` lets Ansible's own output through.

    Raises InputError when Ansible cannot begin: inventory, vault, unknown hosts.
    """
    begun = time.monotonic()
    outcome = Outcome(_new_log(playbook.name))
    reading, writing = os.pipe()
    with open(outcome.log, "w", opener=_private) as log:
        process = subprocess.Popen(
            playbook.argv(),
            env={**playbook.environment(), "HOLDFAST_EVENTS": str(writing)},
            stdout=None if live else log,
            stderr=subprocess.STDOUT if not live else None,
            pass_fds=[writing],
        )
        os.close(writing)
        show({"event": "begin"})
        ended = _read(reading, outcome, show)
        code = process.wait()
    outcome.seconds = time.monotonic() - begun
    if not ended or (code and not outcome.failed) or not outcome.hosts:
        raise InputError(*_reasons(outcome, playbook))
    return outcome


def _read(descriptor: int, outcome: Outcome, show: Callable[[Event], None]) -> bool:
    """Read events until the pipe ends; tell whether the play came to its end."""
    ended = False
    with os.fdopen(descriptor) as stream:
        for line in stream:
            event = json.loads(line)
            host = event.get("host")
            if event["event"] == "facts":
                outcome.facts.setdefault(host, {}).update(event["facts"])
            elif event["event"] == "failed":
                outcome.failed[host] = Exit[event["exit"]]
            elif event.get("state") == "changed":
                outcome.changed = True
            elif event["event"] == "end":
                ended, outcome.hosts = True, event["hosts"]
            show(event)
    return ended


def _reasons(outcome: Outcome, playbook: Playbook) -> list[str]:
    """Return why Ansible could not begin, in its own words but without its decoration."""
    marks = ("ERROR! ", "[ERROR]: ")
    text = outcome.log.read_text(errors="replace")
    starts = [text.find(mark) + len(mark) for mark in marks if mark in text]
    if starts:
        said = [line.strip() for line in text[min(starts) :].splitlines() if line.strip()]
        unknown = [line.split(": ", 1)[1] for line in text.splitlines() if UNKNOWN_HOST in line]
        return [*unknown, *said[:8], f"Ansible's own output: {outcome.log}"]
    where = ", ".join(map(str, playbook.inventories))
    if not outcome.hosts and "no hosts matched" in text:
        return [
            f"{where}: expected a group `registry` with hosts, found none. See inventory/single"
        ]
    return [f"Ansible stopped before it began. Its own output: {outcome.log}"]


def _new_log(name: str) -> Path:
    base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state")
    folder = base / "holdfast" / "logs"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in sorted(folder.glob("*.log"))[: -KEPT_LOGS + 1]:
        old.unlink(missing_ok=True)
    return folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{name}-{os.getpid()}.log"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
