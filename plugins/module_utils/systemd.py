"""Asking systemd, and telling it."""

from __future__ import annotations

import subprocess

from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError


def run(
    argv: list[str], timeout: float = 120, text: str | None = None, umask: int = -1
) -> subprocess.CompletedProcess[str]:
    """Run a program; its output is returned, whatever its exit code."""
    return subprocess.run(
        argv,
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        umask=umask,
        check=False,
    )


def must(argv: list[str], what: str, text: str | None = None) -> str:
    """Run a program that has to succeed; StepError says what did not, with its last lines."""
    done = run(argv, text=text)
    if done.returncode != 0:
        raise StepError(f"{what}: {argv[0]} gave exit code {done.returncode}", tail(done.stdout))
    return done.stdout


def systemctl(*arguments: str) -> None:
    """Run systemctl, which has to succeed."""
    must(["systemctl", "--no-ask-password", *arguments], f"systemctl {' '.join(arguments)}")


def show(unit: str, *properties: str) -> dict[str, str]:
    """Return properties of a unit as systemd prints them."""
    done = run(["systemctl", "show", unit, "--property", ",".join(properties)])
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def states(*patterns: str) -> dict[str, str]:
    """Return the active state of every loaded unit that fits the patterns."""
    argv = ["systemctl", "list-units", "--all", "--plain", "--no-legend", "--full", *patterns]
    rows = [line.split() for line in run(argv).stdout.splitlines()]
    return {row[0]: row[2] for row in rows if len(row) > 3}


def journal(unit: str, lines: int = 15) -> list[str]:
    """Return the last lines that a unit logged."""
    done = run(
        ["journalctl", "--unit", unit, "--lines", str(lines), "--no-pager", "--output", "cat"]
    )
    return tail(done.stdout, lines)


def tail(text: str, lines: int = 15) -> list[str]:
    """Return the last lines of a text that are not empty."""
    return [line.rstrip() for line in text.splitlines() if line.strip()][-lines:]
