"""The settings of every host at once: checked, rendered, or handed to the command line."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import (
    MISSING,
    event,
    failure,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.hostsettings import (
    origin,
    plain,
    settings_of,
)


class ActionModule(ActionBase):  # type: ignore[misc]
    """Resolve and parse the settings of all hosts of the play; nothing is contacted.

    With `directory` the rendered trees are written there, with `hand_over` the resolved variables
    are written to that file. Either happens only when the settings of every host are good.
    """

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return how many hosts there are, or the complaints of all of them."""
        super().run(tmp, task_vars)
        if MISSING:
            return failure("settings", [MISSING], "UNEXPECTED")
        self._hostvars = (task_vars or {})["hostvars"]
        hosts = (task_vars or {})["ansible_play_hosts_all"]
        return self._all(sorted(hosts))

    def _all(self, hosts: list[str]) -> dict[str, Any]:
        from holdfast.settings import SettingsError, sharing  # noqa: PLC0415 -- after MISSING

        good, variables, complaints = {}, {}, []
        for host in hosts:
            try:
                good[host], variables[host] = settings_of(self._hostvars[host], lambda value: value)
            except SettingsError as error:
                complaints += [self._place(host, str(line)) for line in error.complaints]
        together = sharing.complaints(good)
        complaints += [self._place(host, str(line)) for host, line in together]
        if complaints:
            bad = len({*hosts} - {*good} | {host for host, _ in together})
            total = f"{len(complaints)} wrong in {bad} of {len(hosts)} hosts; nothing was touched."
            told = failure("settings", complaints, "INPUT")
            told["holdfast"]["facts"] = {"summary": total}
            return told
        arguments = self._task.args
        text = f"{len(hosts)} host{'s' * (len(hosts) > 1)}: settings are good"
        facts: dict[str, Any] = {"hosts": hosts}
        if arguments.get("directory"):
            facts.update(self._write(good, Path(arguments["directory"])))
        if arguments.get("hand_over"):
            self._hand_over(variables, arguments["hand_over"])
        return {"holdfast": {"events": [event("settings", "ok", text)], "facts": facts}}

    def _write(self, settings: dict[str, Any], directory: Path) -> dict[str, Any]:
        from holdfast.rendering import render  # noqa: PLC0415 -- after MISSING
        from holdfast.rendering.output import write  # noqa: PLC0415

        trees = {host: render(one) for host, one in settings.items()}
        done = write(trees, directory, reveal=bool(self._task.args.get("secrets")))
        return {"files": done.files, "differences": done.differences}

    def _place(self, host: str, complaint: str) -> str:
        """Return a complaint with the host, and with where the value was written."""
        name = re.split(r"[^\w]", complaint, maxsplit=1)[0]
        raw = self._hostvars.raw_get(host).get(name)
        place = origin(raw)
        return f"{os.path.relpath(place) + '  ' if place else ''}{host}: {complaint}"

    def _hand_over(self, variables: dict[str, Any], path: str) -> None:
        """Write what the command line needs of each host to a file that it alone can read."""
        told = {
            host: {"settings": own, "connection": self._connection_of(host)}
            for host, own in variables.items()
        }
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(told, stream)

    def _connection_of(self, host: str) -> dict[str, Any]:
        known = self._hostvars[host]
        names = [n for n in known if str(n).startswith("ansible_") and n in _CONNECTION]
        return {
            "inventory_dir": str(known.get("inventory_dir") or "."),
            **{str(name): plain(known[name]) for name in names},
        }


_CONNECTION = {
    *(f"ansible_{key}" for key in ("host", "port", "user", "connection", "password")),
    *(f"ansible_ssh_{key}" for key in ("common_args", "extra_args", "private_key_file", "pass")),
    *(f"ansible_{key}" for key in ("private_key_file", "ssh_host", "ssh_port", "ssh_user")),
    *(f"ansible_become{key}" for key in ("", "_user", "_method", "_password", "_pass")),
}
"""Variables that tell how to reach a host."""
