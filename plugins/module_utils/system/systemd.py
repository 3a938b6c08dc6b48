"""Run programs, and query and control systemd."""

from __future__ import annotations

import json
import subprocess

from ansible_collections.holdfast.registry.plugins.module_utils.system import foreign_text
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError


def run(
    argv: list[str], timeout: float = 120, text: str | None = None, umask: int = -1
) -> subprocess.CompletedProcess[str]:
    """Run a program; return its output, whatever its exit code."""
    done = subprocess.run(
        argv,
        input=None if text is None else text.encode(),
        stdin=subprocess.DEVNULL if text is None else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
        umask=umask,
        check=False,
    )
    # Bytes, for in its text mode a carriage return would end a line, too.
    said = foreign_text.decode(done.stdout)
    return subprocess.CompletedProcess(argv, done.returncode, said)


def run_checked(argv: list[str], what: str, text: str | None = None) -> str:
    """Run a program; return its output. Raises StepError with its last lines if it fails."""
    done = run(argv, text=text)
    if done.returncode != 0:
        raise StepError(f"{what}: {argv[0]} gave exit code {done.returncode}", tail(done.stdout))
    return done.stdout


def systemctl(*arguments: str) -> None:
    """Run systemctl. Raises StepError if it fails."""
    run_checked(["systemctl", "--no-ask-password", *arguments], f"systemctl {' '.join(arguments)}")


def stop(*units: str) -> None:
    """Stop units, and clear how they ended: what was killed on purpose has not failed."""
    run(["systemctl", "stop", *units])
    run(["systemctl", "reset-failed", *units])


def show(unit: str, *properties: str) -> dict[str, str]:
    """Return properties of a unit as systemd prints them."""
    done = run(["systemctl", "show", unit, "--property", ",".join(properties)])
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def states(*patterns: str) -> dict[str, str]:
    """Return the active state by name of every loaded unit that matches the patterns."""
    argv = ["systemctl", "list-units", "--all", "--plain", "--no-legend", "--full", *patterns]
    rows = [line.split() for line in run(argv).stdout.splitlines()]
    return {row[0]: row[2] for row in rows if len(row) > 3}


def next_runs() -> dict[str, float]:
    """Return the time of the next run, in seconds since 1970, by name of our timers."""
    argv = ["systemctl", "list-timers", "--all", "--output=json", "holdfast-*.timer"]
    try:
        rows = json.loads(run(argv).stdout or "[]")
        return {row["unit"]: row["next"] / 1e6 for row in rows if row["next"]}
    except (ValueError, KeyError, TypeError):  # a systemd that has no such output
        return {}


def journal(unit: str, lines: int = 15) -> list[str]:
    """Return the last lines that a unit logged."""
    done = run(
        ["journalctl", "--unit", unit, "--lines", str(lines), "--no-pager", "--output", "cat"]
    )
    return tail(done.stdout, lines)


def tail(text: str, lines: int = 15) -> list[str]:
    """Return the last lines of a text that are not empty."""
    return foreign_text.lines(text)[-lines:]
