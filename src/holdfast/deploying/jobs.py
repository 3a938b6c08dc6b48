"""Evaluate the jobs of a host: for a table, for the status, and after a run. Pure functions."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.system.foreign_text import visible

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.jobs import JobState

WITH_LINES_OF_THEIR_OWN = ("certificates", "storage", "scrub", "heal")
"""Jobs whose findings other lines of the status have; a failure of them is said here."""

AFTER = {"heal": "after a scrub"}
"""Jobs that run after another one, which has the timer."""


def result(state: JobState) -> tuple[str, str]:
    """Return state (ok, running, warning or failed) and reason of the last run of a job."""
    last, unit = state["last"], state["unit"]
    if state["running"]:
        return "running", ""
    # A program that ends with an exit code has left a record.
    if unit not in ("", "success", "exit-code"):
        return "failed", f"systemd ended it: {unit}"
    if last is None:
        return ("failed", "it left no record") if unit == "exit-code" else ("ok", "")
    if last["result"] == "running":
        return "failed", "it was killed, or the host was; the next run does the rest"
    return last["result"], last["problem"]


def lines(states: Iterable[JobState]) -> Iterator[tuple[str, str, str]]:
    """Yield phase, state and text for each job whose last run failed or found something."""
    for one in states:
        name = one["name"]
        state, problem = result(one)
        todo = _todo(name, state)
        if state == "failed":
            yield "jobs", "failed", f"{name}: {problem}. {todo}"
        elif state == "warning" and name not in WITH_LINES_OF_THEIR_OWN:
            yield "jobs", "warning", f"{name}: {problem}. {todo}"


def _todo(name: str, state: str) -> str:
    """Return what to do about a run of a job that did not end well."""
    see = f"See: journalctl -u holdfast-{name}.service"
    # A restore that has ended has nothing to repeat: only one that was cut goes on.
    if name == "restore" and state == "warning":
        return see
    return f"{see}; then: holdfast jobs run {name}"


def table(host: str, states: Sequence[JobState], first: str) -> list[str]:
    """Return a line for each job of a host; `first` is the command that brings the first ones."""
    return [f"{host}  {visible(row(one))}" for one in states] or [f"{host}  none yet: {first}"]


def row(state: JobState) -> str:
    """Return a line of a table: name, result, last run, duration, next run and problem."""
    last = state["last"]
    found, problem = result(state)
    begun, took = "never", "-"
    if last:
        begun = _time(last["begun"])
        took = _duration(last["ended"] - last["begun"]) if last["ended"] else "-"
    elif found == "ok":
        found = "-"
    following = _time(state["next"]) if state["next"] else "-" if state["timed"] else "by hand"
    following = AFTER.get(state["name"], following)
    line = f"{state['name']:<12}  {found:<7}  last {begun:<16}  {took:>7}  next {following:<16}"
    return f"{line}  {problem}".rstrip()


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{max(seconds, 0):.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
