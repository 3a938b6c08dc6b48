"""Show what a task found and did in Ansible's own output, if no command of ours reads it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.utils.display import Display
from ansible_collections.holdfast.registry.plugins.module_utils.system.foreign_text import visible
from ansible_collections.holdfast.registry.plugins.plugin_utils import lines


def shown(result: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Print the events of a task's result, and return it with `msg` and `changes`.

    A result that says that something is not well is a failure, for plain Ansible has no other exit
    code. The command prints the events itself: for it, the result stays as it is.
    """
    report = result.get("holdfast")
    if report is None or "HOLDFAST_EVENTS" in os.environ:
        return result
    host = str(variables.get("inventory_hostname", ""))
    width = max(map(len, variables.get("ansible_play_hosts_all") or [host]))
    events = [{"host": host, **event} for event in report.get("events", [])]
    text = [line for event in events for line in lines.whole(event, width)]
    text += report.get("lines", [])
    _print(text)
    facts = report.get("facts", {})
    rest = {key: value for key, value in result.items() if key != "holdfast"}
    result = {"msg": "\n".join(text), "changes": lines.changes(events), **facts, **rest}
    if facts.get("well") is False and not result.get("failed"):
        result |= {"failed": True, "msg": "Something is not as it should be, see above"}
    return result


def _print(text: list[str]) -> None:
    """Print lines, unless Ansible's output is for a program."""
    if "json" not in constants.DEFAULT_STDOUT_CALLBACK:
        for line in text:
            Display().display(visible(line))
